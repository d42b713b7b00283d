import { KIND } from '../../../sensor/events/index.js';
import { createLiveFields } from '../../../sensor/identity/index.js';
import type { FieldValue } from '../../../sensor/lang/field-def.js';
import { resolveFieldText } from '../../../sensor/lang/index.js';
import { Kernel, OFFSET_NS, Stage, startOf, v4 } from './records.js';

const SECOND = 1_000_000_000n;

/** One use of a field, which keeps what it remembers from event to event. */
function useOf(stage: Stage, text: string): () => FieldValue {
  const found = resolveFieldText(text);
  if (!found.ok) throw new Error(found.reason);
  const fields = createLiveFields({ hostname: 'node-1' });
  const getter = fields.getter({ def: found.def, arg: found.arg, text });
  return () => getter(stage.event);
}

describe('times of an event', () => {
  it('are one moment in several spellings', () => {
    const kernel = new Kernel();
    const stage = new Stage().take(kernel.exec(3, 0, '/x', ['x']));
    const names = ['evt.time', 'evt.time.s', 'evt.datetime', 'evt.datetime.s', 'evt.outputtime'];
    const [time, timeS, dateTime, dateTimeS, outputTime] = names.map((name) =>
      String(stage.field(name)),
    );
    expect(time).toMatch(/^\d\d:\d\d:\d\d\.\d{9}$/);
    expect(timeS).toBe(time!.slice(0, 8));
    expect(dateTime).toMatch(/^\d{4}-\d\d-\d\d /);
    expect(dateTime!.slice(11)).toBe(time);
    expect(dateTimeS).toBe(dateTime!.slice(0, 19));
    expect(outputTime).toBe(time);
    const at = new Date(Number((OFFSET_NS + kernel.ns) / 1_000_000n));
    expect(timeS).toBe(at.toTimeString().slice(0, 8));
  });

  it('evt.deltatime: since this very use was asked last; 0 at first', () => {
    const kernel = new Kernel();
    const stage = new Stage();
    const asked = ['evt.deltatime', 'evt.deltatime.s', 'evt.deltatime.ns'].map((text) =>
      useOf(stage, text),
    );
    const another = useOf(stage, 'evt.deltatime');
    stage.take(kernel.exec(3, 0, '/x', ['x']));
    expect(asked.map((ask) => ask())).toEqual([0, 0, 0]);
    kernel.sleep(2n * SECOND + 5n);
    stage.take(kernel.open(3, { ret: 3 }, { path: '/x' }));
    expect(asked.map((ask) => ask())).toEqual([2_001_000_005, 2, 1_000_005]);
    stage.take(kernel.open(3, { ret: 3 }, { path: '/x' }));
    expect(asked[0]!()).toBe(1_000_000);
    expect(another()).toBe(0);
  });

  it('util.cnt counts how often this very use was asked', () => {
    const stage = new Stage().take(new Kernel().exec(3, 0, '/x', ['x']));
    const [one, other] = [useOf(stage, 'util.cnt'), useOf(stage, 'util.cnt')];
    expect([one(), one(), other(), one()]).toEqual([1, 2, 1, 3]);
  });
});

describe('what is the same for every event', () => {
  it('latencies are 0, nothing is process information', () => {
    const stage = new Stage().take(new Kernel().exec(3, 0, '/x', ['x']));
    const zero = [
      ...['evt.latency', 'evt.latency.s', 'evt.latency.ns', 'evt.latency.quantized'],
      ...['evt.wait_latency', 'evt.count.procinfo', 'evt.count.threadinfo', 'thread.totexectime'],
    ];
    for (const name of zero) expect([name, stage.field(name)]).toEqual([name, 0]);
    expect(stage.field('evt.latency.human')).toBe('0ns');
  });

  it('a thread without a record has no times on the CPU but those of switches', () => {
    const kernel = new Kernel();
    const failed = () => 'failed' as const;
    const repair = { repair: failed, borrowParent: () => -1, addArgs: failed };
    const stage = new Stage({ repair });
    stage.take(kernel.record(KIND.PROCESS_EXIT, 77));
    expect([stage.event.row, stage.field('thread.totexectime')]).toEqual([-1, null]);
    expect(stage.field('thread.exectime')).toBe(0);
  });

  it('evt.cpu is that of the record, evt.info the text of evt.args', () => {
    const kernel = new Kernel();
    const stage = new Stage().take(
      kernel.exec(3, 0, '/x', ['x']),
      kernel.record(
        KIND.FILE_OPEN,
        3,
        { ret: 3, dirfd: -100 },
        { path: '/x' },
        { arg: 257, cpu: 6 },
      ),
    );
    expect(stage.field('evt.cpu')).toBe(6);
    expect(stage.field('evt.info')).toBe(stage.field('evt.args'));
  });
});

