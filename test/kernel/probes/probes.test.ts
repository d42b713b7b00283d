import { beforeAll, expect, it } from '@jest/globals';
import { makeCgroup } from '../../support/cgroup.js';
import { mustExec, type Place } from '../../support/place.js';
import { describeFromOldest, describeHere } from '../../support/places.js';
import { buildProbeCheck, type Observed, observe, type Printed } from './records.js';

buildProbeCheck();

const FLAG = { claim: 2, compat: 4, uring: 8, partial: 16, fault: 32, outside: 64 } as const;

/** The programs of a place: functions in guests, system calls on this kernel. */
function programsOf(place: Place): string {
  if (!place.isGuest) return 'calls__sys,file_open__sys_uring,process_*__any,cgroup_*__any';
  // 6.1 has no io_uring bind
  return 'file_open__fn_*,net_connect__fn_*,net_send__fn_*,net_bind__fn_[abd]*,process_exec_failed__fn_*,process_change__fn_*,process_*__any';
}

/** The part of them that tells who a process is, and its opens: less to load. */
const ofProcesses = (place: Place): string =>
  place.isGuest
    ? 'process_change__fn_*,file_open__fn_[bdf]*,process_*__any'
    : 'calls__sys,process_*__any';

const flagsOf = (record: Printed): number => Number(record['flags']);
const ofKind = (records: readonly Printed[], kind: string): Printed[] =>
  records.filter((record) => record.kind === kind);

