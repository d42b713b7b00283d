import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import {
  CONFIG_SCHEMA,
  loadConfig,
  parseConfig,
  renderProblem,
  showConfig,
  type Config,
  type Environment,
} from '../../../sensor/app/config/index.js';
import { withDir } from '../spool/support.js';

const environment: Environment = {
  env: { TOKEN: 's3cret', BROKER: 'kafka-1:9092', MAX: '2097152', EMPTY: '' },
  readFile: (path) => {
    if (path === '/run/secrets/kafka') return 'from-file\n';
    throw new Error(`ENOENT: no such file, open '${path}'`);
  },
};

function good(text: string, overrides: readonly string[] = []): Config {
  const loaded = parseConfig(text, 'saker.yaml', overrides, environment);
  if (!loaded.ok) throw new Error(loaded.problems.map(renderProblem).join('\n'));
  return loaded.config;
}

function problems(text: string, overrides: readonly string[] = []): string[] {
  const loaded = parseConfig(text, 'saker.yaml', overrides, environment);
  return loaded.ok
    ? []
    : loaded.problems.map(
        (p) => `${p.source}:${p.line}:${p.column} ${p.code} ${p.message} (${p.hint})`,
      );
}

const KAFKA = `
sinks:
  - name: siem
    type: kafka
    brokers: ['\${BROKER}', kafka-2:9092]
    topic: saker.alerts.v1
    sasl: { mechanism: plain, username: saker, password: 'file:/run/secrets/kafka' }
    tls: {}
    route: { min_priority: warning, tags: [network], rules: ['Shell *'], kinds: [rule] }
`;

