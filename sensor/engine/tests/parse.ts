import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document, Node } from 'yaml';
import { didYouMean } from '../../core/index.js';
import { BASES } from './bases.js';
import { plainEvent, type PlainEvent } from './plain-event.js';

/** One event of a rule test, with what it shall do. */
export interface RuleTestCase {
  readonly file: string;
  readonly line: number;
  /** Name of the rule, or null: the only rule of the file beside it. */
  readonly rule: string | null;
  readonly expect: 'fires' | 'quiet';
  readonly title: string;
  readonly event: PlainEvent;
  /** Message wanted, when the test says so. */
  readonly message: string | null;
}

/** What is wrong with a test file. */
export interface RuleTestProblem {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

export interface ParsedRuleTests {
  readonly cases: readonly RuleTestCase[];
  readonly problems: readonly RuleTestProblem[];
}

const TOP_KEYS = ['rule', 'bases', 'fires', 'quiet'];
const CASE_KEYS = ['base', 'name', 'message'];

type Values = Readonly<Record<string, unknown>>;

/** Reads a `.test.yaml` (rules/README.md, "Tests"): all problems of the file, not the first. */
export function parseRuleTests(file: string, text: string): ParsedRuleTests {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    intAsBigInt: true,
    prettyErrors: false,
  });
  const problems: RuleTestProblem[] = [];
  const cases: RuleTestCase[] = [];
  const lineOf = (node: unknown): number => {
    const range = (node as Node | null)?.range;
    return range ? lines.linePos(range[0]).line : 1;
  };
  const complain = (node: unknown, reason: string): void => {
    problems.push({ file, line: lineOf(node), reason });
  };

  for (const error of document.errors) {
    problems.push({ file, line: lines.linePos(error.pos[0]).line, reason: error.message });
  }
  const top = document.contents;
  if (problems.length > 0) return { cases, problems };
  if (!isMap(top)) {
    complain(top, 'a mapping with the keys fires and quiet is wanted');
    return { cases, problems };
  }
  for (const { key } of top.items) {
    const name = String(key);
    if (!TOP_KEYS.includes(name))
      complain(key, `unknown key "${name}": ${didYouMean(name, TOP_KEYS) ?? TOP_KEYS.join(', ')}`);
  }

  const rule = top.get('rule');
  const bases: Record<string, Values> = { ...BASES };
  const own = top.get('bases', true);
  if (isMap(own)) {
    for (const { key, value } of own.items) {
      const values = readCase(value, bases, document, complain);
      if (values !== null) bases[String(key)] = values.fields;
    }
  }
  for (const expect of ['fires', 'quiet'] as const) {
    const list = top.get(expect, true);
    if (!isSeq(list) || list.items.length === 0) {
      const wanted = `at least one event that ${expect === 'fires' ? 'fires' : 'is quiet'} is wanted`;
      complain(
        list ?? top,
        list == null || isSeq(list) ? wanted : `"${expect}" is a list of events`,
      );
      continue;
    }
    for (const item of list.items) {
      const read = readCase(item, bases, document, complain);
      if (read === null) continue;
      const { event, problems: bad } = plainEvent(read.fields);
      for (const { field, reason } of bad) complain(item, `${field}: ${reason}`);
      // What it would do without its faulty part says nothing.
      if (bad.length > 0) continue;
      cases.push({
        file,
        line: lineOf(item),
        rule: typeof rule === 'string' ? rule : null,
        expect,
        title: read.name ?? `${expect} at line ${lineOf(item)}`,
        event,
        message: read.message,
      });
    }
  }
  return { cases, problems: problems.sort((a, b) => a.line - b.line) };
}

interface CaseParts {
  readonly fields: Values;
  readonly name: string | null;
  readonly message: string | null;
}

/** `{base: exec, name: …, message: …, proc.name: bash}`: keys with a dot are fields. */
function readCase(
  node: unknown,
  bases: Readonly<Record<string, Values>>,
  document: Document,
  complain: (node: unknown, reason: string) => void,
): CaseParts | null {
  if (!isMap(node)) {
    complain(node, 'an event is a mapping: base, and fields with values');
    return null;
  }
  const fields: Record<string, unknown> = {};
  const words: Record<string, string> = {};
  for (const pair of node.items) {
    if (!isPair(pair) || !isScalar(pair.key)) continue;
    const key = String(pair.key.value);
    const value = (pair.value as Node | null)?.toJS(document) as unknown;
    if (key.includes('.')) fields[key] = value;
    else if (CASE_KEYS.includes(key)) words[key] = String(value);
    else complain(pair.key, `"${key}" is neither a field nor one of ${CASE_KEYS.join(', ')}`);
  }
  const { base, name = null, message = null } = words;
  if (base !== undefined && !Object.hasOwn(bases, base)) {
    const known = Object.keys(bases);
    complain(node, `no base "${base}": ${didYouMean(base, known) ?? known.join(', ')}`);
    return null;
  }
  const under = base === undefined ? {} : bases[base];
  return { fields: { ...under, ...fields }, name, message };
}
