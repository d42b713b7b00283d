import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ControlClient, ControlServer } from '../../../../sensor/app/control/index.js';
import { controlMethods, controlStreams } from '../../../../sensor/app/daemon/control-methods.js';
import type { Daemon } from '../../../../sensor/app/daemon/index.js';
import type { EventFilter } from '../../../../sensor/app/messages.js';
import { until } from '../../sinks/support.js';

type Take = Parameters<Daemon['link']['watchEvents']>[1];

/** The real methods and socket; of the daemon only what they call. */
async function withSocket(
  run: (path: string, watchers: Map<EventFilter, Take>, calls: string[]) => Promise<void>,
): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'saker-control-'));
  const watchers = new Map<EventFilter, Take>();
  const calls: string[] = [];
  const daemon = {
    enforcement: { off: () => calls.push('off') },
    reload: () => Promise.resolve(calls.push('reload')),
    reloadRules: () => Promise.resolve(calls.push('reloadRules')),
    rules: { current: null },
    link: {
      watchEvents: (filter: EventFilter, take: Take) => {
        watchers.set(filter, take);
        return () => watchers.delete(filter);
      },
    },
  } as unknown as Daemon;
  const captures = new Map<number, () => void>();
  const path = join(dir, 'saker.sock');
  const server = await ControlServer.listen(
    path,
    null,
    controlMethods(daemon, captures),
    controlStreams(daemon, captures),
  );
  try {
    await run(path, watchers, calls);
  } finally {
    await server.close();
    rmSync(dir, { recursive: true });
  }
}

describe('the control socket', () => {
  it('is for its owner and group alone, and does what it is asked', async () => {
    await withSocket(async (path, _, calls) => {
      expect(statSync(path).mode & 0o777).toBe(0o660);
      const client = await ControlClient.open(path);
      for (const method of ['net.off', 'rules.reload', 'config.reload']) await client.call(method);
      expect(calls).toEqual(['off', 'reloadRules', 'reload']);
      expect(await client.call('rules.list')).toEqual([]);
      await expect(client.call('nonsense')).rejects.toMatchObject({ code: 'UNKNOWN_METHOD' });
      client.close();
    });
  });

  it('streams events with the filter asked for, and ends with the connection', async () => {
    await withSocket(async (path, watchers) => {
      const client = await ControlClient.open(path);
      const params = { exe: '/bin/cat', types: ['openat'], pid: 7, nonsense: true };
      const stream = client.stream('events', params);
      const first = stream.next();
      await until(() => watchers.size === 1);
      const [[filter, take]] = [...watchers] as [[EventFilter, Take]];
      expect(filter).toEqual({ exe: '/bin/cat', types: ['openat'], pid: 7 });
      take([{ line: 'one', json: '{}' }], 0);
      expect((await first).value).toEqual({ line: 'one', json: '{}' });
      take([{ line: 'two', json: '{}' }], 5);
      expect((await stream.next()).value).toEqual({ dropped: 5 });
      expect((await stream.next()).value).toEqual({ line: 'two', json: '{}' });
      client.close();
      await until(() => watchers.size === 0);
    });
  });

  it('drops, and counts, what a reader that stopped does not take', async () => {
    await withSocket(async (path, watchers) => {
      const socket = connect(path);
      socket.write(`${JSON.stringify({ id: 1, method: 'events', params: {} })}\n`);
      socket.pause();
      await until(() => watchers.size === 1);
      const [take] = [...watchers.values()] as [Take];
      const item = { line: 'x'.repeat(10_000), json: '{}' };
      for (let i = 0; i < 1500; i++) take([item], 0);
      let text = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      socket.resume();
      await until(() => text.length > 4_000_000 && text.endsWith('\n'));
      take([item], 0);
      await until(() => text.includes('"dropped"'));
      const lines = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { item: { dropped?: number } });
      const dropped = lines.reduce((sum, line) => sum + (line.item.dropped ?? 0), 0);
      expect(dropped).toBeGreaterThan(0);
      await until(() => text.split('"line"').length - 1 + dropped === 1501);
      socket.destroy();
    });
  });

  it('answers what is no request with an error, and closes only that connection', async () => {
    await withSocket(async (path) => {
      const client = await ControlClient.open(path);
      for (const garbage of ['not json\n', '{"id":1}\n', `${'x'.repeat(3 << 20)}\n`]) {
        const answer = await new Promise<string>((resolve) => {
          const socket = connect(path);
          let text = '';
          socket.on('data', (chunk) => (text += String(chunk)));
          socket.on('error', () => undefined);
          socket.on('close', () => resolve(text));
          socket.write(garbage);
        });
        expect(answer).toContain('BAD_REQUEST');
      }
      expect(await client.call('rules.list')).toEqual([]);
      client.close();
    });
  });
});
