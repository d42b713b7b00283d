import { beforeAll, describe, expect, it } from '@jest/globals';
import { mustExec, runTs, type Place } from '../../support/place.js';
import { describeEverywhere, describeHere } from '../../support/places.js';
import { program } from '../../support/needs.js';

const REFUSED = 111;
const RESET = 'errno 104';
const UNREACHABLE = 'errno 111';
const TIMED_OUT = 110;

const each = (status: number): Record<string, string> =>
  Object.fromEntries(
    ['tcp4', 'udp4', 'to4', 'tcp6', 'udp6', 'to6'].map((way) => [way, String(status)]),
  );
const ANSWERED = ['before', 'before', 'before', 'before'];

/** What scenarios tell; each tells a part of it. */
interface Told {
  readonly [key: string]: unknown;
  readonly status: { readonly rules: unknown; readonly interfaces: unknown };
  readonly pids: { readonly client: number; readonly old: number };
  readonly verdicts: readonly unknown[];
  readonly during: { readonly reached: unknown; readonly shown: string; readonly foreign: unknown };
  readonly after: { readonly reached: unknown; readonly shown: string; readonly status: unknown };
  readonly counters: Readonly<Record<string, number>>;
  readonly total: number;
  readonly blocked: unknown;
}

/** What `keeps` tells. */
interface Keeps {
  readonly before: string;
  readonly first: string;
  readonly alone: unknown;
  readonly answers: readonly string[];
  readonly dialled: number;
  readonly taken: unknown;
  readonly pinned: string;
  readonly left: unknown;
  readonly third: unknown;
  readonly afterThird: unknown;
  readonly again: unknown;
  readonly released: number;
  readonly end: unknown;
}

type Falters = Readonly<
  Record<'oldKernel' | 'interfaces' | 'processes' | 'containers' | 'heartbeat' | 'foreign', unknown>
>;

/** What happened in scenarios of scenarios.ts, one after the other in namespaces and cgroups of their own. */
async function playAll(
  place: Place,
  names: readonly string[],
  seconds: number,
): Promise<Map<string, Told>> {
  const scenarios = runTs('test/kernel/enforce/scenarios.ts');
  const out = await mustExec(place, `unshare -n -m ${scenarios} ${names.join(' ')}`, {
    timeoutMs: seconds * 1000,
  });
  const lines = out.trim().split('\n').slice(-names.length);
  return new Map(names.map((name, at) => [name, JSON.parse(lines[at]!) as Told]));
}

async function play(place: Place, scenario: string, seconds = 500): Promise<Told> {
  return (await playAll(place, [scenario], seconds)).get(scenario)!;
}

const parts = ['ip', 'tc', 'bpftool', 'nsenter', 'setpriv', 'curl', 'wget'].map(program);

const DECISIVE = ['refuses', 'copies', 'survives', 'containers', 'agrees'] as const;
/** Cloud kernels have no tunnels. */
const IN_GUESTS = [...DECISIVE, 'tunnels'] as const;

