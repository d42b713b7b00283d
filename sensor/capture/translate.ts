import { FIELDS, RECORDS, type RecordShape } from '../events/index.js';
import { LAYOUT, type RecordLayout } from './layout.js';

/** A number or array to be copied from a record of the file to one of this build. */
interface Copy {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  /** Bytes to fill behind it when the number is negative. */
  readonly widen: number;
}

interface Plan {
  readonly fromFixed: number;
  readonly fromLengths: readonly number[];
  readonly to: RecordShape;
  readonly copies: readonly Copy[];
  /** For each string of this build: which one of the file it is, -1 for none. */
  readonly strings: readonly number[];
}

const PART_BYTES = 1 << 20;

/** What turns batches of a file into batches of this build. */
export interface Translator {
  /** In parts of about `PART_BYTES`: what a layout says to be small here may be large there. */
  batches(bytes: Buffer): Iterable<Uint8Array>;
  /** Records left out: of a kind this build does not have, or damaged. */
  readonly skipped: number;
}

/** Members are found by name; what this build has and the file does not is zero, strings are absent. */
export function makeTranslator(from: RecordLayout): Translator {
  return JSON.stringify(from) === JSON.stringify(LAYOUT) ? SAME : new ByName(from);
}

const SAME: Translator = { batches: (bytes) => [bytes], skipped: 0 };

class ByName implements Translator {
  readonly #plans = new Map<number, Plan>();
  readonly #sizeAt: number;
  readonly #kindAt: number;
  readonly #smallest: number;
  skipped = 0;

  /** @throws Error when records do not say their size and kind at one place. */
  constructor(from: RecordLayout) {
    const members = from.records.map(({ struct }) => from.structs[struct]!);
    this.#sizeAt = common(members.map((struct) => struct['hdr.size']));
    this.#kindAt = common(members.map((struct) => struct['hdr.kind']));
    this.#smallest = Math.max(this.#sizeAt + 2, this.#kindAt + 1);
    for (const shape of from.records) {
      const to = RECORDS.find(({ name }) => name === shape.name);
      if (to === undefined) continue;
      this.#plans.set(shape.kind, {
        fromFixed: shape.fixed,
        fromLengths: shape.lengthsAt,
        to,
        copies: copies(from.structs[shape.struct]!, FIELDS[to.struct]!, to),
        strings: to.stringNames.map((name) => shape.stringNames.indexOf(name)),
      });
    }
  }

  *batches(bytes: Buffer): Generator<Uint8Array> {
    let records: Buffer[] = [];
    let used = 0;
    for (let at = 0; at + this.#smallest <= bytes.length;) {
      const size = bytes.readUInt16LE(at + this.#sizeAt);
      if (size < this.#smallest || at + size > bytes.length) {
        this.skipped++;
        break;
      }
      const plan = this.#plans.get(bytes[at + this.#kindAt]!);
      const record = plan && translate(plan, bytes.subarray(at, at + size));
      at += (size + 7) & ~7;
      if (!record) {
        this.skipped++;
        continue;
      }
      records.push(record);
      used += record.length;
      if (used < PART_BYTES) continue;
      yield Buffer.concat(records);
      records = [];
      used = 0;
    }
    if (records.length > 0) yield Buffer.concat(records);
  }
}

function translate(plan: Plan, record: Buffer): Buffer | null {
  if (record.length < plan.fromFixed) return null;
  const texts: Buffer[] = [];
  let end = plan.fromFixed;
  for (const at of plan.fromLengths) {
    const length = record.readUInt16LE(at);
    texts.push(record.subarray(end, end + length));
    end += length;
  }
  if (end > record.length) return null;
  const chosen = plan.strings.map((i) => texts[i]);
  const size = chosen.reduce((sum, text) => sum + (text?.length ?? 0), plan.to.fixed);
  if (size > 0xffff) return null;
  const out = Buffer.alloc((size + 7) & ~7);
  for (const { from, to, bytes, widen } of plan.copies) {
    record.copy(out, to, from, from + bytes);
    if (widen > 0 && out[to + bytes - 1]! >= 0x80) out.fill(0xff, to + bytes, to + bytes + widen);
  }
  let at = plan.to.fixed;
  chosen.forEach((text, i) => {
    out.writeUInt16LE(text?.length ?? 0, plan.to.lengthsAt[i]);
    if (text) at += text.copy(out, at);
  });
  out.writeUInt16LE(size, FIELDS[plan.to.struct]!['hdr.size']![0]);
  out.writeUInt8(plan.to.kind, FIELDS[plan.to.struct]!['hdr.kind']![0]);
  return out;
}

function copies(
  from: RecordLayout['structs'][string],
  to: RecordLayout['structs'][string],
  shape: RecordShape,
): Copy[] {
  const found: Copy[] = [];
  for (const [name, [offset, size]] of Object.entries(to)) {
    const source = from[name];
    const isLength = shape.lengthsAt.includes(offset);
    if (source === undefined || isLength || name === 'hdr.size' || name === 'hdr.kind') continue;
    const [sourceOffset, sourceSize, signed] = source;
    const bytes = Math.min(size, sourceSize);
    if (bytes === 0) continue;
    const widen = signed && size <= 8 ? size - bytes : 0;
    found.push({ from: sourceOffset, to: offset, bytes, widen });
  }
  return found;
}

/** The one place of a member in all structs. */
function common(members: readonly (readonly [number, number, boolean] | undefined)[]): number {
  const [first] = members;
  if (first === undefined || members.some((member) => member?.[0] !== first[0]))
    throw new Error('records of this layout do not say their size and kind at one place');
  return first[0];
}
