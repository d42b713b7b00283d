import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { makeCgroup, type Cgroup } from '../support/cgroup.js';
import { startDaemon, type AlertLine, type Daemon } from '../support/daemon.js';
import { mustExec, quote } from '../support/place.js';
import { describeHere } from '../support/places.js';
import { triggers } from './triggers.js';

/** What differs between two observers of one event: when they saw it, and what they number it. */
const OWN_FIELDS = ['evt.time', 'evt.rawtime', 'evt.num'];

/** Not by a verdict of enforcement: a recorder with probes of its own has no blocks in force (e2e/replay has a sensor's). */
const byRule = ({ output_fields }: AlertLine): boolean => !('verdict.layer' in output_fields);

/** What an alert says of the event. */
function said({
  rule,
  priority,
  output,
  hostname,
  source,
  tags,
  output_fields,
}: AlertLine): unknown {
  const fields = Object.entries(output_fields).filter(([name]) => !OWN_FIELDS.includes(name));
  return {
    rule,
    priority,
    message: output.replace(/^[\d:.]+: /, ''),
    hostname,
    source,
    tags,
    fields: Object.fromEntries(fields),
  };
}

describeHere('a capture of everything the shipped rules tell of', (place) => {
  const capture = `/run/saker-test-${process.pid}-replay.skr`;
  let cgroup: Cgroup;
  let daemon: Daemon;
  let live: AlertLine[];
  /** Rules that told of a verdict. */
  let verdicts: ReadonlySet<string>;

  /** Does every deed in a fresh folder while a sensor watches and a recorder records, each with programs of its own. */
  beforeAll(async () => {
    cgroup = await makeCgroup(place());
    daemon = await startDaemon(place(), { cgroup: cgroup.path });
    const scratch = (await mustExec(place(), 'mktemp -d /run/saker-scratch.XXXXXX')).trim();
    try {
      await mustExec(
        place(),
        `setsid bin/saker record -w ${capture} --cgroup ${quote(cgroup.path)} > ${capture}.log 2>&1 < /dev/null &
         echo $! > ${capture}.pid
         for i in $(seq 2000); do grep -q recording ${capture}.log && exit 0; sleep 0.05; done
         cat ${capture}.log; exit 1`,
      );
      for (const { script } of triggers) {
        const fresh = `rm -rf ${scratch}/* ${scratch}/.ssh; cd ${scratch}`;
        await mustExec(place(), cgroup.inside(`${fresh}; ${script}`));
      }
      const rules = new Set(triggers.map(({ rule }) => rule));
      live = await daemon.waitForAlerts((alerts) => {
        const told = new Set(alerts.map(({ rule }) => rule));
        return [...rules].every((rule) => told.has(rule));
      });
      await daemon.stop();
      const alerts = await daemon.alerts();
      live = alerts.filter(byRule);
      verdicts = new Set(alerts.filter((alert) => !byRule(alert)).map(({ rule }) => rule));
      await mustExec(
        place(),
        `kill -TERM $(cat ${capture}.pid)
         for i in $(seq 2000); do grep -q records, ${capture}.log && exit 0; sleep 0.05; done
         cat ${capture}.log; exit 1`,
      );
    } finally {
      await place().exec(`rm -rf ${scratch}`);
    }
  });

  afterAll(async () => {
    await place().exec(`kill -KILL $(cat ${capture}.pid); rm -f ${capture} ${capture}.*`);
    await daemon?.remove();
    await cgroup?.remove();
  });

  it('gives the same alerts as live did: rules, messages, fields, order', async () => {
    const out = await mustExec(place(), `bin/saker replay ${capture} -o json`);
    const replayed = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as AlertLine);
    expect(replayed.map(said)).toEqual(live.map(said));
    expect(new Set(replayed.map(({ rule }) => rule))).toEqual(
      new Set(triggers.map(({ rule }) => rule)),
    );
    const ids = new Set([...live, ...replayed].map(({ uuid }) => uuid));
    expect(ids.size).toBe(2 * live.length);
  });

  it('needs no rights and nothing of this machine’s /proc', async () => {
    const mine = await mustExec(
      place(),
      `cp ${capture} ${capture}.nobody && chown nobody ${capture}.nobody && chmod 700 ${capture}.nobody &&
       unshare -m bash -c ${quote(`mount -t tmpfs none /sys && exec setpriv --reuid nobody --clear-groups \\
         bin/saker replay ${capture}.nobody -o json`)}`,
    );
    const rules = (text: string): unknown[] =>
      text
        .split('\n')
        .flatMap((line) => (line === '' ? [] : [(JSON.parse(line) as AlertLine).rule]));
    expect(rules(mine)).toEqual(live.map(({ rule }) => rule));
  });

  it('counts what rules with an action were asked about', async () => {
    const summary = await mustExec(place(), `bin/saker replay ${capture} 2>&1 > /dev/null`);
    expect(verdicts.size).toBeGreaterThan(0);
    for (const rule of verdicts)
      expect(summary).toMatch(new RegExp(`^\\d+ calls meet .*: ${rule}$`, 'm'));
  });

  it('shows its events', async () => {
    const text = await mustExec(place(), `bin/saker events --read ${capture} --exe /usr/bin/cat`);
    expect(text).toMatch(/ openat +cat\(\d+\) uid=0 \/etc\/shadow res=SUCCESS\n/);
    const json = await mustExec(
      place(),
      `bin/saker events --read ${capture} --type execve -o json -n 3`,
    );
    const events = json
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { 'evt.type': string });
    expect(events.map((event) => event['evt.type'])).toEqual(['execve', 'execve', 'execve']);
  });

  it('says where it is damaged, and uses the rest', async () => {
    const ran = await place().exec(
      `{ cat ${capture}; head -c 100 ${capture}; } > ${capture}.cut; bin/saker replay ${capture}.cut -o json`,
    );
    expect(ran.status).toBe(3);
    expect(ran.stdout.trimEnd().split('\n').length).toBe(live.length);
    expect(ran.stderr).toMatch(/is damaged at byte \d+: the file ends in the middle of a block/);
  });
});
