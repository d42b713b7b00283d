import { choosePlan, sysKinds, type Trial } from '../../../sensor/kernel/plan.js';
import type { ProbePlan, ProgramRefusal } from '../../../sensor/kernel/types.js';

const programs = [
  'process_fork__any',
  'calls__sys',
  'file_open__fn_begin',
  'file_open__fn_done',
  'file_open__fn_uring_begin',
  'file_open__fn_uring_done',
  'file_open__fnk_begin',
  'file_open__fnk_done',
  'net_connect__fn',
  'net_connect__sys_connect4',
  'process_scan__iter_atomic',
  'process_scan__iter',
];

/** A kernel that refuses these programs. */
const refusing =
  (refused: readonly RegExp[], tried: string[][] = []): Trial =>
  (some) => {
    tried.push([...some]);
    const program = some.find((name) => refused.some((pattern) => pattern.test(name)));
    return program === undefined ? [] : [refusal(program)];
  };

const refusal = (program: string): ProgramRefusal => ({
  program,
  stage: 'load',
  errno: 1,
  reason: 'Operation not permitted',
  log: [],
});

const eventOf = (plan: ProbePlan, name: string) => plan.events.find((e) => e.event === name)!;

it('takes functions where all of them load', () => {
  const plan = choosePlan(programs, refusing([]));
  expect(eventOf(plan, 'file.open')).toMatchObject({ plan: 'function', refused: [] });
  expect(eventOf(plan, 'file.open').programs).toEqual(programs.slice(2, 6));
  expect(eventOf(plan, 'process.fork')).toMatchObject({
    plan: 'tracepoint',
    programs: ['process_fork__any'],
  });
  expect(plan.programs).not.toContain('calls__sys');
  expect(sysKinds(plan)).toBe(0);
});

it('takes kprobes where fexit is refused', () => {
  const plan = choosePlan(programs, refusing([/__fn_/]));
  expect(eventOf(plan, 'file.open').programs).toEqual([
    'file_open__fnk_begin',
    'file_open__fnk_done',
  ]);
  expect(eventOf(plan, 'net.connect').plan).toBe('function');
});

it('falls back to system calls for the event whose function is refused, and only for it', () => {
  const plan = choosePlan(programs, refusing([/^file_open__fnk?_/]));
  expect(eventOf(plan, 'file.open')).toMatchObject({ plan: 'syscall', programs: ['calls__sys'] });
  expect(eventOf(plan, 'net.connect').plan).toBe('function');
  expect(sysKinds(plan)).toBe(1 << 17);
});

it('adds the shared program to the event’s own', () => {
  const plan = choosePlan(programs, refusing([/__fnk?/]));
  expect(eventOf(plan, 'net.connect').programs).toEqual([
    'net_connect__sys_connect4',
    'calls__sys',
  ]);
  expect(plan.programs.filter((name) => name === 'calls__sys')).toHaveLength(1);
  expect(sysKinds(plan)).toBe((1 << 17) | (1 << 18));
});

it('keeps the plan and says so when only io_uring is refused', () => {
  const plan = choosePlan(programs, refusing([/uring_done/]));
  const open = eventOf(plan, 'file.open');
  expect(open).toMatchObject({ plan: 'function' });
  expect(open.programs).toEqual(['file_open__fn_begin', 'file_open__fn_done']);
  expect(open.refused.map((r) => r.program)).toEqual(['file_open__fn_uring_done']);
});

it('says when nothing serves an event, with every reason', () => {
  const plan = choosePlan(programs, refusing([/^net_connect/]));
  expect(eventOf(plan, 'net.connect')).toMatchObject({ plan: 'none', programs: [] });
  expect(eventOf(plan, 'net.connect').refused.map((r) => r.program)).toEqual([
    'net_connect__fn',
    'net_connect__sys_connect4',
  ]);
  expect(eventOf(plan, 'file.open').plan).toBe('function');
});

it('scans with the iterator that can sleep, else with the other, which is never attached', () => {
  expect(choosePlan(programs, refusing([])).scan).toBe('process_scan__iter');
  const plan = choosePlan(programs, refusing([/__iter$/]));
  expect(plan.scan).toBe('process_scan__iter_atomic');
  expect(plan.scanRefused.map((r) => r.program)).toEqual(['process_scan__iter']);
  expect(plan.programs.filter((name) => name.includes('__iter'))).toEqual([]);
  expect(choosePlan(programs, refusing([/__iter/])).scan).toBeNull();
});

it('never tries a function again that was refused', () => {
  const tried: string[][] = [];
  choosePlan(programs, refusing([/__fn_/], tried));
  const withRefused = tried.filter((some) => some.includes('file_open__fn_begin'));
  expect(withRefused).toHaveLength(1);
});

it('takes several refusals of one trial at once', () => {
  let trials = 0;
  const plan = choosePlan(programs, (some) => {
    trials++;
    return some.filter((name) => name.includes('__fn')).map(refusal);
  });
  expect(eventOf(plan, 'file.open')).toMatchObject({ plan: 'syscall' });
  expect(eventOf(plan, 'net.connect')).toMatchObject({ plan: 'syscall' });
  expect(trials).toBe(3);
});

it('ends when a refusal names no program', () => {
  const plan = choosePlan(programs, () => [{ ...refusal(''), errno: 12 }]);
  expect(plan.programs).toEqual([]);
  expect(plan.events.every((event) => event.plan === 'none')).toBe(true);
});
