/**
 * Ids that ATT&CK revoked, with what replaced them: version 19 took Impair Defenses (T1562) apart, versions 7 to 17 moved a few
 * more that rule files still name. From the `revoked-by` relations of the enterprise bundle.
 */
const REVOKED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    T1562: 'T1685',
    'T1562.001': 'T1685',
    'T1562.002': 'T1685.001',
    'T1562.003': 'T1690',
    'T1562.004': 'T1686',
    'T1562.006': 'T1685',
    'T1562.007': 'T1686.001',
    'T1562.008': 'T1685.002',
    'T1562.009': 'T1688',
    'T1562.010': 'T1689',
    'T1562.011': 'T1685.003',
    'T1562.012': 'T1685.004',
    'T1562.013': 'T1686.002',
    'T1070.001': 'T1685.005',
    'T1070.002': 'T1685.006',
    T1656: 'T1684.001',
    T1672: 'T1684.002',
    'T1574.002': 'T1574.001',
    'T1053.001': 'T1053.002',
    'T1547.011': 'T1647',
    T1215: 'T1547.006',
    T1168: 'T1053.003',
    T1156: 'T1546.004',
    T1166: 'T1548.001',
    T1169: 'T1548.003',
    T1146: 'T1070.003',
    T1099: 'T1070.006',
    T1107: 'T1070.004',
    T1089: 'T1685',
    T1158: 'T1564.001',
    T1501: 'T1543.002',
    T1100: 'T1505.003',
    T1487: 'T1561.002',
  }),
);

/** The id in force for one that was revoked; the id itself otherwise. */
export const currentId = (id: string): string => REVOKED.get(id) ?? id;

/** Tactics by their former spelling. Which of the two a rule belongs to, its techniques tell. */
export const FORMER_TACTICS: Readonly<Record<string, readonly string[]>> = {
  defense_evasion: ['stealth', 'defense_impairment'],
};
