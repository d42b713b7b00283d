/** One measurement of a family, told apart by its labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * A family of measurements. `name` has the prefix `saker_`, base units (`_bytes`, `_seconds`), and no `_total`: the writers add
 * it to counters.
 */
export interface Metric {
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly samples: readonly Sample[];
}

/** Whether something is well, and if not, why. */
export interface Health {
  readonly ok: boolean;
  readonly detail: string;
}

/** Where the numbers come from. */
export interface MetricsSource {
  collect(): readonly Metric[] | Promise<readonly Metric[]>;
  /** Alive: both threads answer, which may take as long as one may be silent. A supervisor restarts on false. */
  health(): Health | Promise<Health>;
  /** Ready: programs attached, rules in force. */
  ready(): Health;
}

/** Prometheus text format 0.0.4, or OpenMetrics 1.0. */
export function formatMetrics(metrics: readonly Metric[], openMetrics: boolean): string {
  const lines: string[] = [];
  for (const { name, help, type, samples } of metrics) {
    const sampleName = type === 'counter' ? `${name}_total` : name;
    const family = openMetrics ? name : sampleName;
    lines.push(`# HELP ${family} ${escapeHelp(help)}`, `# TYPE ${family} ${type}`);
    for (const { labels, value } of samples) {
      const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
      const set = pairs.length > 0 ? `{${pairs.join(',')}}` : '';
      lines.push(`${sampleName}${set} ${formatValue(value)}`);
    }
  }
  if (openMetrics) lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}

function escapeHelp(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replace(/"/g, '\\"');
}

function formatValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}
