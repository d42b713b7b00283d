import { type ByteString, invariant } from '../core/index.js';
import { SHAPES } from './batch-cursor.js';
import { FIELDS } from './layout.generated.js';

/** Values of one record, by C names: `tgid`, `ret`, `id.uid`. Members not named are zero, strings not named are absent. */
export interface RecordValues {
  readonly kind: number;
  /** Members of the header, without `size` and `kind`. */
  readonly header?: Readonly<Record<string, number | bigint>>;
  /** Members of the record; nested ones as `id.uid`; character arrays (`id.comm`) as text, addresses as bytes. */
  readonly members?: Readonly<Record<string, number | bigint | ByteString | Uint8Array>>;
  /** Without the closing NUL; empty strings are present and empty. */
  readonly strings?: Readonly<Record<string, ByteString>>;
}

/**
 * Encodes one record as the kernel would: what tests and recordings feed to the decoder. Padded to a multiple of 8 so that
 * records can be joined to a batch.
 */
export function writeRecord(values: RecordValues): Uint8Array {
  const shape = SHAPES[values.kind];
  invariant(shape, `no record of kind ${values.kind}`);
  const fields = FIELDS[shape.struct]!;
  const strings = shape.stringNames.map((name) => values.strings?.[name]);
  for (const name of Object.keys(values.strings ?? {}))
    invariant(shape.stringNames.includes(name), `no string ${name} in ${shape.struct}`);
  const length = strings.reduce((sum, s) => sum + (s === undefined ? 0 : s.length + 1), 0);
  const size = shape.fixed + length;
  const bytes = Buffer.alloc((size + 7) & ~7);

  const put = (name: string, value: number | bigint | ByteString | Uint8Array): void => {
    const field = fields[name];
    invariant(field, `no member ${name} in ${shape.struct}`);
    putMember(bytes, field[0], field[1], value);
  };
  for (const [name, value] of Object.entries(values.header ?? {})) put(`hdr.${name}`, value);
  for (const [name, value] of Object.entries(values.members ?? {})) put(name, value);
  put('hdr.kind', shape.kind);
  put('hdr.size', size);
  let at = shape.fixed;
  strings.forEach((text, i) => {
    if (text === undefined) return;
    put(`${shape.stringNames[i]!}_len`, text.length + 1);
    bytes.write(text, at, 'latin1');
    at += text.length + 1;
  });
  return bytes;
}

/** Joins records to one batch. */
export function writeBatch(records: readonly RecordValues[]): Uint8Array {
  return Buffer.concat(records.map(writeRecord));
}

function putMember(
  bytes: Buffer,
  offset: number,
  size: number,
  value: number | bigint | ByteString | Uint8Array,
): void {
  if (typeof value === 'string') {
    invariant(value.length < size, `text of ${value.length} bytes in a member of ${size}`);
    bytes.write(value, offset, 'latin1');
  } else if (value instanceof Uint8Array) {
    invariant(value.length === size, `${value.length} bytes in a member of ${size}`);
    bytes.set(value, offset);
  } else {
    invariant(size <= 8, 'a number in an array');
    let rest = BigInt.asUintN(size * 8, BigInt(value));
    for (let i = 0; i < size; i++, rest >>= 8n) bytes[offset + i] = Number(rest & 0xffn);
  }
}
