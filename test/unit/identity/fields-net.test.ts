import { KIND } from '../../../sensor/events/index.js';
import { Kernel, Stage, v4 } from './records.js';

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const STREAM = 1;
const DGRAM = 2;
const EINPROGRESS = 115;
const ECONNREFUSED = 111;
const CONNECT = 42;
const SENDTO = 44;
const BIND = 49;

/** 10.0.0.5 → 4 bytes in host order. */
const ip = (text: string): number =>
  text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

const tcp = (members = {}) => ({
  fd: 4,
  family: AF_INET,
  addr_family: AF_INET,
  type: STREAM,
  protocol: 6,
  local_addr: v4('10.0.0.5'),
  local_port: 40000,
  remote_addr: v4('169.254.169.254'),
  remote_port: 80,
  sock_cookie: 1,
  ...members,
});

function setUp(addresses: readonly string[] = ['10.0.0.5']) {
  const kernel = new Kernel();
  const stage = new Stage({ addresses }).take(kernel.exec(10, 1, '/bin/nc', ['nc']));
  return { kernel, stage };
}

describe('fields of a connect', () => {
  it('has client and server', () => {
    const { kernel, stage } = setUp();
    stage.take(kernel.net(KIND.NET_CONNECT, 10, tcp({ state: 1 })));
    expect(
      stage.fields(
        'evt.type',
        'fd.num',
        'fd.type',
        'fd.typechar',
        'fd.name',
        'fd.nameraw',
        'fd.cip',
        'fd.sip',
        'fd.lip',
        'fd.rip',
        'fd.cport',
        'fd.sport',
        'fd.lport',
        'fd.rport',
        'fd.sproto',
        'fd.l4proto',
        'fd.sockfamily',
        'fd.connected',
        'fd.name_changed',
        'fd.is_server',
        'fd.ip',
        'fd.port',
        'fd.net',
        'fd.snet',
        'evt.arg.addr',
        'evt.arg.fd',
        'fd.directory',
        'fd.filename',
        'fd.dev',
      ),
    ).toEqual({
      'evt.type': 'connect',
      'fd.num': 4,
      'fd.type': 'ipv4',
      'fd.typechar': '4',
      'fd.name': '10.0.0.5:40000->169.254.169.254:80',
      'fd.nameraw': '',
      'fd.cip': ip('10.0.0.5'),
      'fd.sip': ip('169.254.169.254'),
      'fd.lip': ip('10.0.0.5'),
      'fd.rip': ip('169.254.169.254'),
      'fd.cport': 40000,
      'fd.sport': 80,
      'fd.lport': 40000,
      'fd.rport': 80,
      'fd.sproto': '80',
      'fd.l4proto': 'tcp',
      'fd.sockfamily': 'ip',
      'fd.connected': true,
      'fd.name_changed': true,
      'fd.is_server': false,
      'fd.ip': [ip('10.0.0.5'), ip('169.254.169.254')],
      'fd.port': [40000, 80],
      'fd.net': [ip('10.0.0.5'), ip('169.254.169.254')],
      'fd.snet': ip('169.254.169.254'),
      'evt.arg.addr': '169.254.169.254:80',
      'evt.arg.fd': '<4t>10.0.0.5:40000->169.254.169.254:80',
      'fd.directory': null,
      'fd.filename': null,
      'fd.dev': 0,
    });
  });

  it('counts as connected while it is in progress, and as failed', () => {
    const { kernel, stage } = setUp();
    stage.take(kernel.net(KIND.NET_CONNECT, 10, tcp({ ret: -EINPROGRESS, state: 2 })));
    expect(
      stage.fields('evt.res', 'evt.failed', 'evt.rawres', 'fd.connected', 'fd.name_changed'),
    ).toEqual({
      'evt.res': 'EINPROGRESS',
      'evt.failed': true,
      'evt.rawres': -115,
      'fd.connected': true,
      'fd.name_changed': true,
    });
  });

  it('still says whom a refused one was for', () => {
    const { kernel, stage } = setUp();
    stage.take(kernel.net(KIND.NET_CONNECT, 10, tcp({ ret: -ECONNREFUSED, state: 7 })));
    expect(stage.fields('evt.res', 'fd.sip', 'fd.connected', 'fd.name_changed')).toEqual({
      'evt.res': 'ECONNREFUSED',
      'fd.sip': ip('169.254.169.254'),
      'fd.connected': false,
      'fd.name_changed': false,
    });
  });

  it('is a server where the address of the server is ours: both ends of loopback', () => {
    const { kernel, stage } = setUp([]);
    stage.take(
      kernel.net(
        KIND.NET_CONNECT,
        10,
        tcp({ local_addr: v4('127.0.0.1'), remote_addr: v4('127.0.0.53') }),
      ),
    );
    expect(stage.field('fd.is_server')).toBe(true);
  });

  it('knows IPv6, and IPv4 spoken through it', () => {
    const { kernel, stage } = setUp();
    const six = Uint8Array.from([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    stage.take(
      kernel.net(
        KIND.NET_CONNECT,
        10,
        tcp({ family: AF_INET6, addr_family: AF_INET6, local_addr: six, remote_addr: six }),
      ),
    );
    expect(stage.fields('fd.type', 'fd.typechar', 'fd.name', 'fd.sip')).toEqual({
      'fd.type': 'ipv6',
      'fd.typechar': '6',
      'fd.name': '2001:db8::1:40000->2001:db8::1:80',
      'fd.sip': String.fromCharCode(...six),
    });
    stage.take(kernel.net(KIND.NET_CONNECT, 10, tcp({ family: AF_INET6, addr_family: AF_INET6 })));
    expect(stage.fields('fd.type', 'fd.sip')).toEqual({
      'fd.type': 'ipv4',
      'fd.sip': ip('169.254.169.254'),
    });
  });

  it('has a descriptor and nothing behind it where that was no socket', () => {
    const { kernel, stage } = setUp();
    const none = { ret: -88, family: 0, type: 0, protocol: 0, sock_cookie: 0, local_port: 0 };
    const fields = [
      ...['fd.num', 'fd.type', 'fd.typechar', 'fd.name', 'fd.nameraw', 'fd.directory'],
      ...['fd.l4proto', 'fd.connected', 'fd.is_server', 'fd.name_changed', 'fd.ino', 'fd.sip'],
      ...['evt.arg.fd', 'evt.count.error.net', 'evt.count.error.other', 'evt.res'],
    ];
    const nothing = {
      'fd.num': 4,
      'fd.type': null,
      'fd.typechar': 'o',
      'fd.directory': '/',
      'fd.l4proto': null,
      'fd.connected': null,
      'fd.is_server': null,
      'fd.name_changed': null,
      'fd.ino': null,
      'fd.sip': null,
      'evt.arg.fd': '4',
      'evt.res': 'ENOTSOCK',
    };
    stage.take(kernel.net(KIND.NET_CONNECT, 10, tcp(none)));
    expect(stage.fields(...fields)).toEqual({
      ...nothing,
      'fd.name': 'NULL',
      'fd.nameraw': 'NULL',
      'evt.count.error.net': 1,
      'evt.count.error.other': null,
    });
    stage.take(kernel.net(KIND.NET_BIND, 10, tcp(none)));
    expect(stage.fields(...fields)).toEqual({
      ...nothing,
      'fd.name': '',
      'fd.nameraw': '',
      'evt.count.error.net': null,
      'evt.count.error.other': 1,
    });
  });

  it("names a unix socket by the peer's path", () => {
    const { kernel, stage } = setUp();
    stage.take(
      kernel.net(
        KIND.NET_CONNECT,
        10,
        { fd: 3, family: AF_UNIX, addr_family: AF_UNIX, type: STREAM },
        { unix_path: '/run/docker.sock' },
      ),
    );
    expect(
      stage.fields(
        'fd.type',
        'fd.typechar',
        'fd.name',
        'fd.sip',
        'fd.ip',
        'fd.l4proto',
        'fd.sockfamily',
        'evt.arg.addr',
      ),
    ).toEqual({
      'fd.type': 'unix',
      'fd.typechar': 'u',
      'fd.name': '0->0 /run/docker.sock',
      'fd.sip': null,
      'fd.ip': [],
      'fd.l4proto': '<NA>',
      'fd.sockfamily': 'unix',
      'evt.arg.addr': '/run/docker.sock',
    });
    expect(stage.fields('fd.cproto', 'fd.sproto', 'fd.lproto', 'fd.rproto')).toEqual({
      'fd.cproto': '',
      'fd.sproto': null,
      'fd.lproto': null,
      'fd.rproto': null,
    });
  });

  it('leaves a family without names as text', () => {
    const { kernel, stage } = setUp();
    stage.take(kernel.net(KIND.NET_CONNECT, 10, { fd: 3, family: 38, addr_family: 38 }));
    expect(
      stage.fields('fd.type', 'fd.typechar', 'fd.name', 'fd.sockfamily', 'evt.arg.addr'),
    ).toEqual({
      'fd.type': '<NA>',
      'fd.typechar': 'o',
      'fd.name': '',
      'fd.sockfamily': null,
      'evt.arg.addr': 'family 38',
    });
  });
});

describe('fields of a bind', () => {
  it('has a server and no client', () => {
    const { kernel, stage } = setUp();
    stage.take(
      kernel.net(
        KIND.NET_BIND,
        10,
        tcp({
          local_addr: v4('0.0.0.0'),
          local_port: 8080,
          remote_addr: v4('0.0.0.0'),
          remote_port: 0,
        }),
        {},
        BIND,
      ),
    );
    expect(
      stage.fields(
        'evt.type',
        'fd.name',
        'fd.sip',
        'fd.sport',
        'fd.cip',
        'fd.cport',
        'fd.lport',
        'fd.ip',
        'fd.port',
        'fd.is_server',
        'fd.connected',
        'evt.arg.addr',
      ),
    ).toEqual({
      'evt.type': 'bind',
      'fd.name': '0.0.0.0:8080',
      'fd.sip': 0,
      'fd.sport': 8080,
      'fd.cip': null,
      'fd.cport': null,
      'fd.lport': null,
      'fd.ip': [0],
      'fd.port': [8080],
      'fd.is_server': true,
      'fd.connected': false,
      'evt.arg.addr': '0.0.0.0:8080',
    });
    expect(stage.fields('fd.cproto', 'fd.sproto', 'fd.lproto')).toEqual({
      'fd.cproto': '',
      'fd.sproto': '',
      'fd.lproto': null,
    });
  });

  it('gives no role without a port', () => {
    const { kernel, stage } = setUp();
    stage.take(kernel.net(KIND.NET_BIND, 10, tcp({ local_port: 0, remote_port: 0 }), {}, BIND));
    expect(stage.fields('fd.sip', 'fd.sport', 'fd.l4proto', 'fd.cproto')).toEqual({
      'fd.sip': null,
      'fd.sport': 0,
      'fd.l4proto': '<NA>',
      'fd.cproto': null,
    });
  });
});

describe('fields of a send', () => {
  const udp = (members = {}) =>
    tcp({
      type: DGRAM,
      protocol: 17,
      remote_port: 53,
      ret: 30,
      bytes: 30,
      sock_cookie: 9,
      ...members,
    });

  it('changes the name with each new peer, and connects', () => {
    const { kernel, stage } = setUp();
    const changed = (members = {}): unknown =>
      stage.take(kernel.net(KIND.NET_SEND, 10, udp(members), {}, SENDTO)).field('fd.name_changed');
    expect(changed()).toBe(true);
    expect(
      stage.fields(
        'fd.connected',
        'evt.buflen',
        'evt.io_dir',
        'evt.is_io_write',
        'evt.category',
        'fd.l4proto',
      ),
    ).toEqual({
      'fd.connected': true,
      'evt.buflen': 30,
      'evt.io_dir': 'write',
      'evt.is_io_write': true,
      'evt.category': 'net',
      'fd.l4proto': 'udp',
    });
    expect(changed()).toBe(false);
    expect(changed({ remote_addr: v4('8.8.8.8') })).toBe(true);
    expect(changed({ remote_addr: v4('8.8.8.8'), remote_port: 54 })).toBe(true);
  });

  it('never changes the name on TCP', () => {
    const { kernel, stage } = setUp();
    stage.take(kernel.net(KIND.NET_SEND, 10, tcp({ ret: 5, addr_family: 0 }), {}, SENDTO));
    expect(stage.field('fd.name_changed')).toBe(false);
  });

  it('is IPv4 on both ends where an IPv6 socket sends to an IPv4 address', () => {
    const { kernel, stage } = setUp();
    const members = udp({ family: AF_INET6, local_addr: new Uint8Array(16) });
    stage.take(kernel.net(KIND.NET_SEND, 10, members, {}, SENDTO));
    expect(stage.fields('fd.type', 'fd.name', 'fd.lip')).toEqual({
      'fd.type': 'ipv4',
      'fd.name': '0.0.0.0:40000->169.254.169.254:53',
      'fd.lip': 0,
    });
  });

  it("is the server's answer on a bound socket", () => {
    const { kernel, stage } = setUp();
    stage.take(
      kernel.net(KIND.NET_BIND, 10, udp({ local_port: 53, remote_port: 0, ret: 0 }), {}, BIND),
      kernel.net(KIND.NET_SEND, 10, udp({ local_port: 53, remote_port: 50000 }), {}, SENDTO),
    );
    expect(stage.fields('fd.name', 'fd.sport', 'fd.cport', 'fd.lport')).toEqual({
      'fd.name': '169.254.169.254:50000->10.0.0.5:53',
      'fd.sport': 53,
      'fd.cport': 50000,
      'fd.lport': 53,
    });
  });

  it('takes a socket older than the sensor for a server by its port', () => {
    const { kernel, stage } = setUp();
    stage.take(
      kernel.net(
        KIND.NET_SEND,
        10,
        tcp({
          ret: 5,
          addr_family: 0,
          local_port: 443,
          remote_port: 51000,
          sock_cookie: 77,
          state: 1,
        }),
        {},
        SENDTO,
      ),
    );
    expect(stage.fields('fd.sport', 'fd.cport')).toEqual({ 'fd.sport': 443, 'fd.cport': 51000 });
  });

  it('writes to syslog through its socket', () => {
    const { kernel, stage } = setUp();
    stage.take(
      kernel.net(
        KIND.NET_SEND,
        10,
        { fd: 3, family: AF_UNIX, type: DGRAM, ret: 9, bytes: 9 },
        { unix_path: '/dev/log' },
        SENDTO,
      ),
    );
    expect(stage.fields('evt.is_syslog', 'evt.category')).toEqual({
      'evt.is_syslog': true,
      'evt.category': 'ipc',
    });
  });

  it('has no data, and says so as a missing parameter', () => {
    const { kernel, stage } = setUp();
    stage.take(kernel.net(KIND.NET_SEND, 10, udp(), {}, SENDTO));
    expect(stage.fields('evt.arg.data', 'evt.rawarg.data', 'evt.buffer', 'evt.arg.size')).toEqual({
      'evt.arg.data': 'NULL',
      'evt.rawarg.data': null,
      'evt.buffer': null,
      'evt.arg.size': '30',
    });
  });
});

it('a connect by io_uring without a descriptor number is a connect', () => {
  const { kernel, stage } = setUp();
  const record = kernel.net(KIND.NET_CONNECT, 10, tcp({ fd: -1 }), {}, 16);
  stage.take({ ...record, header: { ...record.header, flags: 8 } });
  expect(stage.fields('evt.type', 'fd.num', 'fd.sip')).toEqual({
    'evt.type': 'connect',
    'fd.num': -1,
    'fd.sip': ip('169.254.169.254'),
  });
  expect(CONNECT).not.toBe(16);
});

describe('fields of a verdict', () => {
  const LAYER = { connect: 1, sendmsg: 2, tc: 3 };
  const UDP = 17;
  const verdict = (members = {}) => ({
    local_addr: v4('10.0.0.5'),
    local_port: 40000,
    remote_addr: v4('203.0.113.7'),
    remote_port: 443,
    protocol: 6,
    layer: LAYER.connect,
    ...members,
  });
  const of = (members = {}) => {
    const { kernel, stage } = setUp();
    // What the socket of another event was does not matter.
    stage.take(kernel.net(KIND.NET_BIND, 10, tcp({ local_port: 53 }), {}, BIND));
    return stage.take(kernel.net(KIND.NET_VERDICT, 10, verdict(members), {}, 0));
  };

  it('are those of its flow and its process, and none of a descriptor', () => {
    expect(
      of().fields(
        'evt.type',
        'evt.category',
        'fd.num',
        'fd.type',
        'fd.name',
        'fd.cip',
        'fd.sip',
        'fd.lip',
        'fd.rip',
        'fd.cport',
        'fd.sport',
        'fd.lport',
        'fd.rport',
        'fd.l4proto',
        'fd.connected',
        'evt.args',
        'evt.rawres',
        'proc.exepath',
      ),
    ).toEqual({
      'evt.type': 'connect',
      'evt.category': 'net',
      'fd.num': null,
      'fd.type': 'ipv4',
      'fd.name': '10.0.0.5:40000->203.0.113.7:443',
      'fd.cip': ip('10.0.0.5'),
      'fd.sip': ip('203.0.113.7'),
      'fd.lip': ip('10.0.0.5'),
      'fd.rip': ip('203.0.113.7'),
      'fd.cport': 40000,
      'fd.sport': 443,
      'fd.lport': 40000,
      'fd.rport': 443,
      'fd.l4proto': 'tcp',
      'fd.connected': null,
      'evt.args': '',
      'evt.rawres': null,
      'proc.exepath': '/bin/nc',
    });
  });

  it('name no address of ours before one is chosen', () => {
    const unchosen = { local_addr: new Uint8Array(16), local_port: 0 };
    expect(of(unchosen).field('fd.name')).toBe('0.0.0.0:0->203.0.113.7:443');
    const remote_addr = Uint8Array.of(0x20, 1, 0xd, 0xb8, ...Array<number>(11).fill(0), 7);
    const six = of({ ...unchosen, remote_addr });
    expect(six.fields('fd.name', 'fd.type')).toEqual({
      'fd.name': ':::0->2001:db8::7:443',
      'fd.type': 'ipv6',
    });
  });

  it.each([
    ['connect', LAYER.connect, UDP, 'connect'],
    ['sendmsg', LAYER.sendmsg, UDP, 'sendmsg'],
    ['a packet of TCP', LAYER.tc, 6, 'connect'],
    ['a packet of UDP', LAYER.tc, UDP, 'sendto'],
  ])('call it by what it is about: %s', (_name, layer, protocol, type) => {
    expect(of({ layer, protocol }).field('evt.type')).toBe(type);
  });

  it('make no event that rules judge', () => {
    expect(of().event.type).toBe(-1);
  });
});
