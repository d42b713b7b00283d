import { ConditionSyntaxError, TRANSFORMERS, parse } from '../../grammar/index.js';
import type { AstOperand } from '../../grammar/index.js';
import type { Finding } from './diagnostic.js';
import { allFields, resolveFieldText } from './fields/index.js';
import type { OutputToken, Span } from './ir.js';
import { resolveOperand } from './passes/resolve/index.js';
import type { ConditionFinding } from './passes/resolve/index.js';
import { didYouMean } from '../core/index.js';

/** Gone from Falco: the loader leaves it out, with a warning. */
export const CONTAINER_INFO = '%container.info';

export interface OutputFinding extends Finding {
  readonly span: Span;
  readonly unknown?: boolean;
}

export interface ParsedOutput {
  readonly tokens: readonly OutputToken[];
  readonly findings: readonly OutputFinding[];
}

const CALL = new RegExp(`(?:${TRANSFORMERS.join('|')})\\(`, 'y');
/** Fields whose dotted argument is a name of Falco's own: all of the word behind the dot is meant. */
const NAMED_ARGUMENT = new RegExp(
  `(?:${allFields()
    .filter(
      ({ argKind, argForm }) =>
        (argKind === 'param' || argKind === 'event') && argForm !== 'bracket',
    )
    .map(({ name }) => name.replaceAll('.', '\\.'))
    .join('|')})\\.[a-zA-Z0-9_]+`,
  'y',
);
/** Wider than any line: what would only fill the memory is a slip. */
const MAX_WIDTH = 4096;
const NAME = /[a-zA-Z][a-zA-Z0-9_]*(?:\.[a-zA-Z0-9_]+)*/y;

/**
 * Parses a rule's output (falco-formats §2.1): after `%` the longest text that is a field or a call of a transformer is a token,
 * all else is literal. A leading `*` is dropped: Falco always behaves as if it stood there.
 */
export function parseOutput(template: string): ParsedOutput {
  const tokens: OutputToken[] = [];
  const findings: OutputFinding[] = [];
  let at = template.startsWith('*') ? 1 : 0;
  while (at < template.length) {
    const percent = template.indexOf('%', at);
    if (percent < 0) {
      tokens.push({ kind: 'text', text: template.slice(at) });
      break;
    }
    if (percent > at) tokens.push({ kind: 'text', text: template.slice(at, percent) });
    const digits = /^[0-9]*/.exec(template.slice(percent + 1, percent + 100))![0];
    const start = percent + 1 + digits.length;
    const token = start < template.length ? tokenAt(template, start) : null;
    if (token === null) {
      findings.push(problemAt(template, percent, start));
      // `%%` is one mistake, not two.
      at = template[start] === '%' ? start + 1 : Math.max(start, percent + 1);
      continue;
    }
    findings.push(...token.findings);
    if (Number(digits) > MAX_WIDTH) findings.push(tooWide(digits, percent, start));
    if (token.operand !== null) {
      tokens.push({
        kind: 'value',
        operand: token.operand,
        width: digits === '' ? 0 : Number(digits),
        text: template.slice(start, token.end),
      });
    }
    at = token.end;
  }
  return { tokens, findings };
}

interface Found {
  readonly operand: Extract<OutputToken, { kind: 'value' }>['operand'] | null;
  readonly end: number;
  readonly findings: readonly OutputFinding[];
}

/** The field or call that begins at `start`; null when none does. */
function tokenAt(template: string, start: number): Found | null {
  CALL.lastIndex = start;
  if (CALL.test(template)) {
    const end = closing(template, CALL.lastIndex);
    return end === null ? null : resolved(template, start, end);
  }
  NAMED_ARGUMENT.lastIndex = start;
  const argument = NAMED_ARGUMENT.exec(template)?.[0];
  if (argument !== undefined) {
    const found = resolveFieldText(argument);
    if (!found.ok) return null;
    const end = start + argument.length;
    // `evt.type.is.2`: the number of a code is no word of a condition.
    if (/\.[0-9]+$/.test(argument)) {
      const use = { def: found.def, arg: found.arg, text: argument };
      return { operand: { kind: 'field', use, span: { start, end } }, end, findings: [] };
    }
    return resolved(template, start, end);
  }
  NAME.lastIndex = start;
  const name = NAME.exec(template)?.[0];
  if (name === undefined) return null;
  const afterName = start + name.length;
  if (template[afterName] === '[') {
    const close = template.indexOf(']', afterName);
    if (close > 0 && resolveFieldText(template.slice(start, close + 1)).ok) {
      return resolved(template, start, close + 1);
    }
  }
  for (let end = afterName; end > start; end--) {
    const text = template.slice(start, end);
    if (text.includes('.') && resolveFieldText(text).ok) return resolved(template, start, end);
  }
  return null;
}

