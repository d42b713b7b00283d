import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { allFields } from '../../sensor/lang/index.js';
import { makeCgroup, type Cgroup } from '../support/cgroup.js';
import { startDaemon, type AlertLine, type Daemon } from '../support/daemon.js';
import { mustExec } from '../support/place.js';
import { describeHere } from '../support/places.js';
import { programs } from '../support/programs.js';

/** Every field that stands alone and has a value here. */
const fields = allFields()
  .filter((def) => def.availability === 'live' && !def.filterOnly && def.arg !== 'required')
  .map((def) => def.name);
const more = [
  ...['filename', 'flags', 'mode', 'res', 'addr', 'tuple', 'fd', 'dirfd', 'name', 'dev'],
  ...['resolve', 'size', 'tty', 'args', 'exe', 'uid', 'status', 'ret'],
].map((param) => `evt.arg.${param}`);
const indexed = [
  ...['proc.aname', 'proc.apid', 'proc.aexepath'].flatMap((name) => [`${name}[0]`, `${name}[1]`]),
  ...['proc.env[HOME]', 'proc.env[SPACED]', 'proc.args[1]', 'proc.args[2]', 'evt.rawarg.flags'],
];

const rules = `
- rule: Everything
  desc: All that is known of all that happens.
  condition: evt.type != close
  output: "${[...fields, ...more, ...indexed].map((field) => `%${field}`).join(' ')}"
  priority: NOTICE
`;

type Values = AlertLine['output_fields'];

/** A line of \`truth\`: what it did and what is known of that by other means. */
interface Truth {
  readonly deed: string;
  readonly [fact: string]: string | number;
}

