import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  closeSync,
  constants,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { FileSink, StdoutSink } from '../../../sensor/sinks/index.js';
import type { Alert } from '../../../sensor/spool/index.js';
import { newAlert, withDir } from '../spool/support.js';

const never = new AbortController().signal;
let seq = 0;
const alert = (message: string): Alert => {
  seq++;
  return { ...newAlert(message), v: 1, id: `id-${seq}`, seq, hostname: 'h' };
};
const format = (one: Alert) => one.message;

describe('the file sink', () => {
  const open = (path: string, fsync = false) => new FileSink({ name: 'f', path, format, fsync });

  it('appends lines, and ends a line that a kill cut short', async () => {
    await withDir(async (dir) => {
      const path = join(dir, 'a.log');
      writeFileSync(path, 'half a li');
      const sink = open(path, true);
      expect(await sink.deliver([alert('one'), alert('two')])).toEqual({ kind: 'delivered' });
      await sink.close();
      await sink.close();
      expect(readFileSync(path, 'utf8')).toBe('half a li\none\ntwo\n');
    });
  });

  it('follows rotation, at once when told and by itself soon after', async () => {
    await withDir(async (dir) => {
      const path = join(dir, 'a.log');
      const sink = open(path);
      await sink.deliver([alert('one')]);
      renameSync(path, `${path}.1`);
      sink.reopen();
      await sink.deliver([alert('two')]);
      renameSync(path, `${path}.2`);
      const end = Date.now() + 5000;
      while (!readdirSync(dir).includes('a.log') && Date.now() < end) {
        await sink.deliver([alert('more')]);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await sink.close();
      expect(readFileSync(`${path}.1`, 'utf8')).toBe('one\n');
      expect(readFileSync(`${path}.2`, 'utf8')).toMatch(/^two\n(more\n)*$/);
      expect(readFileSync(path, 'utf8')).toBe('more\n');
    });
  });

  it('keeps trying where the file cannot be opened or written', async () => {
    await withDir(async (dir) => {
      const path = join(dir, 'none', 'a.log');
      const sink = open(path);
      expect(await sink.deliver([alert('one')])).toMatchObject({ kind: 'retry' });
      expect(await open('/dev/full').deliver([alert('one')])).toMatchObject({
        kind: 'retry',
        reason: expect.stringContaining('ENOSPC') as string,
      });
      await sink.close();
    });
  });
});

/** A pipe with a name and both its ends; opened in this order, neither waits for the other. */
function makePipe(path: string): { readonly readEnd: number; readonly writeEnd: number } {
  spawnSync('mkfifo', [path]);
  const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { readEnd, writeEnd: openSync(path, 'w') };
}

describe('the stdout sink', () => {
  it('writes lines to a file it shares with others without overwriting them', async () => {
    await withDir(async (dir) => {
      const path = join(dir, 'out');
      const fd = openSync(path, 'a');
      const sink = new StdoutSink({ name: 'o', format, fd });
      await sink.deliver([alert('one')], never);
      appendFileSync(path, 'somebody else\n');
      await sink.deliver([alert('two')], never);
      await sink.close();
      closeSync(fd);
      expect(readFileSync(path, 'utf8')).toBe('one\nsomebody else\ntwo\n');
    });
  });

  it('waits for a reader that has stopped without holding up the thread, and repeats nothing', async () => {
    await withDir(async (dir) => {
      const fifo = join(dir, 'pipe');
      const { readEnd, writeEnd: fd } = makePipe(fifo);
      const reader = spawn('sh', ['-c', `exec 3<${fifo}; echo open; read go; cat <&3`], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      await once(reader.stdout, 'data');
      closeSync(readEnd);
      const sink = new StdoutSink({ name: 'o', format, fd });
      const lines = Array.from({ length: 400 }, (_, i) => `${i} ${'x'.repeat(1000)}`);
      const batch = lines.map(alert);
      let turns = 0;
      const turning = setInterval(() => turns++, 5);
      const result = await sink.deliver(batch, AbortSignal.timeout(200));
      expect(result).toEqual({
        kind: 'retry',
        reason: 'the reader of standard output has stopped',
      });
      expect(turns).toBeGreaterThan(0);
      const chunks: Buffer[] = [];
      reader.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      const again = sink.deliver(batch, never);
      reader.stdin.end('go\n');
      expect(await again).toEqual({ kind: 'delivered' });
      clearInterval(turning);
      await sink.close();
      closeSync(fd);
      await once(reader, 'close');
      expect(Buffer.concat(chunks).toString()).toBe(`${lines.join('\n')}\n`);
    });
  });

  it('says that nobody reads', async () => {
    await withDir(async (dir) => {
      const { readEnd, writeEnd: fd } = makePipe(join(dir, 'pipe'));
      closeSync(readEnd);
      const sink = new StdoutSink({ name: 'o', format, fd });
      expect(await sink.deliver([alert('one')], never)).toEqual({
        kind: 'retry',
        reason: 'nobody reads standard output',
      });
      await sink.close();
      closeSync(fd);
    });
  });
});
