import type {
  Ast,
  AstCall,
  AstCompare,
  AstField,
  AstOperand,
  AstSpan,
  AstText,
} from '../../../grammar/index.js';
import { TRANSFORMERS } from '../../../grammar/index.js';
import { toText } from '../../core/bytes.js';
import type { Finding } from '../diagnostic.js';
import { EVENT_NAMES, EVENTS, isNeverDelivered } from '../events/index.js';
import type { FieldDef, FieldType } from '../field-def.js';
import { allFields, findField, splitFieldName } from '../fields/index.js';
import type { CompareOp, Condition, Literal, Operand, Span } from '../ir.js';
import { parseLiteral } from '../literals.js';
import { simplerThanRegex } from '../regex/index.js';
import { didYouMean } from '../suggest.js';
import { isEventTypeValue } from './events.js';
import { FIELD_TO_FIELD_REFUSED, MODIFIABLE, nameOfType, operatorsOf } from './operators.js';
import type { ValueType } from './operators.js';

/** Something about a condition, at a span of its text. */
export interface ConditionFinding extends Finding {
  readonly span: Span;
  /** A field or event type that is not known: `skip-if-unknown-filter` forgives it. */
  readonly unknown?: boolean;
  /** Where Falco places it, if elsewhere: errors stand at the start of the check. */
  readonly at?: Span;
}

/** What names in a condition refer to. */
export interface ResolveScope {
  /** The body of a macro; null when it is known but has errors of its own; undefined when it is not visible. */
  macro(name: string): Condition | null | undefined;
  /** Words for "did you mean" behind an unknown macro. */
  macroNames(): Iterable<string>;
  /** Why an invisible macro is invisible, when it exists at all. */
  whyInvisible?(name: string): string | null;
  /** All networks of `fd.net in (…)` count, as one would think (`--compat strict`). */
  readonly strict: boolean;
}

/** A condition with names looked up, macros in place and literals typed; null when something is wrong with it. */
export interface Resolved {
  readonly condition: Condition | null;
  readonly findings: readonly ConditionFinding[];
}

/** Looks up names and checks types in a syntax tree. */
export function resolve(ast: Ast, scope: ResolveScope): Resolved {
  const resolver = new Resolver(scope);
  const condition = resolver.condition(ast);
  return { condition, findings: resolver.findings };
}

/** As `resolve`, for one operand: outputs and exceptions name fields and transformers too. */
export function resolveOperand(operand: AstOperand): {
  readonly value: TypedOperand | null;
  readonly findings: readonly ConditionFinding[];
} {
  const resolver = new Resolver({ macro: () => undefined, macroNames: () => [], strict: false });
  return { value: resolver.operand(operand, operand.span), findings: resolver.findings };
}

/** An operand with the type of its value. */
export interface TypedOperand extends ValueType {
  readonly operand: Operand;
  /** Definition behind a plain field. */
  readonly def: FieldDef | null;
}

class Resolver {
  readonly findings: ConditionFinding[] = [];
  readonly #scope: ResolveScope;

  constructor(scope: ResolveScope) {
    this.#scope = scope;
  }

  condition(ast: Ast): Condition | null {
    switch (ast.kind) {
      case 'and':
      case 'or': {
        const items = ast.items.map((item) => this.condition(item));
        const whole = items.filter((item) => item !== null);
        if (whole.length < items.length) return null;
        return { kind: ast.kind, items: whole, span: ast.span };
      }
      case 'not': {
        const item = this.condition(ast.item);
        return item === null ? null : { kind: 'not', item, span: ast.span };
      }
      case 'macro':
        return this.#macro(ast.name, ast.span);
      case 'exists': {
        const left = this.#left(ast.left, ast.span);
        return left === null ? null : { kind: 'exists', left: left.operand, span: ast.span };
      }
      case 'compare':
        return this.#compare(ast);
    }
  }

