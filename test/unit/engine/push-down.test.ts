import fc from 'fast-check';
import { compileRules, pushDown, type FieldSource } from '../../../sensor/engine/index.js';
import { CLASS, KIND } from '../../../sensor/events/index.js';
import type { FieldValue } from '../../../sensor/lang/field-def.js';
import type { CompareOp, Condition } from '../../../sensor/lang/ir.js';
import {
  and,
  check,
  compare,
  exists,
  net,
  not,
  or,
  print,
  rule,
} from '../../support/conditions.js';

type Event = Readonly<Record<string, FieldValue>>;
const fields: FieldSource<Event> = { getter: (use) => (event) => event[use.text] ?? null };

interface Observed {
  readonly kind: number;
  readonly bits: number;
  readonly event: Event;
}

const O = { WRONLY: 1, RDWR: 2, CREAT: 0o100, DIRECTORY: 0o200000 };
const errno = fc.constantFrom<[number, string]>(
  [-2, 'ENOENT'],
  [-13, 'EACCES'],
  [-111, 'ECONNREFUSED'],
);

/** An open as it happens, told twice: as the class the kernel computes and as the fields the rules see. */
const opened: fc.Arbitrary<Observed> = fc
  .record({
    type: fc.constantFrom('open', 'openat', 'openat2', 'creat'),
    mode: fc.constantFrom(0, O.WRONLY, O.RDWR),
    create: fc.boolean(),
    directory: fc.boolean(),
    failed: fc.option(errno, { nil: null }),
  })
  .map(({ type, mode, create, directory, failed }) => {
    const read = mode !== O.WRONLY;
    const write = mode !== 0;
    const bits =
      (failed ? CLASS.OPEN_FAILED : 0) |
      (read ? CLASS.OPEN_READ : 0) |
      (write ? CLASS.OPEN_WRITE : 0) |
      (create ? CLASS.OPEN_CREATE : 0) |
      (directory ? CLASS.OPEN_DIRECTORY : 0);
    const event: Event = {
      'evt.type': type,
      'evt.failed': failed !== null,
      'evt.rawres': failed?.[0] ?? 3,
      'evt.res': failed?.[1] ?? 'SUCCESS',
      'evt.is_open_read': type !== 'creat' && read,
      'evt.is_open_write': type !== 'creat' && write,
      'evt.is_open_create': create && failed === null,
      'fd.num': failed ? -1 : 3,
      'fd.typechar': failed ? (type === 'open' ? 'o' : 'f') : directory ? 'd' : 'f',
      'fd.type': failed ? null : directory ? 'directory' : 'file',
      'fd.name': '/etc/passwd',
    };
    return { kind: KIND.FILE_OPEN, bits, event };
  });

const FAMILIES = [
  { char: 'n', type: 'netlink', family: null, ip: null },
  { char: '4', type: 'ipv4', family: 'ip', ip: 0x0a000001 },
  { char: '6', type: 'ipv6', family: 'ip', ip: '\u0020\u0001'.padEnd(16, '\0') },
  { char: 'u', type: 'unix', family: 'unix', ip: null },
] as const;

const connected: fc.Arbitrary<Observed> = fc
  .record({
    call: fc.constantFrom<[number, string]>(
      [KIND.NET_CONNECT, 'connect'],
      [KIND.NET_SEND, 'sendmsg'],
      [KIND.NET_BIND, 'bind'],
    ),
    family: fc.integer({ min: 0, max: 3 }),
    mapped: fc.boolean(),
    datagram: fc.boolean(),
    failed: fc.option(fc.oneof(errno, fc.constant<[number, string]>([-115, 'EINPROGRESS'])), {
      nil: null,
    }),
  })
  .map(({ call: [kind, type], family, mapped, datagram, failed }) => {
    const refused = failed !== null && failed[1] !== 'EINPROGRESS';
    // An IPv6 socket that carries IPv4 is shown as IPv4.
    const shown = FAMILIES[family === 2 && mapped ? 1 : family]!;
    const bits =
      (refused ? CLASS.NET_FAILED : 0) |
      (family << CLASS.NET_FAMILY_SHIFT) |
      (datagram ? CLASS.NET_DGRAM : 0);
    const event: Event = {
      'evt.type': type,
      'evt.failed': failed !== null,
      'evt.rawres': failed?.[0] ?? 0,
      'evt.res': failed?.[1] ?? 'SUCCESS',
      'evt.is_open_read': false,
      'evt.is_open_write': false,
      'fd.num': 5,
      'fd.typechar': shown.char,
      'fd.type': shown.type,
      'fd.sockfamily': shown.family,
      'fd.sip': shown.ip,
      'fd.ip': shown.ip === null ? null : [shown.ip],
      'fd.snet': shown.ip,
      'fd.sport': shown.ip === null ? null : 443,
      'fd.l4proto': shown.ip === null ? '<NA>' : datagram ? 'udp' : 'tcp',
    };
    return { kind, bits, event };
  });

