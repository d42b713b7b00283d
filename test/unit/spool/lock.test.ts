import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { lockDir, SpoolWriter, SpoolShared } from '../../../sensor/spool/index.js';
import { quietLogger, withDir } from './support.js';

describe('the lock of a directory', () => {
  it('lets one in at a time, and names who is there', async () => {
    await withDir((dir) => {
      const first = lockDir(join(dir, 'run'));
      expect(() => lockDir(join(dir, 'run'))).toThrow(
        expect.objectContaining({
          code: 'SPOOL_LOCKED',
          message: expect.stringContaining(`pid ${process.pid}`),
        }) as Error,
      );
      first.release();
      first.release();
      lockDir(join(dir, 'run')).release();
    });
  });

  it('is free again when the process that held it was killed', async () => {
    await withDir(async (dir) => {
      const holder = spawn('flock', [join(dir, 'lock'), 'sh', '-c', 'echo held; exec sleep 60'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      await once(holder.stdout, 'data');
      expect(() => lockDir(dir)).toThrow(
        expect.objectContaining({ code: 'SPOOL_LOCKED' }) as Error,
      );
      // flock(1) runs sh as its child, which shares the lock: both are ended.
      const [child] = await childrenOf(holder.pid ?? 0);
      holder.kill('SIGKILL');
      if (child) process.kill(child, 'SIGKILL');
      for (let tries = 0; ; tries++) {
        try {
          lockDir(dir).release();
          break;
        } catch (error) {
          if (tries === 5000) throw error;
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      }
    });
  });

  it('says what to do when the directory cannot be made', async () => {
    const wrong = '/dev/null/spool';
    expect(() => lockDir(wrong)).toThrow(expect.objectContaining({ code: 'SPOOL_OPEN' }) as Error);
    const options = { dir: wrong, hostname: 'h', shared: new SpoolShared(), logger: quietLogger };
    expect(() => SpoolWriter.open(options)).toThrow(
      expect.objectContaining({
        code: 'SPOOL_OPEN',
        hint: expect.stringContaining('spool.dir'),
      }) as Error,
    );
  });
});

async function childrenOf(pid: number): Promise<number[]> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.trim().split(' ').filter(Boolean).map(Number);
}
