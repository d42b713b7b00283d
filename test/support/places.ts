import { beforeAll, describe } from '@jest/globals';
import { bootGuest, canHaveKernel, guestParts, type GuestKernel } from './guest.js';
import { describeWith, root, type Part } from './needs.js';
import { thisMachine, type Place } from './place.js';
import { buildPrograms } from './programs.js';

/** SAKER_GUESTS limits the guests: `SAKER_GUESTS=6.1`, or empty for none. */
const limited = process.env['SAKER_GUESTS'];

/** The guests that `npm test` runs on. */
const kernels = (limited ?? '6.1 6.12').split(' ').filter((k) => k !== '') as GuestKernel[];

/**
 * The same tests on this kernel and in guests, each in a `describe` of its own. `place()` is there from `beforeAll` on.
 */
export function describeEverywhere(
  name: string,
  body: (place: () => Place, kernel: string) => void,
  parts: readonly Part[] = [],
): void {
  describeHere(name, body, parts);
  for (const kernel of kernels) describeInGuest(kernel, name, body, parts);
}

/**
 * As `describeEverywhere`, and in a guest with 5.10, the oldest kernel we load on: for tests that cost it less than a minute. Past
 * support, it may be gone from the archive: then that part is skipped, also where nothing else may be.
 */
export function describeFromOldest(
  name: string,
  body: (place: () => Place, kernel: string) => void,
): void {
  describeEverywhere(name, body);
  if (limited !== undefined) return; // says itself which ones
  const needed = [...guestParts].every((part) => part.there());
  if (!needed || canHaveKernel('5.10')) describeInGuest('5.10', name, body);
  else
    describe.skip(`${name}, in a guest with 5.10 [skipped: its kernel cannot be fetched]`, () =>
      body(absent, '5.10'));
}

const absent = (): Place => {
  throw new Error('no such place');
};

/** Tests that need root on this kernel. */
export function describeHere(
  name: string,
  body: (place: () => Place, kernel: string) => void,
  parts: readonly Part[] = [],
): void {
  describeWith([root, ...parts], `${name}, on this kernel`, () => {
    const place = thisMachine();
    beforeAll(buildPrograms);
    body(() => place, 'this kernel');
  });
}

/** Tests in a guest, which all files of a run share: it is booted by the first and ended after the last. */
export function describeInGuest(
  kernel: GuestKernel,
  name: string,
  body: (place: () => Place, kernel: string) => void,
  parts: readonly Part[] = [],
): void {
  const title = `${name}, in a guest with ${kernel}`;
  if (limited !== undefined && !kernels.includes(kernel)) {
    describe.skip(`${title} [skipped: not in SAKER_GUESTS]`, () => body(absent, kernel));
    return;
  }
  describeWith([...guestParts, ...parts], title, () => {
    let guest: Place | undefined;
    beforeAll(async () => {
      buildPrograms();
      guest = await bootGuest(kernel);
    });
    body(() => {
      if (guest === undefined) throw new Error(`the guest with ${kernel} did not boot`);
      return guest;
    }, kernel);
  });
}