describeEverywhere(
  'a block rule',
  (place, kernel) => {
    let played: ReadonlyMap<string, Told>;
    const names = kernel === 'this kernel' ? DECISIVE : IN_GUESTS;
    const told = (name: (typeof IN_GUESTS)[number]): Told => played.get(name)!;
    // In a guest most of the time of a scenario is its program's start: one plays them all.
    beforeAll(async () => {
      played = await playAll(place(), names, 900);
    }, 920_000);

    it('refuses one program at one port, lets the other pass, and no packet arrives', () => {
      const is = told('refuses');
      expect(is.before).toEqual(ANSWERED);
      expect(is.opened).toEqual(ANSWERED);
      expect(is.blocked).toEqual({ old: each(REFUSED), fresh: each(REFUSED) });
      expect(is.otherPort).toEqual(each(0));
      expect(is.otherProgram).toEqual(each(0));
      // TCP Fast Open, sendmmsg, MPTCP.
      for (const way of [is.fast, is.many, is.paths]) expect(way).toEqual(['111', '111', '0', '0']);
      expect(is.arrived).toBe(0);
      // Connections opened before the sensor, and before the rule, end with their next packet.
      expect(is.beforeSensor).toEqual([RESET, UNREACHABLE, RESET, UNREACHABLE]);
      expect(is.beforeRule).toEqual([RESET, UNREACHABLE, RESET, UNREACHABLE]);
      expect(is.status.rules).toMatchObject([{ state: 'enforcing', reasons: [] }]);
      expect(is.status.interfaces).toEqual([
        { name: 'pod0', side: 'pod', means: kernel === '6.1' ? 'clsact' : 'tcx', fault: null },
      ]);
      expect(is.verdicts).toContainEqual({
        layer: 'connect',
        outcome: 'refused',
        mode: 'enforce',
        protocol: 'tcp',
        remoteAddress: '10.77.2.2',
        remotePort: 7001,
        pid: is.pids.client,
        count: 1,
      });
      expect(is.verdicts).toContainEqual({
        layer: 'tc',
        outcome: 'reset',
        mode: 'enforce',
        protocol: 'udp',
        remoteAddress: 'fd77:2::2',
        remotePort: 7001,
        pid: is.pids.old,
        count: 1,
      });
    });

    it('falls to a copy as a deny list, and holds as an allow list', () => {
      const is = told('copies');
      expect(is).toEqual({ denyList: each(0), allowList: each(REFUSED), allowed: each(0) });
    });

    it('ends ten seconds after a kill -9; what the kernel keeps is removed by the next start', () => {
      const is = told('survives');
      expect(is.blocked).toEqual(each(REFUSED));
      expect(is.released).toEqual(each(0));
      expect(is.filtersLeft).toBe(kernel === '6.1' ? 1 : 0);
      expect(is.filtersAfterStart).toBe(0);
      expect(is.qdiscs).not.toContain('clsact');
    });

    it('knows whose container a process runs in before user space does', () => {
      const { groups, order } = told('containers') as unknown as {
        groups: { name: string; answer: string; by: number; is: string | null }[];
        order: string[];
      };
      expect(groups).toHaveLength(18);
      expect(groups.filter(({ is }) => is !== null)).toHaveLength(11);
      expect(groups).toEqual(
        groups.map(({ name, is }) => ({
          name,
          is,
          answer: is === null ? '0' : String(REFUSED),
          by: is === null ? -1 : order.indexOf(is),
        })),
      );
    });

    if (kernel !== 'this kernel') {
      it('stops what a pod sends into a tunnel of its own', () => {
        const is = told('tunnels');
        expect(is.before).toBeGreaterThan(0);
        expect(is).toMatchObject({ during: 0, counters: { blockedPackets: expect.any(Number) } });
        expect(is.counters['blockedPackets']).toBeGreaterThan(0);
      });
    }

    it('decides as its condition reads, for 200 random rules, and by the same rule', () => {
      const is = told('agrees');
      expect(is.wrong).toEqual([]);
      expect(is.wrongRules).toEqual([]);
      expect(is.total).toBe(2000);
      expect(is.refused).toBeGreaterThan(600);
      expect(is.passed).toBeGreaterThan(600);
      expect(is.counters).toMatchObject({ unready: 0, unknownSubject: 0 });
    });
  },
  parts,
);

// A scenario takes half a minute and more in a guest: there these are for `npm run soak`.
const describeFurther = process.env['SAKER_SOAK'] === '1' ? describeEverywhere : describeHere;

