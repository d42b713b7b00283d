import {
  LIST_OPERATORS,
  MODIFIERS,
  NUMBER_OPERATORS,
  SYMBOL_OPERATORS,
  TRANSFORMERS,
  WORD_OPERATORS,
} from './ast.js';

type Schema = Readonly<Record<string, unknown>>;

const ref = (name: string): Schema => ({ $ref: `#/definitions/${name}` });
const listOf = (items: Schema, description: string): Schema => ({
  type: 'array',
  items,
  description,
});
const textOrNull = (description: string): Schema => ({
  type: ['string', 'null'],
  description,
});

/** A node: all its members are always there, and no others but the optional ones. */
function node(
  kind: string | readonly string[],
  description: string,
  members: Schema,
  optional: Schema = {},
): Schema {
  const kinds = typeof kind === 'string' ? [kind] : kind;
  return {
    type: 'object',
    description,
    required: ['kind', ...Object.keys(members), 'span'],
    additionalProperties: false,
    properties: {
      kind: { enum: kinds },
      ...members,
      ...optional,
      span: ref('span'),
    },
  };
}

const operand = { anyOf: [ref('field'), ref('call')] };
const value = { anyOf: [ref('text'), ref('field'), ref('call')] };

/** The JSON schema of a tree, as `saker rules parse` prints it. */
export const AST_SCHEMA: Schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Syntax tree of a condition (saker rules parse)',
  allOf: [ref('condition')],
  definitions: {
    condition: {
      anyOf: ['group', 'not', 'macro', 'exists', 'compare'].map(ref),
    },
    group: node(['and', 'or'], 'All, or any, of the items hold.', {
      items: { ...listOf(ref('condition'), 'In the order they are written.'), minItems: 2 },
    }),
    not: node('not', 'The item does not hold. An even number of not in a row leaves no node.', {
      item: ref('condition'),
    }),
    macro: node('macro', 'A name that stands for a condition; it may be unknown.', {
      name: { type: 'string' },
    }),
    exists: node('exists', 'The operand has a value.', { left: operand, opSpan: ref('span') }),
    compare: node('compare', 'A comparison.', {
      left: operand,
      op: {
        enum: [...SYMBOL_OPERATORS, ...NUMBER_OPERATORS, ...WORD_OPERATORS, ...LIST_OPERATORS],
        description: 'As written: == is not changed to =.',
      },
      modifier: { enum: [...MODIFIERS, null] },
      right: listOf(value, 'One value, or those of the list.'),
      form: {
        enum: ['one', 'list', 'name'],
        description:
          'one: a value; list: in parentheses; name: a bare word where a list is due, as the one text of right.',
      },
      opSpan: ref('span'),
      rightSpan: ref('span'),
    }),
    field: node('field', 'A field; it may be unknown.', {
      name: { type: 'string', description: 'With an argument behind a dot: evt.arg.flags.' },
      arg: textOrNull('What stands in brackets, quotes removed.'),
      val: { type: 'boolean', description: 'Written val(…), on the right-hand side.' },
    }),
    call: node('call', 'A transformer.', {
      name: { enum: TRANSFORMERS },
      args: {
        type: 'array',
        minItems: 1,
        items: {
          anyOf: [value, { ...listOf(value, 'A list in parentheses.'), minItems: 1 }],
        },
      },
      index: textOrNull('Of getopt(…)[n]: n.'),
    }),
    text: node(
      'text',
      'A literal, without a type yet.',
      {
        value: { type: 'string', description: 'Escapes are resolved.' },
        form: { enum: ['bare', 'quoted'] },
      },
      {
        bytes: {
          type: 'string',
          pattern: '^([0-9a-f]{2})+$',
          description: 'In hexadecimal, where the bytes are no UTF-8 and value cannot show them.',
        },
      },
    ),
    span: {
      type: 'object',
      description:
        'Where the node stands in the condition, in UTF-16 units, end exclusive; without parentheses around it.',
      required: ['start', 'end'],
      additionalProperties: false,
      properties: {
        start: { type: 'integer', minimum: 0 },
        end: { type: 'integer', minimum: 0 },
      },
    },
  },
};
