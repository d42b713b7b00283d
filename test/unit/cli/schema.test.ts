import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { readRuleFiles } from '../../../sensor/app/rule-files.js';
import { saker } from './cli.js';

const schema = JSON.parse((await saker(['rules', 'schema'])).out) as object;
const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
const problems = (text: string): string[] => {
  validate(parse(text));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
};
const RULE =
  '- rule: R\n  desc: d\n  condition: evt.type = open\n  output: o\n  priority: NOTICE\n';

describe('saker rules schema', () => {
  it.each(readRuleFiles(['rules']).map(({ name }) => name))('accepts the shipped %s', (name) => {
    expect(problems(readFileSync(name, 'utf8'))).toEqual([]);
  });

  it.each([
    ['a definition', RULE],
    ['priorities in any case', RULE.replace('NOTICE', 'Warning')],
    ['a toggle', '- rule: R\n  enabled: false\n'],
    [
      'an override',
      '- rule: R\n  condition: and x\n  tags: [y]\n  override: {condition: append, tags: replace}\n',
    ],
    ['an append', '- list: l\n  items: [a, 5, true]\n  append: true\n'],
    ['our own keys', `${RULE}  action: block\n  mode: enforce\n  reply: drop\n`],
    [
      'exceptions of both shapes',
      `${RULE}  exceptions:\n    - {name: a, fields: [proc.name, fd.name], comps: [in, =], values: [[[a, b], /c]]}\n    - {name: b, fields: proc.name, values: [x]}\n`,
    ],
    [
      'requirements',
      '- required_engine_version: 0.57.0\n- required_engine_version: 15\n- required_plugin_versions: [{name: container, version: 0.4.0, alternatives: [{name: c, version: 1.0.0}]}]\n',
    ],
    ['an empty file', ''],
  ])('accepts %s', (_, text) => {
    expect(problems(text)).toEqual([]);
  });

  it.each([
    ['an unknown key', `${RULE}  acton: block\n`, '/0 must NOT have additional properties'],
    [
      'an unknown action',
      `${RULE}  action: stop\n`,
      '/0/action must be equal to one of the allowed values',
    ],
    [
      'a rule without output',
      RULE.replace('  output: o\n', ''),
      "/0 must have required property 'output'",
    ],
    [
      'an unknown priority',
      RULE.replace('NOTICE', 'LOUD'),
      '/0/priority must match a schema in anyOf',
    ],
    [
      'an override that cannot be',
      '- rule: R\n  priority: INFO\n  override: {priority: append}\n',
      '/0/override/priority must be equal to one of the allowed values',
    ],
    ['a list without items', '- list: l\n', "/0 must have required property 'items'"],
    ['an item that is none', '- rul: R\n', '/0 must match a schema in anyOf'],
  ])('refuses %s', (_, text, message) => {
    expect(problems(text)).toContain(message);
  });
});
