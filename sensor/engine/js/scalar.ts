import type { ByteString } from '../../core/bytes.js';
import type { CompareOp, Literal, Operand } from '../../lang/ir.js';
import { compareAny } from '../ops/any.js';
import { containsFolded, lowerAscii } from '../ops/fold.js';
import { compileGlob } from '../ops/glob.js';
import { addressOf, compileNet, compileNets } from '../ops/net.js';
import { compilePathPrefixes } from '../ops/path-prefix.js';
import { compileRegex } from '../ops/regex.js';
import { domainOf, type Domain } from '../shape.js';
import type { Pool } from './pool.js';
import { containsAnyCode, startsWithAny } from './text.js';

type TextLiteral = Extract<Literal, { kind: 'string' }>;

/** A test in JavaScript of one value that is there, held in the variable `v`. */
export interface ScalarTest {
  readonly code: string;
  /** False for null too, so no guard is needed. */
  readonly nullSafe: boolean;
}

const guarded = (code: string): ScalarTest => ({ code, nullSafe: false });
const safe = (code: string): ScalarTest => ({ code, nullSafe: true });

/** Any of `literals` matches, under `op`. */
export function anyOf(
  pool: Pool,
  op: CompareOp,
  left: Operand,
  literals: readonly Literal[],
  v: string,
): ScalarTest {
  if (literals.length === 0) return safe('false');
  const domain = domainOf(left);
  if (domain === 'any') {
    const tests = literals.map((literal) => {
      const call = `${pool.constant(compareAny)}(${JSON.stringify(op)}, ${v}, ${pool.constant(literal)})`;
      return call;
    });
    return guarded(`(${tests.join(' || ')})`);
  }
  if (domain === 'net') return nets(pool, op, literals, v);
  if (op === '=' || op === 'in' || op === 'intersects') {
    return member(pool, domain, left, literals, v);
  }
  const texts = literals.filter((literal) => literal.kind === 'string');
  if (domain === 'string' && texts.length === literals.length && texts.length > 0) {
    const many = manyTexts(pool, op, texts, v);
    if (many !== null) return guarded(many);
  }
  return guarded(
    `(${literals.map((literal) => one(pool, op, domain, left, literal, v)).join(' || ')})`,
  );
}

/** One literal, under an operator other than the set ones. */
function one(
  pool: Pool,
  op: CompareOp,
  domain: Domain,
  left: Operand,
  literal: Literal,
  v: string,
): string {
  switch (literal.kind) {
    case 'regex':
      return `${pool.constant(compileRegex(literal))}(${v})`;
    case 'bool':
      return op === '!=' ? `${v} !== ${literal.value}` : `${v} === ${literal.value}`;
    case 'int':
      return domain === 'int'
        ? `${v} ${numericOp(op, left, literal.value)} ${numeral(left, literal.value)}`
        : op === '!='
          ? 'true'
          : 'false';
    case 'string':
      return domain === 'string'
        ? text(pool, op, literal.value, v)
        : op === '!='
          ? 'true'
          : 'false';
    case 'net':
      return 'false';
  }
}

/** A whole number of the source: plain where the field holds plain numbers and it fits, else a BigInt. */
function numeral(left: Operand, value: bigint): string {
  return isPlain(left, value) ? `${value}` : `${value}n`;
}

function isPlain(left: Operand, value: bigint): boolean {
  const big = left.kind === 'field' && left.use.def.repr === 'bigint';
  return !big && value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER;
}

function numericOp(op: CompareOp, left: Operand, value: bigint): string {
  if (op !== '=' && op !== '!=') return op;
  // Loose equality compares a BigInt with a number by value.
  return isPlain(left, value) ? `${op === '=' ? '=' : '!'}==` : `${op === '=' ? '=' : '!'}=`;
}

