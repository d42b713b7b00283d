import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SakerError, whyUnreadable } from '../core/index.js';

/** A rule file as read: the loader never touches the disk. */
export interface RuleFile {
  readonly name: string;
  readonly text: string;
}

const MAX_BYTES = 16 << 20;

/**
 * Reads rule files in the order given. A folder contributes its `.yaml` and `.yml` files, `lib/` first (macros and lists that the
 * others use), then folder by folder in alphabetical order; `*.test.yaml` and folders beginning with `_` or `.` are left out.
 *
 * @throws SakerError `RULE_FILE` when one cannot be read.
 */
export function readRuleFiles(paths: readonly string[]): RuleFile[] {
  return paths.flatMap((path) => filesBelow(path, true)).map(read);
}

/** @param above - Real paths of the folders it is in: a link to one of them leads nowhere new. */
function filesBelow(path: string, named: boolean, above: readonly string[] = []): string[] {
  const isFolder = reading(path, () => statSync(path)).isDirectory();
  if (!isFolder) return named || isRuleFile(path) ? [path] : [];
  const real = reading(path, () => realpathSync(path));
  if (above.includes(real)) return [];
  const names = reading(path, () => readdirSync(path))
    .filter((name) => !/^[_.]/.test(name))
    .sort((a, b) => Number(b === 'lib') - Number(a === 'lib') || (a < b ? -1 : 1));
  return names.flatMap((name) => filesBelow(join(path, name), false, [...above, real]));
}

function isRuleFile(path: string): boolean {
  return /\.ya?ml$/.test(path) && !/\.test\.ya?ml$/.test(path);
}

function read(name: string): RuleFile {
  const { size } = reading(name, () => statSync(name));
  if (size > MAX_BYTES) {
    throw new SakerError(
      'RULE_FILE',
      `${name} has ${size} bytes: a rule file has at most ${MAX_BYTES}`,
      {
        hint: 'split it',
      },
    );
  }
  return { name, text: reading(name, () => readFileSync(name, 'utf8')) };
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new SakerError('RULE_FILE', `cannot read ${path}: ${whyUnreadable(cause)}`, {
      hint: 'name a rule file or a folder of rule files',
      cause,
    });
  }
}