describeHere('values of fields, against what is known by other means', (place) => {
  const { truth } = programs;
  const file = `/run/saker-values-${process.pid}.yaml`;
  let cgroup: Cgroup;
  let daemon: Daemon;
  let scratch: string;

  beforeAll(async () => {
    cgroup = await makeCgroup(place());
    scratch = (await mustExec(place(), 'mktemp -d /run/saker-values.XXXXXX')).trim();
    await mustExec(place(), `cat > ${file} <<'R'\n${rules}\nR`);
    daemon = await startDaemon(place(), { cgroup: cgroup.path, rules: [file] });
  });
  afterAll(async () => {
    await daemon?.remove();
    await cgroup?.remove();
    await place().exec(`rm -rf ${file} ${scratch}`);
  });

  /** Lets it do its part; what it said, and every event until it was gone. */
  async function play(part: string): Promise<{ said: Truth[]; events: Values[] }> {
    const before = (await daemon.alerts()).length;
    const out = await mustExec(place(), cgroup.inside(`cd ${scratch}; ${truth} ${part} && :`));
    const ended = (all: AlertLine[]) =>
      all
        .slice(before)
        .some(
          ({ output_fields: of }) => of['evt.type'] === 'procexit' && of['proc.name'] === 'bash',
        );
    const all = (await daemon.waitForAlerts(ended)).slice(before);
    return {
      said: out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Truth),
      events: all.map((alert) => alert.output_fields),
    };
  }

  /** One event for each deed, in their order. */
  async function pairs(
    part: string,
    types: RegExp,
  ): Promise<Map<string, { said: Truth; event: Values }>> {
    const { said, events } = await play(part);
    const mine = events.filter(
      (event) => event['proc.name'] === 'truth' && types.test(String(event['evt.type'])),
    );
    expect(mine.map((event) => event['evt.rawres'])).toEqual(said.map(({ ret }) => ret));
    for (const event of mine) agreesWithItself(event);
    return new Map(said.map((one, i) => [one.deed, { said: one, event: mine[i]! }]));
  }

  it('of opens: files, folders, devices, failures', async () => {
    const all = await pairs('files', /^(open|openat|openat2|creat)$/);
    for (const [, { said, event }] of all) {
      const ok = Number(said['ret']) >= 0;
      expect(event).toMatchObject({
        'evt.res': ok ? 'SUCCESS' : expect.stringMatching(/^E[A-Z]+$/),
        'evt.failed': !ok,
        'evt.category': 'file',
        'evt.dir': '<',
        'evt.count.error': ok ? 0 : 1,
        'evt.count.error.file': ok ? 0 : 1,
        'evt.count.error.net': null,
        'fd.num': ok ? said['ret']! : -1,
        'fd.dev': ok ? deviceText(said) : null,
        'fd.dev.major': ok ? major(said) : null,
        'fd.dev.minor': ok ? minor(said) : null,
        'fd.ino': ok ? said['ino']! : null,
        'evt.arg.dev': deviceText(said),
        'fd.connected': ok ? false : null,
        'fd.cip': null,
        'evt.buflen': null,
      });
    }
    const of = (deed: string): Values => all.get(deed)!.event;
    const made = `${scratch}/made`;
    expect(of('open')).toMatchObject({
      'evt.type': 'open',
      'fd.name': made,
      'fd.nameraw': 'made',
      'fd.realpath': made,
      'fd.directory': scratch,
      'fd.filename': 'made',
      'fd.type': 'file',
      'fd.typechar': 'f',
      'fs.path.name': made,
      'fs.path.nameraw': 'made',
      'evt.arg.flags': 'O_TRUNC|O_APPEND|O_CREAT|O_RDWR|O_F_CREATED',
      'evt.rawarg.flags': 0x4000 + 0x100 + 8 + 4 + 3,
      'evt.arg.mode': '0640',
      'evt.arg.name': made,
      'evt.arg.fd': `<f>${made}`,
      'evt.is_open_read': true,
      'evt.is_open_write': true,
      'evt.is_open_create': true,
      'evt.is_open_exec': false,
      'evt.abspath': null,
      'fd.name_changed': true,
      'fd.containername': `:${made}`,
      'fd.containerdirectory': `:${scratch}`,
      'proc.cwd': `${scratch}/`,
    });
    expect(of('open-again')).toMatchObject({
      'fd.name': made,
      'fd.nameraw': './made',
      'evt.arg.name': made,
      'evt.arg.flags': 'O_NONBLOCK|O_WRONLY',
      'evt.arg.mode': '0',
      'evt.is_open_read': false,
      'evt.is_open_write': true,
      'evt.is_open_create': false,
    });
    expect(of('open-missing')).toMatchObject({
      'evt.res': 'ENOENT',
      'evt.arg.fd': 'ENOENT',
      'fd.name': '/nope/../x',
      'fd.type': null,
      'fd.typechar': 'o',
      'fd.filename': null,
      'fd.directory': '/nope/..',
      'fd.realpath': null,
    });
    expect(of('creat')).toMatchObject({
      'evt.type': 'creat',
      'fd.name': `${scratch}/other`,
      'evt.arg.mode': '04755',
      'evt.arg.flags': null,
      'evt.is_open_create': false,
      'evt.is_open_exec': true,
      'fs.path.name': null,
    });
    expect(of('openat-folder')).toMatchObject({
      'fd.type': 'directory',
      'fd.typechar': 'd',
      'fd.name': '/usr',
      'fd.directory': '/usr',
      'fd.filename': null,
      'evt.arg.dirfd': 'AT_FDCWD',
      'evt.arg.flags': 'O_DIRECTORY|O_RDONLY|O_TMPFILE',
      'evt.is_open_create': true,
    });
    expect(of('openat')).toMatchObject({
      'fd.name': '/usr/bin/env',
      'fd.nameraw': 'lib/../bin/env',
      'evt.abspath': '/usr/bin/env',
      'evt.arg.dirfd': '<d>/usr',
    });
    expect(of('openat-bad')).toMatchObject({ 'evt.res': 'EBADF', 'fd.name': '<UNKNOWN>x' });
    expect(of('openat-exists')).toMatchObject({ 'evt.res': 'EEXIST', 'evt.arg.mode': '0600' });
    expect(of('openat-fault')).toMatchObject({ 'evt.res': 'EFAULT', 'evt.arg.name': '<NA>' });
    expect(of('openat-tmp')).toMatchObject({
      'fd.name': scratch,
      'fd.type': 'directory',
      'evt.arg.mode': '0700',
      'evt.is_open_create': true,
      'evt.is_open_exec': true,
    });
    expect(of('openat-device')).toMatchObject({
      'fd.name': '/dev/null',
      'fd.type': 'file',
      'evt.arg.flags': 'O_SYNC|O_DSYNC|O_RDWR',
    });
    expect(of('openat2')).toMatchObject({
      'evt.type': 'openat2',
      'fd.name': '/usr/bin',
      'fd.realpath': '/usr/bin',
      'evt.arg.resolve': 'RESOLVE_BENEATH',
      'evt.arg.flags': 'O_RDONLY|O_CLOEXEC',
    });
    expect(of('openat2-beyond')).toMatchObject({ 'evt.res': 'EXDEV', 'fd.name': '/etc' });
  });

  it('of sockets: both ends as the socket has them, and calls without any', async () => {
    const all = await pairs('sockets', /^(connect|bind|sendto|sendmsg|sendmmsg)$/);
    const of = (deed: string): Values => all.get(deed)!.event;
    const said = (deed: string): Truth => all.get(deed)!.said;
    const withoutSocket = /no-(socket|descriptor)/;
    for (const [
      deed,
      {
        said: { ret, fd, local },
        event,
      },
    ] of all) {
      const ip = local !== '';
      expect(event).toMatchObject({
        'fd.num': fd!,
        'evt.failed': Number(ret) < 0,
        'evt.buflen': deed.startsWith('send') && Number(ret) >= 0 ? ret! : null,
        'evt.io_dir': deed.startsWith('send') ? 'write' : null,
        'fd.uid': `${event['thread.tid']}${fd}`,
        'fd.sockfamily': ip ? 'ip' : withoutSocket.test(deed) ? null : 'unix',
        'fd.dev': withoutSocket.test(deed) ? null : '0',
        'fd.filename': null,
        'fd.realpath': null,
      });
    }
    const server = said('bind-tcp')['local'];
    const client = said('connect-tcp')['local'];
    expect(of('bind-tcp')).toMatchObject({
      'fd.name': server,
      'fd.type': 'ipv4',
      'fd.typechar': '4',
      'fd.sip': '127.0.0.1',
      'fd.sport': portOf(server),
      'fd.cip': null,
      'fd.lip': null,
      'fd.is_server': true,
      'fd.l4proto': 'tcp',
      'evt.arg.addr': server,
      'evt.arg.fd': `<4t>${server}`,
      'evt.category': 'net',
      'evt.res': 'SUCCESS',
    });
    const connection = `${client}->${server}`;
    const ends = {
      'fd.name': connection,
      'fd.cip': '127.0.0.1',
      'fd.sip': '127.0.0.1',
      'fd.cport': portOf(client),
      'fd.sport': portOf(server),
      'fd.connected': true,
      'fd.l4proto': 'tcp',
      'evt.arg.tuple': connection,
      'evt.arg.fd': `<4t>${connection}`,
    };
    const clientSide = { 'fd.lport': portOf(client), 'fd.rport': portOf(server) };
    const serverSide = { 'fd.lport': portOf(server), 'fd.rport': portOf(client) };
    expect(of('connect-tcp')).toMatchObject({
      ...ends,
      ...clientSide,
      'fd.name_changed': true,
      'fd.cproto': String(portOf(client)),
      'evt.arg.addr': server,
    });
    expect(of('sendto-tcp')).toMatchObject({
      ...ends,
      ...clientSide,
      'fd.name_changed': false,
      'evt.category': 'net',
      'evt.is_io_write': true,
      'evt.arg.size': '5',
    });
    expect(of('connect-again')).toMatchObject({ ...ends, 'evt.res': 'EISCONN' });
    expect(of('sendto-accepted')).toMatchObject({ ...ends, ...serverSide });
    expect(of('bind-in-use')).toMatchObject({
      'evt.res': 'EADDRINUSE',
      'fd.name': '',
      'fd.sip': null,
      'fd.is_server': false,
      'evt.arg.addr': server,
      'evt.count.error.net': 1,
    });
    for (const deed of ['connect-refused', 'connect-in-progress']) {
      const { event, said: facts } = all.get(deed)!;
      expect(event).toMatchObject({
        'fd.name': `${facts['local']}->127.0.0.1:9`,
        'fd.lport': portOf(facts['local']),
        'fd.sport': 9,
        'fd.connected': deed === 'connect-in-progress',
        'fd.name_changed': deed === 'connect-in-progress',
      });
    }
    expect(of('connect-refused')['evt.res']).toBe('ECONNREFUSED');
    expect(of('connect-in-progress')['evt.res']).toBe('EINPROGRESS');
    const plain = (text: unknown) => String(text).replace('::ffff:', '');
    expect(of('connect-mapped')).toMatchObject({
      'fd.type': 'ipv4',
      'fd.name': `${plain(said('connect-mapped')['local'])}->${server}`,
    });
    for (const deed of ['connect-no-socket', 'bind-no-descriptor', 'sendto-no-descriptor']) {
      const connects = deed.startsWith('connect');
      expect(of(deed)).toMatchObject({
        'fd.type': null,
        'fd.typechar': 'o',
        'fd.name': connects ? 'NULL' : '',
        'fd.l4proto': null,
        'fd.connected': null,
        'fd.is_server': null,
        'fd.name_changed': null,
        'fd.ino': null,
        'evt.arg.fd': String(said(deed)['fd']),
        'evt.count.error.net': connects ? 1 : null,
        'evt.count.error.other': connects ? null : 1,
      });
    }

    const udp = { 'fd.l4proto': 'udp', 'fd.sport': portOf(said('bind-udp')['local']) };
    const datagrams = said('bind-udp')['local'];
    expect(of('bind-udp')).toMatchObject({ ...udp, 'fd.name': datagrams });
    expect(of('sendto-udp')).toMatchObject({
      ...udp,
      'fd.name': `${said('sendto-udp')['local']}->${datagrams}`,
      'fd.name_changed': true,
      'fd.connected': true,
    });
    for (const deed of ['connect-udp', 'sendmsg-udp', 'sendmmsg-udp'])
      expect(of(deed)).toMatchObject({
        ...udp,
        'fd.name': `${said(deed)['local']}->${said(deed)['peer']}`,
      });
    const chosen = portOf(said('sendto-mapped')['local']);
    expect(of('sendto-mapped')).toMatchObject({
      ...udp,
      'fd.type': 'ipv4',
      'fd.name': `0.0.0.0:${chosen}->${datagrams}`,
      'fd.lip': '0.0.0.0',
    });
    expect(of('bind-udp6')).toMatchObject({
      'fd.type': 'ipv6',
      'fd.typechar': '6',
      'fd.name': said('bind-udp6')['local'],
    });
    expect(of('connect-udp6')).toMatchObject({
      'fd.type': 'ipv6',
      'fd.name': `${said('connect-udp6')['local']}->${said('connect-udp6')['peer']}`,
      'evt.arg.addr': said('connect-udp6')['peer'],
    });

    const unix = { 'fd.type': 'unix', 'fd.typechar': 'u', 'fd.l4proto': '<NA>', 'fd.cip': null };
    expect(of('bind-unix')).toMatchObject({ ...unix, 'fd.name': 'socket' });
    expect(of('connect-unix')).toMatchObject({
      ...unix,
      'fd.name': '0->0 socket',
      'evt.arg.addr': 'socket',
    });
    expect(of('connect-unix-missing')).toMatchObject({
      ...unix,
      'evt.res': 'ENOENT',
      'evt.arg.addr': '/nope/socket',
    });
    expect(of('bind-abstract')).toMatchObject({ ...unix, 'fd.name': '@hidden' });
  });

  it('of processes: ids, users, terminals, namespaces, executables, failed execs', async () => {
    const { said, events } = await play('processes');
    for (const event of events) agreesWithItself(event);
    const execs = (pid: unknown): Values[] =>
      events.filter((event) => event['proc.pid'] === pid && event['evt.type'] === 'execve');
    const children = said.filter(({ vpid }) => vpid !== undefined);
    expect(children.map(({ deed }) => deed)).toEqual([
      ...['plain', 'group', 'user', 'terminal', 'namespace', 'memory'],
    ]);
    const hertz = 100;
    for (const is of children) {
      const event = execs(is['pid']).at(-1)!;
      const leads = { sid: is['sid'] === is['pid'], pgid: is['pgid'] === is['pid'] };
      expect(event).toMatchObject({
        'evt.res': 'SUCCESS',
        'evt.rawres': 0,
        'evt.category': 'process',
        'proc.ppid': is['ppid']!,
        'proc.apid[0]': is['pid']!,
        'proc.apid[1]': is['ppid']!,
        'proc.vpid': is['vpid']!,
        'thread.vtid': is['vpid']!,
        'proc.pvpid': is['pvpid']!,
        'proc.pgid': is['pgid']!,
        'proc.vpgid': is['vpgid']!,
        'proc.sid': is['sid']!,
        'proc.is_sid_leader': leads.sid,
        'proc.is_pgid_leader': leads.pgid,
        'proc.tty': is['tty']!,
        'evt.arg.tty': String(is['tty']),
        'user.uid': is['uid']!,
        'group.gid': is['gid']!,
        'proc.exe_ino': is['ino']!,
        'proc.exe_ino.ctime': Number(is['ctime']),
        'proc.exe_ino.mtime': Number(is['mtime']),
        'proc.exe': '-truth',
        'proc.pname': 'truth',
        'proc.aname[1]': 'truth',
        'proc.is_exe_from_memfd': is.deed === 'memory',
        'proc.is_exe_upper_layer': false,
        'fd.num': null,
        'fd.name': null,
      });
      const ticks = Number(event['proc.pid.ts']) - Number(event['container.start_ts']);
      if (is.deed !== 'namespace')
        expect(Math.abs(ticks / 1e9 - Number(is['start']) / hertz)).toBeLessThan(0.05);
      expect(Number(event['proc.duration'])).toBeGreaterThan(0);
      expect(Number(event['proc.ppid.duration'])).toBeGreaterThan(Number(event['proc.duration']));
    }
    const of = (deed: string): Values =>
      execs(children.find((one) => one.deed === deed)!['pid']).at(-1)!;
    expect(of('plain')).toMatchObject({
      'proc.name': 'truth',
      'proc.exepath': truth,
      'proc.aexepath[0]': truth,
      'proc.args': 'child plain  two words',
      'proc.args[1]': 'plain',
      'proc.args[2]': '',
      'proc.cmdline': 'truth child plain  two words',
      'proc.exeline': '-truth child plain  two words',
      'proc.cmdnargs': 4,
      'proc.cmdlenargs': 'childplaintwo words'.length,
      'proc.env': 'HOME=/nowhere EMPTY= SPACED= x ',
      'proc.env[HOME]': '/nowhere',
      'proc.env[SPACED]': 'x',
      'evt.arg.filename': truth,
      'evt.arg.args': 'child.plain..two words',
      'proc.cwd': `${scratch}/`,
      'user.name': 'root',
      'user.loginuid': await loginUid(),
    });
    expect(of('terminal')['proc.tty']).toBeGreaterThan(34815);
    expect(of('terminal')['proc.sname']).toBe('truth');
    expect(of('user')).toMatchObject({
      'user.name': 'nobody',
      'group.name': 'nogroup',
      'evt.arg.uid': 'nobody',
      'thread.cap_effective': '',
      'proc.is_exe_writable': false,
    });
    expect(of('plain')['proc.is_exe_writable']).toBe(true);
    expect(of('namespace')).toMatchObject({ 'proc.vpid': 2, 'proc.pvpid': 1 });
    expect(of('namespace')['container.start_ts']).toBe(of('namespace')['proc.ppid.ts']);
    expect(of('memory')).toMatchObject({ 'proc.exepath': 'memfd:truth' });

    for (const { deed, pid, ret } of said.filter((one) => !children.includes(one))) {
      const failed = execs(pid).find((event) => event['evt.rawres'] === ret)!;
      expect(failed).toMatchObject({
        'evt.failed': true,
        'evt.res': deed === 'missing' ? 'ENOENT' : 'EACCES',
        'evt.arg.exe': 'none',
        'evt.arg.args': 'a b.',
        'evt.arg.filename': deed === 'missing' ? '/nope/./program' : '/',
        'proc.exepath': truth,
        'proc.cmdline': 'truth processes',
      });
    }
  });

  const loginUid = async (): Promise<number> => {
    const id = Number(await mustExec(place(), 'cat /proc/self/loginuid'));
    return id === 0xffffffff ? -1 : id;
  };
});

