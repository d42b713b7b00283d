import { renderBlocks } from '../../../sensor/cli/render-blocks.js';
import { COUNTERS, type CounterName } from '../../../sensor/enforce/layout.js';

const counters = (counts: Partial<Record<CounterName, number>>) =>
  Object.fromEntries(COUNTERS.map((name) => [name, counts[name] ?? 0])) as Record<
    CounterName,
    number
  >;

const status = {
  state: 'active',
  generation: 3,
  clauses: 2,
  pinned: null,
  rules: [
    { rule: 'Stay at home', state: 'enforcing', reasons: [], hits: 1 },
    { rule: 'No mail', state: 'degraded', reasons: ['one thing', 'another'], hits: 0 },
  ],
  interfaces: [
    { name: 'veth1', side: 'pod', means: 'tcx', fault: null },
    { name: 'eth9', side: 'wire', means: null, fault: 'there is no such interface' },
  ],
  uncovered: ['some connections'],
  counters: counters({ judged: 9, blockedCalls: 4, guarded: 2 }),
} as const;

describe('the blocks in saker status', () => {
  it('are told with their states, where packets are judged, what is not covered, what was done', () => {
    expect(renderBlocks(status).join('')).toBe(`
blocks  active, 2 clauses
  enforcing  1 decision   Stay at home
  degraded   0 decisions  No mail: one thing; another
  packets judged at veth1 (tcx)
  not covered: some connections
  4  calls refused
  2  let pass: the destination is guarded
`);
  });

  it('are said to stay where they outlive the sensor', () => {
    expect(renderBlocks({ ...status, pinned: '/sys/fs/bpf/saker/x/1-2-3' }).join('')).toContain(
      'blocks  active, 2 clauses, stay in force when the sensor ends\n',
    );
  });

  it('are left out where no rule blocks', () => {
    expect(renderBlocks({ ...status, rules: [] })).toEqual([]);
    expect(renderBlocks(null)).toEqual([]);
  });
});
