import { AT, FLAG, KIND } from '../../../sensor/events/index.js';
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

  describe('a change without an exec', () => {
    const began = (kernel: Kernel) =>
      new Stage().take(
        kernel.exec(10, 1, '/bin/bash', ['bash'], { 'id.cap_effective': 0x3fn }, { cwd: '/root' }),
      );

    it('is read where all records have their identity', () => {
      for (const struct of [AT.process_fork, AT.process_change])
        expect(struct.id).toEqual(AT.process_exec.id);
    });

    it('brings folder, users, capabilities, session and group, and is no event', () => {
      const kernel = new Kernel();
      const stage = began(kernel).take(
        kernel.change(
          10,
          {
            'id.euid': 33,
            'id.egid': 34,
            'id.sid': 8,
            'id.pgid': 9,
            'id.vpgid': 7,
            'id.cap_permitted': 1n,
            'id.comm': 'renamed',
          },
          { cwd: '/etc' },
          { uid: 33 },
        ),
      );
      expect(stage.event.type).toBe(-1);
      stage.take(
        kernel.record(
          KIND.FILE_OPEN,
          10,
          { dirfd: -100, ret: -2 },
          { name: 'x' },
          { uid: 33, arg: 257 },
        ),
      );
      const fields = ['fd.name', 'proc.cwd', 'user.uid', 'group.gid', 'proc.sid', 'proc.pgid'];
      expect(stage.fields(...fields)).toEqual({
        'fd.name': '/etc/x',
        'proc.cwd': '/etc/',
        'user.uid': 33,
        'group.gid': 34,
        'proc.sid': 8,
        'proc.pgid': 9,
      });
      expect(
        stage.fields('proc.vpgid', 'thread.cap_effective', 'thread.cap_permitted', 'proc.name'),
      ).toEqual({
        'proc.vpgid': 7,
        'thread.cap_effective': '',
        'thread.cap_permitted': 'CAP_CHOWN',
        'proc.name': 'bash', // the program's: a process does not choose the name it is judged by
      });
    });

    it('leaves the folder alone when it says nothing of it, and is inherited', () => {
      const kernel = new Kernel();
      const stage = began(kernel).take(
        kernel.change(10, {}, { cwd: '/srv' }),
        kernel.change(10, { 'id.euid': 5 }),
        kernel.fork(11, 10, { 'id.exec_count': 1, 'id.comm': 'bash' }),
      );
      expect(stage.field('proc.cwd')).toBe('/srv/');
    });

    it('of one thread changes what all have in common, and nothing else', () => {
      const kernel = new Kernel();
      const stage = began(kernel).take(
        kernel.change(10, { 'id.egid': 34, 'id.pgid': 9 }, { cwd: '/etc' }, { tid: 12 }),
        kernel.open(10, { ret: 3 }, { path: '/x' }),
      );
      const open = kernel.open(10, { ret: 3 }, { path: '/x' });
      const byThread = (tid: number) => ({ ...open, header: { ...open.header, tid } });
      expect(
        stage.fields('group.gid', 'proc.pgid', 'proc.cwd', 'thread.cap_effective'),
      ).toMatchObject({ 'group.gid': 0, 'proc.pgid': 9, 'proc.cwd': '/etc/' });
      expect(stage.field('thread.cap_effective')).not.toBe('');
      stage.take(byThread(12)); // its own
      expect(stage.fields('group.gid', 'thread.cap_effective')).toEqual({
        'group.gid': 34,
        'thread.cap_effective': '',
      });
      stage.take(byThread(13));
      expect(stage.field('group.gid')).toBe(0);
    });
  });

  describe('a move between control groups', () => {
    const members = { 'id.exec_count': 4, args_total: 8 };
    const entry = (kernel: Kernel, pid: number, parent: number, flags: number) => {
      const record = kernel.exec(pid, parent, '/bin/tool', ['tool', '-x'], members, {
        cgroup: '/mine',
      });
      const header = { ...record.header, flags, cgroup_id: 5 };
      const { args, ...others } = record.strings!;
      const partial = (flags & FLAG.PARTIAL) !== 0;
      return {
        ...record,
        kind: KIND.PROCESS_SEEN,
        header,
        strings: partial ? others : { args: args!, ...others },
      };
    };

    it('makes a process known with those above it', () => {
      const kernel = new Kernel();
      const stage = new Stage().take(
        entry(kernel, 9, 1, FLAG.OUTSIDE | FLAG.PARTIAL),
        entry(kernel, 10, 9, 0),
        kernel.open(10, { ret: 3 }, { path: '/x' }),
      );
      expect(stage.fields('proc.cmdline', 'proc.pname', 'proc.pexepath')).toEqual({
        'proc.cmdline': 'tool -x',
        'proc.pname': 'tool',
        'proc.pexepath': '/bin/tool',
      });
      expect(stage.tracker.stats().unknownSubjects).toBe(0);
      expect(stage.processes.origin[stage.processes.running(9)]).toBe(ORIGIN.borrowed);
    });

    it('keeps what an ancestor is known to be', () => {
      const kernel = new Kernel();
      const stage = new Stage().take(
        kernel.exec(9, 1, '/bin/sh', ['sh', '-c']),
        entry(kernel, 9, 1, FLAG.OUTSIDE | FLAG.PARTIAL),
      );
      expect(stage.processes.image[stage.processes.running(9)]?.line).toBe('sh -c');
      expect(stage.processes.origin[stage.processes.running(9)]).toBe(ORIGIN.records);
    });

    it('asks elsewhere for arguments that the kernel could not read, when they are wanted', () => {
      const asked: number[] = [];
      const kernel = new Kernel();
      const answers = ['later', 'done'] as const;
      const stage: Stage = new Stage({
        repair: {
          repair: () => 'failed',
          borrowParent: () => -1,
          addArgs: (row) => {
            asked.push(stage.processes.pid[row]!);
            return answers[asked.length - 1] ?? 'done';
          },
        },
      });
      stage.take(entry(kernel, 10, 9, FLAG.PARTIAL));
      expect(asked).toEqual([]);
      for (let i = 0; i < 3; i++) stage.take(kernel.open(10, { ret: 3 }, { path: '/x' }));
      expect(asked).toEqual([10, 10]);
    });

    it('within the scope costs a process none of its arguments', () => {
      const kernel = new Kernel();
      const stage = new Stage().take(
        kernel.exec(10, 1, '/bin/tool', ['tool', '-x'], { 'id.exec_count': 4 }),
        entry(kernel, 10, 1, FLAG.PARTIAL),
      );
      expect(stage.processes.image[stage.processes.running(10)]?.line).toBe('tool -x');
    });

    it('out of the scope makes it forgotten in time, and back, known for good', () => {
      const kernel = new Kernel();
      const left = (pid: number) =>
        kernel.record(KIND.PROCESS_LEFT, pid, {}, {}, { cgroup_id: 77 });
      const stage = new Stage().take(kernel.exec(10, 1, '/bin/a', ['a']), left(10), left(99));
      expect(stage.event.row).toBe(-1); // 99 was never inside
      const row = stage.processes.running(10);
      expect(stage.processes.cgroupId[row]).toBe(77);
      stage.take(entry(kernel, 10, 1, 0));
      kernel.sleep(60_000_000_000n);
      stage.take(kernel.fork(11, 10));
      expect(stage.processes.running(10)).toBe(row);
      stage.take(left(10));
      kernel.sleep(60_000_000_000n);
      stage.take(kernel.fork(12, 11));
      expect(stage.processes.running(10)).toBe(-1);
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
        addArgs: () => 'failed',
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
        repair: {
          repair: () => answers[asked++] ?? 'done',
          borrowParent: () => -1,
          addArgs: () => 'failed',
        },
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
          addArgs: () => 'failed',
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
          addArgs: () => 'failed',
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
