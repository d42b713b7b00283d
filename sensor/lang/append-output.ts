import type { ExtraField } from './ir.js';
import type { RuleItem } from './items.js';
import type { AppendOutput } from './options.js';
import { parseOutput, type OutputFinding } from './output.js';
import { wildcard } from './select.js';

/** Fields that the container plugin suggests for every output (falco-compat §1.8). */
const SUGGESTED: readonly string[] = [
  'container.id',
  'container.name',
  'container.image.repository',
  'container.image.tag',
  'k8s.pod.name',
  'k8s.ns.name',
];
const SUGGESTED_TEXT = SUGGESTED.map((name) => `${name.replaceAll('.', '_')}=%${name}`).join(' ');

/** What the configuration adds to one rule. */
export interface Additions {
  /** For the message, each behind a blank. */
  readonly texts: readonly string[];
  readonly fields: readonly ExtraField[];
  /** Of the fields; the texts are judged as part of the output. */
  readonly findings: readonly OutputFinding[];
}

/** Collects what fits the rule, in the order of the configuration. */
export function additionsTo(item: RuleItem, entries: readonly AppendOutput[]): Additions {
  const texts: string[] = [];
  const fields: ExtraField[] = [];
  const findings: OutputFinding[] = [];
  const add = (key: string, template: string, formatted: boolean): void => {
    const parsed = parseOutput(template);
    findings.push(...parsed.findings);
    const [only] = parsed.tokens;
    const isField = parsed.tokens.length === 1 && only?.kind === 'value' && only.text === key;
    if (!formatted && !isField && parsed.findings.length === 0) {
      findings.push(noField(key, template.length));
    }
    fields.push({ key, tokens: parsed.tokens, formatted });
  };
  for (const entry of entries.filter((one) => fits(one, item))) {
    if (entry.text !== undefined) texts.push(entry.text);
    if (entry.suggested === true && item.source === 'syscall') texts.push(SUGGESTED_TEXT);
    for (const field of entry.fields ?? []) add(field, `%${field}`, false);
    for (const [key, format] of Object.entries(entry.formatted ?? {})) add(key, format, true);
  }
  return { texts, fields, findings };
}

const noField = (text: string, end: number): OutputFinding => ({
  code: 'unknown-field',
  falco: 'LOAD_ERR_COMPILE_OUTPUT',
  message: `"${text}" is no field`,
  span: { start: 0, end },
  unknown: true,
});

function fits(entry: AppendOutput, item: RuleItem): boolean {
  return (
    (entry.rule === undefined || wildcard(entry.rule).test(item.name)) &&
    (entry.source === undefined || entry.source === item.source) &&
    (entry.tags ?? []).every((tag) => item.tags.includes(tag))
  );
}
