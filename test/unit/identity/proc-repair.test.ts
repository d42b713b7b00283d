import { readFileSync, statSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ProcessTable, ProcRepair } from '../../../sensor/identity/index.js';
import { Image } from '../../../sensor/identity/image.js';
import { parseStat, parseStatus } from '../../../sensor/identity/proc-repair.js';

/** Start of a process of ours, as /proc has it. */
function startOf(pid: number): number {
  return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))!.startNs;
}

function insert(table: ProcessTable, pid: number, startNs: number): number {
  const high = Math.floor(startNs / 2 ** 32);
  return table.insert(pid, startNs - high * 2 ** 32, high);
}

describe('repair from /proc', () => {
  it('learns a running process and its parent', async () => {
    const child = spawn('/bin/sleep', ['30'], { cwd: '/tmp' });
    await once(child, 'spawn');
    try {
      const table = new ProcessTable({ capacity: 8 });
      const repair = new ProcRepair(table);
      const row = insert(table, child.pid!, startOf(child.pid!) + 3_000_000);
      expect(repair.repair(row)).toBe('done');
      expect(table.comm[row]).toBe('sleep');
      expect(table.image[row]).toMatchObject({ exe: '/bin/sleep', args: '30' });
      expect(table.image[row]!.exePath).toMatch(/\/(sleep|coreutils|busybox)$/);
      expect(table.cwd[row]).toBe('/tmp');
      expect(table.parentPid[row]).toBe(process.pid);
      const parent = repair.borrowParent(row, 1000);
      expect(table.pid[parent]).toBe(process.pid);
      expect(table.parent(row)).toBe(parent);
      expect(table.image[parent]!.exePath).toBe(process.execPath);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  it('adds arguments to what a record told, and nothing else', () => {
    const table = new ProcessTable({ capacity: 8 });
    const repair = new ProcRepair(table);
    const row = insert(table, process.pid, startOf(process.pid));
    expect(repair.addArgs(row)).toBe('failed'); // there is nothing to add to
    repair.repair(row);
    const { exe, args, ...learnt } = table.image[row]!;
    const told = { ...learnt, exe: '', args: null, exeIno: statSync('/proc/self/exe').ino };
    table.image[row] = new Image(told);
    expect(repair.addArgs(row)).toBe('done');
    expect(table.image[row]).toMatchObject({ ...told, exe, args });
    table.image[row] = new Image({ ...told, exeIno: told.exeIno + 1 }); // since then it ran another program
    expect(repair.addArgs(row)).toBe('failed');
    const other = insert(table, process.pid, startOf(process.pid) - 1_000_000_000);
    table.image[other] = new Image(told);
    expect(repair.addArgs(other)).toBe('failed');
    expect(table.image[other].args).toBeNull();
  });

  it('reads the environment only where it is wanted', () => {
    const table = new ProcessTable({ capacity: 8 });
    const repair = new ProcRepair(table);
    const row = insert(table, process.pid, startOf(process.pid));
    repair.repair(row);
    expect(table.image[row]!.env).toBeNull();
    repair.wantEnv = true;
    repair.repair(row);
    const first = readFileSync('/proc/self/environ', 'latin1').split('\0')[0];
    expect(table.image[row]!.env?.split('\0')[0]).toBe(first);
  });

  it('finds who has taken a process on whose parent ended unseen', () => {
    const table = new ProcessTable({ capacity: 8 });
    const repair = new ProcRepair(table);
    const row = insert(table, process.pid, startOf(process.pid));
    table.setParent(row, 4_194_305, 1, 0, false);
    const parent = repair.borrowParent(row, 1000);
    expect(table.pid[parent]).toBe(process.ppid);
    expect(table.orphan[row]).toBe(0);
  });

  it('does not take a later process of the same pid for the one it was asked about', () => {
    const table = new ProcessTable({ capacity: 8 });
    const repair = new ProcRepair(table);
    const row = insert(table, process.pid, startOf(process.pid) - 1_000_000_000);
    expect(repair.repair(row)).toBe('failed');
    expect(table.comm[row]).toBeNull();
    expect(repair.stats()).toEqual({ repaired: 0, failed: 1, throttled: 0 });
  });

  it('gives up quietly on a process that is gone', () => {
    const table = new ProcessTable({ capacity: 8 });
    expect(new ProcRepair(table).repair(insert(table, 4_194_305, 5))).toBe('failed');
  });

  it('is asked so often a second and no more', () => {
    let now = 0;
    const table = new ProcessTable({ capacity: 8 });
    const repair = new ProcRepair(table, { perSecond: 2, nowMs: () => now });
    const row = insert(table, process.pid, startOf(process.pid));
    expect([repair.repair(row), repair.repair(row), repair.repair(row)]).toEqual([
      'done',
      'done',
      'later',
    ]);
    now = 1000;
    expect(repair.repair(row)).toBe('done');
  });

  it('reads names with brackets and blanks', () => {
    const rest = 'S 5 6 7 34816 8 0 0 0 0 0 0 0 0 0 20 0 1 0 123 0';
    expect(parseStat(`10 (a) b (c)) ${rest}`)).toEqual({
      comm: 'a) b (c)',
      ppid: 5,
      pgid: 6,
      sid: 7,
      tty: 34816,
      startNs: 1_230_000_000,
    });
    expect(parseStat('nonsense')).toBeNull();
  });

  it('reads ids of the innermost namespace and capabilities', () => {
    const status =
      'Name:\tx\nGid:\t1\t2\t3\t4\nNStgid:\t100\t7\nNSpgid:\t100\t6\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000000001\nCapInh:\t0000000000000000\n';
    expect(parseStatus(status)).toEqual({
      egid: 2,
      vpid: 7,
      vpgid: 6,
      capPermitted: [0xffffffff, 0x1ff],
      capInheritable: [0, 0],
      capEffective: [1, 0],
    });
  });
});
