import { ConditionSyntaxError, MODIFIERS, parse } from '../../../grammar/index.js';
import type { AstOperand } from '../../../grammar/index.js';
import {
  LIST_OPERATORS,
  NUMBER_OPERATORS,
  SYMBOL_OPERATORS,
  WORD_OPERATORS,
} from '../../../grammar/index.js';
import { diagnosticAt, diagnosticFor } from '../diagnostic.js';
import type { ExceptionItem, OneOrMany } from '../items.js';
import type { Report } from '../read-values.js';
import { MappedText } from '../source.js';
import { didYouMean } from '../../core/index.js';
import { quoteItem } from './lists.js';
import { resolveOperand } from './resolve/index.js';

const OPERATORS: readonly string[] = [
  ...NUMBER_OPERATORS,
  ...SYMBOL_OPERATORS,
  ...WORD_OPERATORS,
  ...LIST_OPERATORS,
];

/** `startswith oneof` → operator and modifier. */
function splitComp(comp: string): { operator: string; modifier: string | null } {
  const [operator = '', modifier = null] = comp.trim().split(/\s+/);
  return { operator, modifier };
}

/** Does the comparison take a list on its right? */
function takesList(comp: string): boolean {
  const { operator, modifier } = splitComp(comp);
  return modifier !== null || (LIST_OPERATORS as readonly string[]).includes(operator);
}

/** Checks the definition of an exception: its fields, its comparisons, and that they are as many. False when it is faulty. */
export function validateException(exception: ExceptionItem, report: Report): boolean {
  let ok = true;
  checkException(exception, (diagnostic) => {
    ok = false;
    report(diagnostic);
  });
  return ok;
}

function checkException(exception: ExceptionItem, report: Report): void {
  const fail = (
    code: string,
    message: string,
    hint: string | null = null,
    at?: MappedText,
  ): void => {
    const falco = 'LOAD_ERR_VALIDATE';
    const place = at?.locate({ start: 0, end: at.text.length });
    const base = diagnosticFor({ code, falco, message, hint }, exception.context);
    report(
      place === undefined
        ? base
        : diagnosticAt(base, place.file, place.span, base.item, base.context),
    );
  };
  const { fields, comps } = exception;
  if (fields === null)
    return fail('exception-without-fields', `exception "${exception.name}" has no fields`);
  for (const field of fields.items) checkField(field, fail);
  if (comps === null) return;
  if (comps.many !== fields.many || comps.items.length !== fields.items.length) {
    fail(
      'exception-lengths',
      `exception "${exception.name}" has ${fields.items.length} fields, but ${comps.items.length} comps`,
    );
    return;
  }
  for (const comp of comps.items) {
    const { operator, modifier } = splitComp(comp.text);
    if (
      !OPERATORS.includes(operator) ||
      (modifier !== null && !(MODIFIERS as readonly string[]).includes(modifier))
    ) {
      fail(
        'unknown-operator',
        `"${comp.text}" is no operator`,
        didYouMean(operator, OPERATORS),
        comp,
      );
    } else if (!fields.many && !takesList(comp.text)) {
      fail(
        'exception-scalar-comp',
        `"${comp.text}" compares with one value, but an exception with one field takes a list`,
        'use in, pmatch, intersects or a text operator with oneof, anyof or allof; or write fields and comps as lists',
        comp,
      );
    }
  }
}

function checkField(
  field: MappedText,
  fail: (code: string, message: string, hint?: string | null, at?: MappedText) => void,
): void {
  let operand: AstOperand | null = null;
  try {
    const ast = parse(`${field.text} exists`);
    if (ast.kind === 'exists') operand = ast.left;
  } catch (error) {
    if (!(error instanceof ConditionSyntaxError)) throw error;
  }
  if (operand === null) return fail('unknown-field', `"${field.text}" is no field`, null, field);
  for (const finding of resolveOperand(operand).findings) {
    if ((finding.severity ?? 'error') === 'error') {
      fail(finding.code, finding.message, finding.hint ?? null, field);
    }
  }
}