describe('counts of errors and bytes', () => {
  it('evt.count.error is 1 for a failure, 0 else, and null where nothing is returned', () => {
    const kernel = new Kernel();
    const stage = new Stage().take(kernel.exec(3, 0, '/x', ['x']));
    const count = (ret: number): unknown =>
      stage.take(kernel.open(3, { ret }, { path: '/x', name: '/x' })).field('evt.count.error');
    expect([count(3), count(0), count(-2)]).toEqual([0, 0, 1]);
    stage.take(kernel.record(KIND.PROCESS_EXIT, 3));
    expect(stage.field('evt.count.error')).toBeNull();
  });

  it('a send on an IP socket is I/O, by the bytes that went', () => {
    const kernel = new Kernel();
    const stage = new Stage().take(kernel.exec(3, 0, '/x', ['x']));
    const send = (members: object): Record<string, unknown> => {
      const udp = { family: 2, type: 2, protocol: 17, remote_port: 53, local_port: 4000 };
      stage.take(
        kernel.net(
          KIND.NET_SEND,
          3,
          { fd: 4, remote_addr: v4('8.8.8.8'), ...udp, ...members },
          {},
          44,
        ),
      );
      return stage.fields('evt.buflen', 'evt.buflen.out', 'evt.buflen.net', 'evt.buflen.net.out');
    };
    const all = (bytes: number | null, net = bytes): object => ({
      'evt.buflen': bytes,
      'evt.buflen.out': bytes,
      'evt.buflen.net': net,
      'evt.buflen.net.out': net,
    });
    expect(send({ ret: 30 })).toEqual(all(30));
    expect(stage.fields('evt.is_io', 'evt.is_io_read', 'evt.is_io_write')).toEqual({
      'evt.is_io': true,
      'evt.is_io_read': false,
      'evt.is_io_write': true,
    });
    expect(send({ ret: -11 })).toEqual(all(null));
    expect(send({ ret: 5, family: 1, type: 1 })).toEqual(all(5, null));
    stage.take(kernel.open(3, { ret: 3 }, { path: '/x' }));
    expect(stage.fields('evt.is_io', 'evt.buflen')).toEqual({
      'evt.is_io': false,
      'evt.buflen': null,
    });
  });
});

