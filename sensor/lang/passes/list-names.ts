import type { Ast, AstText } from '../../../grammar/index.js';
import { toText } from '../../core/bytes.js';
import { editDistance } from '../../core/index.js';
import type { MappedText } from '../source.js';
import { eachComparison } from './comparisons.js';
import type { ConditionFinding } from './resolve/index.js';

/** What the name of a list looks like where hardly any value does. */
const LIKE_A_NAME = /^[a-zA-Z][a-zA-Z0-9]*_[a-zA-Z0-9_]*$/;
const BETWEEN = /[ \t\n\r(),=]+/;
const LIST_OPS: ReadonlySet<string> = new Set(['in', 'intersects', 'pmatch']);

/**
 * Values that are all but the name of a list: `in (shell_binarys)` compares with that text and never matches.
 *
 * @param written - The condition before lists were put in: what stands in a list is no slip.
 */
export function misspeltLists(
  ast: Ast,
  written: MappedText,
  lists: ReadonlyMap<string, unknown>,
): readonly ConditionFinding[] {
  if (lists.size === 0) return [];
  const words = new Set(written.text.split(BETWEEN).filter((word) => LIKE_A_NAME.test(word)));
  if (words.size === 0) return [];
  const found: ConditionFinding[] = [];
  const look = (value: AstText): void => {
    const word = toText(value.value);
    if (value.form !== 'bare' || !words.has(word)) return;
    const meant = nearest(word, lists.keys());
    if (meant === undefined) return;
    found.push({
      code: 'unknown-list',
      severity: 'warning',
      message: `no list is called "${word}": it is compared as text`,
      hint: `did you mean "${meant}"?`,
      span: value.span,
    });
  };
  eachComparison(ast, ({ op, modifier, right }) => {
    if (!LIST_OPS.has(op) && modifier === null) return;
    for (const value of right) if (value.kind === 'text') look(value);
  });
  return found;
}

/** Two slips at most, one in a short word. */
function nearest(word: string, names: Iterable<string>): string | undefined {
  let limit = word.length < 8 ? 1 : 2;
  let found: string | undefined;
  for (const name of names) {
    const distance = editDistance(word, name, limit);
    if (distance > limit || distance === 0) continue;
    found = name;
    limit = distance - 1;
  }
  return found;
}
