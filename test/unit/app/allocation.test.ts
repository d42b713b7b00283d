import { Pipeline } from '../../../sensor/app/sensor/pipeline.js';
import { createLogger, WallClock } from '../../../sensor/core/index.js';
import { compileRules } from '../../../sensor/engine/index.js';
import { KIND, writeBatch, type RecordValues } from '../../../sensor/events/index.js';
import { Identity } from '../../../sensor/identity/index.js';
import { EVENT_NAMES, loadRules } from '../../../sensor/lang/index.js';
import { v4 } from '../identity/records.js';

const RULES = `
- macro: open_write
  condition: evt.type in (open, openat, openat2) and evt.is_open_write = true and fd.typechar = f and fd.num >= 0
- macro: open_read
  condition: evt.type in (open, openat, openat2) and evt.is_open_read = true and fd.typechar = f and fd.num >= 0
- macro: outbound
  condition: evt.type = connect and fd.typechar in (4, 6) and evt.rawres >= 0 and not fd.snet in ("127.0.0.0/8")
${[
  'open_write and fd.name startswith /etc/ and not proc.name in (dpkg, rpm)',
  'open_write and fd.directory in (/bin, /sbin, /usr/bin) and container.id != host',
  'open_read and fd.name in (/etc/shadow, /etc/sudoers) and not proc.pname = systemd',
  'open_read and (fd.name contains id_rsa or fd.nameraw contains ../ or fd.filename endswith .pem)',
  'open_read and proc.aname[2] = nginx and fd.name startswith /srv',
  'outbound and fd.sport in (4444, 5555) and user.name = root',
  'outbound and fd.sip in ("10.9.9.9", "10.8.8.8")',
]
  .map((text, i) => `- rule: r${i}\n  desc: d\n  condition: ${text}\n  output: o\n  priority: INFO`)
  .join('\n')}
`;

const header = (i: number, arg: number) => ({
  ts_ns: 1_000_000_000_000n + BigInt(i),
  start_ns: 5_000n,
  cgroup_id: 4000,
  tgid: 100,
  tid: 100,
  uid: 1000,
  arg,
});

const forked: RecordValues = {
  kind: KIND.PROCESS_EXEC,
  header: header(0, 59),
  members: { 'id.comm': 'cat' },
  strings: { exe_path: '/usr/bin/cat', filename: '/usr/bin/cat', cwd: '/', args: 'cat\0a\0b' },
};

const opened = (i: number): RecordValues => ({
  kind: KIND.FILE_OPEN,
  header: header(i, 257),
  members: { ret: 3, ino: 7, open_flags: i % 5 === 0 ? 1 : 0, dirfd: -100 },
  strings: { path: `/usr/share/doc/package-${i}/file-${i * 7}.so` },
});

const connected = (i: number): RecordValues => ({
  kind: KIND.NET_CONNECT,
  header: header(i, 42),
  members: {
    family: 2,
    addr_family: 2,
    type: 1,
    protocol: 6,
    fd: 5,
    local_addr: v4('10.0.0.2'),
    remote_addr: v4(`10.0.${i & 255}.7`),
    local_port: 40_000,
    remote_port: 443,
  },
});

/** From the bytes of records on: no string is made of a path that no rule is about, and nothing else either. */
describe('an event that matches nothing', () => {
  const EVENTS = 2000;
  const clock = new WallClock(() => ({ bootNs: 0n, wallNs: 0n, widthNs: 0n }));
  const identity = new Identity({ clock, hostname: 'here', hostRoot: '/nonexistent' });
  identity.containers.note(4000, '/system.slice/cat.service');
  const { ruleSet, diagnostics } = loadRules([{ name: 'r.yaml', text: RULES }]);
  const engine = compileRules(ruleSet, {
    fields: identity.fields,
    types: { names: EVENT_NAMES },
    matching: 'all',
  });
  let alerts = 0;
  const pipeline = new Pipeline(
    {
      identity,
      append: () => {
        alerts++;
      },
      onVerdict: () => undefined,
    },
    createLogger({ level: 'error', format: 'text' }),
  );
  pipeline.setRules(engine, 1);

  it.each([
    ['opens a file', opened],
    ['connects', connected],
  ])('goes from bytes to verdict without allocating: %s', (_, make) => {
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    const first = writeBatch([forked]);
    pipeline.batch(first, first.length);
    const batch = writeBatch(Array.from({ length: EVENTS }, (__, i) => make(i + 1)));
    for (let i = 0; i < 60; i++) pipeline.batch(batch, batch.length);
    expect(alerts).toBe(0);
    // The least of several runs: what else the process allocates meanwhile is not ours.
    let leastBytes = Infinity;
    for (let run = 0; run < 40 && leastBytes >= 50_000; run++) {
      const before = process.memoryUsage().heapUsed;
      for (let i = 0; i < 10; i++) pipeline.batch(batch, batch.length);
      const bytes = process.memoryUsage().heapUsed - before;
      if (bytes >= 0) leastBytes = Math.min(leastBytes, bytes);
    }
    // 20,000 events; one object of 16 bytes each would be 320,000.
    expect(leastBytes).toBeLessThan(50_000);
    const { delivered } = pipeline.walk.stats();
    expect(delivered[KIND.FILE_OPEN]! + delivered[KIND.NET_CONNECT]!).toBeGreaterThan(EVENTS);
  });

  it('and one that does match is told', () => {
    const batch = writeBatch([
      { ...opened(1), strings: { path: '/etc/shadow' } },
      { ...opened(1), strings: { path: '/home/me/.ssh/id_rsa' } },
    ]);
    pipeline.batch(batch, batch.length);
    expect([...pipeline.matches]).toEqual([
      ['r2', 1],
      ['r3', 1],
    ]);
  });
});