/** Behind the parenthesis that closes a call, quotes respected. */
function closing(template: string, from: number): number | null {
  let depth = 1;
  let quote = '';
  for (let i = from; i < template.length; i++) {
    const char = template[i]!;
    if (quote !== '') {
      if (char === quote && template[i - 1] !== '\\') quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '(') depth++;
    else if (char === ')' && --depth === 0) {
      const index = /^\[[^\]\s]+\]/.exec(template.slice(i + 1, i + 64));
      return i + 1 + (index?.[0].length ?? 0);
    }
  }
  return null;
}

function resolved(template: string, start: number, end: number): Found | null {
  let operand: AstOperand;
  try {
    // As the left-hand side of a check: the same grammar, the same meaning.
    const ast = parse(`${template.slice(start, end)} exists`);
    if (ast.kind !== 'exists') return null;
    operand = ast.left;
  } catch (error) {
    if (error instanceof ConditionSyntaxError) return null;
    throw error;
  }
  const { value, findings } = resolveOperand(operand);
  const shift = (finding: ConditionFinding): OutputFinding => ({
    ...finding,
    falco:
      finding.falco === 'LOAD_ERR_COMPILE_CONDITION'
        ? 'LOAD_ERR_COMPILE_OUTPUT'
        : (finding.falco ?? null),
    span: { start: finding.span.start + start, end: finding.span.end + start },
  });
  const shifted = findings.map(shift);
  if (value?.def?.filterOnly === true) {
    shifted.push({
      code: 'field-only-in-conditions',
      falco: 'LOAD_ERR_COMPILE_OUTPUT',
      message: `${value.def.name} can only stand in conditions`,
      hint: `show ${shownFor(value.def.name)}`,
      span: { start, end },
    });
    return { operand: null, end, findings: shifted };
  }
  return { operand: value?.operand ?? null, end, findings: shifted };
}

/** Fields to show in place of one that stands for several values. */
function shownFor(name: string): string {
  const end = /^fd\.([cslr])net$/.exec(name)?.[1];
  if (end !== undefined) return `%fd.${end}ip`;
  if (name === 'fd.port' || name === 'fd.proto') return '%fd.cport and %fd.sport';
  return name.startsWith('fd.') ? '%fd.cip and %fd.sip' : '%evt.rawtime';
}

const tooWide = (digits: string, percent: number, end: number): OutputFinding => ({
  code: 'bad-output',
  falco: 'LOAD_ERR_COMPILE_OUTPUT',
  message: `a width of ${digits} bytes is too much: at most ${MAX_WIDTH}`,
  hint: 'the text of a field is cut or padded to that many bytes',
  span: { start: percent, end },
});

function problemAt(template: string, percent: number, start: number): OutputFinding {
  CALL.lastIndex = start;
  if (CALL.test(template)) return callProblem(template, start, CALL.lastIndex);
  const rest = /^[^\s,;)%]*/.exec(template.slice(start))![0];
  const span = { start: percent, end: start + rest.length };
  const base = { code: 'bad-output', falco: 'LOAD_ERR_COMPILE_OUTPUT', span } as const;
  if (rest === '') {
    return {
      ...base,
      message:
        start > percent + 1 ? 'a width needs a field behind it' : '"%" needs a field behind it',
      hint: 'a literal % cannot be written in an output',
    };
  }
  const name = /^[a-zA-Z0-9_.]*/.exec(rest)![0];
  const field = resolveFieldText(rest);
  const isUnknown = field.ok || field.problem === 'unknown-field';
  return {
    ...base,
    code: 'unknown-field',
    message: isUnknown ? `unknown field "${name === '' ? rest : name}"` : field.reason,
    falcoMessage: `unknown filter: ${name === '' ? rest : name}`,
    hint: isUnknown
      ? (didYouMean(
          name,
          allFields().flatMap((def) => (def.hidden ? [] : [def.name])),
        ) ?? 'a literal % cannot be written in an output')
      : field.def === null
        ? 'as in %proc.aname[2]'
        : `saker fields ${field.def.name} tells what the field takes`,
    unknown: true,
  };
}

/** What is wrong with a call of a transformer that begins at `start`. */
function callProblem(template: string, start: number, inside: number): OutputFinding {
  const name = template.slice(start, inside - 1);
  const end = closing(template, inside);
  const finding = {
    code: 'bad-output',
    falco: 'LOAD_ERR_COMPILE_OUTPUT',
    message: `the call of ${name} is not closed`,
    hint: `as in %${name}(proc.name)`,
    span: { start, end: end ?? template.length },
    falcoMessage: `unknown filter: ${name}`,
    unknown: true,
  } as const;
  if (end === null) return finding;
  try {
    parse(`${template.slice(start, end)} exists`);
    return finding;
  } catch (error) {
    if (!(error instanceof ConditionSyntaxError)) throw error;
    const { message, hint = null, span } = error;
    return {
      ...finding,
      message,
      hint,
      span: { start: start + span.start, end: start + span.end },
    };
  }
}
