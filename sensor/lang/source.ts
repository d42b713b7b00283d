import type { Span } from './ir.js';

/** A line and a column, both from 1; columns count UTF-16 units. */
export interface LineColumn {
  readonly line: number;
  readonly column: number;
}

/** One rule file as it was read. Offsets count UTF-16 units. */
export class SourceFile {
  readonly name: string;
  readonly text: string;
  #starts: number[] | null = null;
  #isAscii: boolean | null = null;

  constructor(name: string, text: string) {
    this.name = name;
    // A byte order mark says nothing about UTF-8, and is no part of the text.
    this.text = text.startsWith('\ufeff') ? text.slice(1) : text;
  }

  position(offset: number): LineColumn {
    const starts = this.#lineStarts();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - starts[low]! + 1 };
  }

  /** Where an offset stands in bytes, all from 0: as Falco's YAML parser counts. */
  bytePosition(offset: number): {
    readonly line: number;
    readonly column: number;
    readonly offset: number;
  } {
    const { line, column } = this.position(offset);
    // eslint-disable-next-line no-control-regex
    this.#isAscii ??= !/[^\x00-\x7f]/.test(this.text);
    if (this.#isAscii) return { line: line - 1, column: column - 1, offset };
    const before = Buffer.byteLength(this.text.slice(0, offset));
    const inLine = this.text.slice(offset - column + 1, offset);
    return { line: line - 1, column: Buffer.byteLength(inLine), offset: before };
  }

  /** Text of a line (from 1), without its end. */
  line(number: number): string {
    const starts = this.#lineStarts();
    const from = starts[number - 1];
    if (from === undefined) return '';
    const to = starts[number] ?? this.text.length + 1;
    return this.text.slice(from, to - 1).replace(/\r$/, '');
  }

  #lineStarts(): readonly number[] {
    if (this.#starts === null) {
      this.#starts = [0];
      for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) {
        this.#starts.push(at + 1);
      }
    }
    return this.#starts;
  }
}

/** How a scalar was written: decides how its text maps back to the file. */
export type ScalarStyle = 'plain' | 'single' | 'double' | 'block' | 'verbatim';

/** A scalar of a YAML file and where each character of its value was written. */
export class ScalarSource {
  readonly file: SourceFile;
  readonly value: string;
  readonly style: ScalarStyle;
  /** The whole scalar in the file, quotes and block header included. */
  readonly span: Span;
  #offsets: Int32Array | null = null;

  constructor(file: SourceFile, value: string, style: ScalarStyle, span: Span) {
    this.file = file;
    this.value = value;
    this.style = style;
    this.span = span;
  }

  /** File offset of a character of the value; `value.length` gives the end. Made on demand: only diagnostics ask. */
  offsetAt(index: number): number {
    this.#offsets ??= mapScalar(this);
    return this.#offsets[Math.min(index, this.value.length)]!;
  }
}

const isBlank = (char: string | undefined): boolean =>
  char === ' ' || char === '\n' || char === '\r' || char === '\t';

/** Where each character of a scalar's value stands in the file. */
function mapScalar(scalar: ScalarSource): Int32Array {
  const { style, span, value } = scalar;
  if (style === 'verbatim')
    return Int32Array.from({ length: value.length + 1 }, (_, i) => span.start + i);
  return style === 'block' ? mapBlock(scalar) : mapFlow(scalar);
}

/**
 * Plain and quoted scalars: blanks inside a line are kept, a line end with the blanks around it becomes one blank, and each
 * further one a line end.
 */
function mapFlow({ file: { text }, value, style, span }: ScalarSource): Int32Array {
  const map = new Int32Array(value.length + 1);
  const end = style === 'plain' ? span.end : span.end - 1;
  let at = style === 'plain' ? span.start : span.start + 1;
  let i = 0;
  while (i < value.length && at < end) {
    if (isBlank(text[at])) {
      const from = at;
      let lineEnds = 0;
      for (; at < end && isBlank(text[at]); at++) if (text[at] === '\n') lineEnds++;
      const count = lineEnds === 0 ? at - from : Math.max(1, lineEnds - 1);
      for (let k = 0; k < count && i < value.length; k++) map[i++] = from + k;
    } else if (style === 'double' && text[at] === '\\') {
      const length = escapeLength(text, at);
      if (length === 0) {
        // An escaped line end joins two lines without a blank.
        at += 1;
        while (at < end && isBlank(text[at])) at++;
        continue;
      }
      // An escape above U+FFFF gives two units.
      if (length === 10 && value.codePointAt(i)! > 0xffff) map[i++] = at;
      map[i++] = at;
      at += length;
    } else {
      map[i++] = at;
      at += style === 'single' && text[at] === "'" ? 2 : 1;
    }
  }
  return map.fill(at, i);
}

/**
 * Block scalars: folding and indentation only add, drop or exchange blanks, so the n-th other character of the value is the
 * n-th of the source. Blanks map to just behind the character before them.
 */
