import { beforeAll, expect, it } from '@jest/globals';
import type { Place } from '../../support/place.js';
import { describeEverywhere, describeHere } from '../../support/places.js';
import { buildProbeCheck, type Observed, observe, type Printed } from './records.js';

buildProbeCheck();

const FLAG = { claim: 2, compat: 4, uring: 8, partial: 16, fault: 32 } as const;

/** The programs of a place: functions in guests, system calls on this kernel. */
function programsOf(place: Place): string {
  if (!place.isGuest) return 'calls__sys,file_open__sys_uring,process_*__any,cgroup_*__any';
  // 6.1 has no io_uring bind
  return 'file_open__fn_*,net_connect__fn_*,net_send__fn_*,net_bind__fn_[abd]*,process_exec_failed__fn_*,process_*__any';
}

const flagsOf = (record: Printed): number => Number(record['flags']);
const ofKind = (records: readonly Printed[], kind: string): Printed[] =>
  records.filter((record) => record.kind === kind);

describeEverywhere('the observing programs', (place) => {
  // One run for most tests: loading takes seconds in a guest.
  let run: Observed;
  const callsOf = (pattern: RegExp): Observed['calls'] =>
    run.calls.filter(({ what }) => pattern.test(what));
  const native = (): readonly Printed[] =>
    run.records.filter((record) => (flagsOf(record) & (FLAG.compat | FLAG.uring)) === 0);

  beforeAll(async () => {
    run = await observe(place(), programsOf(place()), 'opens jail compat uring net exec');
  }, 180_000);

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
      made.map(({ ret }) => Math.min(ret, 0)),
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
    expect(run.counters.get('net.send')).toMatchObject({ filtered: 0, lost: 0 });
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
