import { existsSync } from 'node:fs';

/** Folder that holds package.json, bpf, rules and build, as a file URL: above both `sensor/` and `dist/sensor/`. */
export function packageRoot(): URL {
  for (let at = new URL('.', import.meta.url); ; at = new URL('..', at)) {
    if (existsSync(new URL('package.json', at))) return at;
    if (at.pathname === '/') throw new Error('bug: no package.json above the program');
  }
}
