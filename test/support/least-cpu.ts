/**
 * The least processor time that `work` takes this thread over a few runs, milliseconds; ends with the first run below `enough`.
 * Processor time is free of what others on the machine take, and the least of several is nearest to what the work needs.
 */
export function leastCpuMs(enough: number, work: () => void, rounds = 5): number {
  let least = Infinity;
  for (let round = 0; round < rounds && least >= enough; round++) {
    const before = process.threadCpuUsage();
    work();
    const { user, system } = process.threadCpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}
