import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KIND } from '../../../sensor/events/index.js';
import { allFields } from '../../../sensor/lang/fields/index.js';
import { Kernel, OFFSET_NS, Stage, startOf } from './records.js';

const SECOND = 1_000_000_000n;

function family() {
  const kernel = new Kernel();
  const stage = new Stage().take(
    kernel.exec(1, 0, '/sbin/init', ['init']),
    kernel.exec(5, 1, '/usr/sbin/sshd', ['sshd: u', '-D'], {}, { env: 'A=1\0B= x \0PATH=/bin' }),
    kernel.exec(
      9,
      5,
      '/bin/bash',
      ['-bash', '-c', 'a  b', ''],
      { 'id.tty': 34816, 'id.sid': 9 },
      { cwd: '/root', env: 'HOME=/root\0EMPTY=' },
    ),
    kernel.exec(12, 9, '/usr/bin/python3.11', ['python3', 'x.py'], {
      'id.sid': 9,
      'id.pgid': 9,
      'id.vpgid': 9,
      'id.comm': 'x.py',
    }),
  );
  return { kernel, stage };
}

describe('fields of a process', () => {
  it('shows its program, arguments and terminal', () => {
    const { kernel, stage } = family();
    stage.take(kernel.open(9, { ret: 3 }, { path: '/x' }));
    expect(
      stage.fields(
        'proc.name',
        'proc.exe',
        'proc.exepath',
        'proc.args',
        'proc.args[0]',
        'proc.args[1]',
        'proc.args[2]',
        'proc.args[9]',
        'proc.cmdline',
        'proc.exeline',
        'proc.cmdnargs',
        'proc.cmdlenargs',
        'proc.cwd',
        'proc.tty',
        'proc.pid',
        'proc.ppid',
        'proc.vpid',
        'thread.tid',
        'thread.ismain',
        'thread.nametid',
      ),
    ).toEqual({
      'proc.name': 'bash',
      'proc.exe': '-bash',
      'proc.exepath': '/bin/bash',
      'proc.args': '-c a  b ',
      'proc.args[0]': '-c',
      'proc.args[1]': 'a  b',
      'proc.args[2]': '',
      'proc.args[9]': '',
      'proc.cmdline': 'bash -c a  b ',
      'proc.exeline': '-bash -c a  b ',
      'proc.cmdnargs': 3,
      'proc.cmdlenargs': 6,
      'proc.cwd': '/root/',
      'proc.tty': 34816,
      'proc.pid': 9,
      'proc.ppid': 5,
      'proc.vpid': 9,
      'thread.tid': 9,
      'thread.ismain': true,
      'thread.nametid': 'bash9',
    });
  });

  it('ends the line of a program without arguments in a blank', () => {
    const kernel = new Kernel();
    const stage = new Stage().take(kernel.exec(3, 0, '/bin/ls', ['ls']));
    expect(stage.fields('proc.exeline', 'proc.cmdline', 'proc.args', 'proc.cmdnargs')).toEqual({
      'proc.exeline': 'ls ',
      'proc.cmdline': 'ls',
      'proc.args': '',
      'proc.cmdnargs': 0,
    });
  });

  it('climbs to ancestors by number', () => {
    const { stage } = family();
    expect(
      stage.fields(
        'proc.pname',
        'proc.pexe',
        'proc.pexepath',
        'proc.pcmdline',
        'proc.aname[0]',
        'proc.aname[1]',
        'proc.aname[2]',
        'proc.aname[3]',
        'proc.aname[4]',
        'proc.apid[2]',
        'proc.aargs[1]',
      ),
    ).toEqual({
      'proc.pname': 'bash',
      'proc.pexe': '-bash',
      'proc.pexepath': '/bin/bash',
      'proc.pcmdline': 'bash -c a  b ',
      'proc.aname[0]': 'x.py',
      'proc.aname[1]': 'bash',
      'proc.aname[2]': 'sshd',
      'proc.aname[3]': 'init',
      'proc.aname[4]': null,
      'proc.apid[2]': 5,
      'proc.aargs[1]': '-c a  b ',
    });
  });

  it('gives all ancestors, nearest first and without itself, to a bare field', () => {
    const { kernel, stage } = family();
    expect(stage.fields('proc.aname', 'proc.aexepath', 'proc.apid', 'proc.aargs')).toEqual({
      'proc.aname': ['bash', 'sshd', 'init'],
      'proc.aexepath': ['/bin/bash', '/usr/sbin/sshd', '/sbin/init'],
      'proc.apid': [9, 5, 1],
      'proc.aargs': '-c a  b  -D ',
    });
    stage.take(kernel.open(1, { ret: 3 }, { path: '/x' }));
    expect(stage.fields('proc.aname', 'proc.pname', 'proc.ppid')).toEqual({
      'proc.aname': [],
      'proc.pname': null,
      'proc.ppid': null,
    });
  });

  it('gives its own id and environment to a bare field in an output', () => {
    const { stage } = family();
    expect(stage.field('proc.apid', 'output')).toBe(12);
    expect(stage.field('proc.aenv', 'output')).toBe('');
    expect(stage.field('proc.aenv[1]', 'output')).toBe('HOME=/root EMPTY=');
  });

  it('reads the environment, its own and of those above', () => {
    const { kernel, stage } = family();
    expect(stage.fields('proc.aenv[HOME]', 'proc.aenv[B]', 'proc.aenv[NONE]', 'proc.aenv')).toEqual(
      {
        'proc.aenv[HOME]': '/root',
        'proc.aenv[B]': 'x',
        'proc.aenv[NONE]': '',
        'proc.aenv': ['HOME=/root EMPTY=', 'A=1 B= x  PATH=/bin', ''],
      },
    );
    stage.take(kernel.open(9, { ret: 3 }, { path: '/x' }));
    expect(
      stage.fields('proc.env', 'proc.env[HOME]', 'proc.env[EMPTY]', 'proc.env[HOM]', 'proc.env[0]'),
    ).toEqual({
      'proc.env': 'HOME=/root EMPTY=',
      'proc.env[HOME]': '/root',
      'proc.env[EMPTY]': '',
      'proc.env[HOM]': '',
      'proc.env[0]': 'HOME=/root EMPTY=',
    });
  });

  it('finds the leaders of session and group, and the login shell', () => {
    const { stage } = family();
    expect(
      stage.fields(
        'proc.sid',
        'proc.sname',
        'proc.sid.exepath',
        'proc.pgid.name',
        'proc.vpgid.exe',
        'proc.is_sid_leader',
        'proc.is_pgid_leader',
        'proc.is_vpgid_leader',
        'proc.loginshellid',
      ),
    ).toEqual({
      'proc.sid': 9,
      'proc.sname': 'bash',
      'proc.sid.exepath': '/bin/bash',
      'proc.pgid.name': 'bash',
      'proc.vpgid.exe': '-bash',
      'proc.is_sid_leader': false,
      'proc.is_pgid_leader': false,
      'proc.is_vpgid_leader': false,
      'proc.loginshellid': 9,
    });
  });

  it('counts time from the fork, exactly', () => {
    const kernel = new Kernel();
    const stage = new Stage();
    const record = kernel.exec(3, 0, '/bin/ls', ['ls']);
    const header = { ...record.header, ts_ns: startOf(3) + 5n * SECOND + 3n };
    stage.take({ ...record, header });
    expect(
      stage.fields('proc.duration', 'proc.pid.ts', 'proc.ppid.duration', 'evt.rawtime'),
    ).toEqual({
      'proc.duration': 5_000_000_003,
      'proc.pid.ts': startOf(3) + OFFSET_NS,
      'proc.ppid.duration': null,
      'evt.rawtime': startOf(3) + 5n * SECOND + 3n + OFFSET_NS,
    });
  });

  it('tells where its executable came from', () => {
    const kernel = new Kernel();
    const stage = new Stage().take(
      kernel.exec(3, 0, '/x', ['x'], {
        exe_flags: 1 | 2,
        exe_ino: 99,
        exe_ctime_ns: OFFSET_NS + SECOND,
        'id.pidns_start_ns': 2,
      }),
    );
    expect(
      stage.fields(
        'proc.is_exe_writable',
        'proc.is_exe_upper_layer',
        'proc.is_exe_lower_layer',
        'proc.is_exe_from_memfd',
        'proc.exe_ino',
        'proc.exe_ino.ctime',
        'proc.exe_ino.mtime',
        'proc.exe_ino.ctime_duration_pidns_start',
        'evt.arg.flags',
      ),
    ).toEqual({
      'proc.is_exe_writable': true,
      'proc.is_exe_upper_layer': true,
      'proc.is_exe_lower_layer': false,
      'proc.is_exe_from_memfd': false,
      'proc.exe_ino': 99,
      'proc.exe_ino.ctime': OFFSET_NS + SECOND,
      'proc.exe_ino.mtime': null,
      'proc.exe_ino.ctime_duration_pidns_start': SECOND - 2n,
      'evt.arg.flags': 'EXE_WRITABLE|EXE_UPPER_LAYER',
    });
  });

  it('prints capabilities', () => {
    const kernel = new Kernel();
    const stage = new Stage().take(
      kernel.exec(3, 0, '/x', ['x'], {
        'id.cap_effective': 1n << 40n,
        'id.cap_permitted': (1n << 21n) | (1n << 40n),
      }),
    );
    expect(
      stage.fields(
        'thread.cap_effective',
        'thread.cap_permitted',
        'thread.cap_inheritable',
        'evt.arg.cap_permitted',
      ),
    ).toEqual({
      'thread.cap_effective': 'CAP_CHECKPOINT_RESTORE',
      'thread.cap_permitted': 'CAP_SYS_ADMIN CAP_CHECKPOINT_RESTORE',
      'thread.cap_inheritable': '',
      'evt.arg.cap_permitted': '10000200000',
    });
  });

  it('keeps the old program on a failed exec, whose parameters are the attempt', () => {
    const kernel = new Kernel();
    const stage = new Stage().take(
      kernel.exec(3, 0, '/bin/sh', ['sh']),
      kernel.record(
        KIND.PROCESS_EXEC_FAILED,
        3,
        { ret: -13 },
        { filename: './secret', args: 'secret\0-x' },
        { arg: 59 },
      ),
    );
    expect(
      stage.fields(
        'evt.type',
        'evt.res',
        'evt.rawres',
        'proc.exepath',
        'proc.cmdline',
        'evt.arg.filename',
        'evt.arg.exe',
        'evt.arg.args',
        'evt.rawarg.filename',
        'evt.count.error.other',
      ),
    ).toEqual({
      'evt.type': 'execve',
      'evt.res': 'EACCES',
      'evt.rawres': -13,
      'proc.exepath': '/bin/sh',
      'proc.cmdline': 'sh',
      'evt.arg.filename': '/secret',
      'evt.arg.exe': 'secret',
      'evt.arg.args': '-x',
      'evt.rawarg.filename': './secret',
      'evt.count.error.other': 1,
    });
  });

  it('reports a successful execveat as execve', () => {
    const kernel = new Kernel();
    const record = kernel.exec(3, 0, '/bin/sh', ['sh', 'a', 'b']);
    const stage = new Stage().take({ ...record, header: { ...record.header, arg: 322 } });
    expect(
      stage.fields(
        'evt.type',
        'evt.res',
        'evt.arg.res',
        'evt.dir',
        'evt.category',
        'evt.arg.args',
        'evt.arg.vm_size',
        'evt.arg.env',
        'evt.type.is.execve',
        'evt.type.is.bind',
        'syscall.type',
      ),
    ).toEqual({
      'evt.type': 'execve',
      'evt.res': 'SUCCESS',
      'evt.arg.res': '0',
      'evt.dir': '<',
      'evt.category': 'process',
      'evt.arg.args': 'a.b',
      'evt.arg.vm_size': '<NA>',
      'evt.arg.env': 'NULL',
      'evt.type.is.execve': 1,
      'evt.type.is.bind': 0,
      'syscall.type': 'execve',
    });
  });

  it('has nothing without a process', () => {
    const kernel = new Kernel();
    const stage = new Stage().take(kernel.exit(404));
    const fields = allFields().filter(
      (def) => /^(proc|user|group|container|k8s)/.test(def.name) && def.arg !== 'required',
    );
    for (const { name } of fields) expect([name, stage.field(name)]).toEqual([name, null]);
  });
});