describe('the configuration', () => {
  it('compat: strict matches all rules, unless it is told to stop at the first', () => {
    expect(good('rules: { compat: strict }').rules).toMatchObject({
      compat: 'strict',
      matching: 'all',
    });
    expect(good('rules: { compat: strict, matching: first }').rules.matching).toBe('first');
  });
  it('selects rules in order, by name or tag', () => {
    expect(
      good('rules: { select: [{ disable: { rule: "*" } }, { enable: { tag: net } }] }').rules
        .select,
    ).toEqual([
      { operation: 'disable', rule: '*' },
      { operation: 'enable', tag: 'net' },
    ]);
  });
  it('is whole without a file: the shipped rules, alerts on the terminal, release on exit', () => {
    const config = good('');
    expect(config).toMatchObject({
      runDir: '/run/saker',
      hostRoot: '/',
      cgroup: null,
      log: { level: 'info', format: 'text' },
      rules: {
        files: [],
        compat: 'falco',
        matching: 'first',
        select: [],
        minPriority: 'Debug',
        disableTags: [],
        disableRules: [],
      },
      spool: { dir: '/var/lib/saker/spool', maxBytes: 536_870_912 },
      metrics: { listen: { host: '127.0.0.1', port: 9764 }, otlp: null },
      enforce: { enabled: true, onExit: 'release', heartbeatSeconds: 5, interfaces: [], guard: [] },
    });
    expect(config.sinks).toEqual([
      {
        name: 'terminal',
        type: 'stdout',
        format: 'text',
        color: 'auto',
        route: { minPriority: 'Debug', tags: [], rules: [], kinds: [] },
      },
    ]);
    expect(Object.isFrozen(config.sinks[0])).toBe(true);
    expect(good('# nothing but a comment\n')).toEqual(config);
  });

  it('words alerts as Falco does, and can add to them', () => {
    expect(good('').output).toEqual({
      iso8601: false,
      hostname: null,
      json: { output: true, message: false, tags: true, outputFields: true },
      append: [],
      staticFields: {},
    });
    const { output } = good(`
output:
  json: { message: true, tags: false }
  append:
    - match: { rule: 'Shell *', source: syscall, tags: [network] }
      extra_output: pod=%k8s.pod.uid
      extra_fields: [proc.pid]
      extra_formatted_fields: { who: '%user.name' }
      suggested_output: false
    - {}
  static_fields: { cluster: lab }
`);
    expect(output.json).toEqual({ output: true, message: true, tags: false, outputFields: true });
    expect(output.append).toEqual([
      {
        rule: 'Shell *',
        source: 'syscall',
        tags: ['network'],
        text: 'pod=%k8s.pod.uid',
        fields: ['proc.pid'],
        formatted: { who: '%user.name' },
        suggested: false,
      },
      { tags: [], fields: [], formatted: {}, suggested: true },
    ]);
    expect(output.staticFields).toEqual({ cluster: 'lab' });
  });

  it('takes secrets from files and the environment', () => {
    const [sink] = good(KAFKA).sinks;
    expect(sink).toMatchObject({
      brokers: ['kafka-1:9092', 'kafka-2:9092'],
      sasl: { password: 'from-file' },
      tls: { ca: null },
      requestTimeoutMs: 10_000,
      route: { minPriority: 'Warning', tags: ['network'], rules: ['Shell *'], kinds: ['rule'] },
    });
    expect(good('spool:\n  max_bytes: ${MAX}').spool.maxBytes).toBe(2_097_152);
    expect(good('run_dir: /a/${NOPE:-b}/$$x').runDir).toBe('/a/b/$x');
  });

  it('shows every problem at once, each with its line and column', () => {
    const text = [
      'run_dri: /run/x',
      'log: { level: loud }',
      'spool:',
      '  max_bytes: many',
      '  dir: relative/path',
      'sinks:',
      '  - name: a',
      '    type: kafak',
      '  - name: b',
      '    type: file',
      '  - name: b',
      '    type: kafka',
      "    brokers: ['${MISSING}:9092']",
      '    topic: t',
      '    sasl: { mechanism: plain, username: u, password: "file:/none" }',
      '    tls: { cert: /c.pem }',
      'enforce:',
      '  guard: [10.0.0.1, 10.0.0.300, "[::1]:443"]',
      '  heartbeat_seconds: 0',
    ].join('\n');
    expect(problems(text)).toEqual([
      'saker.yaml:1:1 unknown-key unknown key "run_dri" (did you mean "run_dir"?)',
      'saker.yaml:2:15 value "log.level" is "loud" (one of error, warn, info, debug)',
      'saker.yaml:4:14 type "spool.max_bytes" must be a whole number (null)',
      'saker.yaml:5:8 value "spool.dir" is "relative/path" (an absolute path)',
      'saker.yaml:8:11 value "sinks[0].type" is "kafak" (did you mean "kafka"?)',
      'saker.yaml:9:5 missing-key "sinks[1].path" is missing (Appended to; opened anew when renamed away, or on SIGUSR1.)',
      'saker.yaml:11:11 duplicate two sinks are named "b" (names tell cursors apart)',
      'saker.yaml:13:15 environment "sinks[2].brokers[0]" uses the environment variable MISSING, which is not set (set it, or write ${MISSING}:-default})'.replace(
        '${MISSING}:-default}',
        '${MISSING:-default}',
      ),
      'saker.yaml:15:54 secret "sinks[2].sasl.password": ENOENT: no such file, open \'/none\' (the file must exist and be readable by saker)',
      'saker.yaml:16:10 missing-key a client certificate needs both "cert" and "key" (null)',
      'saker.yaml:18:21 value "10.0.0.300" is no address, prefix or address with a port (10.0.0.1, 10.0.0.0/8, 10.0.0.1:443 or [::1]:443)',
      'saker.yaml:19:22 value "enforce.heartbeat_seconds" must be between 1 and 300 (So long without a sign of the sensor, and on_exit applies.)',
    ]);
  });

  it('shows what a text should look like by an example, never by a pattern', () => {
    const text = [
      'rules: { files: /etc/rules }',
      'sinks:',
      '  - { name: a b, type: kafka, brokers: [nohost], topic: "a topic" }',
      '  - { name: o, type: otlp, endpoint: "collector:4318" }',
      'metrics: { listen: here }',
    ].join('\n');
    expect(problems(text)).toEqual([
      'saker.yaml:1:17 type "rules.files" must be a list (put it in [ ])',
      'saker.yaml:3:13 value "sinks[0].name" is "a b" (for example siem)',
      'saker.yaml:3:41 value "sinks[0].brokers[0]" is "nohost" (for example kafka-1:9092)',
      'saker.yaml:3:57 value "sinks[0].topic" is "a topic" (for example security-alerts)',
      'saker.yaml:4:38 value "sinks[1].endpoint" is "collector:4318" (for example http://127.0.0.1:4318)',
      'saker.yaml:5:20 value "metrics.listen" is "here" (for example 127.0.0.1:9764)',
    ]);
  });

  it('points at broken YAML, all of it', () => {
    const loaded = parseConfig('log:\n  level: info\n level: debug\nlog: {}\n', 'c.yaml');
    if (loaded.ok) throw new Error('expected problems');
    expect(loaded.problems.length).toBeGreaterThan(0);
    expect(loaded.problems[0]).toMatchObject({ code: 'yaml', line: 3 });
    expect(renderProblem({ ...loaded.problems[0]!, message: 'm', hint: 'h' })).toMatch(
      /^c\.yaml:3:\d+: error: m \[yaml\]\n {2}3 \| .*\n {4}\| +\^+ {2}h$/,
    );
  });

  it('lets options win over the file, and says which option is wrong', () => {
    const config = good(KAFKA, [
      'log.level=debug',
      'sinks[0].topic=other',
      'sinks[]={name: extra, type: stdout}',
      "enforce.guard=['10.0.0.1:443', '2001:db8::/32']",
      'metrics.listen=off',
    ]);
    expect(config.log.level).toBe('debug');
    expect(config.sinks.map((s) => s.name)).toEqual(['siem', 'extra']);
    expect(config.sinks[0]).toMatchObject({ topic: 'other' });
    expect(config.enforce.guard).toEqual([
      { address: '10.0.0.1', bits: 32, port: 443 },
      { address: '2001:db8::', bits: 32, port: null },
    ]);
    expect(config.metrics.listen).toBeNull();
    expect(problems('', ['log.level=louder', 'nonsense', 'log.level.x=1', 'spol.dir=/x'])).toEqual(
      [
        '-o nonsense:null:null override not of the form key.path=value (for instance -o log.level=debug)',
        '-o log.level.x=1:null:null override a part of the path is neither a mapping nor a list (null)',
        '-o spol.dir=/x:null:null unknown-key unknown key "spol" (did you mean "spool"?)',
        '-o log.level=louder:null:null value "log.level" is "louder" (one of error, warn, info, debug)',
      ].sort(() => 0),
    );
  });

  it('masks secrets when shown, and what it shows loads again to the same', () => {
    const loaded = parseConfig(
      `${KAFKA}  - { name: o, type: otlp, endpoint: 'http://h:4318', headers: { authorization: '\${TOKEN}' } }`,
      'c',
      [],
      environment,
    );
    if (!loaded.ok) throw new Error('expected a good one');
    const shown = showConfig(loaded.raw);
    expect(shown).not.toContain('from-file');
    expect(shown).not.toContain('s3cret');
    const again = good(shown);
    expect(again.sinks[0]).toEqual({
      ...loaded.config.sinks[0],
      sasl: { mechanism: 'plain', username: 'saker', password: '********' },
    });
    expect({ ...again, sinks: [] }).toEqual({ ...loaded.config, sinks: [] });
  });

  it('shows no secret with a problem, wherever on the line and however broken the text', () => {
    const shown = (text: string, overrides: readonly string[] = []): string => {
      const loaded = parseConfig(text, 'saker.yaml', overrides, environment);
      expect(loaded.ok).toBe(false);
      return loaded.ok ? '' : loaded.problems.map(renderProblem).join('\n');
    };
    const kafka = (sasl: string, more = '') =>
      `sinks:\n  - { name: k, type: kafka, brokers: ['h:1'], topic: t, sasl: ${sasl}${more} }`;
    const texts = [
      kafka('{ mechanism: plian, username: u, password: hunter22 }'),
      kafka('{ mechanism: plain, username: u, password: [hunter22] }'),
      kafka('{ mechanism: plain, username: u, pasword: x, password: "hunter22" }'),
      kafka('{ mechanism: plain, username: u, passwort: hunter22 }').replace(
        'passwort',
        'sasl_password',
      ),
      kafka('{ mechanism: plain, username: u, password: "hunter22 }'),
      `sinks:\n  - { name: o, type: otlp, endpoint: http://h, headers: { x-team: hunter22, authorization: Bearer hunter22 }, x: 1 }`,
    ];
    for (const text of texts) expect(shown(text)).not.toContain('hunter22');
    // The caret stays below what is meant, and references to secrets are shown.
    expect(shown(texts[0]!)).toContain('password: ******** }');
    expect(shown(kafka("{ mechanism: plian, username: u, password: 'file:/run/x' }"))).toContain(
      'file:/run/x',
    );
    expect(shown('', ['sinks[0].sasl.password=hunter22'])).not.toContain('hunter22');
    expect(shown('', ['metrics.otlp.headers.x=hunter22', 'nope=1'])).not.toContain('hunter22');
  });

  it('refuses encryption that would not happen, and credentials in an address', () => {
    const otlp = (endpoint: string, tls: string) =>
      problems(`metrics: { otlp: { endpoint: '${endpoint}'${tls} } }`);
    expect(otlp('http://c:4318', ', tls: {}')[0]).toContain('not encrypted');
    expect(otlp('https://u:hunter22@c:4318', '')[0]).toContain('no user name or password');
    expect(otlp('https://u:hunter22@c:4318', '').join()).not.toContain('hunter22');
    expect(otlp('https://c:4318', ', tls: { ca: /x }')).toEqual([]);
  });

  it('publishes a schema that is one, and judges as a schema validator does', () => {
    const ajv = new Ajv2020({
      strict: true,
      allErrors: true,
      strictTypes: false,
      strictRequired: false,
    });
    const check = ajv.compile(CONFIG_SCHEMA as object);
    const wrong = fc.oneof(
      fc.integer(),
      fc.boolean(),
      fc.string(),
      fc.constant([]),
      fc.constant({}),
    );
    const mostly = (...values: unknown[]) =>
      fc.oneof(
        { weight: 40, arbitrary: fc.constantFrom(...values) },
        { weight: 1, arbitrary: wrong },
      );
    const part = (fields: Record<string, fc.Arbitrary<unknown>>) =>
      fc.record({ ...fields, unknown_key: fc.constant(1) }, { requiredKeys: [] }).chain((made) =>
        fc.boolean().chain((strange) =>
          fc.boolean().map((more) => {
            if (!strange || !more) delete (made as Record<string, unknown>)['unknown_key'];
            return made;
          }),
        ),
      );
    const sink = part({
      type: mostly('stdout', 'stdout', 'file', 'kafka', 'otlp'),
      name: mostly('a', 'b-1'),
      format: mostly('json', 'text'),
      path: mostly('/p'),
      color: mostly('never'),
      brokers: mostly(['h:1'], ['h:1', 'g:2'], ['h']),
      topic: mostly('t'),
      endpoint: mostly('http://h'),
      route: part({ tags: mostly(['x'], ['']), min_priority: mostly('debug', 'alert', 'Alert') }),
    }).map((made) => {
      // One kind's keys only, most of the time.
      const of: Record<string, string[]> = {
        stdout: ['format', 'color'],
        file: ['format', 'path'],
        kafka: ['brokers', 'topic'],
        otlp: ['endpoint'],
      };
      const { type } = made as { type?: unknown };
      const keep = ['type', 'name', 'route', 'unknown_key', ...(of[String(type)] ?? [])];
      return Object.fromEntries(Object.entries(made).filter(([key]) => keep.includes(key)));
    });
    const document = part({
      run_dir: mostly('/x'),
      log: part({ level: mostly('info', 'warn'), format: mostly('json') }),
      spool: part({ dir: mostly('/s'), max_bytes: mostly(1_048_576, 1 << 30, 1) }),
      sinks: fc.array(sink, { maxLength: 1 }),
      rules: part({
        files: mostly(['/r'], []),
        compat: mostly('strict', 'falco', 'loose'),
        matching: mostly('all'),
        select: fc.array(part({ enable: part({ rule: mostly('x') }) }), { maxLength: 2 }),
        disable: part({ tags: mostly(['x']) }),
      }),
      enforce: part({
        on_exit: mostly('keep'),
        heartbeat_seconds: mostly(3),
        enabled: mostly(false),
      }),
      metrics: part({ listen: mostly('off', 'h:1'), otlp: part({ endpoint: mostly('http://h') }) }),
    });
    let accepted = 0;
    fc.assert(
      fc.property(document, (value) => {
        const ours = parseConfig(stringify(value), 'c', [], environment).ok;
        if (ours) accepted++;
        expect({ value, ok: ours }).toEqual({ value, ok: check(value) });
      }),
      { numRuns: 500 },
    );
    expect(accepted).toBeGreaterThan(15);
    expect(accepted).toBeLessThan(450);
    // `${NAME}` stands for text that only the sensor can see.
    expect(check(parse(KAFKA.replace('${BROKER}', 'kafka-1:9092')))).toBe(true);
  });

  it('takes the sample that is deployed', () => {
    const sample = new URL('../../../deploy/saker.yaml', import.meta.url);
    expect(good(readFileSync(sample, 'utf8')).enforce.guard).toHaveLength(1);
  });

  it('reads a file, and says which one it cannot read', async () => {
    await withDir((dir) => {
      const path = join(dir, 'saker.yaml');
      writeFileSync(path, 'log: { level: warn }');
      const loaded = loadConfig({ path });
      expect(loaded.ok && loaded.config.log.level).toBe('warn');
      const missing = loadConfig({ path: join(dir, 'none.yaml') });
      expect(!missing.ok && missing.problems[0]?.code).toBe('file');
      expect(readdirSync(dir)).toEqual(['saker.yaml']);
      expect(readFileSync(path, 'utf8')).toContain('warn');
    });
  });
});
