import { describe, expect, it } from '@jest/globals';
import { checkBlockRule, refuseBlockRule } from '../../../sensor/app/check-action.js';
import { checkActions } from '../../../sensor/enforce/index.js';
import { loadRules, type LoadOptions } from '../../../sensor/lang/index.js';

const rule = (condition: string, mode: string): string => `
- rule: r
  desc: d
  condition: ${condition}
  output: o
  priority: WARNING
  action: block
  mode: ${mode}
`;

function load(condition: string, mode: string, checkAction: LoadOptions['checkAction']) {
  const { diagnostics, ruleSet } = loadRules(
    [{ name: 'r.yaml', text: rule(condition, mode) }],
    checkAction === undefined ? {} : { checkAction },
  );
  return {
    found: diagnostics.map(({ code, severity, line, column }) => ({
      code,
      severity,
      line,
      column,
    })),
    rules: ruleSet.rules.length,
  };
}

const FLOW = 'evt.type = connect and fd.sip = 10.0.0.1';

describe('rules with an action', () => {
  it('are loaded when the kernel can decide them', () => {
    expect(load(FLOW, 'enforce', checkBlockRule)).toEqual({ found: [], rules: 1 });
  });

  it('are refused at the part that the kernel cannot decide', () => {
    const { found, rules } = load(`${FLOW} and proc.name = curl`, 'enforce', checkBlockRule);
    expect(rules).toBe(0);
    expect(found).toMatchObject([
      { code: 'not-enforceable', severity: 'error', line: 4, column: 59 },
    ]);
  });

  it('are refused where the configuration switches blocks off', () => {
    const { found, rules } = load(FLOW, 'enforce', refuseBlockRule);
    expect(rules).toBe(0);
    expect(found).toMatchObject([{ code: 'enforcement-off', severity: 'error' }]);
  });

  it('are loaded with a warning there when they only report', () => {
    const { found, rules } = load(FLOW, 'audit', refuseBlockRule);
    expect(rules).toBe(1);
    expect(found).toMatchObject([{ code: 'enforcement-off', severity: 'warning' }]);
  });

  it('are refused where they are too many for the kernel together, at the one too many', () => {
    const many = (count: number, from = 1): string =>
      Array.from({ length: count }, (_, i) =>
        rule(`evt.type = connect and fd.sport = ${i + from}`, 'audit').replace(
          'rule: r',
          `rule: r${i + from}`,
        ),
      ).join('');
    const check = (text: string) =>
      loadRules([{ name: 'r.yaml', text }], {
        checkAction: checkBlockRule,
        checkActions,
      }).diagnostics.filter(({ severity }) => severity === 'error');
    expect(check(many(1024))).toEqual([]);
    expect(check(many(1025))).toMatchObject([
      {
        code: 'too-many-clauses',
        item: 'r1025',
        message: expect.stringContaining('more than 1024 clauses together (1025 up to this one)'),
      },
    ]);
  });

  it('that a later file puts in force are said to report only no more', () => {
    const promoted = '- rule: r\n  mode: enforce\n  override: { mode: replace }\n';
    const files = [
      { name: 'a.yaml', text: rule(FLOW, 'audit') },
      { name: 'b.yaml', text: promoted },
    ];
    const { diagnostics, ruleSet } = loadRules(files, { checkAction: checkBlockRule });
    expect(diagnostics).toEqual([]);
    expect(ruleSet.rules.map(({ action }) => action?.mode)).toEqual(['enforce']);
    expect(load(FLOW, 'audit', checkBlockRule).found).toMatchObject([{ code: 'reports-only' }]);
  });
});