function mapBlock({ file: { text }, value, span }: ScalarSource): Int32Array {
  const map = new Int32Array(value.length + 1);
  const header = text.indexOf('\n', span.start);
  let at = header < 0 || header >= span.end ? span.end : header + 1;
  for (let i = 0; i < value.length; i++) {
    if (isBlank(value[i])) {
      map[i] = at;
      if (at < span.end && isBlank(text[at])) at++;
    } else {
      while (at < span.end && isBlank(text[at])) at++;
      map[i] = at++;
    }
  }
  map[value.length] = Math.min(at, span.end);
  return map;
}

/** Length of an escape in double quotes; 0 for an escaped line end. */
function escapeLength(text: string, at: number): number {
  const next = text[at + 1];
  if (next === '\n' || next === '\r') return 0;
  if (next === 'x') return 4;
  if (next === 'u') return 6;
  return next === 'U' ? 10 : 2;
}

/** A stretch of a text that was written in one scalar, from one place on. */
interface Piece {
  /** Where it starts in the text; it ends where the next one starts. */
  readonly at: number;
  readonly source: ScalarSource;
  readonly from: number;
}

/** Where a span of a text was written. */
export interface Place {
  readonly file: SourceFile;
  readonly span: Span;
}

/** Text put together from scalars (a condition with its lists expanded and its exceptions added) that knows where each part was written. */
export class MappedText {
  readonly text: string;
  readonly #pieces: readonly Piece[];

  private constructor(text: string, pieces: readonly Piece[]) {
    this.text = text;
    this.#pieces = pieces;
  }

  static of(source: ScalarSource): MappedText {
    return new MappedText(source.value, [{ at: 0, source, from: 0 }]);
  }

  /** A part of it. */
  slice(start: number, end = this.text.length): MappedText {
    const pieces = this.#pieces
      .filter((piece, i) => piece.at < end && (this.#pieces[i + 1]?.at ?? this.text.length) > start)
      .map((piece) => {
        const skip = Math.max(0, start - piece.at);
        return { at: Math.max(0, piece.at - start), source: piece.source, from: piece.from + skip };
      });
    return new MappedText(
      this.text.slice(start, end),
      pieces.length > 0 ? pieces : this.#pieces.slice(0, 1),
    );
  }

  trim(): MappedText {
    const start = this.text.length - this.text.trimStart().length;
    const end = this.text.trimEnd().length;
    return start === 0 && end === this.text.length ? this : this.slice(start, Math.max(start, end));
  }

  /** Joins texts; a string among them was written nowhere and is shown where its neighbour stands. */
  static join(parts: readonly (MappedText | string)[]): MappedText {
    let text = '';
    const pieces: Piece[] = [];
    for (const part of parts) {
      if (typeof part !== 'string') {
        for (const piece of part.#pieces) pieces.push({ ...piece, at: piece.at + text.length });
        text += part.text;
      } else text += part;
    }
    return new MappedText(text, pieces);
  }

  /** The scalar that a character comes from. */
  sourceAt(index: number): ScalarSource | undefined {
    return this.#pieceAt(index)?.source;
  }

  /** Where a span was written; undefined only for a text that was written nowhere. */
  locate(span: Span): Place | undefined {
    const first = this.#pieceAt(span.start);
    if (first === undefined) return undefined;
    const limit = first.source.value.length;
    if (span.end <= span.start && span.start >= this.text.trimEnd().length) return this.#end();
    const from = Math.min(Math.max(0, first.from + span.start - first.at), limit);
    const start = first.source.offsetAt(from);
    if (span.end <= span.start) return { file: first.source.file, span: { start, end: start } };
    const last = this.#pieceAt(span.end - 1)!;
    const same = last.source === first.source;
    const to = same ? Math.min(last.from + span.end - last.at, limit) : limit;
    // Behind the last character, not where the next one starts: a fold may lie between them.
    const end = to > from ? first.source.offsetAt(to - 1) + 1 : start;
    return { file: first.source.file, span: { start, end: Math.max(start, end) } };
  }

  /** Right behind the last character that is no blank: a block's value ends in lines that are not its own. */
  #end(): Place | undefined {
    const last = this.text.trimEnd().length - 1;
    const piece = this.#pieceAt(Math.max(0, last));
    if (piece === undefined) return undefined;
    const at = Math.min(Math.max(0, piece.from + last - piece.at), piece.source.value.length - 1);
    const end = last < 0 ? piece.source.offsetAt(0) : piece.source.offsetAt(at) + 1;
    return { file: piece.source.file, span: { start: end, end } };
  }

  #pieceAt(index: number): Piece | undefined {
    let low = 0;
    let high = this.#pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#pieces[middle]!.at <= index) low = middle;
      else high = middle - 1;
    }
    return this.#pieces[low];
  }
}
