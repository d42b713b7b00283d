import { describe, expect, it } from '@jest/globals';
import { falcoLoadResults } from '../../../sensor/lang/index.js';
import { loadTexts } from '../../support/judge.js';

/** Code, item and place (line, column, offset) of the only complaint of a file, and words of its message. */
type Row = readonly [text: string, code: string, item: string, place: string, message: string];

const RULE =
  '- rule: R\n  desc: d\n  condition: evt.type = open\n  output: o\n  priority: NOTICE\n';
const without = (key: string): string => RULE.replace(new RegExp(`  ${key}: .*\n`), '');
const withValue = (key: string, value: string): string =>
  RULE.replace(new RegExp(`${key}: .*\n`), `${key}: ${value}\n`);
const more = (lines: string): string => `${RULE}  ${lines}\n`;
const later = (lines: string): string => `${RULE}- rule: R\n  ${lines}\n`;
const exception = (text: string): string => more(`exceptions:\n  - ${text}`);
const plugins = (text: string): string => `- required_plugin_versions:\n  - ${text}\n`;

const results = (text: string) => falcoLoadResults(loadTexts(text)).falco_load_results[0]!;

type Entry = ReturnType<typeof results>['errors'][number];

function row(text: string, { code, context, message }: Entry): Row {
  const { item_type, item_name, position } = context.locations.at(-1)!;
  const { line, column, offset } = position;
  return [text, code, `${item_type} '${item_name}'`, `${line}:${column}:${offset}`, message];
}

const YAML = 'LOAD_ERR_YAML_VALIDATE';
const VALID = 'LOAD_ERR_VALIDATE';

