import { readFileSync } from 'node:fs';
import { packageRoot } from './package-root.js';

/** Version of this package, from package.json. */
export function version(): string {
  const text = readFileSync(new URL('package.json', packageRoot()), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
