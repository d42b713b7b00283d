import { KIND } from '../../../sensor/events/index.js';
import { ORIGIN, type ProcessRepair } from '../../../sensor/identity/index.js';
import { Image } from '../../../sensor/identity/image.js';
import { Kernel, Stage, startOf } from './records.js';

const low = (pid: number): number => Number(startOf(pid) & 0xffffffffn);
const high = (pid: number): number => Number(startOf(pid) >> 32n);

const NOTHING = {
  exe: '',
  exePath: '',
  args: null,
  env: null,
  filename: null,
  comm: '',
  exeFlags: 0,
  exeDev: 0,
  exeIno: 0,
  ctimeNs: 0n,
  mtimeNs: 0n,
};

describe('the process table by records', () => {
  it("gives a forked child its parent's program until it runs its own", () => {
    const kernel = new Kernel();
    const stage = new Stage().take(
      kernel.exec(10, 1, '/bin/bash', ['-bash', '-l'], {}, { cwd: '/home/u' }),
      kernel.fork(11, 10, { 'id.exec_count': 1, 'id.comm': 'bash' }),
    );
    expect(stage.fields('proc.exepath', 'proc.cmdline', 'proc.cwd', 'proc.pname')).toEqual({
      'proc.exepath': '/bin/bash',
      'proc.cmdline': 'bash -l',
      'proc.cwd': '/home/u/',
      'proc.pname': 'bash',
    });
    stage.take(kernel.exec(11, 10, '/usr/bin/id', ['id', '-u']));
    expect(stage.field('proc.cmdline')).toBe('id -u');
    stage.take(kernel.open(10, { ret: 3 }, { path: '/etc/x' }));
    expect(stage.field('proc.cmdline')).toBe('bash -l');
  });

  it('does not lend a program to a child made with CLONE_PARENT', () => {
    const kernel = new Kernel();
    const stage = new Stage().take(
      kernel.exec(10, 1, '/bin/bash', ['bash']),
      kernel.exec(11, 10, '/tmp/dropper', ['dropper'], { 'id.exec_count': 2 }),
      // 11 forks a sibling: its real parent is 10, but what it runs is /tmp/dropper
      kernel.fork(12, 10, { 'id.exec_count': 2, 'id.comm': 'dropper' }),
    );
    expect(stage.field('proc.exepath')).toBe('');
    expect(stage.field('proc.name')).toBe('dropper');
  });

  it('moves orphans to the reaper', () => {
    const kernel = new Kernel();
    const stage = new Stage().take(
      kernel.exec(1, 0, '/sbin/init', ['init']),
      kernel.exec(10, 1, '/bin/sh', ['sh']),
      kernel.fork(11, 10, { 'id.exec_count': 1 }),
      kernel.exit(10, 1),
      kernel.open(11, { ret: 3 }, { path: '/x' }),
    );
    expect(stage.field('proc.pname')).toBe('init');
    expect(stage.processes.pid[stage.processes.parentByBirth(stage.event.row)]).toBe(10);
  });

  it('shows the process on its own exit', () => {
    const kernel = new Kernel();
    const stage = new Stage().take(
      kernel.exec(10, 1, '/bin/sh', ['sh']),
      kernel.exit(10, 1, 0x0100),
    );
    expect(stage.fields('evt.type', 'proc.name', 'evt.arg.ret', 'evt.dir')).toEqual({
      'evt.type': 'procexit',
      'proc.name': 'sh',
      'evt.arg.ret': '1',
      'evt.dir': '>',
    });
  });

  it('has nothing to say about the exit of a process it never knew', () => {
    const kernel = new Kernel();
    const stage = new Stage().take(kernel.exit(99));
    expect(stage.field('proc.name')).toBeNull();
    expect(stage.tracker.stats().unknownSubjects).toBe(1);
  });

  describe('the start-up scan', () => {
    const seen = (
      kernel: Kernel,
      pid: number,
      path: string,
      members: Record<string, number> = {},
    ) => kernel.exec(pid, 1, path, [path], members, { cgroup: '/system.slice' }, KIND.PROCESS_SEEN);

    it('fills in what runs already, with its control group', () => {
      const kernel = new Kernel();
      const stage = new Stage();
      const record = seen(kernel, 10, '/usr/sbin/sshd');
      stage.take({ ...record, header: { ...record.header, cgroup_id: 5 } });
      expect(stage.event.type).toBe(-1);
      expect(stage.containers.find(5, 0)?.path).toBe('/system.slice');
      stage.take(kernel.open(10, { ret: 3 }, { path: '/x' }));
      expect(stage.field('proc.exepath')).toBe('/usr/sbin/sshd');
    });

    it('does not undo an exec that came after the scan looked', () => {
      const kernel = new Kernel();
      const early = seen(kernel, 10, '/bin/sh');
      const stage = new Stage().take(
        kernel.exec(10, 1, '/bin/new', ['new'], { 'id.exec_count': 2 }),
        early,
        kernel.open(10, { ret: 3 }, { path: '/x' }),
      );
      expect(stage.field('proc.exepath')).toBe('/bin/new');
      expect(stage.tracker.stats().staleSeen).toBe(1);
    });

    it('does not bring an exited process back to life', () => {
      const kernel = new Kernel();
      const early = seen(kernel, 10, '/bin/sh');
      const stage = new Stage().take(kernel.exit(10), early);
      expect(stage.processes.stats().live).toBe(0);
    });

    it('completes a process that was only half known', () => {
      const kernel = new Kernel();
      const stage = new Stage().take(
        kernel.open(10, { ret: 3 }, { path: '/x' }),
        seen(kernel, 10, '/bin/sh'),
        kernel.open(10, { ret: 3 }, { path: '/x' }),
      );
      expect(stage.field('proc.exepath')).toBe('/bin/sh');
      expect(stage.processes.origin[stage.event.row]).toBe(ORIGIN.records);
    });
  });

  describe('a process whose records were lost', () => {
    it('is repaired from elsewhere once', () => {
      let asked = 0;
      const kernel = new Kernel();
      const repair: ProcessRepair = {
        repair: (row) => {
          asked++;
          stage.processes.comm[row] = 'found';
          stage.processes.image[row] = new Image({
            exe: 'found',
            exePath: '/bin/found',
            args: null,
            env: null,
            filename: null,
            comm: 'found',
            exeFlags: 0,
            exeDev: 0,
            exeIno: 0,
            ctimeNs: 0n,
            mtimeNs: 0n,
          });
          return 'done';
        },
        borrowParent: () => -1,
      };
      const stage: Stage = new Stage({ repair });
      for (let i = 0; i < 3; i++) stage.take(kernel.open(10, { ret: 3 }, { path: '/x' }));
      expect(stage.field('proc.exepath')).toBe('/bin/found');
      expect(asked).toBe(1);
    });

    it('is asked for again when the repair was put off, not when it failed', () => {
      const answers = ['later', 'failed'] as const;
      let asked = 0;
      const kernel = new Kernel();
      const stage = new Stage({
        repair: { repair: () => answers[asked++] ?? 'done', borrowParent: () => -1 },
      });
      for (let i = 0; i < 4; i++) stage.take(kernel.open(10, { ret: 3 }, { path: '/x' }));
      expect(asked).toBe(2);
      expect(stage.fields('proc.name', 'proc.exe', 'proc.exepath', 'proc.pid', 'user.uid')).toEqual(
        {
          'proc.name': '<NA>',
          'proc.exe': '<NA>',
          'proc.exepath': '',
          'proc.pid': 10,
          'user.uid': 0,
        },
      );
    });

    it('learns the program of a child whose parent it never saw from that parent', () => {
      const kernel = new Kernel();
      const stage: Stage = new Stage({
        repair: {
          repair: () => 'failed',
          borrowParent: (row, nowNs) => {
            const parent = stage.processes.insert(5, low(5), high(5));
            stage.processes.comm[parent] = 'sh';
            stage.processes.image[parent] = new Image({
              ...NOTHING,
              exe: 'sh',
              exePath: '/bin/dash',
            });
            stage.processes.borrow(parent, nowNs);
            return stage.processes.parent(row);
          },
        },
      });
      stage.take(kernel.fork(10, 5, { 'id.comm': 'sh', 'id.exec_count': 3 }));
      expect(stage.field('proc.exepath')).toBe('/bin/dash');
      stage.take(kernel.fork(11, 5, { 'id.comm': 'other', 'id.exec_count': 3 }));
      expect(stage.field('proc.exepath')).toBe('');
    });

    it('borrows a parent that no record will ever name', () => {
      const kernel = new Kernel();
      let borrowed = 0;
      const stage: Stage = new Stage({
        repair: {
          repair: () => 'failed',
          borrowParent: (row, nowNs) => {
            borrowed++;
            const parent = stage.processes.insert(5, low(5), high(5));
            stage.processes.comm[parent] = 'sshd';
            stage.processes.borrow(parent, nowNs);
            return stage.processes.parent(row);
          },
        },
      });
      stage.take(kernel.exec(10, 5, '/bin/sh', ['sh']));
      expect(stage.field('proc.pname')).toBe('sshd');
      expect(stage.field('proc.aname[1]')).toBe('sshd');
      expect(borrowed).toBe(1);
    });
  });
});