describe('falco-formats §3.3: code, item, place and message of each error', () => {
  it.each<Row>([
    ['# note\n\nplain text', YAML, "rules content ''", '0:0:0', 'Rules content is not yaml'],
    ['# note\nrule: x', YAML, "rules content ''", '0:0:0', 'not yaml array of objects'],
    ['- list: l\n  items: []\n- x', YAML, "rules content item ''", '2:2:24', 'associative array'],
    ['- list:\n  items: []', YAML, "list ''", '0:2:2', "Mapping for key 'list' is empty"],
    ['- macro: m', YAML, "macro 'm'", '0:2:2', "Item has no mapping for key 'condition'"],
    ['- list: l', YAML, "list 'l'", '0:2:2', "Item has no mapping for key 'items'"],
    [without('desc'), YAML, "rule 'R'", '0:2:2', "Item has no mapping for key 'desc'"],
    [withValue('output', ''), YAML, "rule 'R'", '0:2:2', "Mapping for key 'output' is empty"],
    [withValue('desc', 'null'), YAML, "rule 'R'", '0:2:2', "Mapping for key 'desc' is empty"],
    [withValue('desc', '[a]'), YAML, "value for 'desc'", '1:8:18', 'not a scalar value'],
    [withValue('desc', '{a: b}'), YAML, "value for 'desc'", '1:9:19', 'not a scalar value'],
    [withValue('desc', '""'), YAML, "value for 'desc'", '1:8:18', 'must be non-empty'],
    [withValue('rule', '[a]'), YAML, "value for 'rule'", '0:8:8', 'not a scalar value'],
    [more('enabled: tRUE'), YAML, "value for 'enabled'", '5:11:91', "Can't decode"],
    [more('capture: 1'), YAML, "value for 'capture'", '5:11:91', "Can't decode"],
    [
      more('capture_duration: 5000000000'),
      YAML,
      "value for 'capture_duration'",
      '5:20:100',
      "Can't",
    ],
    [more('capture_duration: -1'), YAML, "value for 'capture_duration'", '5:20:100', "Can't"],
    [more('tags: a'), YAML, "value for 'tags'", '5:8:88', 'not a sequence'],
    [more('tags: [a, [b]]'), YAML, "list item ''", '5:12:92', 'sequence value is not scalar'],
    ['- list: l\n  items: [a, ~]', YAML, "list item ''", '1:13:23', 'is not scalar'],
    ['- list: l\n  items:\n  - a\n  -', YAML, "list item ''", '3:3:28', 'is not scalar'],
    ['- list: l\n  items: {a: b}', YAML, "value for 'items'", '1:10:20', 'not a sequence'],
    [withValue('priority', 'HIGH'), YAML, "rule priority ''", '4:12:73', 'Invalid priority'],
    // Falco reads condition, output, desc, priority in this order.
    [
      withValue('condition', '[a]').replace('  output: o\n', ''),
      YAML,
      "value for 'condition'",
      '2:13:33',
      'not a scalar value',
    ],
    [
      later('priority: INFO\n  override: {priority: append}'),
      YAML,
      "overrides 'priority'",
      '7:13:120',
      "Key 'priority' cannot be appended to, use 'replace' instead",
    ],
    [
      later('source: x\n  override: {source: replace}'),
      YAML,
      "overrides 'source'",
      '7:13:115',
      "Key 'source' cannot be replaced",
    ],
    [
      later('desc: x\n  override: {desc: merge}'),
      YAML,
      "value for 'desc'",
      '7:19:119',
      "Invalid override operation for key 'desc': 'merge'. Allowed values are: append replace",
    ],
    [
      later('desc: x\n  override: {desc: append, output: replace}'),
      YAML,
      "rule 'R'",
      '5:2:82',
      "'output' is not defined",
    ],
    [
      later('desc: x\n  output: y\n  override: {desc: append}'),
      YAML,
      "overrides 'output'",
      '7:10:110',
      "Unexpected key 'output': no corresponding entry under 'override' is defined.",
    ],
    [
      later('condition: and evt.num > 0\n  append: true\n  override: {condition: append}'),
      YAML,
      "rule 'R'",
      '5:2:82',
      "Keys 'override' and 'append: true' cannot be used together.",
    ],
    [more('exceptions: a'), YAML, "exceptions ''", '5:14:94', 'must be a sequence'],
    [exception('a'), YAML, "exception ''", '6:4:98', 'must be a mapping'],
    [exception('{fields: proc.name}'), YAML, "exception ''", '6:5:99', "key 'name'"],
    [exception('{name: e}'), YAML, "exception 'e'", '6:5:99', "key 'fields'"],
    [exception('{name: e, fields: ~}'), YAML, "exception 'e'", '6:5:99', 'is empty'],
    [
      exception('{name: e, fields: proc.name, values: x}'),
      YAML,
      "exception values ''",
      '6:41:135',
      'must be a sequence',
    ],
    [
      exception('{name: e, fields: [proc.name, fd.name], values: [[a, ~]]}'),
      YAML,
      "exception value ''",
      '6:53:147',
      '',
    ],
    ['- required_engine_version: x', YAML, "required_engine_version ''", '0:2:2', "version 'x'"],
    [
      '- required_plugin_versions: x',
      YAML,
      "required plugin versions ''",
      '0:28:28',
      'must be a sequence',
    ],
    [plugins('x'), YAML, "required plugin versions entry ''", '1:4:32', ''],
    [plugins('{name: x}'), YAML, "required plugin versions entry ''", '1:5:33', "key 'version'"],
    [
      plugins('{name: container, version: 0.4.0, alternatives: [x]}'),
      YAML,
      "required plugin versions alternative ''",
      '1:53:81',
      '',
    ],
    [
      '- required_engine_version: 1000',
      VALID,
      "required_engine_version ''",
      '0:2:2',
      'require engine version 0.1000.0, but engine version is 0.63.0',
    ],
    [
      plugins('{name: container, version: new}'),
      VALID,
      "required plugin versions entry ''",
      '1:5:33',
      "Invalid required version 'new' for plugin 'container'",
    ],
    [
      plugins('{name: a, version: 1.0.0, alternatives: [{name: a, version: 2.0.0}]}'),
      VALID,
      "required plugin versions entry ''",
      '1:5:33',
      "for plugin 'a'",
    ],
    [
      '- list: l\n  items: []\n  override: {items: append}',
      VALID,
      "list 'l'",
      '0:2:2',
      'no list by that name already exists',
    ],
    [
      '- macro: m\n  condition: x\n  override: {condition: append}',
      VALID,
      "macro 'm'",
      '0:2:2',
      'no macro by that name already exists',
    ],
    [
      '- rule: R\n  desc: x\n  override: {desc: append}',
      VALID,
      "rule 'R'",
      '0:2:2',
      'no rule by that name already exists',
    ],
    ['- rule: R\n  desc: x\n  override: {desc: replace}', VALID, "rule 'R'", '0:2:2', 'replace'],
    ['- rule: R\n  enabled: true', VALID, "rule 'R'", '0:2:2', "'enabled' key"],
    // What is appended to nothing is told of before a key without its entry.
    [
      '- rule: R\n  desc: x\n  output: y\n  override: {desc: append}',
      VALID,
      "rule 'R'",
      '0:2:2',
      'no rule by that name already exists',
    ],
    [
      `${RULE}${more('source: k8s_audit')}`,
      VALID,
      "rule 'R'",
      '5:2:82',
      're-defined with a different source',
    ],
    [later('append: true'), VALID, "rule 'R'", '5:2:82', 'must have exceptions or condition'],
    [
      exception('{name: e, fields: [proc.name, fd.name], comps: [in]}'),
      VALID,
      "exception 'e'",
      '6:5:99',
      'Fields and comps lists must have equal length',
    ],
    [
      exception('{name: e, fields: proc.name, comps: [in]}'),
      VALID,
      "exception 'e'",
      '6:5:99',
      'Fields and comps must both be strings',
    ],
    [
      exception('{name: e, fields: proc.name, comps: is}'),
      VALID,
      "exception 'e'",
      '6:5:99',
      "'is' is not a supported comparison operator",
    ],
    [
      exception('{name: e, fields: proc.nam}'),
      VALID,
      "exception 'e'",
      '6:5:99',
      "'proc.nam' is not a supported filter field",
    ],
    [
      exception('{name: e, fields: proc.name, comps: startswith}'),
      VALID,
      "exception 'e'",
      '6:5:99',
      'comps must be one of',
    ],
    [
      exception('{name: e, fields: [proc.name, fd.name], values: [[a]]}'),
      VALID,
      "exception 'e'",
      '6:5:99',
      'Fields and values lists must have equal length',
    ],
    [
      exception('{name: e, fields: proc.name, values: [[a]]}'),
      VALID,
      "exception 'e'",
      '6:5:99',
      'Expected values array to contain a list of strings',
    ],
    [
      withValue('condition', 'evt.type = open and mine'),
      VALID,
      "condition expression ''",
      // The rule's mark and where the name stands in the condition, from 1.
      '1:23:22',
      "Undefined macro 'mine' used in filter.",
    ],
    [
      '- macro: m\n  condition: x\n- macro: m\n  condition: or m\n  append: true',
      VALID,
      "condition expression ''",
      '1:3:2',
      "Undefined macro 'x' used in filter.",
    ],
    [
      withValue('condition', 'evt.type = '),
      'LOAD_ERR_COMPILE_CONDITION',
      "condition expression ''",
      '3:24:43',
      '',
    ],
    // Macros are looked up before fields, a condition before its output.
    [
      withValue('condition', 'fd.nam = x and mine').replace('output: o', 'output: "%"'),
      VALID,
      "condition expression ''",
      '1:18:17',
      "Undefined macro 'mine' used in filter.",
    ],
    [withValue('output', 'o %x'), 'LOAD_ERR_COMPILE_OUTPUT', "rule output ''", '3:10:59', 'x'],
  ])('%j: %s', (text, code, item, place, message) => {
    const { errors } = results(text);
    expect(errors).toHaveLength(1);
    const found = row(text, errors[0]!);
    expect(found).toEqual([text, code, item, place, expect.stringContaining(message)]);
  });
});

