import { setImmediate } from 'node:timers/promises';
import { recordStream, type RunningCaptures } from '../../../sensor/app/daemon/record-stream.js';
import type { Daemon } from '../../../sensor/app/daemon/daemon.js';
import type { CaptureEnded } from '../../../sensor/app/messages.js';

const GOOD = { path: '/tmp/x.skr', maxBytes: 8 << 20, files: 1, existing: 'refuse' };

function setUp(cgroup: string | null = null) {
  const link = {
    started: 0,
    stopped: 0,
    onEnd: (_: CaptureEnded): void => undefined,
    startCapture(_: unknown, __: unknown, onEnd: (summary: CaptureEnded) => void) {
      this.started++;
      this.onEnd = onEnd;
      return Promise.resolve(() => {
        this.stopped++;
      });
    },
  };
  const running: RunningCaptures = new Map();
  const sent: unknown[] = [];
  const stream = recordStream({ config: { cgroup }, link } as unknown as Daemon, running);
  const open = (params: Record<string, unknown>): (() => void) =>
    stream(
      params,
      (item) => sent.push(item) > 0,
      (error) => sent.push(error ?? 'end'),
    );
  return { link, running, sent, open };
}

it('tells its number, then what it came to', async () => {
  const { link, running, sent, open } = setUp();
  open(GOOD);
  await setImmediate();
  running.get(1)!();
  expect(link.stopped).toBe(1);
  link.onEnd({ path: '/tmp/x.skr' } as CaptureEnded);
  expect(sent).toEqual([{ capture: 1 }, { path: '/tmp/x.skr' }, 'end']);
  expect(running.size).toBe(0);
});

it.each(['at once', 'later'])('ends with its connection: gone %s', async (when) => {
  const { link, open } = setUp();
  const gone = open(GOOD);
  if (when === 'later') await setImmediate();
  gone();
  await setImmediate();
  expect(link).toMatchObject({ started: 1, stopped: 1 });
});

it('refuses another scope: the client then records by itself', () => {
  const { open, link } = setUp('/sys/fs/cgroup/a');
  const scope = expect.objectContaining({ code: 'CAPTURE_SCOPE' }) as Error;
  expect(() => open(GOOD)).toThrow(scope);
  expect(() => open({ ...GOOD, cgroup: '/sys/fs/cgroup/b' })).toThrow(scope);
  open({ ...GOOD, cgroup: '/sys/fs/cgroup/a/' });
  expect(link.started).toBe(1);
});

it.each([
  [{ path: 'x.skr' }],
  [{ path: 7 }],
  [{ maxBytes: 1 << 20 }],
  [{ maxBytes: '64M' }],
  [{ files: 0 }],
  [{ files: 1.5 }],
  [{ existing: 'yes' }],
  [{ durationMs: -1 }],
  [{ durationMs: 2 ** 40 }],
  [{ cgroup: 1 }],
])('refuses %j', (params) => {
  const { open, link } = setUp();
  expect(() => open({ ...GOOD, ...params })).toThrow(
    expect.objectContaining({ code: 'BAD_REQUEST' }) as Error,
  );
  expect(link.started).toBe(0);
});
