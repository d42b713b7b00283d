import type { Readable, Writable } from 'node:stream';

/** A line longer than this is answered with an error, not kept. */
const MAX_LINE_BYTES = 16 << 20;
/** Answers are written in pieces of about this size. */
const WRITE_BYTES = 64 << 10;

/** A line of the input: its text, or why it has none. */
export type Line = { readonly text: string } | { readonly problem: string };

/**
 * Answers every line of `input` that is not blank with one line, in order. Waits for a slow reader; ends quietly when it
 * closes its end.
 */
export async function answerLines(
  input: Readable,
  output: Writable,
  answer: (line: Line, number: number) => string,
): Promise<void> {
  let closed = false;
  let failure: Error | undefined;
  const onError = (error: NodeJS.ErrnoException): void => {
    closed = true;
    if (error.code !== 'EPIPE') failure = error;
  };
  output.on('error', onError);
  let pending = '';
  const flush = async (): Promise<void> => {
    const text = pending;
    pending = '';
    if (text === '' || closed || output.write(text)) return;
    await untilDrained(output);
  };
  try {
    let number = 0;
    for await (const batch of batchesOfLines(input)) {
      for (const line of batch) {
        number++;
        if ('text' in line && line.text.trim() === '') continue;
        pending += `${answer(line, number)}\n`;
        if (pending.length >= WRITE_BYTES) await flush();
      }
      await flush();
      if (closed) break;
    }
  } finally {
    output.off('error', onError);
  }
  if (failure !== undefined) throw failure;
}

/** Until the reader took what was written, or is gone. */
function untilDrained(output: Writable): Promise<void> {
  const events = ['drain', 'close', 'error'];
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) output.off(event, done);
      resolve();
    };
    for (const event of events) output.on(event, done);
  });
}

/** Lines of each chunk that arrives; bytes are decoded line by line, so that no character is cut. */
async function* batchesOfLines(input: Readable): AsyncGenerator<readonly Line[]> {
  let parts: Buffer[] = [];
  let size = 0;
  // Leaves out the byte order mark that some editors put in front.
  const decoder = new TextDecoder();
  const end = (): Line => {
    const line: Line =
      size > MAX_LINE_BYTES
        ? { problem: `the line is longer than ${MAX_LINE_BYTES} bytes` }
        : { text: decoder.decode(Buffer.concat(parts)) };
    parts = [];
    size = 0;
    return line;
  };
  const add = (bytes: Buffer): void => {
    size += bytes.length;
    if (size <= MAX_LINE_BYTES) parts.push(bytes);
    else parts = [];
  };
  for await (const chunk of input) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer);
    const lines: Line[] = [];
    let from = 0;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, from)) {
      add(bytes.subarray(from, at));
      lines.push(end());
      from = at + 1;
    }
    if (from < bytes.length) add(bytes.subarray(from));
    yield lines;
  }
  if (size > 0) yield [end()];
}