describeFromOldest('the observing programs', (place, kernel) => {
  // One run for most tests: loading takes seconds in a guest.
  let run: Observed;
  const callsOf = (pattern: RegExp): Observed['calls'] =>
    run.calls.filter(({ what }) => pattern.test(what));
  const native = (): readonly Printed[] =>
    run.records.filter((record) => (flagsOf(record) & (FLAG.compat | FLAG.uring)) === 0);

  beforeAll(async () => {
    run = await observe(place(), programsOf(place()), 'opens jail compat uring net exec');
  });

  it('record every open call with its result, path, name and base', () => {
    const calls = callsOf(/^(open|creat)/);
    const opens = ofKind(native(), 'file.open').slice(0, calls.length);
    expect(opens.map((open) => Number(open['ret']))).toEqual(calls.map(({ ret }) => ret));
    const byCall = new Map(calls.map(({ what }, i) => [what, opens[i]]));
    expect(byCall.get('open')).toMatchObject({ arg: '2', path: '/etc/hostname', name: '' });
    expect(byCall.get('open-missing')).toMatchObject({ path: '', name: '/nonexistent/a' });
    expect(flagsOf(byCall.get('open-missing') as Printed)).toBe(FLAG.claim);
    expect(flagsOf(byCall.get('open-fault') as Printed)).toBe(FLAG.claim | FLAG.fault);
    const folder = byCall.get('creat')?.['base'] ?? '';
    expect(folder).toMatch(/^\/tmp\/saker-trigger-\d+$/);
    expect(byCall.get('creat')).toMatchObject({
      arg: '85',
      path: `${folder}/created`,
      name: 'created',
      mode: '600',
      open_flags: '0x241',
    });
    expect(byCall.get('openat-relative')).toMatchObject({
      arg: '257',
      path: '/etc/hostname',
      name: '../../tmp/../etc/hostname',
      base: folder,
    });
    expect(byCall.get('openat2')).toMatchObject({ arg: '437', mode: '640', resolve: '0x8' });
    expect(byCall.get('open-link')).toMatchObject({ path: '/etc/hostname', name: 'link' });
    expect(run.counters.get('file.open')).toMatchObject({ filtered: 0, lost: 0 });
  });

  it('record devices by their numbers', async () => {
    const open = ofKind(native(), 'file.open').find((one) => one['path'] === '/etc/hostname');
    // Not by stat: of a file in an overlay that tells the layer's.
    const device = await mustExec(
      place(),
      `at=$(stat -c %m /etc/hostname); awk -v at=$at '$5 == at { d = $3 } END { print d }' /proc/self/mountinfo`,
    );
    expect(open?.['dev']).toBe(device.trim());
  });

  it('record paths from the root of the process', () => {
    const jailed = ofKind(native(), 'file.open').filter((open) =>
      open['path']?.endsWith('/etc/inside'),
    );
    expect(jailed.map((open) => open['path'])).toEqual([
      expect.stringMatching(/\/jail\/etc\/inside$/),
      '/etc/inside',
      '/etc/inside',
    ]);
  });

  it('record the calls of the 32-bit ABI under its own numbers', () => {
    const made = run.records.filter((record) => (flagsOf(record) & FLAG.compat) !== 0);
    expect(
      made.map((record) => [record.kind, record['arg'], flagsOf(record) & FLAG.compat]),
    ).toEqual([
      ['file.open', '5', FLAG.compat],
      ['file.open', '295', FLAG.compat],
      ['file.open', '8', FLAG.compat],
      ['net.connect', '102', FLAG.compat],
      ['net.connect', '362', FLAG.compat],
      ['net.send', '369', FLAG.compat],
      ['net.send', '102', FLAG.compat],
      ['process.exec_failed', '11', FLAG.compat],
    ]);
    expect(made[0]).toMatchObject({ path: '/etc/hostname' });
    for (const record of made.slice(3, 7)) {
      expect(record['remote']).toBe('[::ffff:127.0.0.1]:9');
    }
  });

  it('record the opens of io_uring, made inline and by its workers', () => {
    const made = callsOf(/^uring-.*openat/);
    const opens = ofKind(run.records, 'file.open').filter(
      (open) => (flagsOf(open) & FLAG.uring) !== 0,
    );
    expect(opens.map((open) => Number(open['ret']))).toEqual(
      made.map(({ ret }) => (place().isGuest ? Math.min(ret, 0) : ret)), // functions end before the number is known
    );
    expect(opens.map((open) => open['arg'])).toEqual(['18', '18', '28', '18', '18', '28']);
    expect(opens[0]).toMatchObject({ path: '/etc/hostname' });
    // Completions do not tell the name any more; functions do.
    expect(opens[1]?.['name']).toBe(place().isGuest ? 'nothing-here' : '');
    expect(flagsOf(opens[1] as Printed) & FLAG.partial).toBe(place().isGuest ? 0 : FLAG.partial);
  });

  it('record connects, binds and sends with both ends', () => {
    const resultsOf = (pattern: RegExp): number[] => callsOf(pattern).map(({ ret }) => ret);
    const connects = ofKind(native(), 'net.connect');
    const binds = ofKind(native(), 'net.bind');
    const sends = ofKind(native(), 'net.send');
    expect(connects.map((record) => Number(record['ret']))).toEqual(resultsOf(/^connect-/));
    expect(binds.map((record) => Number(record['ret']))).toEqual(resultsOf(/^bind-/));
    // sendmmsg says how many messages it sent; each has a record of its own
    expect(sends.map((record) => Number(record['ret']))).toEqual(
      callsOf(/^send/).flatMap(({ what, ret }) => (what === 'sendmmsg-udp' ? [8, 8, 8] : [ret])),
    );
    const server = /:(\d+)$/.exec(binds[0]?.['local'] ?? '')?.[1] ?? 'none';
    expect(connects[0]).toMatchObject({
      remote: `[::ffff:127.0.0.1]:${server}`,
      family: '2',
      type: '1',
    });
    const refused = connects.find((record) => record['ret'] === '-111');
    expect(refused).toMatchObject({ remote: '[::ffff:127.0.0.1]:9' });
    expect(refused?.['local']).not.toMatch(/:0$/); // the port it had is still told
    expect(connects.filter((record) => record['unix'] !== '').map((r) => r['unix'])).toEqual([
      'socket',
      '@abstract',
    ]);
    expect(connects.find((record) => record['family'] === '10')).toMatchObject({
      remote: '[::1]:9',
    });
    expect(sends[1]).toMatchObject({ remote: '[::ffff:127.0.0.1]:9', bytes: '5', arg: '44' });
    expect(sends[2]).toMatchObject({ remote: '[::ffff:127.0.0.1]:9', bytes: '8', arg: '46' });
    // Of a datagram's destination the kernel keeps nothing: only functions see its own copy.
    expect(flagsOf(sends[1] as Printed) & FLAG.claim).toBe(place().isGuest ? 0 : FLAG.claim);
    // Before 5.19 a request of io_uring does not say how it ended: its sends (inline, by a worker) are counted as lost.
    const lost = kernel === '5.10' ? 2 : 0;
    expect(run.counters.get('net.send')).toMatchObject({ filtered: 0, lost });
  });

  it('record execs: scripts, memory files and failures', () => {
    const failed = ofKind(native(), 'process.exec_failed');
    expect(failed.map((record) => Number(record['ret']))).toEqual(
      callsOf(/^exec/).map(({ ret }) => ret),
    );
    expect(failed[0]).toMatchObject({
      filename: '/nonexistent/program',
      args: 'first\\0\\0third argument',
    });
    const [, script, memfd] = ofKind(native(), 'process.exec');
    expect(script).toMatchObject({
      exe: '/usr/bin/true',
      filename: './script',
      interpreted: '1',
      comm: 'script',
      args: '/bin/true\\0./script\\0one',
    });
    expect(memfd).toMatchObject({ exe: 'memfd:hidden', interpreted: '0' });
    expect(Number(memfd?.['exe_flags']) & 8).toBe(8);
  });

  it('record one end of a process, however its threads leave, and who takes its children', async () => {
    const { records, counters } = await observe(place(), 'process_*__any', 'exits');
    const forked = counters.get('process.fork')?.['seen'] ?? 0;
    expect(forked).toBe(102);
    expect(counters.get('process.exit')).toMatchObject({ seen: forked + 1, lost: 0 });
    const trigger = ofKind(records, 'process.exec')[0]?.['tgid'];
    const killed = records.find((record) => record['code'] === '0xf');
    expect(killed).toMatchObject({ kind: 'process.exit', reaper: trigger });
    const orphan = records.find((record) => record['code'] === '0x700');
    expect(orphan).toMatchObject({ kind: 'process.exit', reaper: trigger });
  });

  it('record what a process becomes without an exec', async () => {
    const { calls, records, counters } = await observe(place(), ofProcesses(place()), 'changes');
    const failed = calls.filter(({ what, ret }) => ret < 0 && !what.startsWith('open'));
    expect(failed.map(({ what }) => what)).toEqual([
      'chdir-missing',
      'setsid-leader',
      'setuid-denied',
    ]);
    const all = ofKind(records, 'process.change');
    const process = all.find((change) => change['cwd'] === '/usr/lib')?.['tgid'];
    const changes = all.filter((change) => change['tgid'] === process);
    const SETNS = '308'; // may bring another folder: the system-call plan cannot tell
    const moves = changes.filter((c) => c['cwd'] !== '' && c['arg'] !== SETNS);
    expect(moves.map((c) => [c['arg'], c['cwd']])).toEqual([
      ['80', '/usr/lib'],
      ['81', '/etc'],
      ['80', '/var'], // a thread's, whose folder is everybody's
      ['80', '/var'], // a thread's, which had asked for its own
      ['12', '/'],
      ['161', '/'],
      ['80', '/lib'],
    ]);
    const of = (arg: number): Printed | undefined =>
      changes.findLast((change) => change['arg'] === String(arg));
    const mountNs = (change: Printed | undefined) => change?.['ns']?.split(',')[1];
    expect(of(109)).toMatchObject({ pgid: `${process}/${process}` });
    expect(mountNs(of(272))).not.toBe(mountNs(of(109)));
    expect(BigInt(`0x${of(126)?.['caps']}`) & (1n << 13n)).toBe(0n);
    expect(of(106)).toMatchObject({ gid: '7/7' });
    expect(of(114)).toMatchObject({ gid: '7/8' });
    expect(of(119)).toMatchObject({ gid: '7/9' });
    expect(of(70)).toMatchObject({ uid: '0/11/11/11', flags: '0x4' });
    expect(of(208)).toMatchObject({ uid: '0/12/0/12', flags: '0x4' });
    expect(of(117)).toMatchObject({ uid: '0/0/11/0' });
    expect(of(105)).toMatchObject({ uid: '1000/1000/1000/1000', gid: '7/9', caps: '0' });
    expect(changes.filter((change) => change['arg'] === '105').length).toBe(1);

    const others = all.filter((change) => change['ppid'] === process);
    expect(others.map((change) => change['arg'])).toEqual(['109', '112']);
    for (const other of others) expect(other['pgid']).toBe(`${other['tgid']}/${other['tgid']}`);
    expect(others[1]).toMatchObject({ sid: others[1]?.['tgid'] });
    expect(counters.get('process.change')).toMatchObject({ filtered: 0, lost: 0 });

    const opens = ofKind(records, 'file.open').filter((open) => open['tgid'] === process);
    const baseOf = (name: string) => opens.find((open) => open['name'] === name)?.['base'];
    expect(baseOf('os-release')).toBe('/usr/lib');
    expect(baseOf('hostname')).toBe('/etc');
    expect(baseOf('no/such')).toBe('/etc'); // by descriptor, failed
    expect(baseOf('../no')).toBe('/etc');
    expect(baseOf('file')).toBe(''); // by a descriptor that is none
  }, 120_000);

  it('record who comes into the scope and who leaves it', async () => {
    const outside = await makeCgroup(place());
    const { pids, records, counters } = await observe(
      place(),
      ofProcesses(place()),
      `move=${outside.path}`,
    ).finally(() => outside.remove());
    const seen = ofKind(records, 'process.seen');
    const entry = (pid: string | undefined) => seen.find((record) => record['tgid'] === pid);
    const when = (record: Printed | undefined) => Number(record?.['ts']);

    const itself = pids.get('moved-itself');
    expect(entry(itself?.pid)).toMatchObject({ ppid: itself?.ppid, flags: '0' });
    expect(entry(itself?.pid)?.['cgroup']).toMatch(/^\/saker-test-\d+$/); // the driver's
    expect(entry(itself?.pid)?.['args']).toMatch(/^build\/probe-trigger\\0move=/);
    expect(entry(itself?.pid)?.['exe']).toMatch(/\/build\/probe-trigger$/);
    const opened = ofKind(records, 'file.open').find((open) => open['tgid'] === itself?.pid);
    expect(opened).toMatchObject({ path: '/etc/hostname' });
    expect(when(opened)).toBeGreaterThan(when(entry(itself?.pid)));
    // Its parent, which is outside; it runs the same program, so its arguments could be read.
    expect(entry(itself?.ppid)).toMatchObject({ flags: '0x40' });
    expect(outside.path.endsWith(entry(itself?.ppid)?.['cgroup'] ?? '-')).toBe(true);
    expect(entry(itself?.ppid)?.['args']).toBe(entry(itself?.pid)?.['args']);

    const moved = pids.get('moved');
    expect(entry(moved?.pid)).toMatchObject({ ppid: moved?.ppid, flags: '0x10', args: '' });
    const left = ofKind(records, 'process.left').map((record) => record['tgid']);
    expect(left).toContain(moved?.pid);
    expect(left).toContain(moved?.ppid);

    const born = pids.get('born');
    const fork = ofKind(records, 'process.fork').find((record) => record['tgid'] === born?.pid);
    expect(fork).toMatchObject({ ppid: born?.ppid, arg: '435' });
    expect(when(entry(born?.pid))).toBeLessThan(when(fork));
    expect(entry(born?.pid)?.['args']).toBe(entry(itself?.pid)?.['args']);
    expect(counters.get('process.seen')).toMatchObject({ filtered: 0, lost: 0 });
  }, 120_000);

  it('count every open of a flood', async () => {
    const made = place().isGuest ? 20_000 : 200_000;
    const programs = place().isGuest ? 'file_open__fn_[bdf]*' : 'calls__sys';
    const { counters } = await observe(place(), programs, `flood=${made}`, 'PROBE_QUIET=1');
    expect(counters.get('file.open')?.['seen']).toBe(made);
  });

  it('are verified on the system-call plan too', async () => {
    const { counters } = await observe(place(), 'calls__sys', 'net', 'PROBE_QUIET=1');
    expect(counters.get('net.bind')).toMatchObject({ seen: 4, sent: 4 });
  });
});

describeHere('the observing programs', (place) => {
  it('count what they filter', async () => {
    const { calls, records, counters } = await observe(
      place(),
      'calls__sys',
      'opens',
      'PROBE_FILTER=1',
    );
    expect(ofKind(records, 'file.open')).toEqual([]);
    const seen = calls.length;
    expect(counters.get('file.open')).toEqual({ seen, filtered: seen, sent: 0, lost: 0 });
  });
});
