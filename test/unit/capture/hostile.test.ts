import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  BLOCK,
  BLOCK_HEADER,
  MAX_PAYLOAD,
  openHeader,
  openPayload,
  sealBlock,
} from '../../../sensor/capture/block.js';
import { KIND, writeBatch, writeRecord } from '../../../sensor/events/index.js';
import { Kernel } from '../identity/records.js';
import { Live } from './live.js';
import { EVERY_EVENT, freshPath, replayed, session } from './support.js';

/** A capture with a block of every kind, apart. */
const blocks = ((): { kind: number; payload: Buffer }[] => {
  const live = new Live({ rules: EVERY_EVENT });
  const kernel = new Kernel();
  live.batch([
    ...session(kernel),
    kernel.net(KIND.NET_CONNECT, 200, { family: 2, addr_family: 2, type: 1, sock_cookie: 7 }),
    kernel.record(KIND.CGROUP_MKDIR, 1, { id: 5n, level: 1 }, { path: '/a' }),
    kernel.record(KIND.CGROUP_RMDIR, 1, { id: 5n }),
  ]);
  const { path, end } = live.record();
  live.batch(session(kernel));
  live.offsetNs += 1_000_000_000n;
  live.identity.clock.refresh();
  live.identity.users.replace({ users: new Map(), groups: new Map([[0, 'wheel']]) });
  live.captures.tick();
  live.batch([kernel.record(KIND.NET_VERDICT, 200, { set: live.set, rule: 0 })]);
  end();
  const file = readFileSync(path);
  const found: { kind: number; payload: Buffer }[] = [];
  for (let at = 0; at < file.length;) {
    const header = openHeader(file.subarray(at));
    if (typeof header === 'string') throw new Error(header);
    const end = at + BLOCK_HEADER + header.storedBytes;
    found.push({
      kind: header.kind,
      payload: openPayload(header, file.subarray(at + BLOCK_HEADER, end)) as Buffer,
    });
    at = end;
  }
  return found;
})();

const path = freshPath();

/** Seals blocks and replays them: whatever they say, it ends, and what is wrong is damage at a byte. */
async function survives(all: readonly { kind: number; payload: Uint8Array }[]): Promise<void> {
  const sealed = all.map(({ kind, payload }) => sealBlock(kind, payload));
  writeFileSync(path, Buffer.concat(sealed));
  const borders = new Set([0]);
  sealed.reduce((at, block) => (borders.add(at + block.length), at + block.length), 0);
  const { summary } = await replayed([path]);
  for (const { at, why } of summary.damage) {
    expect(borders).toContain(at);
    expect(why).not.toBe('');
  }
}

it('has a block of every kind', () => {
  const kinds = new Set(blocks.map(({ kind }) => kind));
  expect([...kinds].sort()).toEqual(Object.values(BLOCK));
});

/** Every place in a JSON value. */
function places(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, item]) => places(item, [...path, key]))];
}

function put(value: unknown, [key, ...rest]: readonly string[], what: unknown): unknown {
  if (key === undefined) return what;
  const copy = (
    Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }
  ) as Record<string, unknown>;
  copy[key] = put(copy[key], rest, what);
  return copy;
}

const JSON_KINDS: readonly number[] = [BLOCK.header, BLOCK.rules, BLOCK.names];

it('survives any value at any place of what a block says, under right checksums', async () => {
  const json = blocks.filter(({ kind }) => JSON_KINDS.includes(kind));
  const values = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom<unknown>(
      -1,
      0,
      1,
      2 ** 16,
      2 ** 31,
      2 ** 53,
      1e308,
      '',
      '-9'.repeat(9),
      null,
      [],
      {},
      'x'.repeat(5000),
      Array(30_000).fill([0, 'n']),
    ),
  );
  const edits = fc.array(fc.tuple(fc.nat(), values), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(fc.nat(json.length - 1), edits, async (which, changes) => {
      let value: unknown = JSON.parse(json[which]!.payload.toString());
      for (const [at, what] of changes) {
        const all = places(value);
        value = put(value, all[at % all.length]!, what);
      }
      const payload = Buffer.from(JSON.stringify(value) ?? 'null');
      await survives(
        blocks.map((block) => (block === json[which] ? { ...block, payload } : block)),
      );
    }),
    { numRuns: 150 },
  );
});

it('survives any bytes in any block, blocks in any order, twice and left out', async () => {
  const change = fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 16 }));
  const pick = fc.tuple(fc.nat(blocks.length - 1), fc.array(change, { maxLength: 4 }));
  await fc.assert(
    fc.asyncProperty(fc.array(pick, { maxLength: 14 }), async (picks) => {
      const changed = picks.map(([which, changes]) => {
        const payload = Buffer.from(blocks[which]!.payload);
        for (const [at, bytes] of changes)
          payload.set(
            bytes.subarray(0, payload.length - (at % payload.length)),
            at % payload.length,
          );
        return { kind: blocks[which]!.kind, payload };
      });
      await survives([blocks[0]!, ...changed]);
    }),
    { numRuns: 150 },
  );
});