/** Appends to exceptions: a known name takes more values only, a new one comes with fields and values. */
export function mergeExceptions(
  before: readonly ExceptionItem[],
  appended: readonly ExceptionItem[],
  report: Report,
): readonly ExceptionItem[] {
  const merged = [...before];
  for (const exception of appended) {
    const at = merged.findIndex((known) => known.name === exception.name);
    const known = merged[at];
    if (known !== undefined) {
      if (exception.fields !== null || exception.comps !== null) {
        report(
          diagnosticFor(
            {
              code: 'exception-redefined',
              falco: 'LOAD_ERR_VALIDATE',
              message: `exception "${exception.name}" exists: only values can be appended to it, not fields or comps`,
            },
            exception.context,
          ),
        );
      } else
        merged[at] = { ...known, values: [...known.values, ...exception.values], hasValues: true };
    } else if (exception.fields === null || !exception.hasValues) {
      report(
        diagnosticFor(
          {
            code: 'exception-incomplete',
            falco: 'LOAD_ERR_VALIDATE',
            message: `exception "${exception.name}" is new to this rule: it needs fields and values`,
            hint: didYouMean(
              exception.name,
              before.map((item) => item.name),
            ),
          },
          exception.context,
        ),
      );
    } else if (validateException(exception, report)) merged.push(exception);
  }
  return merged;
}

/**
 * Adds a rule's exceptions to its condition as text: `(condition) and not (…)`, an `or` of tuples, each an `and` of
 * comparisons (falco-compat §1.3). Lists are put in afterwards, so a value may name one.
 */
export function withExceptions(
  condition: MappedText,
  exceptions: readonly ExceptionItem[],
  strict: boolean,
  report: Report,
): MappedText {
  if (exceptions.length === 0) return condition;
  const parts: (MappedText | string)[] = ['(', condition, ')'];
  for (const exception of exceptions) {
    const text = exceptionText(exception, strict, report);
    if (text.length > 0) parts.push(' and not ', ...text);
  }
  return MappedText.join(parts);
}

type Parts = (MappedText | string)[];

function exceptionText(exception: ExceptionItem, strict: boolean, report: Report): Parts {
  const { fields, comps } = exception;
  if (fields === null || exception.values.length === 0) return [];
  const wrong = (message: string, context = exception.context): Parts => {
    report(
      diagnosticFor({ code: 'exception-values', falco: 'LOAD_ERR_VALIDATE', message }, context),
    );
    return [];
  };
  if (!fields.many) {
    const items: Parts = [];
    for (const value of exception.values) {
      if (value.kind !== 'scalar') {
        return wrong(
          `exception "${exception.name}" has one field: each value must be plain text`,
          value.context,
        );
      }
      if (items.length > 0) items.push(', ');
      items.push(quoteItem(value.text, strict));
    }
    return ['(', fields.items[0]!, ' ', comps?.items[0] ?? 'in', ' (', ...items, '))'];
  }
  const tuples: Parts = [];
  for (const value of exception.values) {
    const size = value.kind === 'scalar' ? 1 : value.parts.length;
    if (value.kind === 'scalar' || size !== fields.items.length) {
      return wrong(
        `exception "${exception.name}" has ${fields.items.length} fields, but a value of it has ${size}`,
        value.kind === 'scalar' ? exception.context : value.context,
      );
    }
    if (tuples.length > 0) tuples.push(' or ');
    tuples.push('(');
    value.parts.forEach((part, i) => {
      const comp = comps?.items[i] ?? '=';
      if (i > 0) tuples.push(' and ');
      tuples.push(fields.items[i]!, ' ', comp, ' ', ...valueText(part, comp, strict));
    });
    tuples.push(')');
  }
  return ['(', ...tuples, ')'];
}

function valueText(part: OneOrMany, comp: MappedText | string, strict: boolean): Parts {
  if (part.many) {
    const items = part.items.flatMap((item, i) =>
      i === 0 ? [quoteItem(item, strict)] : [', ', quoteItem(item, strict)],
    );
    return ['(', ...items, ')'];
  }
  const item = part.items[0]!;
  if (!takesList(typeof comp === 'string' ? comp : comp.text)) return [quoteItem(item, strict)];
  return item.text.startsWith('(') ? [item] : ['(', strict ? quoteItem(item, true) : item, ')'];
}