/** What several fields say of the same thing. */
function agreesWithItself(event: Values): void {
  const text = (name: string): string => String(event[name]);
  expect(event['evt.failed']).toBe(
    event['evt.rawres'] === null ? null : Number(event['evt.rawres']) < 0,
  );
  expect(text('evt.info')).toBe(text('evt.args'));
  expect(event['proc.aname[0]']).toBe(event['proc.name']);
  expect(event['proc.aname[1]']).toBe(event['proc.pname']);
  expect(event['proc.apid[1]']).toBe(event['proc.ppid']);
  expect(text('proc.aname').split(' ')[0]).toBe(text('proc.pname'));
  expect(text('proc.cmdline')).toMatch(new RegExp(`^${text('proc.name')}( |$)`));
  expect(event['thread.nametid']).toBe(`${text('proc.name')}${text('thread.tid')}`);
  expect(event['evt.rawtime']).toBe(event['evt.time']);
  expect(event['container.id']).toBe('host');
}

/** A device as Falco prints it, from stat's number (new_encode_dev of the kernel is what both show). */
const deviceText = ({ dev }: Truth): string => Number(dev).toString(16).toUpperCase();
const major = ({ dev }: Truth): number => (Number(dev) >> 8) & 0xfff;
const minor = ({ dev }: Truth): number => (Number(dev) & 0xff) | ((Number(dev) >> 12) & 0xfff00);
const portOf = (address: unknown): number => Number(String(address).replace(/^.*:/, ''));
