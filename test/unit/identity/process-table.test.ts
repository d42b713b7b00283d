import { NO_ROW, ProcessTable } from '../../../sensor/identity/index.js';

/** A table and the shortest way to speak to it: start is 1 unless told. */
function setUp(options: ConstructorParameters<typeof ProcessTable>[0] = {}) {
  const table = new ProcessTable({ capacity: 8, graceNs: 100, ...options });
  const add = (pid: number, parent = 0, start = 1): number => {
    const row = table.insert(pid, start, 0);
    if (parent !== 0) table.setParent(row, parent, 1, 0, false);
    return row;
  };
  const chain = (row: number): number[] => {
    const pids = [];
    for (let up = table.parent(row); up !== NO_ROW; up = table.parent(up)) pids.push(table.pid[up]);
    return pids as number[];
  };
  return { table, add, chain };
}

describe('the process table', () => {
  it('tells processes of one pid apart by their start', () => {
    const { table, add } = setUp();
    const first = add(7, 0, 1);
    const second = add(7, 0, 2);
    expect(table.find(7, 1, 0)).toBe(first);
    expect(table.find(7, 2, 0)).toBe(second);
    expect(table.find(7, 2, 1)).toBe(NO_ROW);
    expect(table.newest(7)).toBe(second);
    table.exit(second, 10, 0, 0, 0);
    expect(table.running(7)).toBe(first);
  });

  it('gives the children of an exited process to its reaper', () => {
    const { table, add, chain } = setUp();
    add(1);
    const shell = add(2, 1);
    const child = add(3, 2);
    table.exit(shell, 10, 1, 1, 0);
    expect(chain(child)).toEqual([1]);
  });

  it('keeps the parent by birth though it has exited', () => {
    const { table, add } = setUp();
    add(1);
    const shell = add(2, 1);
    const child = add(3, 2);
    table.exit(shell, 10, 1, 1, 0);
    table.expire(1000);
    expect(table.parentByBirth(child)).toBe(shell);
    expect(table.pid[table.parentByBirth(child)]).toBe(2);
    table.exit(child, 2000, 1, 1, 0);
    table.expire(3000);
    expect(table.find(2, 1, 0)).toBe(NO_ROW);
    expect(table.stats()).toMatchObject({ live: 1, exited: 0 });
  });

  it('keeps an exited process for its grace time', () => {
    const { table, add } = setUp();
    const row = add(5);
    table.exit(row, 1000, 0, 0, 0);
    table.expire(1099);
    expect(table.find(5, 1, 0)).toBe(row);
    table.expire(1100);
    expect(table.find(5, 1, 0)).toBe(NO_ROW);
  });

  it('finds a parent that became known later', () => {
    const { add, chain } = setUp();
    const child = add(3, 2);
    expect(chain(child)).toEqual([]);
    add(2);
    expect(chain(child)).toEqual([2]);
  });

  it('follows the reapers of parents that exited before anyone asked', () => {
    const { table, add, chain } = setUp();
    const child = add(9, 3);
    add(1);
    const middle = add(2, 1);
    const parent = add(3, 2);
    table.exit(parent, 10, 2, 1, 0);
    table.exit(middle, 11, 1, 1, 0);
    expect(chain(child)).toEqual([1]);
  });

  it('makes room by giving up exited processes first, and counts it', () => {
    const { table, add } = setUp({ capacity: 4 });
    const gone = add(1);
    for (const pid of [2, 3, 4]) add(pid);
    table.exit(gone, 10, 0, 0, 0);
    add(5);
    expect(table.stats()).toMatchObject({ live: 4, exited: 0, evictedExited: 1, evictedLive: 0 });
    add(6);
    expect(table.stats()).toMatchObject({ live: 4, evictedLive: 1 });
  });

  it('forgets a borrowed process after its time', () => {
    const { table, add, chain } = setUp({ borrowNs: 50 });
    const parent = add(2);
    table.borrow(parent, 1000);
    const child = add(3, 2);
    table.expire(1049);
    expect(chain(child)).toEqual([2]);
    table.expire(1050);
    expect(chain(child)).toEqual([]);
  });

  it('stays whole under a random life of many processes', () => {
    const { table } = setUp({ capacity: 64 });
    const alive = new Map<number, { pid: number; start: number }>();
    let seed = 42;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return seed % below;
    };
    for (let step = 1; step <= 20_000; step++) {
      if (alive.size < 50 && random(2) === 0) {
        const pid = 1 + random(40);
        const row = table.insert(pid, step, 0);
        const parents = [...alive.values()];
        const parent = parents[random(Math.max(parents.length, 1))];
        if (parent) table.setParent(row, parent.pid, parent.start, 0, false);
        alive.set(row, { pid, start: step });
      } else if (alive.size > 0) {
        const row = [...alive.keys()][random(alive.size)]!;
        alive.delete(row);
        const reaper = [...alive.values()][0] ?? { pid: 0, start: 0 };
        table.exit(row, step, reaper.pid, reaper.start, 0);
      }
      table.expire(step);
      if (step % 100 === 0) {
        for (const [row, { pid, start }] of alive) expect(table.find(pid, start, 0)).toBe(row);
        expect(table.stats().live).toBe(alive.size);
      }
    }
    expect(table.stats().evictedLive).toBe(0);
  });
});
