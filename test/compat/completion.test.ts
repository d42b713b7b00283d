import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith, program } from '../support/needs.js';
import { saker } from '../unit/cli/cli.js';

/** What is typed, and words that Tab then offers. */
const OFFERS: readonly (readonly [line: string, words: readonly string[]])[] = [
  ['saker ', ['completion', 'replay', 'rules']],
  ['saker completion ', ['bash', 'fish', 'zsh']],
  ['saker rules ', ['coverage', 'explain', 'show']],
  ['saker rules check -o ', ['falco-json', 'json', 'text']],
  ['saker rules check --', ['--compat', '--with']],
  ['saker rules test --compat ', ['falco', 'strict']],
  ['saker fields proc.cmdn', ['proc.cmdnargs']],
];

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'saker-completion-'));
  for (const shell of ['zsh', 'fish']) {
    writeFileSync(join(folder, shell), (await saker(['completion', shell])).out);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeWith([program('fish')], 'fish', () => {
  it.each(OFFERS)('%s', (line, words) => {
    const script = `source ${folder}/fish; complete -C '${line}'`;
    const { stdout } = spawnSync('fish', ['--no-config', '-c', script], { encoding: 'utf8' });
    const offered = stdout.split('\n').map((each) => each.split('\t')[0]);
    expect(offered).toEqual(expect.arrayContaining([...words]));
  });
});

describeWith([program('zsh')], 'zsh', () => {
  it('offers the same, sourced or from a folder of functions', async () => {
    expect(await zshOffers('source', `source ${folder}/zsh`)).toEqual([]);
    const autoload = `mkdir ${folder}/fn; cp ${folder}/zsh ${folder}/fn/_saker; fpath=(${folder}/fn $fpath); compinit -u -D`;
    expect(await zshOffers('autoload', autoload)).toEqual([]);
  }, 120_000);
});

/** Types each line into an interactive shell on a terminal of its own. Returns the lines that were not completed as they should. */
async function zshOffers(how: string, setup: string): Promise<readonly string[]> {
  const child = spawn('script', ['-qfc', 'zsh -f -i', '/dev/null'], {
    env: { PATH: process.env['PATH'], HOME: folder, TERM: 'dumb', LC_ALL: 'C' },
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
  const ended = new Promise((resolve) => child.once('close', resolve));
  const type = async (text: string, until: (shown: string) => boolean): Promise<boolean> => {
    shown = '';
    child.stdin.write(text);
    for (const start = Date.now(); Date.now() - start < 15_000;) {
      if (until(shown)) return true;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return until(shown);
  };
  const missed: string[] = [];
  // What is typed is shown, too: the words that are waited for stand in it in two parts.
  const ready = (word: string): string => `print -r -- do"ne" ${word}\n`;
  const isReady = (word: string) => (text: string) => text.includes(`done ${word}`);
  try {
    const begin = `stty rows 200 cols 200; LISTMAX=0; autoload -U compinit; compinit -u -D; ${setup}; `;
    if (!(await type(begin + ready(how), isReady(how)))) return [`${how}: ${shown}`];
    for (const [line, words] of OFFERS) {
      const [only] = words;
      const has = (text: string): boolean =>
        words.every((word) => text.replaceAll('\r', '').includes(word)) &&
        text.length > line.length;
      if (!(await type(`${line}\t`, has))) missed.push(`${line}: no ${only}: ${shown}`);
      // Control-U takes the line away. (Control-C would take with it what is typed behind it.)
      await type(`\x15${ready(line.length.toString())}`, isReady(line.length.toString()));
    }
  } finally {
    child.stdin.end('\x15exit\n');
    const late = setTimeout(() => child.kill('SIGHUP'), 10_000);
    await ended;
    clearTimeout(late);
  }
  return missed;
}
