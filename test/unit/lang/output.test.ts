import { describe, expect, it } from '@jest/globals';
import { describe as describeRules, parseOutput } from '../../../sensor/lang/index.js';
import type { LoadResult } from '../../../sensor/lang/index.js';
import { codesOf, falcoCodesOf, load, pointedAt, ruleOf } from './loading.js';

function tokens(template: string): readonly string[] {
  return parseOutput(template).tokens.map((token) =>
    token.kind === 'text'
      ? token.text
      : `<${token.width === 0 ? '' : `${token.width}:`}${token.text}>`,
  );
}
const describe_ = (result: LoadResult): unknown =>
  (describeRules(result) as { rules: { details: unknown }[] }).rules[0]?.details;
const problems = (template: string): readonly string[] =>
  parseOutput(template)
    .findings.filter(({ severity }) => severity !== 'warning')
    .map(({ message }) => message);

describe('falco-formats §2.1, output tokens', () => {
  it('%field: the longest text that is a field; what follows is literal', () => {
    expect(tokens('%proc.name.')).toEqual(['<proc.name>', '.']);
    expect(tokens('%proc.named')).toEqual(['<proc.name>', 'd']);
    expect(tokens('(%fd.name)')).toEqual(['(', '<fd.name>', ')']);
    expect(tokens('%evt.time.s')).toEqual(['<evt.time.s>']);
    expect(tokens('a=%proc.name b=%proc.pname')).toEqual([
      'a=',
      '<proc.name>',
      ' b=',
      '<proc.pname>',
    ]);
  });
  it('%field[arg], %evt.arg.x', () => {
    expect(tokens('%proc.aname[2]]')).toEqual(['<proc.aname[2]>', ']']);
    expect(tokens('%evt.arg.flags')).toEqual(['<evt.arg.flags>']);
    expect(tokens('%evt.arg[0]')).toEqual(['<evt.arg[0]>']);
    expect(tokens('%proc.name[2]')).toEqual(['<proc.name>', '[2]']);
    expect(problems('%evt.arg.nosuchthing')).toHaveLength(1);
  });
  it('%tolower(proc.name), nesting too', () => {
    expect(tokens('%toupper(basename(proc.exe))!')).toEqual(['<toupper(basename(proc.exe))>', '!']);
    expect(tokens('%join(")", (proc.name, proc.exe))')).toEqual([
      '<join(")", (proc.name, proc.exe))>',
    ]);
    expect(tokens('%evt.type.is.2!')).toEqual(['<evt.type.is.2>', '!']);
    expect(tokens('%getopt(proc.args, "n:")[n].')).toEqual(['<getopt(proc.args, "n:")[n]>', '.']);
    expect(problems('%tolower(proc.name')).toHaveLength(1);
  });
  it('%<N>field: width in bytes; 0 is none', () => {
    expect(tokens('%12proc.name|')).toEqual(['<12:proc.name>', '|']);
    expect(tokens('%0proc.name')).toEqual(['<proc.name>']);
    expect(problems('%-5proc.name')).toHaveLength(1);
  });
  it('%<N>field: more than any line has is refused', () => {
    expect(problems('%4096proc.name')).toEqual([]);
    expect(problems('%4097proc.name')).toHaveLength(1);
    expect(problems('%99999999999proc.name')).toHaveLength(1);
  });
  it('%evt.arg.x: the whole word is the argument', () => {
    expect(tokens('%evt.arg.flags.x')).toEqual(['<evt.arg.flags>', '.x']);
    expect(tokens('%evt.type.is.open)')).toEqual(['<evt.type.is.open>', ')']);
    expect(problems('%evt.arg.flagsx')).toEqual(['no event has a parameter "flagsx"']);
    expect(problems('%evt.rawarg.namex')).toHaveLength(1);
  });
  it('a literal percent is impossible', () => {
    for (const bad of ['%%', '100%', '% ', '%proc.name 5% off'])
      expect(problems(bad).length).toBeGreaterThan(0);
  });
  it('a leading * is dropped', () => expect(tokens('*%proc.name')).toEqual(['<proc.name>']));
  it('inner line ends stay, outer ones are trimmed at load', () => {
    const result = load(ruleOf('evt.type = open', { output: '\n a\nb \n' }));
    expect(result.rules[0]?.output).toBe('a\nb');
  });
  it('errors: trailing %, digits up to the end, no field: LOAD_ERR_COMPILE_OUTPUT at the place', () => {
    for (const [output, place] of [
      ['x %', '%'],
      ['x %12', '%12'],
      ['x %proc.nmae', '%proc.nmae'],
    ] as const) {
      const text = ruleOf('evt.type = open', { output });
      const result = load(text);
      expect(falcoCodesOf(result)).toEqual(['LOAD_ERR_COMPILE_OUTPUT']);
      expect(pointedAt(text, result.diagnostics[0])).toBe(place);
    }
    expect(load(ruleOf('evt.type = open', { output: '%proc.nmae' })).diagnostics[0]?.hint).toBe(
      'did you mean "proc.name"?',
    );
  });
  it('fields for conditions only are refused', () => {
    expect(codesOf(load(ruleOf('evt.type = open', { output: '%fd.ip' })))).toEqual([
      'field-only-in-conditions',
    ]);
  });
  it('unknown field with skip-if-unknown-filter: LOAD_UNKNOWN_FILTER, rule skipped', () => {
    const result = load(
      ruleOf('evt.type = open', { output: '%proc.nmae', 'skip-if-unknown-filter': true }),
    );
    expect(falcoCodesOf(result)).toEqual(['LOAD_UNKNOWN_FILTER']);
    expect([result.ok, result.ruleSet.rules.length]).toEqual([true, 0]);
  });
});

