/**
 * The condition language once more, as plainly as it can be said (falco-compat §1.5): one function for each row, tried in
 * order, first that fits wins. Says only whether a text is a condition. The real parser is checked against it.
 */
export function isCondition(text: string): boolean {
  const reader = new Reader(text);
  try {
    reader.or();
    reader.blanks();
    return reader.at === text.length;
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
}

class Refused extends Error {}

const BLANK = /[ \t\b\r\n]/;
const IDENTIFIER = /[a-zA-Z][a-zA-Z0-9_]*/y;
const NAME = /[a-zA-Z][a-zA-Z0-9_]*(?:\.[a-zA-Z][a-zA-Z0-9_]*)+/y;
const BARE_ARGUMENT = /[^\][ \b\t\n\r"']+/y;
const BARE = /[^()"'=, \b\t\n\r]+/y;
const NUMBER = /0[xX][0-9a-zA-Z]+|[+-]?[0-9]+\.?[0-9]*(?:[eE][+-][0-9]+)?/y;
const QUOTED = /"(?:\\"|[^"])*?(?<!\\)"|'(?:\\'|[^'])*?(?<!\\)'/y;
const TEXT_OPERATOR =
  /==|=|!=|(?:contains|icontains|bcontains|startswith|bstartswith|endswith|glob|iglob|regex)(?=[ \b\t\n\r])/y;
const TRANSFORMER = /(?:tolower|toupper|b64|basename|len|join|concat|getopt)\(/y;

class Reader {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  or(): void {
    this.and();
    for (this.blanks(); this.word('or'); this.blanks()) this.behindConnective(() => this.and());
  }

  and(): void {
    this.not();
    for (this.blanks(); this.word('and'); this.blanks()) this.behindConnective(() => this.not());
  }

  not(): void {
    this.blanks();
    while (this.word('not')) if (!this.blanks() && !this.sees('(')) throw new Refused();
    this.check();
  }

  check(): void {
    this.blanks();
    if (this.word('(')) {
      this.or();
      this.blanks();
      return this.need(')');
    }
    if (this.operand()) return this.condition();
    if (!this.match(IDENTIFIER)) throw new Refused();
  }

  blanks(): boolean {
    const from = this.at;
    while (this.at < this.#text.length && BLANK.test(this.#text[this.at]!)) this.at++;
    return this.at > from;
  }

  behindConnective(next: () => void): void {
    if (!this.blanks() && !this.sees('(')) throw new Refused();
    next();
  }

  operand(): boolean {
    if (this.match(TRANSFORMER)) {
      this.argument();
      for (this.blanks(); this.word(','); this.blanks()) this.argument();
      this.need(')');
      this.index();
      return true;
    }
    if (!this.match(NAME)) return false;
    this.index();
    return true;
  }

  /** `[2]`, `["MY VAR"]`, right behind the name. */
  index(): void {
    if (!this.word('[')) return;
    if (!this.quoted() && !this.match(BARE_ARGUMENT)) throw new Refused();
    this.need(']');
  }

  argument(): void {
    this.blanks();
    if (this.word('(')) {
      do {
        this.blanks();
        if (!this.quoted() && !this.operand()) throw new Refused();
        this.blanks();
      } while (this.word(','));
      return this.need(')');
    }
    if (!this.quoted() && !this.operand()) throw new Refused();
  }

  condition(): void {
    this.blanks();
    if (this.word('exists')) return;
    if (this.word('<=') || this.word('<') || this.word('>=') || this.word('>')) {
      this.blanks();
      if (!this.other() && !this.match(NUMBER)) throw new Refused();
    } else if (this.match(TEXT_OPERATOR)) {
      this.blanks();
      if (!this.modified() && !this.other() && !this.value()) throw new Refused();
    } else if (this.word('intersects') || this.word('in') || this.word('pmatch')) {
      this.blanks();
      if (!this.other() && !this.list()) throw new Refused();
    } else throw new Refused();
  }

  /** `oneof (…)`, `oneof names`, `oneof` with an operand; anything else behind these words makes them a value. */
  modified(): boolean {
    const from = this.at;
    if (!this.word('oneof') && !this.word('anyof') && !this.word('allof')) return false;
    const apart = this.blanks();
    if (this.sees('(') || (apart && !/^(?:and|or)[ \b\t\n\r(]/.test(this.#text.slice(this.at)))) {
      if (this.other() || this.list()) return true;
    }
    this.at = from;
    return false;
  }

  list(): boolean {
    if (!this.word('(')) return this.match(IDENTIFIER);
    this.blanks();
    if (this.word(')')) return true;
    do {
      this.blanks();
      if (!this.other() && !this.value()) throw new Refused();
      this.blanks();
    } while (this.word(','));
    this.need(')');
    return true;
  }

  /** A right-hand operand. */
  other(): boolean {
    if (this.word('val(')) {
      this.blanks();
      if (!this.match(NAME)) throw new Refused();
      this.index();
      this.blanks();
      this.need(')');
      return true;
    }
    const from = this.at;
    if (!this.match(TRANSFORMER)) return false;
    this.at = from;
    return this.operand();
  }

  value(): boolean {
    return this.quoted() || this.match(BARE);
  }

  quoted(): boolean {
    const from = this.at;
    if (!this.match(QUOTED)) return false;
    const inner = this.#text.slice(from + 1, this.at - 1);
    const own = this.#text[from]!;
    for (const [, hex, next = ''] of inner.matchAll(/\\(?:x([0-9a-fA-F]{2})|([^]?))/g)) {
      if (hex === '00') throw new Refused();
      if (hex !== undefined || next === own) continue;
      if (next === '' || !'bfnrt\\/ '.includes(next)) throw new Refused();
    }
    return true;
  }

  sees(text: string): boolean {
    return this.#text.startsWith(text, this.at);
  }

  word(text: string): boolean {
    if (!this.sees(text)) return false;
    this.at += text.length;
    return true;
  }

  need(text: string): void {
    if (!this.word(text)) throw new Refused();
  }

  match(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text);
    if (found === null) return false;
    this.at += found[0].length;
    return true;
  }
}