  #macro(name: string, span: Span): Condition | null {
    const body = this.#scope.macro(name);
    if (body != null) return { kind: 'macro', name, body, span };
    if (body === undefined) {
      const why = this.#scope.whyInvisible?.(name) ?? null;
      this.#report({
        code: 'unknown-macro',
        falco: 'LOAD_ERR_COMPILE_CONDITION',
        message: why ?? `unknown macro "${name}"`,
        hint: why !== null ? null : didYouMean(name, this.#scope.macroNames()),
        span,
      });
    }
    return null;
  }

  #left(ast: AstOperand, check: Span): TypedOperand | null {
    const left = this.operand(ast, check);
    if (left?.def?.printOnly === true) {
      this.#error(
        'field-only-in-outputs',
        `${left.def.name} can only stand in outputs`,
        ast.span,
        check,
      );
      return null;
    }
    return left;
  }

  /** Looks up a field or a call of a transformer. */
  operand(ast: AstOperand, check: Span): TypedOperand | null {
    return ast.kind === 'field' ? this.#field(ast, check) : this.#call(ast, check);
  }

  #field(ast: AstField, check: Span): TypedOperand | null {
    const written = fieldText(ast);
    const found = splitFieldName(ast.name, ast.arg === null ? null : toText(ast.arg));
    if (!found.ok) {
      this.#report({
        code: found.problem,
        falco: 'LOAD_ERR_COMPILE_CONDITION',
        message: found.reason,
        hint: found.problem === 'unknown-field' ? suggestField(ast.name) : null,
        span: ast.span,
        at: check,
        unknown: true,
      });
      return null;
    }
    const { def } = found;
    if (def.deprecated) {
      this.#report({
        code: 'deprecated-field',
        falco: 'LOAD_DEPRECATED_ITEM',
        severity: 'warning',
        message: `${def.name} is deprecated: ${def.doc}`,
        deprecatedField: def.name,
        span: ast.span,
        at: check,
      });
    }
    if (def.availability === 'not-captured') {
      this.#report({
        code: 'not-captured',
        severity: 'warning',
        message: `${def.name} is not captured yet: it has no value, so every comparison with it is false`,
        span: ast.span,
      });
    }
    const use = { def, arg: found.arg, text: written };
    const operand: Operand = { kind: 'field', use, span: ast.span };
    return { operand, def, type: typeOf(def, found.arg), list: def.list };
  }

  #call(ast: AstCall, check: Span): TypedOperand | null {
    const args: Operand[] = [];
    const types: ValueType[] = [];
    let ok = true;
    const add = (arg: AstOperand | AstText): void => {
      if (arg.kind === 'text') {
        args.push({ kind: 'literal', value: arg.value, span: arg.span });
        types.push({ type: 'string', list: false });
        return;
      }
      const value = this.#left(arg, check);
      if (value === null) ok = false;
      else if (value.def?.noTransform === true) {
        this.#error('no-transformer', `${value.def.name} cannot be transformed`, arg.span, check);
        ok = false;
      } else {
        args.push(value.operand);
        types.push(value);
      }
    };
    for (const arg of ast.args) {
      if (isArgList(arg)) {
        if (ast.name !== 'join') {
          this.#error('bad-argument', `${ast.name} takes no list`, arg[0]?.span ?? ast.span, check);
          ok = false;
        } else arg.forEach(add);
      } else add(arg);
    }
    if (!ok) return null;
    const result = this.#typeOfCall(ast, types, check);
    if (result === null) return null;
    const operand: Operand = {
      kind: 'call',
      name: ast.name,
      args,
      index: ast.index,
      span: ast.span,
    };
    return { operand, def: null, ...result };
  }

  #typeOfCall(ast: AstCall, args: readonly ValueType[], check: Span): ValueType | null {
    const wrong = (message: string, hint: string | null = null): null => {
      this.#error('bad-argument', message, ast.span, check, hint);
      return null;
    };
    if (ast.index !== null && ast.name !== 'getopt')
      return wrong(`${ast.name}(…) takes no [index]`);
    const first = args[0]!;
    switch (ast.name) {
      case 'tolower':
      case 'toupper':
      case 'basename':
      case 'b64':
      case 'len': {
        if (args.length !== 1) return wrong(`${ast.name} takes one argument, not ${args.length}`);
        const bytes = ast.name === 'b64' || ast.name === 'len';
        const fits =
          isText(first.type) ||
          (bytes && first.type === 'bytes') ||
          (ast.name === 'len' && first.list);
        if (!fits) return wrong(`${ast.name} takes text, not ${nameOfType(first)}`);
        if (ast.name === 'len') return { type: 'uint', list: false };
        return { type: ast.name === 'b64' ? first.type : 'string', list: first.list };
      }
      case 'join':
        if (args.length < 2 || ast.args[0] === undefined || isArgList(ast.args[0])) {
          return wrong(
            'join takes a separator and values',
            'as in join("-", (proc.name, proc.pname))',
          );
        }
        return { type: 'string', list: false };
      case 'concat':
        return { type: 'string', list: false };
      case 'getopt': {
        const options = ast.args[1];
        if (
          args.length !== 2 ||
          options === undefined ||
          isArgList(options) ||
          options.kind !== 'text'
        ) {
          return wrong(
            'getopt takes arguments and the letters of their options',
            'as in getopt(proc.args, "nt:")[t]: a colon behind letters that take a value',
          );
        }
        if (!/^:?(?:[a-zA-Z0-9?]:{0,2})*$/.test(options.value)) {
          return wrong(`"${toText(options.value)}" is no row of option letters`);
        }
        return { type: 'string', list: ast.index === null };
      }
    }
  }

  #compare(ast: AstCompare): Condition | null {
    const left = this.#left(ast.left, ast.span);
    const op: CompareOp = ast.op === '==' ? '=' : ast.op;
    this.#checkUnsafeNa(ast);
    if (left === null) return null;
    if (!this.#operatorFits(ast, op, left)) return null;
    if (ast.form === 'name') {
      const name = toText((ast.right[0] as AstText).value);
      this.#error(
        'list-without-parentheses',
        `a list stands in parentheses`,
        ast.rightSpan,
        ast.span,
        `write ${ast.op} (${name})`,
      );
      return null;
    }
    const onEventType = left.def?.name === 'evt.type' || callsEventType(left.operand);
    if (onEventType && (left.operand.kind === 'call' || ast.right.some((v) => v.kind !== 'text'))) {
      this.#error(
        'event-type-not-literal',
        'evt.type is compared with names of events only, without transformers',
        ast.span,
        ast.span,
      );
      return null;
    }
    const right: (Literal | Operand)[] = [];
    let ok = true;
    for (const value of ast.right) {
      const made =
        value.kind === 'text'
          ? this.#literal(value, op, left, ast)
          : this.#rightOperand(value, op, left, ast);
      if (made === null) ok = false;
      else right.push(made);
    }
    if (!ok) return null;
    if (left.def !== null) this.#warnOfTraps(ast, op, left.def);
    const firstOnly = left.def?.name === 'fd.net' && op === 'in' && right.length > 1;
    if (firstOnly) this.#warnFirstNet(ast);
    return {
      kind: 'compare',
      op,
      modifier: ast.modifier,
      left: left.operand,
      right: firstOnly && !this.#scope.strict ? right.slice(0, 1) : right,
      span: ast.span,
    };
  }

  #operatorFits(ast: AstCompare, op: CompareOp, left: TypedOperand): boolean {
    const known = operatorsOf(left);
    const subject = left.def?.name ?? `${(left.operand as { name: string }).name}(…)`;
    const byName = /^fd\.[cslr]ip\.name$/.test(subject);
    if (!known.has(op) || (byName && op !== '=' && op !== '!=' && op !== 'in')) {
      const usable = byName ? ['=', '!=', 'in'] : [...known];
      this.#error(
        'operator-not-for-type',
        `${subject} is ${nameOfType(left)}: "${ast.op}" does not compare that`,
        ast.opSpan,
        ast.span,
        `use one of ${usable.join(' ')} exists`,
      );
      return false;
    }
    if (ast.modifier !== null && !MODIFIABLE.has(op)) {
      this.#error(
        'modifier-not-for-operator',
        `"${ast.op}" takes no ${ast.modifier}`,
        ast.opSpan,
        ast.span,
      );
      return false;
    }
    return true;
  }

  #literal(text: AstText, op: CompareOp, left: TypedOperand, ast: AstCompare): Literal | null {
    if (left.def?.name === 'evt.type' && !this.#eventType(text, ast)) return null;
    const result = parseLiteral(left.type, left.def?.name ?? '', op, text.value);
    if (!result.ok) {
      const inside =
        result.at !== undefined && text.value.length === text.span.end - text.span.start;
      const start = inside
        ? text.span.start + Math.min(result.at, text.value.length - 1)
        : text.span.start;
      const span = inside ? { start, end: start + 1 } : text.span;
      const code = op === 'regex' ? 'bad-regex' : 'bad-literal';
      this.#error(code, result.message, span, ast.span, result.hint ?? null);
      return null;
    }
    this.#warnOfLiteral(text, op, ast);
    return result.literal;
  }

  #eventType(text: AstText, ast: AstCompare): boolean {
    const name = toText(text.value);
    if (!isEventTypeValue(name)) {
      this.#report({
        code: 'unknown-event-type',
        falco: 'LOAD_ERR_COMPILE_CONDITION',
        message: `unknown event type "${name}"`,
        hint: didYouMean(name, EVENT_NAMES),
        span: text.span,
        at: ast.span,
        unknown: true,
      });
      return false;
    }
    if (isNeverDelivered(name) && name !== '') {
      const real = DELIVERED_AS[name];
      this.#report({
        code: 'event-never-delivered',
        severity: 'warning',
        message: `no event is called "${name}": this never matches`,
        hint: real === undefined ? null : `the event is called "${real}"`,
        span: text.span,
      });
    }
    return true;
  }

  #rightOperand(
    value: AstOperand,
    op: CompareOp,
    left: TypedOperand,
    ast: AstCompare,
  ): Operand | null {
    const right = this.#left(value, ast.span);
    if (right === null) return null;
    const refuse = (message: string): null => {
      this.#error('field-comparison', message, value.span, ast.span);
      return null;
    };
    if (right.def?.noRhs === true)
      return refuse(`${right.def.name} cannot stand on the right-hand side`);
    if (FIELD_TO_FIELD_REFUSED.has(op)) return refuse(`"${op}" compares with literals only`);
    if (left.type === 'net' || right.type === 'net')
      return refuse('networks are compared with literals only');
    const same = left.type === right.type || (isText(left.type) && isText(right.type));
    if (!same || left.list !== right.list) {
      return refuse(`${nameOfType(left)} is not compared with ${nameOfType(right)}`);
    }
    return right.operand;
  }

  #warnOfLiteral(text: AstText, op: CompareOp, ast: AstCompare): void {
    const value = toText(text.value);
    const bare = value.replaceAll(/[ \t]/g, '');
    const call = CALL.exec(bare);
    const warn = (message: string, hint: string): void => {
      this.#report({
        code: 'suspicious-literal',
        falco: 'LOAD_COMPILE_CONDITION',
        severity: 'warning',
        message,
        hint,
        span: text.span,
      });
    };
    if (call !== null)
      warn(`"${value}" is compared as text`, `write ${bare} without quotes to call ${call[1]}`);
    else if (bare.includes('.') && looksLikeField(bare)) {
      warn(
        `"${value}" is compared as text, not as the field of that name`,
        `write val(${bare}) to compare with the field`,
      );
    } else if (op === 'regex') {
      const simpler = simplerThanRegex(value);
      if (simpler !== null)
        warn(`the pattern needs no regex`, `write ${fieldText(ast.left as AstField)} ${simpler}`);
    }
  }

  /** Comparisons that mean something else than they seem to. */
  #warnOfTraps(ast: AstCompare, op: CompareOp, def: FieldDef): void {
    if (
      def.name === 'evt.arg' &&
      ['<', '<=', '>', '>='].includes(op) &&
      ast.left.kind === 'field'
    ) {
      this.#report({
        code: 'text-comparison',
        severity: 'warning',
        message: `${fieldText(ast.left)} is text: "1000" is less than "900"`,
        hint: `write ${fieldText(ast.left).replace('evt.arg', 'evt.rawarg')} to compare numbers`,
        span: ast.left.span,
      });
    }
    if (def.name === 'syscall.type' && (op === '=' || op === 'in')) {
      for (const value of ast.right) {
        if (value.kind !== 'text' || isEventTypeValue(toText(value.value))) continue;
        this.#report({
          code: 'unknown-syscall',
          severity: 'warning',
          message: `no system call is named "${toText(value.value)}": this never matches`,
          hint: didYouMean(toText(value.value), EVENT_NAMES),
          span: value.span,
        });
      }
    }
  }

  #warnFirstNet(ast: AstCompare): void {
    this.#report({
      code: 'net-in-first-only',
      severity: 'warning',
      message: this.#scope.strict
        ? 'fd.net in (…): Falco honours only the first network'
        : 'fd.net in (…) honours only the first network',
      hint: 'write fd.lnet in (…) or fd.rnet in (…): they honour all',
      span: ast.rightSpan,
    });
  }

  #checkUnsafeNa(ast: AstCompare): void {
    const { left } = ast;
    if (left.kind !== 'field' || !/^(?:ka|jevt)\./.test(left.name)) return;
    if (!['=', '==', '!=', 'in', 'intersects', 'pmatch'].includes(ast.op)) return;
    if (ast.right.some((value) => value.kind === 'text' && value.value === '<NA>')) {
      this.#report({
        code: 'unsafe-na-check',
        falco: 'LOAD_UNSAFE_NA_CHECK',
        severity: 'warning',
        message: 'a missing value is null, never the text <NA>',
        hint: `write ${fieldText(left)} exists`,
        span: ast.span,
      });
    }
  }

  #error(
    code: string,
    message: string,
    span: AstSpan,
    check: Span,
    hint: string | null = null,
  ): void {
    this.#report({
      code,
      falco: 'LOAD_ERR_COMPILE_CONDITION',
      message,
      hint,
      span,
      at: check,
    });
  }

  #report(finding: ConditionFinding): void {
    this.findings.push(finding);
  }
}

