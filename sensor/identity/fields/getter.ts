import type { Getter } from '../../engine/types.js';
import type { FieldUse } from '../../lang/field-def.js';
import type { LiveEvent } from '../live-event.js';

export type LiveGetter = Getter<LiveEvent>;

/** Where a field stands: a bare `proc.aname` is any ancestor in a condition, one joined text in an output. */
export type Place = 'condition' | 'output';

/** Makes the getter of one use of a field. */
export type MakeGetter = (use: FieldUse, place: Place) => LiveGetter;

/** Getters of a group of fields by name. A plain getter serves every use of its field. */
export type GetterTable = Readonly<Record<string, MakeGetter>>;

/** A getter that is the same for every use. */
export const plain =
  (getter: LiveGetter): MakeGetter =>
  () =>
    getter;

/** A value that never changes. */
export const constant = (value: string | number | boolean | null): MakeGetter => plain(() => value);
