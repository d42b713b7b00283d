/**
 * Text inside the sensor is a `ByteString`: one character for each byte (latin1), exactly the bytes the kernel gave.
 * Why: Falco's operators work on bytes, hostile names need not be UTF-8, and making a latin1 string is the cheapest
 * decode there is. Literals of rules are turned into byte strings once, at load; text turns into UTF-8 where it leaves.
 */
export type ByteString = string;

/** UTF-8 text (a rule's literal, a test's value) as the bytes it stands for. */
export function toBytes(text: string): ByteString {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 127) return Buffer.from(text, 'utf8').toString('latin1');
  }
  return text;
}

/** Bytes as UTF-8 text; invalid sequences become U+FFFD. */
export function toText(bytes: ByteString): string {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes.charCodeAt(i) > 127) return Buffer.from(bytes, 'latin1').toString('utf8');
  }
  return bytes;
}