describe('falco-formats §3.4: code, item, place and message of warnings', () => {
  it.each<Row>([
    [more('source: k8s_audit'), 'LOAD_UNKNOWN_SOURCE', "rule 'R'", '0:2:2', 'k8s_audit'],
    // Nobody knows the fields of a source that is not there.
    [
      more('source: k8s_audit\n  exceptions: [{name: e, fields: ka.verb, values: [get]}]'),
      'LOAD_UNKNOWN_SOURCE',
      "rule 'R'",
      '0:2:2',
      'k8s_audit',
    ],
    [withValue('condition', 'proc.name = x'), 'LOAD_NO_EVTTYPE', "rule 'R'", '0:2:2', 'evt.type'],
    ['- list: l\n  items: []', 'LOAD_UNUSED_LIST', "list 'l'", '0:2:2', 'List not referred to'],
    ['- what: x', 'LOAD_UNKNOWN_ITEM', "rules content item ''", '0:2:2', 'Unknown top level item'],
    [more('colour: red'), 'LOAD_UNKNOWN_KEY', "rule 'R'", '0:2:2', 'colour'],
    [later('enabled: false'), 'LOAD_DEPRECATED_ITEM', "rule 'R'", '5:2:82', "standalone 'enabled'"],
    [
      later('condition: and evt.num > 0\n  append: true'),
      'LOAD_DEPRECATED_ITEM',
      "rule 'R'",
      '5:2:82',
      "'append' key is deprecated",
    ],
    [
      `${exception('{name: e, fields: proc.name}')}- rule: R\n  exceptions: [{name: e}]\n  override: {exceptions: append}\n`,
      'LOAD_APPEND_NO_VALUES',
      "exception 'e'",
      '8:16:153',
      'with no values',
    ],
    [
      exception('{name: e, fields: proc.name}\n  - {name: e, fields: fd.name}'),
      'LOAD_EXCEPTION_NAME_NOT_UNIQUE',
      "exception 'e'",
      '7:5:132',
      "exception 'e'",
    ],
  ])('%j: %s', (text, code, item, place, message) => {
    const { errors, warnings } = results(text);
    expect(errors).toEqual([]);
    expect(warnings).toHaveLength(1);
    const found = row(text, warnings[0]!);
    expect(found).toEqual([text, code, item, place, expect.stringContaining(message)]);
  });
});