describeFurther(
  'a block rule in detail',
  (place) => {
    it('outlives the sensor where it is to, and the next sensor takes over without a gap', async () => {
      const is = (await play(place(), 'keeps')) as unknown as Keeps;
      expect(is.first).not.toBe(is.before);
      const stays = { running: each(REFUSED), fresh: each(REFUSED), other: each(0), held: [false] };
      expect(is.alone).toEqual({ ...stays, live: [RESET, UNREACHABLE, RESET, UNREACHABLE] });
      // Refused at every moment of the change, and nothing is attached twice after it.
      expect(is.answers).toEqual([String(REFUSED)]);
      expect(is.dialled).toBeGreaterThan(100);
      expect(is.taken).toEqual({ attached: is.first, held: [true] });
      expect(is.pinned).toMatch(/^\/sys\/fs\/bpf\/saker\/run-saker-test-d\/\d+-\d+-1$/);
      expect(is.left).toEqual(each(REFUSED));
      // One that is to release takes over and releases.
      expect(is.third).toEqual({ reached: each(REFUSED), kept: [], attached: is.first });
      expect(is.afterThird).toEqual({ reached: each(0), attached: is.before });
      // And with nobody there, by hand.
      expect(is.again).toEqual(each(REFUSED));
      expect(is.released).toBe(1);
      expect(is.end).toEqual({ reached: each(0), attached: is.before, kept: [] });
    });

    it('says what it falls short of: of the rules it is true of, while it is', async () => {
      const is = (await play(place(), 'falters')) as unknown as Falters;
      const well = ['enforcing', 'enforcing', 'enforcing'];
      const all = (reason: RegExp) => Array<unknown>(3).fill(expect.stringMatching(reason));
      expect(is.oldKernel).toEqual({
        states: all(/^degraded: connections older than the sensor are not found: .*5\.11/),
        fresh: '1', // EPERM
        live: ['after', 'after', 'after', 'after'],
      });
      expect(is.interfaces).toEqual({
        without: all(/^degraded: packets at up0 are not all judged: there is no such interface/),
        with: well,
      });
      expect(is.processes).toEqual({
        full: [
          expect.stringMatching(/^degraded: no room for the facts of 1 process: /),
          'enforcing',
          'enforcing',
        ],
        room: well,
      });
      expect(is.containers).toEqual({
        room: well,
        full: [
          'enforcing',
          'enforcing',
          expect.stringMatching(/^degraded: no room for 1 group of containers: /),
        ],
      });
      expect(is.heartbeat).toEqual({
        well,
        late: all(/^degraded: the sensor's sign of life was 1\.\d s late/),
      });
      expect(is.foreign).toEqual({
        well,
        ahead: all(/^degraded: packets at pod0 are not all judged: .* of somebody else runs first/),
        gone: well,
      });
    });

    it('with reply: drop tells nobody', async () => {
      const is = await play(place(), 'drops');
      expect(is.blocked).toMatchObject({
        tcp4: String(TIMED_OUT),
        tcp6: String(TIMED_OUT),
        udp4: '0',
        udp6: '0',
      });
      expect(is.live).toEqual(['timeout', 'timeout', 'timeout', 'timeout']);
      expect(is.arrived).toBe(0);
      expect(is.outcomes).toEqual(['dropped']);
    });

    it('in audit mode blocks nothing and reports each flow once', async () => {
      const is = await play(place(), 'audits');
      expect(is.reached).toEqual(each(0));
      expect(is.verdicts).toHaveLength(6);
      for (const verdict of is.verdicts)
        expect(verdict).toMatchObject({ mode: 'audit', outcome: 'reported', count: 1 });
      expect(is.status.rules).toMatchObject([{ state: 'audit', hits: 6 }]);
    });

    it('is told of at once and then in sums', async () => {
      const is = await play(place(), 'repeats');
      expect(is.first).toMatchObject([{ count: 1 }]);
      expect(is.all).toMatchObject([{ count: 1 }, { count: 50 }]);
      const { flood } = is as unknown as { flood: Record<string, number> };
      expect(flood).toMatchObject({ refused: 20_000, hits: 20_000 });
      // All are told, at once or in time, but those that the table of 8,192 had to forget: `hits` has them.
      expect(flood['toldLater']).toBeGreaterThan(0);
      expect(flood['told']).toBeGreaterThanOrEqual(20_000 - flood['toldLater']!);
      expect(flood['told']).toBeGreaterThan(Math.min(flood['toldLater']!, 8_192) / 2);
    });

    it('ends with the kill switch, and foreign filters are as they were', async () => {
      const is = await play(place(), 'switchesOff');
      expect(is.during.reached).toEqual(each(REFUSED));
      expect(is.during.shown).not.toBe(is.before);
      expect(is.during.foreign).toContainEqual(
        expect.objectContaining({ kind: 'u32', priority: 20 }),
      );
      expect(is.dropped).toBe(String(TIMED_OUT));
      expect(is.filters).toMatchObject([{ name: 'pod0', fault: null }]);
      expect(is.after.reached).toEqual(each(0));
      expect(is.after.shown).toBe(is.before);
      expect(is.after.status).toMatchObject({ state: 'off', rules: [{ state: 'off' }] });
    });

    it('reaches veths that appear later, and only those of processes in scope', async () => {
      const is = await play(place(), 'laterVeths');
      expect(is).toMatchObject({ stood: true, fell: true, back: true });
      expect(is.interfaces).toContain('later0');
      expect(is.interfaces).not.toContain('other0');
      expect(is.interfaces).not.toContain('world0');
    });

    it('follows a fork, sees through addresses that mean this host, and spares the guarded', async () => {
      const is = await play(place(), 'identities');
      expect(is).toMatchObject({ child: '111', guarded: '0', loopback: '111', mapped: '111' });
      expect(is.counters).toMatchObject({ blockedCalls: 3, unknownSubject: 0 });
      expect(is.counters.guarded).toBeGreaterThan(0);
    });

    it('is not talked out of who a program is by paths that its user can make up', async () => {
      const is = (await play(place(), 'disguises')) as unknown as {
        answers: Record<string, string>;
      };
      const { itself, become, ...disguised } = is.answers;
      expect([itself, become]).toEqual(['0', '0']);
      const names = ['bindMount', 'chroot', 'chrootOfRoot', 'deep', 'liar', 'memfd', 'throughProc'];
      expect(disguised).toEqual(
        Object.fromEntries([...names, 'traveller'].map((name) => [name, String(REFUSED)])),
      );
    });

    it('refuses curl the page that wget gets; a copy of curl gets it but from an allow list', async () => {
      const page = { status: 0, page: 'the page' };
      const refused = { status: 7, page: '' }; // curl: could not connect
      expect(await play(place(), 'realPrograms')).toEqual({
        denyList: { curl: refused, copy: page, wget: page },
        allowList: { curl: refused, copy: refused, wget: page },
      });
    });

    it('leaves the guarded reachable, though a rule blocks everything', async () => {
      const is = (await play(place(), 'guards')) as unknown as {
        byPort: Record<string, unknown>;
        byNetwork: unknown;
      };
      const four = { tcp4: '0', udp4: '0', to4: '0' };
      expect(is.byPort).toEqual({
        guarded: each(0),
        live: ['after', 'after', 'after', 'after'],
        other: each(REFUSED),
        moved: { free: each(REFUSED), blocked: { ...each(REFUSED), ...four } },
        guardedCount: expect.any(Number),
      });
      expect(is.byPort['guardedCount']).toBeGreaterThan(9);
      expect(is.byNetwork).toEqual({ ...each(REFUSED), ...four });
    });

    it('never cuts the sensor itself off', async () => {
      const is = await play(place(), 'sparesItself');
      expect(is).toEqual({ own: each(0), child: each(REFUSED) });
    });

    it('holds for every process that begins while sets are swapped', async () => {
      const is = await play(place(), 'reloads');
      expect(is).toMatchObject({ answers: 300, refused: 300 });
      expect(is['generations']).toBeGreaterThan(5);
      expect(is.counters).toMatchObject({ unready: 0, unknownSubject: 0, pathFailed: 0 });
    });

    it('stops every fragment of a datagram, and segments of any size', async () => {
      const is = await play(place(), 'largePackets');
      expect(is.fragmentsBefore).toBeGreaterThan(20);
      expect(is).toMatchObject({ arrived: 0, fragments: 0, counters: { replyFailed: 0 } });
      expect(is.answers).toEqual([RESET, UNREACHABLE]);
    });
  },
  parts,
);

describe('the scenarios', () => {
  it('are all played', async () => {
    const { readFileSync } = await import('node:fs');
    const read = (name: string): string =>
      readFileSync(new URL(`./${name}.ts`, import.meta.url), 'utf8');
    const text = ['flows', 'lifetime', 'subjects'].map(read).join('');
    const names = [...text.matchAll(/^export const (\w+): Scenario/gm)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(15);
    for (const name of names) expect(read('enforce.test')).toContain(`'${name}'`);
  });
});
