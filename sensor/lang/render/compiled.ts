import { printOperand, printValue } from '../../../grammar/index.js';
import type { Ast, AstValue } from '../../../grammar/index.js';
import { toText } from '../../core/bytes.js';
import type { CompiledCondition } from '../compile.js';
import { MAX_LENGTH } from './condition.js';

/**
 * A compiled condition as Falco describes it (falco-formats §4): lists and macros in place, exceptions added, `and` and `or`
 * groups in parentheses, one blank around operators; values as they were written.
 */
export function compiledText(compiled: CompiledCondition): string {
  const printer = new Printer();
  if (compiled.ast !== null) printer.print(compiled.ast, compiled);
  return printer.text;
}

/** Collects the parts of a text until it is long enough. */
class Printer {
  readonly #parts: string[] = [];
  #left = MAX_LENGTH;

  get text(): string {
    const text = this.#parts.join('');
    return this.#left < 0 ? `${text}…` : text;
  }

  #put(text: string): void {
    this.#left -= text.length;
    if (this.#left >= 0) this.#parts.push(text);
  }

  /** @param owner - Whose macros the tree names. */
  print(ast: Ast, owner: CompiledCondition): void {
    if (this.#left < 0) return;
    switch (ast.kind) {
      case 'and':
      case 'or':
        this.#put('(');
        ast.items.forEach((item, i) => {
          if (i > 0) this.#put(` ${ast.kind} `);
          this.print(item, owner);
        });
        return this.#put(')');
      case 'not':
        this.#put('not ');
        return this.print(ast.item, owner);
      case 'macro': {
        const macro = owner.macros.find(({ item }) => item.name === ast.name);
        return macro?.ast ? this.print(macro.ast, macro) : this.#put(ast.name);
      }
      case 'exists':
        return this.#put(`${printOperand(ast.left)} exists`);
      case 'compare': {
        const right = ast.right.map(printRight);
        const values = ast.form === 'list' ? `(${right.join(', ')})` : right.join('');
        const op = ast.modifier === null ? ast.op : `${ast.op} ${ast.modifier}`;
        return this.#put(`${printOperand(ast.left)} ${op} ${values}`);
      }
    }
  }
}

/** Only blanks, `=`, quotes, backslashes and control characters are quoted: not every list reads back as it was. */
function printRight(value: AstValue): string {
  if (value.kind !== 'text') return printOperand(value);
  const text = toText(value.value);
  // eslint-disable-next-line no-control-regex
  return text !== '' && !/[\s="'\\\x00-\x1f\x7f]/.test(text) ? text : printValue(value.value);
}
