import type { AstField } from '../../../../grammar/index.js';
import { toText } from '../../../core/bytes.js';
import { EVENTS, EVENT_NAMES, PARAM_NAMES } from '../../events/index.js';
import type { FieldDef, FieldType } from '../../field-def.js';
import { allFields, findField, splitFieldName } from '../../fields/index.js';
import { didYouMean } from '../../../core/index.js';

/** A field as it is written. */
export function fieldText(ast: AstField): string {
  return ast.arg === null ? ast.name : `${ast.name}[${toText(ast.arg)}]`;
}

/** Would this text, without quotes, be a field? */
export function looksLikeField(text: string): boolean {
  const match = /^([a-zA-Z][a-zA-Z0-9_.]*)(?:\[([^\]]*)\])?$/.exec(text);
  return match !== null && splitFieldName(match[1]!, match[2] ?? null).ok;
}

/** The field that an unknown name may have meant, as a hint. */
export function suggestField(name: string): string | null {
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

/** What the argument of a field may have meant to be. */
export function argumentHint(ast: AstField, def: FieldDef | null): string | null {
  if (def === null) return null;
  const given = ast.arg === null ? ast.name.slice(def.name.length + 1) : toText(ast.arg);
  const known =
    def.argKind === 'param'
      ? PARAM_NAMES
      : def.argKind === 'event'
        ? EVENT_NAMES
        : new Set<string>();
  return didYouMean(given, known) ?? `saker fields ${def.name} tells what the field takes`;
}

/** `evt.rawarg` takes the type of its parameter; only numbers matter, everything else is compared as text. */
export function typeOfUse(def: FieldDef, arg: string | number | null): FieldType {
  if (def.type !== 'dyn' || typeof arg !== 'string') return def.type;
  return isNumericParam(arg) ? 'int' : 'dyn';
}

/** Is there an event whose parameter of this name is a number? */
export const isNumericParam = (name: string): boolean => numericParams().has(name);

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