const failedExec: fc.Arbitrary<Observed> = fc
  .tuple(fc.constantFrom('execve', 'execveat'), errno)
  .map(([type, [number, name]]) => ({
    kind: KIND.PROCESS_EXEC_FAILED,
    bits: 0,
    event: {
      'evt.type': type,
      'evt.failed': true,
      'evt.rawres': number,
      'evt.res': name,
      'evt.arg.res': name,
      'evt.rawarg.res': number,
      'evt.is_open_read': false,
      'evt.is_open_write': false,
    },
  }));

const bool = (name: string): fc.Arbitrary<Condition> =>
  fc
    .tuple(fc.constantFrom<CompareOp[]>('=', '!='), fc.boolean())
    .map(([op, value]) => compare(name, op, value));
const number = (name: string): fc.Arbitrary<Condition> =>
  fc
    .tuple(
      fc.constantFrom<CompareOp[]>('=', '!=', '<', '<=', '>', '>='),
      fc.constantFrom(-115, -13, -1, 0, 3, 443),
    )
    .map(([op, value]) => compare(name, op, value));
const words = (name: string, ...values: string[]): fc.Arbitrary<Condition> =>
  fc.oneof(
    fc
      .tuple(fc.constantFrom<CompareOp[]>('=', '!=', 'startswith'), fc.constantFrom(...values))
      .map(([op, value]) => compare(name, op, value)),
    fc.subarray(values).map((some) => compare(name, 'in', ...some)),
    fc.subarray(values).map((some) => check(name, 'startswith', 'anyof', ...some)),
    fc.constant(exists(name)),
  );

const leaf = fc.oneof(
  words('evt.type', 'open', 'openat', 'creat', 'connect', 'bind', 'execve', 'sendmsg'),
  words('evt.res', 'SUCCESS', 'EINPROGRESS', 'ENOENT', 'E'),
  words('evt.arg.res', '0', 'ENOENT'),
  words('fd.typechar', 'f', 'd', 'o', '4', '6', 'u'),
  words('fd.type', 'file', 'directory', 'ipv4', 'ipv6', 'unix'),
  words('fd.sockfamily', 'ip', 'unix'),
  words('fd.l4proto', 'tcp', 'udp', '<NA>'),
  words('fd.name', '/etc/passwd', '/srv'),
  bool('evt.failed'),
  bool('evt.is_open_read'),
  bool('evt.is_open_write'),
  bool('evt.is_open_create'),
  number('evt.rawres'),
  number('evt.rawarg.res'),
  number('fd.num'),
  number('fd.sport'),
  fc.constantFrom(compare('fd.sip', '=', net('10.0.0.1')), compare('fd.ip', '!=', net('10.0.0.1'))),
  fc.constantFrom(
    compare('fd.snet', 'in', net('10.0.0.0/8')),
    compare('fd.snet', '!=', net('10.0.0.0/8')),
  ),
  // As seen from the class these are alike: neither is known.
  fc.constantFrom(compare('proc.name', '=', 'cat'), exists('proc.name')),
);

