import type { Address } from '../../core/index.js';
import type { RecordCursor } from '../../events/index.js';

/** Reads 16 bytes in network order; an IPv4-mapped address is IPv4. */
export function readAddress(record: RecordCursor, at: number): Address {
  if (record.u32(at) === 0 && record.u32(at + 4) === 0 && record.u32(at + 8) === 0xffff0000)
    return (
      ((record.u8(at + 12) << 24) |
        (record.u8(at + 13) << 16) |
        (record.u8(at + 14) << 8) |
        record.u8(at + 15)) >>>
      0
    );
  let bytes = '';
  for (let i = 0; i < 16; i++) bytes += String.fromCharCode(record.u8(at + i));
  return bytes;
}
