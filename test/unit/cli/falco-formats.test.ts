import { DESCRIBED_RULES, FAULTY_RULES } from '../../support/falco-samples.js';
import { Files, rule, saker } from './cli.js';

const files = new Files();
afterAll(() => files.remove());

const LAB = files.write('lab.yaml', FAULTY_RULES);

interface Entry {
  readonly code: string;
  readonly context: {
    readonly locations: {
      item_type: string;
      item_name: string;
      position: { line: number; column: number; offset: number };
    }[];
  };
}
interface Results {
  readonly falco_load_results: {
    name: string;
    successful: boolean;
    schema_valid: boolean;
    errors: Entry[];
    warnings: Entry[];
  }[];
}

describe('saker rules check as Falco says it', () => {
  it('prints load results as text', async () => {
    const { out, code } = await saker(['rules', 'check', LAB, '-o', 'falco']);
    expect(code).toBe(1);
    const lines = out.split('\n');
    expect(lines[0]).toBe(`${LAB}: Invalid`);
    expect(lines.slice(1, 4)).toEqual([
      '1 Errors:',
      `In rules content: (${LAB}:0:0)`,
      `    rule 'Edit of secrets': (${LAB}:5:2)`,
    ]);
    expect(out).toContain('    condition expression: ("evt.type = open a...":8:34)');
    expect(out).toMatch(/^LOAD_ERR_COMPILE_CONDITION \(Error compiling condition\): /m);
    expect(out).toMatch(/^LOAD_DEPRECATED_ITEM \(Used deprecated item\): /m);
  });

  it('prints load results as JSON, the same by either spelling', async () => {
    const ran = await saker(['rules', 'check', LAB, '-o', 'falco-json']);
    expect((await saker(['rules', 'check', LAB, '--format', 'falco', '-o', 'json'])).out).toBe(
      ran.out,
    );
    const [result] = (JSON.parse(ran.out) as Results).falco_load_results;
    expect(result).toMatchObject({ name: LAB, successful: false, schema_valid: true });
    expect(result!.errors.map(({ code }) => code)).toEqual(['LOAD_ERR_COMPILE_CONDITION']);
    expect(
      result!.errors[0]!.context.locations.map(({ item_type, position }) => [
        item_type,
        position.line,
        position.column,
        position.offset,
      ]),
    ).toEqual([
      ['rules content', 0, 0, 0],
      ['rule', 5, 2, 89],
      ['rule condition', 7, 13, 137],
      ['condition expression', 8, 34, 157],
    ]);
    expect(result!.warnings.map(({ code }) => code)).toEqual(['LOAD_DEPRECATED_ITEM']);
  });

  it('has both our diagnostics and Falco’s results in -o json', async () => {
    const both = JSON.parse((await saker(['rules', 'check', LAB, '-o', 'json'])).out) as Results & {
      readonly ok: boolean;
      readonly diagnostics: { code: string; line: number; column: number; hint: string | null }[];
    };
    expect(both.ok).toBe(false);
    expect(both.falco_load_results).toHaveLength(1);
    expect(both.diagnostics).toContainEqual(
      expect.objectContaining({
        code: 'unknown-field',
        line: 8,
        column: 34,
        hint: 'did you mean "fd.name"?',
      }),
    );
  });

  it('does not hide an error that Falco has no code for', async () => {
    const file = files.write(
      'block.yaml',
      '- rule: B\n  desc: d\n  condition: evt.type = connect and proc.name = curl\n  output: o\n  priority: ERROR\n  action: block\n',
    );
    const { out, code } = await saker(['rules', 'check', file, '-o', 'falco']);
    expect(code).toBe(1);
    expect(out).toContain('1 more error that Falco has no code for');
  });
});

describe('saker rules check of macros that double at each level', () => {
  it('ends at once', async () => {
    const macros = Array.from(
      { length: 60 },
      (_, i) => `- macro: m${i + 1}\n  condition: m${i} and m${i}\n`,
    );
    const file = files.write(
      'doubling.yaml',
      `- macro: m0\n  condition: proc.pid = 1\n${macros.join('')}${rule('R', 'evt.type = open and m60')}`,
    );
    expect(await saker(['rules', 'check', file])).toMatchObject({ code: 0, err: '' });
  });
});

describe('saker rules describe', () => {
  const SAMPLE = files.write('sample.yaml', DESCRIBED_RULES);

  it('describes rules, macros and lists in Falco’s shape', async () => {
    const described = JSON.parse(
      (await saker(['rules', 'describe', SAMPLE, '-o', 'json'])).out,
    ) as Record<string, unknown>;
    expect(Object.keys(described)).toEqual([
      'lists',
      'macros',
      'required_engine_version',
      'required_plugin_versions',
      'rules',
    ]);
    expect(described).toMatchObject({
      lists: [{ info: { name: 'lab_shells', items: ['ash', 'zsh'] }, details: { used: true } }],
      macros: [
        { info: { name: 'lab_spawn' }, details: { events: ['execve', 'execveat', 'asyncevent'] } },
      ],
      required_engine_version: '0.63.0',
      rules: [
        {
          info: { name: 'Lab shell', priority: 'Informational', tags: ['lab'] },
          details: {
            condition_compiled:
              '(evt.type in (execve, execveat) and proc.name in (ash, zsh) and not proc.pname exists)',
            lists: ['lab_shells'],
            macros: ['lab_spawn'],
            output_fields: ['proc.name', 'user.name'],
          },
        },
      ],
    });
  });

  it('describes one rule under the key rules alone', async () => {
    const described = JSON.parse(
      (await saker(['rules', 'describe', SAMPLE, '--rule', 'Lab shell', '-o', 'json'])).out,
    ) as Record<string, unknown>;
    expect(Object.keys(described)).toEqual(['rules']);
    expect((await saker(['rules', 'describe', SAMPLE, '--rule', 'Lab shel'])).code).toBe(1);
  });

  it('lists names and descriptions as text', async () => {
    expect((await saker(['rules', 'describe', SAMPLE])).out).toBe('Lab shell\n    demo\n\n');
  });
});

it('a plugin that is missing is said beside the results, as Falco does', async () => {
  const text =
    '- required_plugin_versions:\n  - {name: a, version: 0.4.0, alternatives: [{name: b, version: 1.0.0}]}\n';
  const path = files.write('plugin.yaml', text);
  expect(await saker(['rules', 'check', path, '-o', 'falco'])).toEqual({
    out: `${path}: Ok\n`,
    err: 'Error: Plugin requirement not satisfied, must load one of: a (>= 0.4.0), b (>= 1.0.0)\n',
    code: 1,
  });
});
