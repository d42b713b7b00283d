import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeSinks } from '../../../../sensor/app/daemon/make-sinks.js';
import { needsRestart } from '../../../../sensor/app/daemon/settings.js';
import { parseConfig, renderProblem, type Config } from '../../../../sensor/app/config/index.js';
import { DeadLetters, Delivery } from '../../../../sensor/sinks/index.js';
import type { NewAlert } from '../../../../sensor/spool/index.js';
import { newAlert, openWriter, quietLogger, withDir } from '../../spool/support.js';
import { until } from '../../sinks/support.js';

function configOf(text: string): Config {
  const loaded = parseConfig(text, 'saker.yaml');
  if (!loaded.ok) throw new Error(loaded.problems.map(renderProblem).join('\n'));
  return loaded.config;
}

/** What each file sink of `config` was given of the alerts: messages by sink. */
async function routed(
  sinks: (dir: string) => string,
  alerts: readonly NewAlert[],
): Promise<Record<string, string[]>> {
  return withDir(async (dir) => {
    const config = configOf(sinks(dir));
    const { writer, shared } = openWriter(join(dir, 'spool'));
    const delivery = new Delivery({
      spoolDir: join(dir, 'spool'),
      shared,
      sinks: await makeSinks(config, 'lab1', quietLogger),
      deadLetters: new DeadLetters(join(dir, 'dead')),
      logger: quietLogger,
    });
    for (const alert of alerts) writer.append(alert);
    await until(() => delivery.status().every(({ lag }) => lag === 0));
    const lines = config.sinks.map(({ name }) => {
      let text = '';
      try {
        text = readFileSync(join(dir, name), 'utf8');
      } catch {
        // Given nothing, it never opened its file.
      }
      const outputs = text.split('\n').filter(Boolean);
      return [
        name,
        outputs.map((line) => (JSON.parse(line) as { output: string }).output.split(' ').at(-1)),
      ];
    });
    await delivery.close(1000);
    writer.close();
    return Object.fromEntries(lines) as Record<string, string[]>;
  });
}

const alert = (message: string, more: Partial<NewAlert>): NewAlert => ({
  ...newAlert(message),
  ...more,
});

describe('sinks as configured', () => {
  it('are given what they want by priority, tag, rule and kind, several of one type', async () => {
    const route = (dir: string, name: string, text: string) =>
      `  - { name: ${name}, type: file, path: ${join(dir, name)}, route: { ${text} } }\n`;
    const got = await routed(
      (dir) =>
        `sinks:\n${route(dir, 'all', '')}${route(dir, 'severe', 'min_priority: error')}${route(
          dir,
          'tagged',
          'tags: [network, T1059]',
        )}${route(dir, 'named', "rules: ['Shell *', Sudo]")}${route(dir, 'blocks', 'kinds: [verdict]')}${route(
          dir,
          'both',
          "min_priority: warning, tags: [network], rules: ['*out']",
        )}`,
      [
        alert('a', { priority: 'Critical', rule: 'Shell in a container', tags: ['T1059'] }),
        alert('b', { priority: 'Error', rule: 'Sudo', tags: [] }),
        alert('c', { priority: 'Warning', rule: 'Curl calls out', tags: ['network'] }),
        alert('d', {
          priority: 'Notice',
          rule: 'Curl calls out',
          tags: ['network'],
          kind: 'verdict',
        }),
        alert('e', { priority: 'Debug', rule: 'Sudoers', tags: ['net'] }),
      ],
    );
    expect(got).toEqual({
      all: ['a', 'b', 'c', 'd', 'e'],
      severe: ['a', 'b'],
      tagged: ['a', 'c', 'd'],
      named: ['a', 'b'],
      blocks: ['d'],
      both: ['c'],
    });
  });

  it('are kept where their settings are the same, and made anew where anything differs', async () => {
    await withDir(async (dir) => {
      const text = (level: string, iso = false) => `
output: { iso_8601: ${iso} }
sinks:
  - { name: a, type: file, path: ${dir}/a }
  - { name: b, type: file, path: ${dir}/b, route: { min_priority: ${level} } }
  - { name: c, type: otlp, endpoint: http://127.0.0.1:4318 }`;
      const first = await makeSinks(configOf(text('debug')), 'h', quietLogger);
      const [a, b, c] = await makeSinks(configOf(text('error')), 'h', quietLogger, first);
      expect([a === first[0], b === first[1], c === first[2]]).toEqual([true, false, true]);
      const iso = await makeSinks(configOf(text('debug', true)), 'h', quietLogger, first);
      expect(iso.map((one, i) => one === first[i])).toEqual([false, false, false]);
      for (const { sink } of [...first, b!, ...iso]) await sink.close();
    });
  });

  it('take up a secret that was renewed in its file', async () => {
    await withDir(async (dir) => {
      const text = `sinks: [{ name: k, type: kafka, brokers: ['127.0.0.1:1'], topic: t,
        sasl: { mechanism: plain, username: u, password: 'file:${dir}/password' } }]`;
      writeFileSync(join(dir, 'password'), 'old-password\n');
      const first = await makeSinks(configOf(text), 'h', quietLogger);
      const same = await makeSinks(configOf(text), 'h', quietLogger, first);
      writeFileSync(join(dir, 'password'), 'new-password\n');
      const renewed = await makeSinks(configOf(text), 'h', quietLogger, first);
      expect([same[0] === first[0], renewed[0] === first[0]]).toEqual([true, false]);
    });
  });
});

describe('a changed configuration', () => {
  it('says which settings wait for the next start', () => {
    const base = configOf('');
    expect(needsRestart(base, configOf(''))).toEqual([]);
    const changed = configOf(`
run_dir: /x
spool: { dir: /x, max_bytes: 2097152 }
log: { level: debug }
metrics: { listen: off, otlp: { endpoint: 'http://c:4318' } }
enforce: { heartbeat_seconds: 9, guard: [10.0.0.1] }
rules: { min_priority: error }
sinks: []`);
    expect(needsRestart(base, changed)).toEqual([
      'run_dir',
      'spool.dir',
      'metrics.otlp',
      'enforce.heartbeat_seconds',
    ]);
  });
});
