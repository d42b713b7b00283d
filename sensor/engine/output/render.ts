import { toBytes, toText, type ByteString } from '../../core/bytes.js';
import type { FieldUse, FieldValue } from '../../lang/field-def.js';
import type { ExtraField, Operand, OutputToken } from '../../lang/ir.js';
import { transform } from '../ops/transform.js';
import type { FieldSource, Getter } from '../types.js';
import { isEventTime, jsonOf, textOf } from './format.js';

/** The two things an alert says of its event. */
export interface Output<E> {
  /** `evt.time` is one of its own fields. */
  readonly showsTime: boolean;
  message(event: E): string;
  /** @param timeNs - Value of evt.time; null where nobody knows it. */
  fieldsJson(event: E, timeNs: bigint | null): string;
  fields(event: E, timeNs: bigint | null): [key: string, json: string][];
}

/**
 * Compiles an output: text with `%field`s, some cut and padded to a width in bytes, some inside transformers
 * (falco-formats §2.1, §2.3).
 *
 * @param extra - Members of `output_fields` beyond those of the text.
 */
export function compileOutput<E>(
  tokens: readonly OutputToken[],
  fields: FieldSource<E>,
  extra: readonly ExtraField[] = [],
): Output<E> {
  const json = compileFields(tokens, extra, fields);
  const all = [...tokens, ...extra.flatMap((field) => (field.formatted ? [] : field.tokens))];
  return {
    showsTime: all.some((token) => token.kind === 'value' && usesTime(token.operand)),
    message: compileMessage(tokens, fields),
    fieldsJson: (event, timeNs) => {
      let text = '';
      for (const { prefix, value } of json) text += prefix + value(event, timeNs);
      return `{${text}}`;
    },
    fields: (event, timeNs) => json.map(({ key, value }) => [key, value(event, timeNs)]),
  };
}

function compileMessage<E>(
  tokens: readonly OutputToken[],
  fields: FieldSource<E>,
): (event: E) => string {
  const parts = tokens.map((token) => compileToken(token, fields));
  return (event) => {
    let bytes = '';
    for (const part of parts) bytes += part(event);
    return toText(bytes);
  };
}

function compileToken<E>(token: OutputToken, fields: FieldSource<E>): (event: E) => ByteString {
  if (token.kind === 'text') {
    const bytes = toBytes(token.text);
    return () => bytes;
  }
  const text = compileText(token.operand, fields);
  const { width } = token;
  return width === 0 ? text : (event) => text(event).slice(0, width).padEnd(width, ' ');
}

function compileText<E>(operand: Operand, fields: FieldSource<E>): (event: E) => ByteString {
  if (operand.kind === 'field') {
    const { use } = operand;
    const getter = fields.getter(use, 'output');
    return (event) => textOf(use, getter(event));
  }
  const value = compileValue(operand, fields);
  return (event) => {
    const result = value(event);
    if (result === null) return '<NA>';
    return Array.isArray(result) ? `(${result.join(',')})` : String(result);
  };
}

function compileValue<E>(operand: Operand, fields: FieldSource<E>): (event: E) => FieldValue {
  switch (operand.kind) {
    case 'literal':
      return () => operand.value;
    case 'field':
      return fields.getter(operand.use, 'output');
    case 'call': {
      const args = operand.args.map((arg) => compileValue(arg, fields));
      return (event) =>
        transform(
          operand.name,
          args.map((arg) => arg(event)),
          operand.index,
        );
    }
  }
}

interface JsonField<E> {
  readonly key: string;
  /** `"key":`, with the comma that parts it from the one before. */
  readonly prefix: string;
  readonly value: (event: E, timeNs: bigint | null) => string;
}

/** Every field of the output once, those inside transformers too, by name; what is added; and the time, whether shown or not. */
function compileFields<E>(
  tokens: readonly OutputToken[],
  extra: readonly ExtraField[],
  fields: FieldSource<E>,
): JsonField<E>[] {
  const values = new Map<string, JsonField<E>['value']>();
  values.set('evt.time', (_event, timeNs) => String(timeNs));
  const addFields = (from: readonly OutputToken[]): void => {
    for (const token of from) {
      if (token.kind === 'text') continue;
      for (const use of usesIn(token.operand)) values.set(use.text, compileJson(use, fields));
    }
  };
  addFields(tokens);
  for (const { key, tokens: own, formatted } of extra) {
    if (!formatted) {
      addFields(own);
      continue;
    }
    const text = compileMessage(own, fields);
    values.set(key, (event) => JSON.stringify(text(event)));
  }
  return [...values]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value], i) => ({
      key,
      prefix: `${i === 0 ? '' : ','}${JSON.stringify(key)}:`,
      value,
    }));
}

function compileJson<E>(use: FieldUse, fields: FieldSource<E>): JsonField<E>['value'] {
  if (isEventTime(use)) return (_event, timeNs) => String(timeNs);
  const getter: Getter<E> = fields.getter(use, 'output');
  return (event) => jsonOf(use, getter(event), toText);
}

const usesTime = (operand: Operand): boolean =>
  usesIn(operand).some(({ text }) => text === 'evt.time');

function usesIn(operand: Operand): readonly FieldUse[] {
  switch (operand.kind) {
    case 'literal':
      return [];
    case 'field':
      return [operand.use];
    case 'call':
      return operand.args.flatMap(usesIn);
  }
}
