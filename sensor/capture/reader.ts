import { BLOCK } from './block.js';
import { CaptureFile } from './file.js';
import type { Relations, SocketEntry } from '../identity/index.js';
import {
  parseHeader,
  parseLoss,
  parseNames,
  parseRules,
  type CaptureHeader,
  type CapturedRules,
  type CaptureLoss,
  type MachineNames,
} from './header.js';
import { parseRelations, parseSockets } from './relations.js';
import { makeTranslator, type Translator } from './translate.js';

/** What a capture holds, in order. */
export type CaptureItem =
  /** A session begins: what was known before does not count any more. */
  | { readonly kind: 'session'; readonly header: CaptureHeader }
  /** Whole records in the layout of this build; valid until the next item. */
  | { readonly kind: 'records'; readonly bytes: Uint8Array }
  | { readonly kind: 'clock'; readonly offsetNs: bigint }
  | { readonly kind: 'loss'; readonly loss: CaptureLoss }
  | { readonly kind: 'rules'; readonly rules: CapturedRules }
  | { readonly kind: 'relations'; readonly relations: readonly Relations[] }
  | { readonly kind: 'sockets'; readonly sockets: readonly SocketEntry[] }
  | { readonly kind: 'names'; readonly names: MachineNames }
  /** Something cannot be read; what follows is what could be found behind it. `at`: byte offset in the file. */
  | { readonly kind: 'damage'; readonly at: number; readonly why: string };

/**
 * Reads a capture from beginning to end, one block in memory at a time. Damage is an item, not an end: reading goes on at the
 * next block that is whole.
 *
 * @throws SakerError `CAPTURE_UNREADABLE`; `CAPTURE_FORMAT` when the file is no capture at all
 */
export function* readCapture(path: string): Generator<CaptureItem> {
  const file = CaptureFile.open(path);
  try {
    file.mustBegin(path);
    yield* itemsOf(file);
  } finally {
    file.close();
  }
}

/** Where the last whole block ends: behind it lies a torn tail, or nothing. */
export function wholeBytes(path: string): number {
  const file = CaptureFile.open(path);
  try {
    let end = 0;
    for (const block of file.blocks()) if (typeof block.payload !== 'string') end = block.end;
    return end;
  } finally {
    file.close();
  }
}

function* itemsOf(file: CaptureFile): Generator<CaptureItem> {
  let translator: Translator | null = null;
  for (const { at, kind, payload } of file.blocks()) {
    if (typeof payload === 'string') {
      yield { kind: 'damage', at, why: payload };
      continue;
    }
    if (kind !== BLOCK.header && translator === null) {
      yield { kind: 'damage', at, why: 'the header that belongs to this block is missing' };
      continue;
    }
    try {
      switch (kind) {
        case BLOCK.header: {
          translator = null;
          const header = parseHeader(payload);
          translator = makeTranslator(header.layout);
          yield { kind: 'session', header };
          break;
        }
        case BLOCK.shadows:
        case BLOCK.records:
          for (const bytes of translator?.batches(payload) ?? []) yield { kind: 'records', bytes };
          break;
        case BLOCK.clock:
          yield { kind: 'clock', offsetNs: payload.readBigInt64LE(0) };
          break;
        case BLOCK.loss:
          yield { kind: 'loss', loss: parseLoss(payload) };
          break;
        case BLOCK.rules:
          yield { kind: 'rules', rules: parseRules(payload) };
          break;
        case BLOCK.relations:
          yield { kind: 'relations', relations: parseRelations(payload) };
          break;
        case BLOCK.sockets:
          yield { kind: 'sockets', sockets: parseSockets(payload) };
          break;
        case BLOCK.names:
          yield { kind: 'names', names: parseNames(payload) };
          break;
        default: // of a later build: what it says does not change what the others mean
      }
    } catch (error) {
      yield {
        kind: 'damage',
        at,
        why: `the block says nothing sensible: ${(error as Error).message}`,
      };
    }
  }
}