describe('falco-compat §1.8, additions to outputs', () => {
  it('%container.info is left out with a deprecation warning', () => {
    const result = load(ruleOf('evt.type = open', { output: 'a %container.info' }));
    expect(falcoCodesOf(result)).toEqual(['LOAD_DEPRECATED_ITEM']);
    expect(result.rules[0]?.output).toBe('a');
  });
  it('append_output: text behind one blank, for rules that fit', () => {
    const appendOutput = [
      { text: 'p=%proc.name' },
      { rule: 'S*', text: 'no' },
      { tags: ['t'], source: 'syscall', text: 'tagged' },
    ];
    const result = load(ruleOf('evt.type = open', { tags: ['t'] }), { appendOutput });
    expect(result.rules[0]?.output).toBe('o p=%proc.name tagged');
  });
  it('append_output: the suggested fields, with dots as underscores, for rules about system calls', () => {
    const result = load(ruleOf('evt.type = open'), { appendOutput: [{ suggested: true }] });
    expect(codesOf(result)).toEqual([]);
    expect(result.rules[0]?.output).toBe(
      'o container_id=%container.id container_name=%container.name' +
        ' container_image_repository=%container.image.repository' +
        ' container_image_tag=%container.image.tag k8s_pod_name=%k8s.pod.name k8s_ns_name=%k8s.ns.name',
    );
  });
  it('append_output: fields of output_fields alone, typed or as text', () => {
    const result = load(ruleOf('evt.type = open', { output: 'o %fd.name' }), {
      appendOutput: [
        { fields: ['proc.pid', 'proc.aname[2]'], formatted: { who: '%user.name-%4user.uid' } },
      ],
    });
    const [rule] = result.rules;
    expect(rule?.output).toBe('o %fd.name');
    expect(
      rule?.rule?.extraFields.map(({ key, formatted }) => [key, formatted ? 'text' : 'typed']),
    ).toEqual([
      ['proc.pid', 'typed'],
      ['proc.aname[2]', 'typed'],
      ['who', 'text'],
    ]);
    expect(describe_(result)).toMatchObject({
      output_fields: ['proc.pid', 'proc.aname[2]', 'fd.name'],
      extra_output_formatted_fields: { who: '%user.name-%4user.uid' },
    });
    expect(describe_(load(ruleOf('evt.type = open')))).not.toHaveProperty(
      'extra_output_formatted_fields',
    );
  });
  it.each([
    [{ fields: ['proc.nmae'] }, 'unknown-field'],
    [{ fields: ['proc.name x'] }, 'unknown-field'],
    [{ fields: ['fd.ip'] }, 'field-only-in-conditions'],
    [{ formatted: { x: '100%' } }, 'bad-output'],
    [{ text: '%proc.nmae' }, 'unknown-field'],
  ])('append_output: %j is refused at the rule’s output', (entry, code) => {
    const text = ruleOf('evt.type = open');
    const result = load(text, { appendOutput: [entry] });
    expect(codesOf(result)).toEqual([code]);
    expect(falcoCodesOf(result)).toEqual(['LOAD_ERR_COMPILE_OUTPUT']);
    expect(pointedAt(text, result.diagnostics[0])).toBe('"o"');
    expect(result.diagnostics[0]?.message).toMatch(/^added by the configuration: /);
  });
  it('static.KEY is a field of conditions and outputs', () => {
    const result = load(
      ruleOf('evt.type = open and static.cluster = lab', { output: '%static.cluster.' }),
    );
    expect(codesOf(result)).toEqual([]);
    expect(tokens('%static.cluster.')).toEqual(['<static.cluster>', '.']);
    expect(problems('%static')).toHaveLength(1);
  });
});
