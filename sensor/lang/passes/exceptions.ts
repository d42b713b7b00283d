import { ConditionSyntaxError, MODIFIERS, parse } from '../../../grammar/index.js';
import type { AstOperand } from '../../../grammar/index.js';
import {
  LIST_OPERATORS,
  NUMBER_OPERATORS,
  SYMBOL_OPERATORS,
  WORD_OPERATORS,
} from '../../../grammar/index.js';
import { diagnosticAt, diagnosticFor } from '../diagnostic.js';
import type { Finding } from '../diagnostic.js';
import type { Span } from '../ir.js';
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

/**
 * Checks the definition of an exception: its fields, its comparisons, and that they are as many. False when it is faulty.
 *
 * @param knowsFields - Of a source that is not there nobody can tell the fields.
 */
export function validateException(
  exception: ExceptionItem,
  report: Report,
  knowsFields = true,
): boolean {
  let ok = true;
  checkException(exception, knowsFields, (diagnostic) => {
    ok = false;
    report(diagnostic);
  });
  return ok;
}

type Fail = (finding: Finding, at?: MappedText) => void;

function checkException(exception: ExceptionItem, knowsFields: boolean, report: Report): void {
  const fail: Fail = (finding, at) => {
    const place = at?.locate({ start: 0, end: at.text.length });
    const base = diagnosticFor({ falco: 'LOAD_ERR_VALIDATE', ...finding }, exception.context);
    report(
      place === undefined
        ? base
        : diagnosticAt(base, place.file, place.span, base.item, base.context),
    );
  };
  const { fields, comps } = exception;
  if (fields === null) {
    const message = `exception "${exception.name}" has no fields`;
    const falcoMessage = 'Rule exception must have fields property with a list of fields';
    return fail({ code: 'exception-without-fields', message, falcoMessage });
  }
  checkComps(exception.name, fields, comps, fail);
  if (knowsFields) for (const field of fields.items) checkField(field, fail);
}

function checkComps(name: string, fields: OneOrMany, comps: OneOrMany | null, fail: Fail): void {
  if (comps === null) return;
  const code = 'exception-lengths';
  if (comps.many && !fields.many) {
    const message = `exception "${name}" has one field, so comps must be plain text, too`;
    return fail({ code, message, falcoMessage: 'Fields and comps must both be strings' });
  }
  if (comps.many !== fields.many || comps.items.length !== fields.items.length) {
    const count = comps.many ? String(comps.items.length) : 'no list of';
    const message = `exception "${name}" has ${fields.items.length} fields, but ${count} comps`;
    return fail({ code, message, falcoMessage: 'Fields and comps lists must have equal length' });
  }
  for (const comp of comps.items) {
    const { operator, modifier } = splitComp(comp.text);
    if (
      !OPERATORS.includes(operator) ||
      (modifier !== null && !(MODIFIERS as readonly string[]).includes(modifier))
    ) {
      fail(
        {
          code: 'unknown-operator',
          message: `"${comp.text}" is no operator`,
          falcoMessage: `'${comp.text}' is not a supported comparison operator`,
          hint: didYouMean(operator, OPERATORS),
        },
        comp,
      );
    } else if (!fields.many && !takesList(comp.text)) {
      fail(
        {
          code: 'exception-scalar-comp',
          message: `"${comp.text}" compares with one value, but an exception with one field takes a list`,
          falcoMessage:
            'When fields is a single value, comps must be one of (in, pmatch, intersects)',
          hint: 'use in, pmatch, intersects or a text operator with oneof, anyof or allof; or write fields and comps as lists',
        },
        comp,
      );
    }
  }
}