describe('users and groups', () => {
  const root = mkdtempSync(join(tmpdir(), 'saker-users-'));
  mkdirSync(join(root, 'etc'));
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0::/root:/bin/bash\nwww:x:33:33::/var/www:/sbin/nologin\nbroken line\n',
  );
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nwww-data:x:33:\n');

  it("names the host's users", () => {
    const kernel = new Kernel();
    const record = kernel.exec(3, 0, '/x', ['x'], { 'id.egid': 33, 'id.loginuid': 33 });
    const stage = new Stage({ root }).take({ ...record, header: { ...record.header, uid: 33 } });
    expect(
      stage.fields(
        'user.uid',
        'user.name',
        'user.homedir',
        'user.shell',
        'user.loginuid',
        'user.loginname',
        'group.gid',
        'group.name',
      ),
    ).toEqual({
      'user.uid': 33,
      'user.name': 'www',
      'user.homedir': '/var/www',
      'user.shell': '/sbin/nologin',
      'user.loginuid': 33,
      'user.loginname': 'www',
      'group.gid': 33,
      'group.name': 'www-data',
    });
  });

  it('says <NA> for who is not listed, root for 0 and -1 for nobody', () => {
    const kernel = new Kernel();
    const record = kernel.exec(3, 0, '/x', ['x'], { 'id.egid': 0 });
    const stage = new Stage().take({ ...record, header: { ...record.header, uid: 1000 } });
    expect(
      stage.fields(
        'user.name',
        'user.homedir',
        'user.shell',
        'user.loginuid',
        'user.loginname',
        'group.name',
      ),
    ).toEqual({
      'user.name': '<NA>',
      'user.homedir': '<NA>',
      'user.shell': '<NA>',
      'user.loginuid': -1,
      'user.loginname': '<NA>',
      'group.name': 'root',
    });
  });

  it("does not take the host's names for users of a container", () => {
    const kernel = new Kernel();
    const stage = new Stage({ root });
    stage.containers.note(7, `/docker/${'ab'.repeat(32)}`);
    const record = kernel.exec(3, 0, '/x', ['x']);
    stage.take({ ...record, header: { ...record.header, uid: 33, cgroup_id: 7 } });
    expect(stage.fields('user.name', 'user.uid')).toEqual({ 'user.name': '<NA>', 'user.uid': 33 });
  });
});