it('lets no member name reach the prototype of objects', async () => {
  const evil = '{"__proto__":{"polluted":1}}';
  const header = JSON.parse(blocks[0]!.payload.toString()) as object;
  const text = JSON.stringify({ ...header, staticFields: 0 }).replace(
    '"staticFields":0',
    `"staticFields":${evil},"__proto__":{"polluted":1}`,
  );
  await survives([
    { kind: BLOCK.header, payload: Buffer.from(text) },
    blocks[0]!,
    { kind: BLOCK.loss, payload: Buffer.from(`{"lost":${evil}}`) },
    { kind: BLOCK.rules, payload: Buffer.from(`{"generation":1,"actions":[],${evil.slice(1)}`) },
  ]);
  expect('polluted' in {}).toBe(false);
});

it('survives a block nested as deep as it can be', async () => {
  for (const text of ['['.repeat(MAX_PAYLOAD), '{"lost":'.repeat(MAX_PAYLOAD / 8)])
    await survives([blocks[0]!, { kind: BLOCK.loss, payload: Buffer.from(text) }]);
});

describe('memory stays bounded', () => {
  /** What a replay with half a GiB of heap took; one that wants more is killed by V8. */
  function took(bytes: Buffer): { records: number; undecodable: number; rssMiB: number } {
    writeFileSync(path, bytes);
    const script = join(import.meta.dirname, 'replay-file.ts');
    const loader = join(import.meta.dirname, '../../support/run-ts.mjs');
    const out = execFileSync(
      process.execPath,
      ['--max-old-space-size=512', '--import', loader, script, path],
      { encoding: 'utf8', env: { PATH: process.env['PATH'] } },
    );
    return JSON.parse(out) as ReturnType<typeof took>;
  }
  const [header] = blocks;

  it('with processes of 60 KiB each, as many as the table holds', () => {
    const kernel = new Kernel();
    const parts = [sealBlock(BLOCK.header, header!.payload)];
    const args = Array.from({ length: 10 }, (_, i) => String(i).repeat(6000));
    for (let pid = 1; pid < 30_000; pid += 100) {
      const batch = Array.from({ length: 100 }, (_, i) =>
        kernel.exec(pid + i, 1, `/${pid + i}`, [String(pid + i), ...args]),
      );
      parts.push(sealBlock(BLOCK.records, writeBatch(batch)));
    }
    expect(parts.reduce((sum, part) => sum + part.length, 0)).toBeLessThan(16 << 20);
    const { records, rssMiB } = took(Buffer.concat(parts));
    expect(records).toBe(30_000);
    expect(rssMiB).toBeLessThan(800);
  });

  it('with a layout that calls eight bytes a record', () => {
    const layout = (
      JSON.parse(header!.payload.toString()) as {
        layout: { structs: Record<string, unknown>; records: object[] };
      }
    ).layout;
    const tiny = {
      structs: { process_exec: { 'hdr.size': [0, 2, false], 'hdr.kind': [2, 1, false] } },
      records: [
        {
          ...layout.records.find((shape) => (shape as { name: string }).name === 'PROCESS_EXEC'),
          fixed: 8,
          lengthsAt: [],
          stringNames: [],
        },
      ],
    };
    const one = Buffer.alloc(8);
    one.writeUInt16LE(8, 0);
    one.writeUInt8(KIND.PROCESS_EXEC, 2);
    const text = JSON.stringify({
      ...(JSON.parse(header!.payload.toString()) as object),
      layout: tiny,
    });
    const { records, rssMiB } = took(
      Buffer.concat([
        sealBlock(BLOCK.header, Buffer.from(text)),
        sealBlock(BLOCK.records, Buffer.alloc(MAX_PAYLOAD, one)),
      ]),
    );
    expect(records).toBe(MAX_PAYLOAD / 8);
    expect(rssMiB).toBeLessThan(600);
  });

  it('with sessions, groups and names without end', () => {
    const kernel = new Kernel();
    const session = sealBlock(
      BLOCK.header,
      Buffer.from(
        JSON.stringify({
          ...(JSON.parse(header!.payload.toString()) as object),
          staticFields: Object.fromEntries(
            Array.from({ length: 1500 }, (_, i) => [i, 'x'.repeat(4000)]),
          ),
        }),
      ),
    );
    const parts = Array.from({ length: 120 }, () => session);
    for (let i = 0; i < 100; i++) {
      const groups = Array.from({ length: 200 }, (_, j) =>
        writeRecord(
          kernel.record(
            KIND.CGROUP_MKDIR,
            1,
            { id: BigInt(i * 200 + j) },
            { path: `/${i}/${j}/${'g'.repeat(30_000)}` },
          ),
        ),
      );
      const lost = Object.fromEntries(
        Array.from({ length: 5000 }, (_, j) => [`${i}.${j}`, { ring_full: 1 }]),
      );
      parts.push(
        session,
        sealBlock(BLOCK.records, Buffer.concat(groups)),
        sealBlock(BLOCK.loss, Buffer.from(JSON.stringify({ lost }))),
      );
    }
    expect(took(Buffer.concat(parts)).rssMiB).toBeLessThan(700);
  });
});