const condition = fc.letrec<{ node: Condition }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    leaf,
    fc.array(tie('node'), { minLength: 2, maxLength: 3 }).map((items) => and(...items)),
    fc.array(tie('node'), { minLength: 2, maxLength: 3 }).map((items) => or(...items)),
    tie('node').map(not),
  ),
})).node;

const wants = (bitmaps: readonly bigint[], { kind, bits }: Observed): boolean =>
  (((bitmaps[kind] ?? 0n) >> BigInt(bits)) & 1n) === 1n;

describe('push-down', () => {
  it('never leaves out an event that a rule matches', () => {
    const names = [
      'open',
      'openat',
      'openat2',
      'creat',
      'connect',
      'sendmsg',
      'bind',
      'execve',
      'execveat',
    ];
    let filtered = 0;
    let matched = 0;
    fc.assert(
      fc.property(
        condition,
        fc.array(fc.oneof(opened, connected, failedExec), { minLength: 30, maxLength: 30 }),
        (one, observed) => {
          const rules = [rule('r', one)];
          const bitmaps = pushDown(rules);
          const engine = compileRules({ rules }, { fields, types: { names }, matching: 'all' });
          for (const seen of observed) {
            const matches = engine.match(names.indexOf(String(seen.event['evt.type'])), seen.event);
            if (matches.length > 0) matched++;
            if (wants(bitmaps, seen)) continue;
            filtered++;
            if (matches.length > 0) {
              throw new Error(`filtered: ${print(one)} on ${JSON.stringify(seen.event)}`);
            }
          }
        },
      ),
      { numRuns: 1500 },
    );
    expect(matched).toBeGreaterThan(5000);
    expect(filtered).toBeGreaterThan(5000);
  });

  const opens = compare('evt.type', 'in', 'open', 'openat', 'openat2');
  const openWrite = and(opens, compare('evt.is_open_write', '=', true), compare('fd.num', '>=', 0));

  it('keeps opens for write that succeeded and nothing else, for a rule about those', () => {
    const bitmap = pushDown([rule('r', openWrite)])[KIND.FILE_OPEN] ?? 0n;
    for (let bits = 0; bits < 32; bits++) {
      const wanted = (bits & CLASS.OPEN_WRITE) !== 0 && (bits & CLASS.OPEN_FAILED) === 0;
      expect([bits, (bitmap >> BigInt(bits)) & 1n]).toEqual([bits, wanted ? 1n : 0n]);
    }
  });

  it('keeps no failed exec for a rule about programs that run', () => {
    const ran = and(
      compare('evt.type', 'in', 'execve', 'execveat'),
      compare('evt.arg.res', '=', '0'),
    );
    expect(pushDown([rule('r', ran)])[KIND.PROCESS_EXEC_FAILED]).toBe(0n);
    expect(
      pushDown([rule('r', compare('evt.type', '=', 'execve'))])[KIND.PROCESS_EXEC_FAILED],
    ).toBe(1n);
  });

  it('keeps every kind of socket for a rule that names none, IP only for one about addresses', () => {
    const connect = compare('evt.type', '=', 'connect');
    expect(pushDown([rule('r', connect)])[KIND.NET_CONNECT]).toBe(0xffffn);
    expect(pushDown([rule('r', connect)])[KIND.NET_BIND]).toBe(0n);
    const metadata = and(connect, compare('fd.sip', '=', net('169.254.169.254')));
    const bitmap = pushDown([rule('r', metadata)])[KIND.NET_CONNECT] ?? 0n;
    for (let bits = 0; bits < 16; bits++) {
      const family = (bits >> CLASS.NET_FAMILY_SHIFT) & 3;
      expect((bitmap >> BigInt(bits)) & 1n).toBe(family === 1 || family === 2 ? 1n : 0n);
    }
  });

  it('filters no kind that is the process table, and asks nothing of rules that are off or act', () => {
    const exec = rule('r', compare('evt.type', '=', 'execve'));
    expect(pushDown([exec])[KIND.PROCESS_EXEC]).toBe((1n << 64n) - 1n);
    expect(pushDown([{ ...exec, enabled: false }])[KIND.PROCESS_EXEC_FAILED]).toBe(0n);
  });
});
