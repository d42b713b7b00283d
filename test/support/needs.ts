import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, it } from '@jest/globals';

/** A part that a test needs and that a plain machine may lack. */
export interface Part {
  readonly name: string;
  readonly there: () => boolean;
}

/** A program in PATH. */
export const program = (name: string): Part => ({ name, there: () => inPath(name) });

export const root: Part = { name: 'root', there: () => process.getuid?.() === 0 };

/**
 * `describe`, where every part is there. Elsewhere its tests are skipped and their name says what is missing; with CI=true or
 * SAKER_REQUIRE_KERNEL=1 a missing part is a failure instead.
 */
export function describeWith(parts: readonly Part[], name: string, body: () => void): void {
  const missing = parts.filter((part) => !part.there()).map((part) => `no ${part.name}`);
  if (missing.length === 0) {
    describe(name, body);
  } else if (process.env['CI'] === 'true' || process.env['SAKER_REQUIRE_KERNEL'] === '1') {
    describe(name, () => {
      it(`has what it needs (${missing.join(', ')})`, () => {
        throw new Error(missing.join(', '));
      });
    });
  } else {
    describe.skip(`${name} [skipped: ${missing.join(', ')}]`, body);
  }
}

function inPath(name: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
