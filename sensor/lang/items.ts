import type { ItemContext } from './diagnostic.js';
import type { Priority } from './ir.js';
import type { MappedText } from './source.js';

/** What lists, macros and rules share: place and order. */
interface Item {
  readonly name: string;
  readonly context: ItemContext;
  /** Order of the first definition. */
  readonly index: number;
  /** Order of the last definition or append: what was defined before it is visible. */
  readonly visibility: number;
}

/** A list as written, appends included. Replaced, never changed: identity tells whether it did. */
export interface ListItem extends Item {
  readonly kind: 'list';
  readonly items: readonly MappedText[];
}

export interface MacroItem extends Item {
  readonly kind: 'macro';
  readonly condition: MappedText;
  readonly conditionContext: ItemContext;
}

/** A scalar, or a list of scalars. */
export interface OneOrMany {
  readonly many: boolean;
  readonly items: readonly MappedText[];
}

export interface ExceptionItem {
  readonly name: string;
  readonly context: ItemContext;
  readonly fields: OneOrMany | null;
  readonly comps: OneOrMany | null;
  /** List fields: tuples; scalar field: scalars (each a tuple of one scalar). */
  readonly values: readonly ExceptionValue[];
  readonly hasValues: boolean;
}

export type ExceptionValue =
  | { readonly kind: 'scalar'; readonly text: MappedText }
  | { readonly kind: 'tuple'; readonly parts: readonly OneOrMany[]; readonly context: ItemContext };

export interface RuleItem extends Item {
  readonly kind: 'rule';
  /** Order of the last full definition. */
  readonly defined: number;
  readonly condition: MappedText;
  readonly conditionContext: ItemContext;
  readonly output: MappedText;
  readonly outputContext: ItemContext;
  readonly description: string;
  readonly priority: Priority;
  readonly source: string;
  readonly enabled: boolean;
  readonly capture: boolean;
  readonly captureDurationMs: number;
  readonly warnEvttypes: boolean;
  readonly skipIfUnknownFilter: boolean;
  readonly tags: readonly string[];
  readonly exceptions: readonly ExceptionItem[];
  readonly action: 'alert' | 'block' | 'deny' | 'kill';
  readonly mode: 'audit' | 'enforce' | null;
  readonly reply: 'reject' | 'drop' | null;
  /** Something in the item itself is wrong: compiled for what else is, never run. */
  readonly faulty: boolean;
}

/** Values of a rule that an item gives; undefined where it gives none. */
export type RuleParts = {
  -readonly [
    K in
      | 'condition'
      | 'conditionContext'
      | 'output'
      | 'outputContext'
      | 'description'
      | 'priority'
      | 'source'
      | 'enabled'
      | 'capture'
      | 'captureDurationMs'
      | 'warnEvttypes'
      | 'skipIfUnknownFilter'
      | 'tags'
      | 'exceptions'
      | 'action'
      | 'mode'
      | 'reply'
  ]?: RuleItem[K];
};
