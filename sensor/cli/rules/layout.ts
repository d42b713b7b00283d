import { printCondition as printShort } from '../../engine/index.js';
import { printCondition as printWhole, type Condition } from '../../lang/index.js';

const WIDTH = 100;
/** Past this many characters macros are named, not put in place: those that double at each level would fill the memory. */
const MAX_WHOLE = 32 << 10;

type Print = (condition: Condition) => string;

/**
 * A resolved condition over several lines: one for what fits, else a line for each part of a group, the word in front. Macros
 * stand in place, with their name behind as a comment where they open a group of their own.
 */
export function layoutCondition(condition: Condition, indent = ''): string {
  const print = printWhole(condition).length > MAX_WHOLE ? printShort : printWhole;
  return lines(condition, WIDTH - indent.length, print)
    .map((line) => `${indent}${line}`)
    .join('\n');
}

function lines(condition: Condition, width: number, print: Print): readonly string[] {
  const flat = print(condition);
  if (condition.kind === 'macro') {
    if (print === printShort) return [flat];
    const body = lines(condition.body, width, print);
    const [first = '', ...rest] = body;
    const named = `${first}  # ${condition.name}`;
    return named.length <= width || rest.length > 0 ? [named, ...rest] : body;
  }
  if (flat.length <= width) return [flat];
  switch (condition.kind) {
    case 'and':
    case 'or': {
      const word = condition.kind;
      const inner = condition.items.flatMap((item, i) =>
        hanging(i === 0 ? '' : `${word} `, lines(item, width - 2 - (i === 0 ? 0 : word.length + 1), print)),
      );
      return ['(', ...inner.map((line) => `  ${line}`), ')'];
    }
    case 'not':
      return hanging('not ', lines(condition.item, width - 4, print));
    case 'exists':
      return [flat];
    case 'compare':
      return folded(flat, width);
  }
}

/** The lead before the first line, blanks before the others; a closing parenthesis comes back to the margin. */
function hanging(lead: string, body: readonly string[]): readonly string[] {
  return body.map((line, i) => (i === 0 ? `${lead}${line}` : line));
}

/** A check with a long list of values, broken behind commas. */
function folded(text: string, width: number): readonly string[] {
  const out: string[] = [];
  let line = '';
  for (const part of text.split(/(?<=, )/)) {
    if (line !== '' && line.length + part.trimEnd().length > width) {
      out.push(line.trimEnd());
      line = '    ';
    }
    line += part;
  }
  return [...out, line.trimEnd()];
}
