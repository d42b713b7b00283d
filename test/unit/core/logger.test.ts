import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '../../../sensor/core/index.js';

/** What a log wrote, by line. */
function written(use: (fd: number) => void): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'saker-log-'));
  const path = join(folder, 'log');
  const fd = openSync(path, 'w');
  use(fd);
  closeSync(fd);
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  rmSync(folder, { recursive: true });
  return lines;
}

describe('the log', () => {
  it('writes what is as severe as its level, in its format; both can change while it is used', () => {
    const lines = written((fd) => {
      const log = createLogger({ level: 'warn', format: 'text', fd });
      log.error('first', { why: 'a b', n: 1n });
      log.info('not yet');
      log.configure({ level: 'debug', format: 'json' });
      log.info('second');
      log.debug('third', { n: 2n });
      log.configure({ level: 'error', format: 'text' });
      log.warn('no more');
    });
    expect(lines.length).toBe(3);
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} error first why="a b" n=1$/);
    expect(JSON.parse(lines[1]!)).toMatchObject({ level: 'info', message: 'second' });
    expect(JSON.parse(lines[2]!)).toMatchObject({ level: 'debug', message: 'third', n: '2' });
  });

  it('lets no control character through', () => {
    const lines = written((fd) => {
      createLogger({ level: 'info', format: 'text', fd }).info('a\u001b[31m\nb', { c: '\u0007' });
    });
    expect(lines.length).toBe(1);
    expect(lines[0]).toContain('a\\u001b[31m\\nb c="\\u0007"');
  });
});