describe('relatives', () => {
  /** sh (5, leads session and group) -> make (6) -> cc (7). */
  const build = (): { kernel: Kernel; stage: Stage } => {
    const kernel = new Kernel();
    const group = { 'id.sid': 5, 'id.pgid': 5, 'id.vpgid': 5 };
    const stage = new Stage().take(
      kernel.exec(5, 0, '/bin/sh', ['-sh', '-l']),
      kernel.exec(6, 5, '/usr/bin/make', ['make', 'all'], group),
      kernel.exec(7, 6, '/usr/bin/cc', ['gcc', '-c', 'x.c'], group),
    );
    return { kernel, stage };
  };

  it('proc.aexe and proc.acmdline are those of the ancestors', () => {
    const { stage } = build();
    expect(stage.field('proc.aexe')).toEqual(['make', '-sh']);
    expect(stage.field('proc.acmdline')).toEqual(['make all', 'sh -l']);
    const levels = [
      'proc.aexe[0]',
      'proc.aexe[2]',
      'proc.acmdline[0]',
      'proc.acmdline[1]',
      'proc.aexe[3]',
    ];
    expect(Object.values(stage.fields(...levels))).toEqual([
      'gcc',
      '-sh',
      'cc -c x.c',
      'make all',
      null,
    ]);
  });

  it('leaders of session and group are found by every one of their fields', () => {
    const { stage } = build();
    const names = [
      ...['proc.sname', 'proc.sid.exe', 'proc.sid.exepath'],
      ...['proc.pgid.name', 'proc.pgid.exe', 'proc.pgid.exepath'],
      ...['proc.vpgid.name', 'proc.vpgid.exe', 'proc.vpgid.exepath'],
    ];
    const leader = ['sh', '-sh', '/bin/sh'];
    expect(Object.values(stage.fields(...names))).toEqual([...leader, ...leader, ...leader]);
  });

  it('thread.vtid is the id in the namespace for main threads', () => {
    const kernel = new Kernel();
    const stage = new Stage().take(kernel.exec(20, 0, '/x', ['x'], { 'id.vpid': 1 }));
    expect(stage.fields('thread.vtid', 'proc.vpid', 'thread.ismain')).toEqual({
      'thread.vtid': 1,
      'proc.vpid': 1,
      'thread.ismain': true,
    });
    stage.take(kernel.record(KIND.FILE_OPEN, 20, { ret: 3 }, { path: '/x' }, { tid: 21 }));
    expect(stage.fields('thread.vtid', 'thread.tid', 'thread.ismain')).toEqual({
      'thread.vtid': null,
      'thread.tid': 21,
      'thread.ismain': false,
    });
  });

  it('ctime_duration_proc_start: from the change of the file to the start, huge where it came after', () => {
    const kernel = new Kernel();
    const start = startOf(3) + OFFSET_NS;
    const exec = (ctime: bigint): unknown =>
      new Stage()
        .take(kernel.exec(3, 0, '/x', ['x'], { exe_ctime_ns: ctime }))
        .field('proc.exe_ino.ctime_duration_proc_start');
    expect(exec(start - SECOND)).toBe(SECOND);
    expect(exec(start + 1n)).toBe(2n ** 64n - 1n);
    expect(exec(0n)).toBeNull();
  });
});

describe('descriptors', () => {
  it('the container’s id stands before the folder, nothing on the host', () => {
    const kernel = new Kernel();
    const id = 'ab'.repeat(32);
    const stage = new Stage().take(kernel.exec(3, 0, '/x', ['x']));
    stage.containers.note(9, `/docker/${id}`);
    stage.take(kernel.open(3, { ret: 3 }, { path: '/etc/shadow' }));
    expect(stage.fields('fd.containername', 'fd.containerdirectory')).toEqual({
      'fd.containername': ':/etc/shadow',
      'fd.containerdirectory': ':/etc',
    });
    stage.take(
      kernel.record(KIND.FILE_OPEN, 3, { ret: 3 }, { path: '/etc/x' }, { cgroup_id: 9, arg: 257 }),
    );
    expect(stage.field('fd.containerdirectory')).toBe(`${id.slice(0, 12)}:/etc`);
  });

  it('networks are asked of the same addresses, fd.proto of the same ports', () => {
    const kernel = new Kernel();
    const stage = new Stage({ addresses: ['10.0.0.5'] }).take(
      kernel.exec(3, 0, '/x', ['x']),
      kernel.net(KIND.NET_CONNECT, 3, {
        ...{ fd: 4, family: 2, addr_family: 2, type: 1, protocol: 6 },
        ...{ local_addr: v4('10.0.0.5'), local_port: 40000 },
        ...{ remote_addr: v4('10.0.0.9'), remote_port: 443 },
      }),
    );
    for (const end of ['c', 's', 'l', 'r'])
      expect([end, stage.field(`fd.${end}net`)]).toEqual([end, stage.field(`fd.${end}ip`)]);
    expect(stage.field('fd.net')).toEqual(stage.field('fd.ip'));
    expect(stage.field('fd.proto')).toEqual([40000, 443]);
  });

  it('fs.path.nameraw is the path as passed', () => {
    const kernel = new Kernel();
    const stage = new Stage().take(kernel.exec(3, 0, '/x', ['x'], {}, { cwd: '/srv' }));
    stage.take(kernel.open(3, { ret: 3 }, { path: '/srv/b', name: 'a/..//b' }));
    expect(stage.fields('fs.path.name', 'fs.path.nameraw')).toEqual({
      'fs.path.name': '/srv/b',
      'fs.path.nameraw': 'a/..//b',
    });
  });
});
