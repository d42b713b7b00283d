import { packageVersion } from '../../core/index.js';
import { deliveryMetrics, type Health, type Metric, type MetricsSource } from '../metrics/index.js';
import { LOSS_CAUSES } from '../loss-names.js';
import type { KindCounts, SensorStatus } from '../messages.js';
import type { Daemon } from './daemon.js';

/** The sensor's own numbers, from the same books as `saker status`. */
export function metricsOf(daemon: Daemon): MetricsSource {
  return {
    async collect() {
      const sensor = await daemon.link.status();
      return [
        ...processMetrics(daemon),
        ...sensorMetrics(sensor),
        ...enforcementMetrics(daemon),
        ...deliveryMetrics(daemon.shared, daemon.delivery?.status() ?? []),
        gauge('saker_spool_capacity_bytes', 'Bytes of alerts the spool may hold.', [
          { labels: {}, value: daemon.spoolMaxBytes },
        ]),
      ];
    },
    health: () => healthOfThreads(daemon),
    ready: () =>
      healthOf(
        daemon.alive && daemon.rules.current !== null,
        'programs attached, rules in force',
        'not watching yet',
      ),
  };
}

/** This thread answers, or nobody would be asked; so the other one is. */
async function healthOfThreads(daemon: Daemon): Promise<Health> {
  if (!daemon.alive) return { ok: false, detail: 'the sensor thread has ended' };
  try {
    await daemon.link.status();
    return { ok: true, detail: 'both threads answer' };
  } catch (error) {
    return { ok: false, detail: (error as Error).message };
  }
}

function healthOf(ok: boolean, well: string, ill: string): Health {
  return { ok, detail: ok ? well : ill };
}

/** What the sensor is and costs. */
function processMetrics(daemon: Daemon): Metric[] {
  const { user, system } = process.cpuUsage();
  return [
    gauge('saker_build_info', 'Always 1; the version is in the label.', [
      { labels: { version: packageVersion() }, value: 1 },
    ]),
    gauge('saker_start_time_seconds', 'When the sensor was started, seconds since the epoch.', [
      { labels: {}, value: daemon.startedAt.getTime() / 1000 },
    ]),
    counter('saker_cpu_seconds', 'Processor time of the sensor, all threads.', [
      { labels: {}, value: (user + system) / 1e6 },
    ]),
    gauge('saker_memory_resident_bytes', 'Memory of the sensor that is resident.', [
      { labels: {}, value: process.memoryUsage.rss() },
    ]),
  ];
}

function sensorMetrics(sensor: SensorStatus): Metric[] {
  const kinds = Object.entries(sensor.kinds);
  const perKind = (value: (counts: KindCounts) => number): Metric['samples'] =>
    kinds.map(([kind, counts]) => ({ labels: { kind }, value: value(counts) }));
  return [
    counter(
      'saker_events_seen',
      'Events in scope, by kind.',
      perKind(({ seen }) => seen),
    ),
    counter(
      'saker_events_filtered',
      'Events no rule could match, discarded in the kernel.',
      perKind(({ filtered }) => filtered),
    ),
    counter(
      'saker_events_received',
      'Events that reached the sensor thread.',
      perKind(({ received }) => received),
    ),
    counter(
      'saker_events_lost',
      'Events that should have been delivered and were not, by cause.',
      // Every cause from the start: what begins with a loss has no increase that an alerting rule could see.
      kinds.flatMap(([kind, { lost }]) =>
        LOSS_CAUSES.map((cause) => ({ labels: { kind, cause }, value: lost[cause] ?? 0 })),
      ),
    ),
    counter(
      'saker_events_undecodable',
      'Records that could not be decoded, by code.',
      named('code', sensor.undecodable),
    ),
    counter(
      'saker_probe_skipped_runs',
      'Runs of a probe that the kernel skipped because it was running already.',
      named('program', sensor.skipped),
    ),
    counter('saker_rule_matches', 'Alerts by rule.', named('rule', sensor.matches)),
    counter(
      'saker_regex_given_up',
      'Values that a pattern was given up on: they count as not matching.',
      [{ labels: {}, value: sensor.regexGivenUp }],
    ),
    gauge('saker_rules_generation', 'Generation of the rule set in force.', [
      { labels: {}, value: sensor.generation },
    ]),
    gauge(
      'saker_gc_longest_pause_seconds',
      'Longest garbage collection of the sensor thread since it watches.',
      [{ labels: {}, value: sensor.pauses.longestMs / 1000 }],
    ),
    gauge(
      'saker_processes',
      'Processes in the table, live ones and those that exited lately.',
      ['live', 'exited'].map((state) => ({
        labels: { state },
        value: sensor.processes[state] ?? 0,
      })),
    ),
  ];
}

function enforcementMetrics(daemon: Daemon): Metric[] {
  const status = daemon.enforcement?.status();
  if (!status) return [];
  return [
    counter(
      'saker_block_decisions',
      'Decisions of rules that block, by rule and state.',
      status.rules.map(({ rule, state, hits }) => ({ labels: { rule, state }, value: hits })),
    ),
    counter(
      'saker_enforcement',
      'What the enforcing programs counted.',
      Object.entries(status.counters).map(([name, value]) => ({
        labels: { counter: name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`) },
        value,
      })),
    ),
  ];
}

function counter(name: string, help: string, samples: Metric['samples']): Metric {
  return { name, help, type: 'counter', samples };
}

function gauge(name: string, help: string, samples: Metric['samples']): Metric {
  return { name, help, type: 'gauge', samples };
}

function named(label: string, counts: Readonly<Record<string, number>>): Metric['samples'] {
  return Object.entries(counts).map(([key, value]) => ({ labels: { [label]: key }, value }));
}
