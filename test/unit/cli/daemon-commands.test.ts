import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ControlClient, ControlServer } from '../../../sensor/app/control/index.js';
import { SakerError } from '../../../sensor/core/index.js';
import { makeProgram } from '../../../sensor/cli/program.js';
import { saker } from './cli.js';

/** A folder with a real control socket in it that answers as told. */
async function withServer(run: (runDir: string) => Promise<void>): Promise<void> {
  const runDir = mkdtempSync(join(tmpdir(), 'saker-run-'));
  const server = await ControlServer.listen(
    join(runDir, 'saker.sock'),
    null,
    {
      'net.off': () => ({ message: 'nothing is blocked' }),
      'rules.reload': () => ({ generation: 3, rules: 12 }),
      'config.reload': () => {
        throw new SakerError('CONFIG_INVALID', 'the configuration has problems', { hint: 'look' });
      },
    },
    {
      events: (params, send) => {
        let at = 0;
        const timer = setInterval(() => {
          const json = JSON.stringify({ at: ++at, ...params });
          send({ line: `${at} \u001b[31m`, json });
          if (at === 3) send({ dropped: 7 });
        }, 1);
        return () => {
          clearInterval(timer);
        };
      },
    },
  );
  try {
    await run(runDir);
  } finally {
    await server.close();
    rmSync(runDir, { recursive: true });
  }
}

describe('commands that ask a running sensor', () => {
  it('say that none runs, that one has died, and what to do', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'saker-run-'));
    for (const command of ['status', 'events', 'net off', 'rules reload', 'config reload']) {
      const ran = await saker([...command.split(' '), '--run-dir', dir]);
      expect([command, ran.code, ran.out]).toEqual([command, 5, '']);
      expect(ran.err).toMatch(
        /no sensor listens at .*saker\.sock[^]*hint: start one with `saker run`/,
      );
    }
    // A socket whose owner was killed: bound, and nobody listens.
    const script = `require('node:net').createServer().listen('${dir}/saker.sock', () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    const stale = await saker(['status', '--run-dir', dir]);
    expect(stale.err).toContain('has ended [NO_DAEMON]');
    expect(stale.code).toBe(5);
    rmSync(dir, { recursive: true });
  });

  it('say that the sensor went away in the middle', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'saker-run-'));
    const server: Server = createServer((socket) => socket.once('data', () => socket.destroy()));
    await new Promise<void>((resolve) => server.listen(join(dir, 'saker.sock'), resolve));
    const ran = await saker(['status', '--run-dir', dir]);
    expect([ran.code, ran.err]).toEqual([5, expect.stringContaining('CONNECTION_LOST')]);
    server.close();
    rmSync(dir, { recursive: true });
  });

  it('do not wait for ever for a sensor that is stopped: its kernel still accepts', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'saker-run-'));
    const socket = join(dir, 'saker.sock');
    const server: Server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    const client = await ControlClient.open(socket);
    await expect(client.call('status', {}, 20)).rejects.toMatchObject({
      code: 'NO_ANSWER',
      message: 'the sensor does not answer within 0.02 s',
    });
    client.close();
    server.close();
    rmSync(dir, { recursive: true });
  });

  it('print what it answers as text and as JSON, and its errors with their exit status', async () => {
    await withServer(async (runDir) => {
      const ask = (line: string) => saker([...line.split(' '), '--run-dir', runDir]);
      expect(await ask('net off')).toEqual({ out: 'nothing is blocked\n', err: '', code: 0 });
      expect((await ask('net off -o json')).out).toBe('{"message":"nothing is blocked"}\n');
      expect((await ask('rules reload')).out).toBe('generation 3 is in force: 12 rules\n');
      expect((await ask('rules reload -o json')).out).toBe('{"generation":3,"rules":12}\n');
      const refused = await ask('config reload');
      expect(refused.err).toMatch(
        /the configuration has problems \[CONFIG_INVALID\]\n.*hint: look/,
      );
      expect(refused.code).toBe(6);
      const unknown = await ask('status');
      expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('UNKNOWN_METHOD')]);
    });
  });

  it('stream events: so many, escaped, filtered by the sensor, with what was left out', async () => {
    await withServer(async (runDir) => {
      const options = ['--run-dir', runDir, '-n', '5', '--type', 'openat,connect', '--pid', '7'];
      const text = await saker(['events', ...options]);
      expect(text.out.split('\n')).toHaveLength(6);
      expect(text.out).toContain('1 \\x1b[31m');
      expect(text.err).toContain('7 events left out');
      const filter = 'fd.name startswith /etc';
      const json = await saker(['events', '-o', 'json', '--filter', filter, ...options]);
      expect(JSON.parse(json.out.split('\n')[4]!)).toEqual({
        at: 5,
        types: ['openat', 'connect'],
        pid: 7,
        filter,
        whole: true,
      });
    });
  });

  it('show a faulty filter as a faulty condition, with its place', async () => {
    const ran = await saker(['events', '--filter', 'fd.nmae = x', '--run-dir', '/nonexistent']);
    expect([ran.code, ran.out]).toEqual([1, '']);
    expect(ran.err).toContain('unknown field "fd.nmae"');
    expect(ran.err).toContain('did you mean "fd.name"?');
  });

  it('refuse what can mean nothing before they ask', async () => {
    for (const [line, hint] of [
      ['events --type opennat', /did you mean "openat"/],
      ['events -n many', /not a whole number/],
      ['events --pid -1', /not a whole number/],
    ] as const) {
      const ran = await saker([...line.split(' '), '--run-dir', '/nonexistent']);
      expect([line, ran.code]).toEqual([line, 2]);
      expect(ran.err).toMatch(hint);
    }
  });
});

describe('help', () => {
  it('of every command fits on a screen and has an example', async () => {
    const lines = (command: ReturnType<typeof makeProgram>): [string, number, boolean][] => {
      let text = '';
      command.configureOutput({ writeOut: (chunk) => (text += chunk) });
      command.outputHelp();
      const own: [string, number, boolean] = [
        command.name(),
        text.split('\n').length,
        /\nExamples?:\n/.test(text),
      ];
      return [own, ...command.commands.flatMap((sub) => lines(sub))];
    };
    const wrong = lines(makeProgram()).filter(([, count, example]) => count > 48 || !example);
    expect(wrong).toEqual([]);
  });
});