function member(
  pool: Pool,
  domain: Domain,
  left: Operand,
  literals: readonly Literal[],
  v: string,
): ScalarTest {
  if (domain === 'bool') {
    const values = new Set(literals.map((literal) => literal.kind === 'bool' && literal.value));
    if (values.size === 2) return guarded('true');
    return safe(`${v} === ${[...values].join()}`);
  }
  if (domain === 'int') {
    const values = literals
      .filter((literal) => literal.kind === 'int')
      .map((literal) => literal.value);
    const plain = values.every((value) => isPlain(left, value));
    if (plain && values.length > 6) {
      const set = new Set(values.map((value) => Number(value)));
      return safe(`${pool.constant(set)}.has(${v})`);
    }
    const tests = values.map(
      (value) => `${v} ${numericOp('=', left, value)} ${numeral(left, value)}`,
    );
    return plain ? safe(`(${tests.join(' || ')})`) : guarded(`(${tests.join(' || ')})`);
  }
  const texts = literals
    .filter((literal) => literal.kind === 'string')
    .map((literal) => literal.value);
  if (texts.length <= 2) {
    return safe(`(${texts.map((value) => `${v} === ${JSON.stringify(value)}`).join(' || ')})`);
  }
  // A string's hash is costly the first time: its length often says no already.
  const set = `${pool.constant(new Set(texts))}.has(${v})`;
  const mask = lengthMask(texts);
  return guarded(mask === null ? set : `(${mask} >>> ${v}.length & 1) === 1 && ${set}`);
}

/** Bit n: some text is n bytes long. Shifts count modulo 32, so longer ones share bits: a filter, not a decision. */
export function lengthMask(texts: readonly ByteString[]): number | null {
  let mask = 0;
  for (const value of texts) mask |= 1 << (value.length & 31);
  return mask === -1 ? null : mask;
}

function nets(pool: Pool, op: CompareOp, literals: readonly Literal[], v: string): ScalarTest {
  const values = literals
    .filter((literal) => literal.kind === 'net')
    .map((literal) => literal.value);
  const [first] = values;
  if (first === undefined) return guarded(op === '!=' ? 'true' : 'false');
  if (op === '!=') {
    const tests = values.map((net) => `!${pool.constant(compileNet(net))}(${v})`);
    return guarded(`(${tests.join(' || ')})`);
  }
  const hosts = values.every((net) => net.bits === (net.family === 4 ? 32 : 128));
  if (hosts && values.length === 1) return safe(`${v} === ${JSON.stringify(addressOf(first))}`);
  if (hosts) return safe(`${pool.constant(new Set(values.map(addressOf)))}.has(${v})`);
  const test = values.length === 1 ? compileNet(first) : compileNets(values);
  return guarded(`${pool.constant(test)}(${v})`);
}

/** Operators that judge many texts better together than one by one. */
function manyTexts(
  pool: Pool,
  op: CompareOp,
  literals: readonly TextLiteral[],
  v: string,
): string | null {
  const values = literals.map((literal) => literal.value);
  switch (op) {
    case 'pmatch':
      return `${pool.constant(compilePathPrefixes(values))}(${v})`;
    case 'startswith':
      return values.length > 1 ? startsWithAny(pool, values, v) : null;
    case 'contains':
      return containsAnyCode(pool, values, v, false);
    case 'icontains':
      return containsAnyCode(pool, values.map(lowerAscii), v, true);
    default:
      return null;
  }
}

function text(pool: Pool, op: CompareOp, value: ByteString, v: string): string {
  const quoted = JSON.stringify(value);
  switch (op) {
    case '=':
    case 'in':
    case 'intersects':
      return `${v} === ${quoted}`;
    case '!=':
      return `${v} !== ${quoted}`;
    case '<':
    case '<=':
    case '>':
    case '>=':
      return `${v} ${op} ${quoted}`;
    case 'contains':
      return value === '' ? 'true' : `${v}.includes(${quoted})`;
    case 'icontains':
      return `${pool.constant(containsFolded)}(${v}, ${JSON.stringify(lowerAscii(value))})`;
    case 'startswith':
      return startsWithAny(pool, [value], v);
    case 'endswith':
      return `${v}.endsWith(${quoted})`;
    case 'bcontains':
      return text(pool, 'contains', value, v);
    case 'bstartswith':
      return text(pool, 'startswith', value, v);
    case 'glob':
    case 'iglob':
      return glob(pool, value, op === 'iglob', v);
    case 'pmatch':
      return `${pool.constant(compilePathPrefixes([value]))}(${v})`;
    case 'regex':
      return 'false';
  }
}

function glob(pool: Pool, pattern: ByteString, foldCase: boolean, v: string): string {
  const compiled = compileGlob(pattern, foldCase);
  switch (compiled.shape.kind) {
    case 'never':
      return 'false';
    case 'any':
      return 'true';
    case 'equals':
      return text(pool, '=', compiled.shape.text, v);
    case 'starts':
      return text(pool, 'startswith', compiled.shape.text, v);
    case 'ends':
      return text(pool, 'endswith', compiled.shape.text, v);
    case 'contains':
      return text(pool, 'contains', compiled.shape.text, v);
    case 'pattern':
      return `${pool.constant(compiled.test)}(${v})`;
  }
}