function checkField(field: MappedText, fail: Fail): void {
  const falcoMessage = `'${field.text}' is not a supported filter field`;
  let operand: AstOperand | null = null;
  try {
    const ast = parse(`${field.text} exists`);
    if (ast.kind === 'exists') operand = ast.left;
  } catch (error) {
    if (!(error instanceof ConditionSyntaxError)) throw error;
  }
  if (operand === null) {
    return fail(
      { code: 'unknown-field', message: `"${field.text}" is no field`, falcoMessage },
      field,
    );
  }
  for (const finding of resolveOperand(operand).findings) {
    if ((finding.severity ?? 'error') === 'error') {
      const { code, message, hint = null } = finding;
      fail({ code, message, falcoMessage, hint }, field);
    }
  }
}

/** Appends to exceptions: a known name takes more values only, a new one comes with fields and values. */
export function mergeExceptions(
  before: readonly ExceptionItem[],
  appended: readonly ExceptionItem[],
  report: Report,
  knowsFields = true,
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
              falcoMessage: `Can not append exception ${exception.fields !== null ? 'fields' : 'comps'} to existing exception, only values`,
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
            falcoMessage:
              exception.fields === null
                ? 'Rule exception must have fields property with a list of fields'
                : 'Rule exception must have values property with a list of values',
            hint: didYouMean(
              exception.name,
              before.map((item) => item.name),
            ),
          },
          exception.context,
        ),
      );
    } else if (validateException(exception, report, knowsFields)) merged.push(exception);
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
    if (text !== null) parts.push(' and not ', text);
  }
  return MappedText.join(parts);
}

type Parts = (MappedText | string)[];

const spanOf = (text: MappedText): Span | undefined =>
  text.locate({ start: 0, end: text.text.length })?.span;

function exceptionText(
  exception: ExceptionItem,
  strict: boolean,
  report: Report,
): MappedText | null {
  const { fields, comps } = exception;
  if (fields === null || exception.values.length === 0) return null;
  const wrong = (message: string, falcoMessage: string, span?: Span): null => {
    const code = 'exception-values';
    const finding = { code, falco: 'LOAD_ERR_VALIDATE', message, falcoMessage } as const;
    report(diagnosticFor(finding, exception.context, span));
    return null;
  };
  if (!fields.many) {
    const items: Parts = [];
    for (const value of exception.values) {
      if (value.kind !== 'scalar') {
        return wrong(
          `exception "${exception.name}" has one field: each value must be plain text`,
          'Expected values array to contain a list of strings',
          value.context.span,
        );
      }
      if (items.length > 0) items.push(', ');
      items.push(quoteItem(value.text, strict));
    }
    const comp = comps?.items[0] ?? 'in';
    return MappedText.join(['(', fields.items[0]!, ' ', comp, ' (', ...items, '))']);
  }
  const tuples: Parts = [];
  for (const value of exception.values) {
    const size = value.kind === 'scalar' ? 1 : value.parts.length;
    if (value.kind === 'scalar' || size !== fields.items.length) {
      return wrong(
        `exception "${exception.name}" has ${fields.items.length} fields, but a value of it has ${size}`,
        'Fields and values lists must have equal length',
        value.kind === 'scalar' ? spanOf(value.text) : value.context.span,
      );
    }
    if (tuples.length > 0) tuples.push(' or ');
    tuples.push('(');
    value.parts.forEach((part, i) => {
      const comp = comps?.items[i] ?? '=';
      if (i > 0) tuples.push(' and ');
      tuples.push(fields.items[i]!, ' ', comp, ' ', valueText(part, comp, strict));
    });
    tuples.push(')');
  }
  return MappedText.join(['(', ...tuples, ')']);
}

function valueText(part: OneOrMany, comp: MappedText | string, strict: boolean): MappedText {
  if (part.many) {
    const items = part.items.flatMap((item, i) =>
      i === 0 ? [quoteItem(item, strict)] : [', ', quoteItem(item, strict)],
    );
    return MappedText.join(['(', ...items, ')']);
  }
  const item = part.items[0]!;
  if (!takesList(typeof comp === 'string' ? comp : comp.text)) return quoteItem(item, strict);
  if (item.text.startsWith('(')) return item;
  return MappedText.join(['(', strict ? quoteItem(item, true) : item, ')']);
}