const CALL = new RegExp(`^(${TRANSFORMERS.join('|')}|val)\\(.*\\)$`);

const isText = (type: FieldType): boolean => type === 'string' || type === 'path' || type === 'dyn';
const isArgList = (arg: AstCall['args'][number]): arg is readonly AstOperand[] =>
  Array.isArray(arg);

/** A field as it is written. */
export function fieldText(ast: AstField): string {
  return ast.arg === null ? ast.name : `${ast.name}[${toText(ast.arg)}]`;
}

function looksLikeField(text: string): boolean {
  const match = /^([a-zA-Z][a-zA-Z0-9_.]*)(?:\[([^\]]*)\])?$/.exec(text);
  return match !== null && splitFieldName(match[1]!, match[2] ?? null).ok;
}

function callsEventType(operand: Operand): boolean {
  if (operand.kind === 'field') return operand.use.def.name === 'evt.type';
  return operand.kind === 'call' && operand.args.some(callsEventType);
}

/** `evt.rawarg` takes the type of its parameter; only numbers matter, everything else is compared as text. */
function typeOf(def: FieldDef, arg: string | number | null): FieldType {
  if (def.type !== 'dyn' || typeof arg !== 'string') return def.type;
  return numericParams().has(arg) ? 'int' : 'dyn';
}

