import { coverageOf, type Coverage } from '../../../sensor/cli/attack/index.js';
import { TACTICS, TECHNIQUES } from '../../../sensor/cli/attack/techniques.js';
import { saker } from './cli.js';

const tagged = (...tags: string[]): Coverage => coverageOf([{ name: 'R', tags, enabled: true }]);
const placesOf = ({ tactics }: Coverage): string[] =>
  tactics.flatMap(({ key, techniques }) => techniques.map(({ id }) => `${key} ${id}`));

describe('coverageOf', () => {
  it('puts a technique under those of its tactics that the rule is tagged with', () => {
    expect(placesOf(tagged('mitre_persistence', 'T1053.003'))).toEqual(['persistence T1053.003']);
  });

  it('puts it under all of its tactics when the rule names none', () => {
    expect(placesOf(tagged('T1053.003'))).toEqual([
      'execution T1053.003',
      'persistence T1053.003',
      'privilege_escalation T1053.003',
    ]);
  });

  it('knows what version 19 moved, split and added', () => {
    const tacticsOf = (id: string): readonly string[] => TECHNIQUES.get(id)!.tactics;
    expect(tacticsOf('T1574.006')).toEqual(['execution', 'stealth']);
    expect(tacticsOf('T1556')).toEqual(['persistence', 'defense_impairment', 'credential_access']);
    expect([tacticsOf('T1211'), tacticsOf('T1687')]).toEqual([['stealth'], ['defense_impairment']]);
    expect(TECHNIQUES.get('T1222.002')?.name).toContain('Linux and Mac Permissions');
  });

  it.each(['T1003.008', 't1003.008', 'mitre_T1003.008', 'attack.t1003.008'])(
    'reads the tag %s',
    (tag) => {
      expect(placesOf(tagged(tag))).toEqual(['credential_access T1003.008']);
    },
  );

  it.each([
    ['T1562', 'T1685'],
    ['T1562.004', 'T1686'],
    ['T1070.002', 'T1685.006'],
    ['T1656', 'T1684.001'],
  ])('counts the revoked %s as %s and says so', (old, current) => {
    const coverage = tagged(old);
    expect(placesOf(coverage).map((place) => place.split(' ')[1])).toEqual([current]);
    expect(coverage.problems).toMatchObject([{ tag: old, code: 'revoked' }]);
    expect(coverage.problems[0]!.message).toContain(current);
  });

  it('takes defense_evasion as whichever of its two successors the technique belongs to', () => {
    expect(placesOf(tagged('mitre_defense_evasion', 'T1620'))).toEqual(['stealth T1620']);
    expect(placesOf(tagged('mitre_defense_evasion', 'T1685'))).toEqual([
      'defense_impairment T1685',
    ]);
    expect(tagged('defense-evasion').tactics.find(({ key }) => key === 'stealth')!.rules).toEqual([
      'R',
    ]);
    expect(tagged('mitre_defense_evasion').problems).toMatchObject([{ code: 'former-tactic' }]);
  });

  it('says when no technique of a rule belongs to its tactic, or the tactic is none', () => {
    expect(tagged('mitre_impact', 'T1053.003').problems).toMatchObject([{ code: 'other-tactic' }]);
    expect(tagged('mitre_nonsense').problems).toMatchObject([{ code: 'unknown-tactic' }]);
    expect(tagged('container', 'maturity_stable').untagged).toEqual(['R']);
  });

  it('keeps techniques it has no name for under the tactics of the rule', () => {
    const coverage = tagged('mitre_execution', 'T1999');
    expect(placesOf(coverage)).toEqual(['execution T1999']);
    expect(tagged('T1999').elsewhere).toMatchObject([{ id: 'T1999', name: null }]);
  });

  it('counts no disabled rule, and a sub-technique for its parent', () => {
    expect(
      coverageOf([{ name: 'R', tags: ['T1059.004'], enabled: false }]).tactics[1]!.techniques,
    ).toEqual([]);
    const gaps = tagged('T1059.004').tactics[1]!.gaps.map(({ id }) => id);
    expect(gaps).not.toContain('T1059');
    expect(gaps).toContain('T1106');
  });

  it('has a table whose techniques all stand under a tactic', () => {
    const keys = new Set(TACTICS.map(({ key }) => key));
    expect(TECHNIQUES.size).toBeGreaterThan(200);
    for (const { id, name, tactics } of TECHNIQUES.values()) {
      expect({ id, name: name !== '', known: tactics.every((key) => keys.has(key)) }).toEqual({
        id,
        name: true,
        known: true,
      });
    }
  });
});

describe('saker rules coverage', () => {
  it('finds every shipped rule in the matrix', async () => {
    const coverage = JSON.parse((await saker(['rules', 'coverage', '-o', 'json'])).out) as Coverage;
    const names = JSON.parse((await saker(['rules', 'list', '-o', 'json'])).out) as {
      name: string;
    }[];
    const covered = new Set(
      coverage.tactics.flatMap(({ techniques }) => techniques.flatMap(({ rules }) => rules)),
    );
    expect(coverage.untagged).toEqual([]);
    expect([...covered].sort()).toEqual(names.map(({ name }) => name).sort());
    expect(coverage.elsewhere).toEqual([]);
  });

  it('prints the matrix, and the gaps on request', async () => {
    const text = (await saker(['rules', 'coverage'])).out;
    expect(text).toMatch(/^Credential Access \(TA0006\): \d+ of \d+ techniques$/m);
    expect(text).toMatch(/T1548\.003 .*Sudo rights changed/);
    expect(text).not.toContain('-- no rule');
    expect((await saker(['rules', 'coverage', '--gaps'])).out).toContain('-- no rule');
  });
});
