import type { ByteString } from '../../core/bytes.js';

/** The bytes an even-length hex string stands for (`bcontains`, `bstartswith`); anything else is null. */
export function decodeHex(text: ByteString): ByteString | null {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  return Buffer.from(text, 'hex').toString('latin1');
}