let numeric: ReadonlySet<string> | null = null;

function numericParams(): ReadonlySet<string> {
  numeric ??= new Set(
    EVENTS.flatMap(({ params }) =>
      params.flatMap((param) => (NUMERIC_PARAM.test(param.type) ? [param.name] : [])),
    ),
  );
  return numeric;
}
const NUMERIC_PARAM =
  /^(?:u?int\d+|errno|fd(?:32)?|pid(?:32)?|uid|gid|(?:enum)?flags\d+|mode|sigtype|signal|port|bool|reltime|abstime|l4proto|sockfamily)$/;

function suggestField(name: string): string | null {
  const known = allFields().flatMap((def) => (def.hidden ? [] : [def.name]));
  // An argument behind a dot is no part of the name: `evt.agr.flags`.
  return (
    didYouMean(name, known) ??
    didYouMean(
      name.slice(0, Math.max(0, name.lastIndexOf('.'))),
      known.filter((field) => findField(field)?.arg !== 'none'),
    )
  );
}

/** Names of system calls whose event is called differently (falco-formats §1). */
const DELIVERED_AS: Readonly<Record<string, string>> = {
  pread64: 'pread',
  pwrite64: 'pwrite',
  _llseek: 'llseek',
  prlimit64: 'prlimit',
  fcntl64: 'fcntl',
  setuid32: 'setuid',
  setgid32: 'setgid',
  setresuid32: 'setresuid',
  setresgid32: 'setresgid',
  getuid32: 'getuid',
  getgid32: 'getgid',
  geteuid32: 'geteuid',
  getegid32: 'getegid',
  getresuid32: 'getresuid',
  getresgid32: 'getresgid',
  ugetrlimit: 'getrlimit',
  sendfile64: 'sendfile',
  sched_process_exit: 'procexit',
  sched_switch: 'switch',
  signal_deliver: 'signaldeliver',
  page_fault_user: 'page_fault',
  page_fault_kernel: 'page_fault',
};
