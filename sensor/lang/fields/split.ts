import { isKnownEventType, isParamName } from '../events/index.js';
import type { FieldDef } from '../field-def.js';
import { findField } from './table.js';

/** Why a text is no field. */
export type FieldProblem =
  'unknown-field' | 'missing-argument' | 'unexpected-argument' | 'bad-argument';

export type FieldSplit =
  | { readonly ok: true; readonly def: FieldDef; readonly arg: string | number | null }
  | {
      readonly ok: false;
      readonly problem: FieldProblem;
      /** One sentence, for a diagnostic. */
      readonly reason: string;
      /** The field that was meant, when only its argument is wrong. */
      readonly def: FieldDef | null;
    };

/** Fields are long-known names; an argument may itself contain dots (`container.label.app.kubernetes.io/name`). */
function longestDotField(dotted: string): { def: FieldDef; rest: string } | null {
  for (let at = dotted.lastIndexOf('.'); at > 0; at = dotted.lastIndexOf('.', at - 1)) {
    const def = findField(dotted.slice(0, at));
    if (def && (def.argForm === 'dot' || def.argForm === 'both'))
      return { def, rest: dotted.slice(at + 1) };
  }
  return null;
}

/**
 * Finds the field behind a dotted name and the text in brackets after it, and checks the argument.
 *
 * @param dotted - `proc.aname`, `evt.arg.flags`, `container.label.app`, `evt.type.is.open`.
 * @param bracket - Text between the brackets, quotes removed, or null without brackets.
 */
export function splitFieldName(dotted: string, bracket: string | null): FieldSplit {
  const exact = findField(dotted);
  if (exact) return withArgument(exact, bracket, 'bracket');
  const found = longestDotField(dotted);
  if (!found) return fail('unknown-field', `unknown field "${dotted}"`, null);
  if (bracket !== null)
    return fail(
      'unexpected-argument',
      `${found.def.name} already has the argument "${found.rest}"`,
      found.def,
    );
  return withArgument(found.def, found.rest, 'dot');
}

/** As `splitFieldName`, from the text as written in an output or a `val()`: `proc.aname[2]`. */
export function resolveFieldText(text: string): FieldSplit {
  const open = text.indexOf('[');
  if (open < 0) return splitFieldName(text, null);
  if (!text.endsWith(']'))
    return fail('bad-argument', `"]" is missing after the argument in "${text}"`, null);
  const inner = text.slice(open + 1, -1);
  const quote = inner[0];
  const quoted = inner.length >= 2 && (quote === '"' || quote === "'") && inner.endsWith(quote);
  return splitFieldName(text.slice(0, open), quoted ? inner.slice(1, -1) : inner);
}

function withArgument(def: FieldDef, text: string | null, form: 'dot' | 'bracket'): FieldSplit {
  if (text === null) {
    if (def.arg !== 'required') return { ok: true, def, arg: null };
    return fail('missing-argument', `${def.name} needs an argument: ${example(def)}`, def);
  }
  if (def.arg === 'none') return fail('unexpected-argument', `${def.name} takes no argument`, def);
  if (def.argForm !== 'both' && def.argForm !== form)
    return fail('bad-argument', `write the argument of ${def.name} as ${example(def)}`, def);
  if (text === '') return fail('bad-argument', `the argument of ${def.name} is empty`, def);
  return checkArgument(def, text, form);
}

function checkArgument(def: FieldDef, text: string, form: 'dot' | 'bracket'): FieldSplit {
  const isIndex = /^\d+$/.test(text);
  switch (def.argKind) {
    case 'index':
      if (isIndex) return { ok: true, def, arg: Number(text) };
      return fail('bad-argument', `${def.name} takes a number, not "${text}"`, def);
    case 'index-or-key':
      return { ok: true, def, arg: isIndex ? Number(text) : text };
    case 'param':
      if (isIndex && form === 'bracket') return { ok: true, def, arg: Number(text) };
      if (isParamName(text)) return { ok: true, def, arg: text };
      return fail('bad-argument', `no event has a parameter "${text}"`, def);
    case 'event':
      if (isIndex || isKnownEventType(text)) return { ok: true, def, arg: text };
      return fail('bad-argument', `unknown event type "${text}"`, def);
    case 'key':
      return checkKey(def, text);
    case null:
      return { ok: true, def, arg: text };
  }
}

function checkKey(def: FieldDef, text: string): FieldSplit {
  if (def.name === 'evt.abspath' && text !== 'src' && text !== 'dst')
    return fail('bad-argument', `evt.abspath takes .src or .dst, not ".${text}"`, def);
  if (def.name === 'evt.around' && !/^\d+$/.test(text))
    return fail('bad-argument', `evt.around takes nanoseconds since the epoch, not "${text}"`, def);
  if (def.name === 'thread.cgroup' && !/^[a-z_]+$/i.test(text))
    return fail('bad-argument', `"${text}" is no subsystem of control groups`, def);
  return { ok: true, def, arg: text };
}

function example(def: FieldDef): string {
  const sample = {
    index: '1',
    key: 'name',
    'index-or-key': '0',
    param: 'flags',
    event: 'open',
  }[def.argKind ?? 'key'];
  return def.argForm === 'bracket' ? `${def.name}[${sample}]` : `${def.name}.${sample}`;
}

function fail(problem: FieldProblem, reason: string, def: FieldDef | null): FieldSplit {
  return { ok: false, problem, reason, def };
}