describe('fields of any event', () => {
  it('prints times', () => {
    const kernel = new Kernel();
    const stage = new Stage().take(kernel.exec(3, 0, '/x', ['x']));
    const first = stage.field('evt.rawtime') as bigint;
    expect(stage.field('evt.time.iso8601')).toBe('2023-11-14T22:30:00.001000000+0000');
    expect(stage.field('evt.rawtime.s')).toBe(first / SECOND);
    expect(stage.field('evt.rawtime.ns')).toBe(1_000_000n);
    const local = new Date(Number(first / 1_000_000n));
    expect(stage.field('evt.time')).toBe(`${local.toTimeString().slice(0, 8)}.001000000`);
    expect(stage.field('evt.datetime.s')).toMatch(/^2023-11-1[45] \d\d:\d\d:\d\d$/);
    kernel.sleep(SECOND);
    stage.take(kernel.open(3, { ret: 3 }, { path: '/x' }));
    expect(stage.fields('evt.reltime', 'evt.reltime.s', 'evt.reltime.ns', 'evt.num')).toEqual({
      'evt.reltime': 1_001_000_000,
      'evt.reltime.s': 1,
      'evt.reltime.ns': 1_000_000,
      'evt.num': 2,
    });
  });

  it('has constants where Falco has them', () => {
    const kernel = new Kernel();
    const stage = new Stage().take(kernel.exec(3, 0, '/x', ['x']));
    expect(
      stage.fields(
        'evt.latency',
        'evt.latency.human',
        'evt.count',
        'evt.source',
        'evt.is_async',
        'evt.hostname',
        'static.cluster',
        'static.other',
        'evt.is_wait',
        'evt.count.exit',
        'evt.pluginname',
        'thread.exectime',
      ),
    ).toEqual({
      'evt.latency': 0,
      'evt.latency.human': '0ns',
      'evt.count': 1,
      'evt.source': 'syscall',
      'evt.is_async': false,
      'evt.hostname': 'node-1',
      'static.cluster': 'l\xc3\xa1b',
      'static.other': null,
      'evt.is_wait': false,
      'evt.count.exit': 1,
      'evt.pluginname': null,
      'thread.exectime': 0,
    });
  });

  it('answers every live field with the type the table promises, and null to what is not captured', () => {
    const kernel = new Kernel();
    const stage = new Stage();
    const events = [
      kernel.exec(3, 0, '/x', ['x', 'y'], { exe_ino: 5, exe_ctime_ns: 9n }, { env: 'A=1' }),
      kernel.open(3, { ret: 3 }, { path: '/x' }),
      kernel.net(KIND.NET_CONNECT, 3, {
        family: 2,
        addr_family: 2,
        type: 1,
        remote_port: 1,
        local_port: 2,
      }),
      kernel.net(KIND.NET_SEND, 3, { family: 2, type: 2, remote_port: 1, ret: 5 }, {}, 44),
      kernel.net(KIND.NET_BIND, 3, { family: 2, type: 2, local_port: 5 }, {}, 49),
      kernel.exit(3),
    ];
    const argument: Record<string, string> = {
      'evt.arg': '.res',
      'evt.rawarg': '.res',
      'evt.type.is': '.open',
      'evt.around': '[1]',
      'thread.cgroup': '.cpu',
    };
    const seen = new Set<string>();
    for (const record of events) {
      stage.take(record);
      for (const def of allFields()) {
        const suffix =
          def.arg === 'required'
            ? (argument[def.name] ?? (def.argForm === 'bracket' ? '[0]' : '.x'))
            : '';
        const value = stage.field(def.name + suffix);
        if (value === null) continue;
        seen.add(def.name);
        if (def.availability === 'never') throw new Error(`${def.name} has a value`);
        if (def.repr === 'any') continue;
        const items: readonly unknown[] = Array.isArray(value) ? value : [value];
        if (Array.isArray(value) !== (def.multi !== null))
          throw new Error(`${def.name}: ${String(value)}`);
        const types = def.repr === 'ip' ? ['number', 'string'] : [def.repr];
        for (const item of items)
          if (!types.includes(typeof item)) throw new Error(`${def.name} is a ${typeof item}`);
      }
    }
    const silent = allFields()
      .filter((def) => def.availability === 'live' && !seen.has(def.name))
      .map((def) => def.name);
    // These need what the events above do not have: an ancestor, a pod, a writer of syslog …
    expect(silent).toEqual([
      'proc.pexe',
      'proc.pexepath',
      'proc.pname',
      'proc.pcmdline',
      'proc.loginshellid',
      'proc.ppid',
      'proc.pvpid',
      'proc.ppid.duration',
      'proc.ppid.ts',
      'proc.exe_ino.mtime',
      'proc.exe_ino.ctime_duration_pidns_start',
      'proc.pidns_init_start_ts',
      'container.start_ts',
      'container.duration',
      'container.mount',
      'container.mount.source',
      'container.mount.dest',
      'container.mount.mode',
      'container.mount.rdwr',
      'container.mount.propagation',
      'container.label',
      'k8s.pod.name',
      'k8s.ns.name',
      'k8s.pod.uid',
      'k8s.pod.id',
      'k8smeta.pod.name',
      'k8smeta.pod.uid',
      'k8smeta.ns.name',
      'static',
    ]);
  });
});