describe('falco-formats §3.2: marks', () => {
  it('columns and offsets count bytes', () => {
    const text = withValue('desc', 'Größe').replace('evt.type = open', 'fd.name = "ü" and x');
    const [error] = results(text).errors;
    expect(error?.context.locations.map(({ position: p }) => [p.line, p.column, p.offset])).toEqual(
      [
        [0, 0, 0],
        [0, 2, 2],
        [1, 22, 21],
      ],
    );
    const unknown = withValue('desc', 'Größe').replace('evt.type', 'evt.typ');
    const places = results(unknown).errors[0]?.context.locations.slice(2);
    expect(places?.map(({ position: p }) => [p.line, p.column, p.offset])).toEqual([
      [2, 13, 39],
      [3, 14, 39],
    ]);
  });
  it('a source that is not there is told of with the file that names it, not again with later ones', () => {
    const files = [more('source: k8s_audit'), '- list: l\n  items: []\n'];
    const said = falcoLoadResults(loadTexts(files)).falco_load_results;
    expect(said.map(({ warnings }) => warnings.map(({ code }) => code))).toEqual([
      ['LOAD_UNKNOWN_SOURCE'],
      ['LOAD_UNUSED_LIST'],
    ]);
  });
  it('an empty override leaves a full definition', () => {
    const text = `${RULE}${more('override: {}').replace('open', 'creat')}`;
    expect(results(text)).toMatchObject({ successful: true, schema_valid: false });
    expect(loadTexts(text).rules[0]?.compiled?.text.text).toBe('evt.type = creat');
  });
});

it('a condition without event types is warned of even where the output is wrong', () => {
  const text = withValue('condition', 'proc.name = x').replace('output: o', 'output: "%"');
  const { errors, warnings } = results(text);
  expect([...errors, ...warnings].map(({ code }) => code)).toEqual([
    'LOAD_ERR_COMPILE_OUTPUT',
    'LOAD_NO_EVTTYPE',
  ]);
});
