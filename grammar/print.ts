import { toText } from '../sensor/core/bytes.js';
import type { Ast, AstCall, AstOperand, AstText, AstValue } from './ast.js';

/**
 * A syntax tree as text: canonical blanks, parentheses only where the tree needs them. `parse(printAst(ast))` is `ast` again
 * but for spans and quoting.
 */
export function printAst(ast: Ast): string {
  return print(ast, 0);
}

// Precedence: 0 or, 1 and, 2 not and checks.
function print(ast: Ast, level: number): string {
  switch (ast.kind) {
    case 'or':
    case 'and': {
      const own = ast.kind === 'or' ? 0 : 1;
      const text = ast.items.map((item) => print(item, own + 1)).join(` ${ast.kind} `);
      return own < level ? `(${text})` : text;
    }
    case 'not':
      // Of `not not a` nothing would be left.
      if (ast.item.kind === 'not') return `not (${print(ast.item, 0)})`;
      return `not ${print(ast.item, 2)}`;
    case 'macro':
      return ast.name;
    case 'exists':
      return `${printOperand(ast.left)} exists`;
    case 'compare': {
      const right = ast.right.map((value) => printRight(value, ast.form === 'one'));
      const text = ast.form === 'list' ? `(${right.join(', ')})` : right.join('');
      return `${printOperand(ast.left)} ${ast.op}${ast.modifier === null ? '' : ` ${ast.modifier}`} ${text}`;
    }
  }
}

function printRight(value: AstValue, scalar: boolean): string {
  if (value.kind !== 'text') return printOperand(value);
  // A lone `oneof` behind an operator would read as a modifier, `[x]` in a list as an index.
  const misread = scalar ? /^(?:one|any|all)of$/ : /^\[/;
  return misread.test(value.value) ? quote(value.value) : printValue(value.value);
}

/** A left-hand side, or a right-hand `val()`, as it is written. */
export function printOperand(operand: AstOperand): string {
  if (operand.kind === 'call') return printCall(operand);
  const arg = operand.arg === null ? '' : printIndex(operand.arg);
  const text = `${operand.name}${arg}`;
  return operand.val ? `val(${text})` : text;
}

function printCall(call: AstCall): string {
  const args = call.args.map((arg) =>
    isList(arg) ? `(${arg.map(printArg).join(', ')})` : printArg(arg),
  );
  return `${call.name}(${args.join(', ')})${call.index === null ? '' : printIndex(call.index)}`;
}

const isList = (arg: AstCall['args'][number]): arg is readonly (AstOperand | AstText)[] =>
  Array.isArray(arg);
const printArg = (arg: AstOperand | AstText): string =>
  arg.kind === 'text' ? quote(arg.value) : printOperand(arg);
const printIndex = (arg: string): string =>
  isPrintable(arg) && !/[[\]"'\\]/.test(arg) ? `[${arg}]` : `[${quote(arg)}]`;

/** A literal (bytes): bare where that reads back the same, else in double quotes. */
export function printValue(value: string): string {
  return isPrintable(value) && !/[()"'=,\\]/.test(value) ? value : quote(value);
}

/** ASCII without blanks, and not empty. */
const isPrintable = (value: string): boolean => /^[\x21-\x7e]+$/.test(value);

const SHORT: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
};

function quote(value: string): string {
  const text = toText(value);
  // Not UTF-8: byte by byte.
  const readable = text.includes('\ufffd') ? value : text;
  const escaped = readable.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, (char) => {
    if (readable === text && char > '\x7f') return char;
    return SHORT[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  // A quote behind a backslash does not close, so a last backslash is written by number.
  return `"${escaped.endsWith('\\') ? `${escaped.slice(0, -2)}\\x5c` : escaped}"`;
}
