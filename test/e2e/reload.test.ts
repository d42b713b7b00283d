import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { makeCgroup, type Cgroup } from '../support/cgroup.js';
import { startDaemon, type Daemon } from '../support/daemon.js';
import { mustExec } from '../support/place.js';
import { describeHere } from '../support/places.js';
import { programs } from '../support/programs.js';

const RULES = `
- rule: Opened
  desc: A file of this test.
  condition: evt.type in (open, openat) and fd.name startswith /no/such/folder/
  output: "%fd.name"
  priority: NOTICE
`;

interface ReloadStatus {
  readonly rules: { readonly generation: number };
  readonly sinks: readonly { readonly name: string; readonly delivered: number }[];
}

describeHere('the configuration of a running sensor', (place) => {
  const folder = `/run/saker-reload-${process.pid}`;
  const file = `${folder}/saker.yaml`;
  let cgroup: Cgroup;
  let daemon: Daemon;

  const configure = (text: string) => mustExec(place(), `cat > ${file} <<'Y'\n${text}\nY`);
  const sinks = (names: Record<string, string>): string =>
    Object.entries(names)
      .map(([name, more]) => `  - { name: ${name}, type: file, path: ${folder}/${name}${more} }\n`)
      .join('');
  const status = async () =>
    JSON.parse((await daemon.command('status -o json')).stdout) as ReloadStatus;
  /** Numbers at the ends of the paths that a sink was told of. */
  const got = async (name: string): Promise<number[]> =>
    (await mustExec(place(), `cat ${folder}/${name} 2> /dev/null || true`))
      .split('\n')
      .filter(Boolean)
      .map((line) => Number(/(\d+)$/.exec((JSON.parse(line) as { output: string }).output)?.[1]));
  const until = async (what: () => Promise<boolean>) => {
    for (const end = Date.now() + 60_000; !(await what());) {
      if (Date.now() > end) throw new Error(`not in time; the log:\n${await daemon.log()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  beforeAll(async () => {
    cgroup = await makeCgroup(place());
    await mustExec(place(), `mkdir -p ${folder} && cat > ${folder}/rules.yaml <<'R'\n${RULES}\nR`);
    await configure(`sinks:\n${sinks({ stays: '', changes: '', leaves: '' })}`);
    const rules = [`${folder}/rules.yaml`];
    daemon = await startDaemon(place(), { cgroup: cgroup.path, rules, args: ['-c', file] });
  });
  afterAll(async () => {
    await daemon?.remove();
    await cgroup?.remove();
    await place().exec(`rm -rf ${folder}`);
  });

  it('changes under alerts: sinks added, changed and removed at once, and no alert is lost', async () => {
    const load = mustExec(
      place(),
      cgroup.inside(`exec ${programs.spawn} exec 3000 /no/such/folder/n-`),
    );
    await until(async () => (await got('stays')).length > 300);
    await configure(
      `sinks:\n${sinks({ stays: '', changes: ', fsync: true', joins: '' })}\nmetrics: { listen: 'off' }`,
    );
    const ran = await daemon.command('config reload');
    expect([ran.stderr, ran.status]).toEqual(['', 0]);
    expect(ran.stdout).toBe(
      'generation 2 is in force: 1 rule\nsinks added: joins\nsinks changed: changes\nsinks removed: leaves\n',
    );
    await load;
    await until(async () => (await got('stays')).length >= 3000);
    // In the order they came; programs that run at the same time may overtake each other.
    const all = await got('stays');
    expect([...all].sort((a, b) => a - b)).toEqual(Array.from({ length: 3000 }, (_, i) => i));
    await until(async () => (await got('changes')).length >= 3000);
    expect(await got('changes')).toEqual(all);
    const [left, joined] = [await got('leaves'), await got('joins')];
    expect(left).toEqual(all.slice(0, left.length));
    expect(joined).toEqual(all.slice(3000 - joined.length));
    // It came before the other one went: between them they have everything.
    expect(left.length + joined.length).toBeGreaterThanOrEqual(3000);
    expect(joined.length).toBeGreaterThan(0);
    expect((await status()).sinks.map(({ name }) => name)).toEqual(['stays', 'changes', 'joins']);
  });

  it('is refused as a whole when anything in it is wrong, and says where', async () => {
    const before = await status();
    const rulesFile = `${folder}/rules.yaml`;
    await configure(`sinks:\n${sinks({ other: '' })}  - { name: x, type: fiel }`);
    const ran = await daemon.command('config reload');
    expect(ran.status).toBe(6);
    expect(ran.stderr).toMatch(/saker\.yaml:3:22: error: .*fiel/);
    expect(ran.stderr).toContain('did you mean "file"?');

    await configure(`sinks:\n${sinks({ other: '' })}`);
    await mustExec(place(), `sed -i s/fd.name/fd.nmae/ ${rulesFile}`);
    const faulty = await daemon.command('config reload');
    expect(faulty.status).toBe(1);
    expect(faulty.stderr).toMatch(/rules\.yaml:\d+:\d+: error: .*fd\.nmae/);
    await daemon.signal('HUP');
    await until(async () => /reload refused, all stays as it was/.test(await daemon.log()));

    const after = await status();
    expect(after.sinks).toEqual(before.sinks);
    expect(after.rules.generation).toBe(before.rules.generation);
    await mustExec(place(), `sed -i s/fd.nmae/fd.name/ ${rulesFile}`);
  });

  it('is read again on SIGHUP, and says what waits for the next start', async () => {
    await configure(
      `sinks:\n${sinks({ stays: '' })}\nspool: { max_bytes: 2097152 }\nenforce: { heartbeat_seconds: 9 }`,
    );
    await daemon.signal('HUP');
    await until(async () => (await status()).sinks.length === 1);
    await until(async () => /next start only.*enforce\.heartbeat_seconds/.test(await daemon.log()));
    const has = (await got('stays')).length;
    await mustExec(place(), cgroup.inside(`${programs.opens} 1 1 /no/such/folder/77 > /dev/null`));
    await until(async () => (await got('stays')).length === has + 1);
  });
});
