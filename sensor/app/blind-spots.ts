import type { ServedEvent } from '../kernel/index.js';

/** What an event's way of being taken does not see. Facts about the hooks; bpf/README.md says why. */
interface Spots {
  readonly always?: string;
  /** Of io_uring, though its programs are taken. */
  readonly uring?: string;
  /** What is told but not known for sure. */
  readonly claim?: string;
}

const SPOTS: Readonly<Record<string, Partial<Record<ServedEvent['plan'], Spots>>>> = {
  'file.open': {
    function: { always: 'open_by_handle_at' },
    syscall: {
      always: 'open_by_handle_at',
      uring: 'io_uring opens that ask for no completion',
      claim: 'of a failed open the path is the caller’s claim',
    },
  },
  'net.connect': { syscall: { claim: 'of a failed connect the address is the caller’s claim' } },
  'net.send': {
    function: { always: 'write(2) and splice(2) on a socket', uring: 'SEND_ZC of io_uring' },
    syscall: {
      always: 'write(2) and splice(2) on a socket',
      claim: 'a datagram’s destination is the caller’s claim',
    },
  },
  'net.bind': { syscall: { claim: 'of a failed bind the address is the caller’s claim' } },
  'process.change': { function: { always: 'pivot_root' }, syscall: { always: 'pivot_root' } },
};

/** Events that io_uring makes too, and what its operations are called. */
const URING: Readonly<Record<string, string>> = {
  'file.open': 'io_uring opens',
  'net.connect': 'io_uring connects',
  'net.send': 'io_uring sends',
  'net.bind': 'io_uring binds',
};

/** One sentence's end about what this event's programs miss here; null when that is nothing. */
export function blindSpots(served: ServedEvent): string | null {
  const { always, uring, claim } = SPOTS[served.event]?.[served.plan] ?? {};
  const missed = [always, seesUring(served) ? uring : URING[served.event]].filter(
    (spot) => spot !== undefined,
  );
  const parts = [missed.length > 0 ? `does not see ${missed.join(', and ')}` : undefined, claim];
  return parts.filter((part) => part !== undefined).join('; ') || null;
}

/** A program for io_uring was taken; or there is nothing to take: its binds came with the function that the program hooks. */
function seesUring({ event, programs }: ServedEvent): boolean {
  const binds = event === 'net.bind' && programs.some((name) => name.includes('__fn_'));
  return binds || programs.some((name) => name.includes('_uring'));
}
