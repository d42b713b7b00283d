import type { CompareOp, Literal, Modifier, Operand } from '../../lang/ir.js';
import { isLiteral, shapeOf } from '../shape.js';

interface LeafParts {
  readonly op: CompareOp | 'exists';
  readonly modifier: Modifier | null;
  readonly left: Operand;
  readonly right: readonly (Literal | Operand)[];
}

/** Rough nanoseconds to get a field: only the order matters. First match counts. */
const FIELD_COST: readonly (readonly [RegExp, number])[] = [
  [/^evt\.(type|cpu|num|dir)/, 2],
  [/^evt\.(is_|failed|rawres|rawarg)/, 4],
  [/^fd\.(num|dev|ino)/, 3],
  [/^fd\.(typechar|type|sockfamily)$/, 6],
  [/^fd\.(l4proto|[a-z]?port|[a-z]?proto|connected|is_server|[a-z]?ip|[a-z]?net)/, 20],
  [/^(user\.uid|user\.loginuid|group\.gid)$/, 4],
  [/^proc\.(pid|ppid|vpid|name|pname|exe|pexe|exepath|pexepath|tty|is_|sid$)/, 6],
  [/^proc\.(cmdline|pcmdline|args|exeline|cwd)/, 12],
  [/^container\.(id|type|privileged)/, 8],
  [/^(k8s|container)\./, 14],
  [/^(user|group)\./, 12],
  [/^evt\.res/, 10],
  // Text is made of the parameter: names of flags joined, paths made absolute.
  [/^evt\.arg/, 90],
  [/^fd\.(directory|filename)/, 60],
  [/^fd\./, 30],
  [/^proc\.(a|s|vpgid\.|pgid\.)/, 60],
];

const OP_COST: Readonly<Record<CompareOp | 'exists', number>> = {
  exists: 1,
  '=': 2,
  '!=': 2,
  '<': 2,
  '<=': 2,
  '>': 2,
  '>=': 2,
  in: 6,
  intersects: 6,
  startswith: 3,
  bstartswith: 3,
  endswith: 4,
  contains: 20,
  bcontains: 20,
  icontains: 60,
  pmatch: 40,
  glob: 60,
  iglob: 70,
  regex: 200,
};

const OP_ODDS: Readonly<Record<CompareOp | 'exists', number>> = {
  exists: 0.8,
  '=': 0.1,
  '!=': 0.9,
  '<': 0.3,
  '<=': 0.3,
  '>': 0.7,
  '>=': 0.7,
  in: 0.15,
  intersects: 0.15,
  startswith: 0.1,
  bstartswith: 0.1,
  endswith: 0.05,
  contains: 0.05,
  bcontains: 0.05,
  icontains: 0.05,
  pmatch: 0.1,
  glob: 0.1,
  iglob: 0.1,
  regex: 0.1,
};

export function costOfOperand(operand: Operand): number {
  switch (operand.kind) {
    case 'literal':
      return 0;
    case 'field':
      // Null in every live event: asked first, it settles an `and` at once.
      if (operand.use.def.availability !== 'live') return 1;
      return FIELD_COST.find(([pattern]) => pattern.test(operand.use.def.name))?.[1] ?? 10;
    case 'call':
      return operand.args.reduce((sum, arg) => sum + costOfOperand(arg), 60);
  }
}

/** Texts that lie in the record as they are: what one look-up decides costs no string. */
const IN_PLACE = /^fd\.(name|nameraw|directory|filename|realpath)$/;
const LOOKED_UP: ReadonlySet<string> = new Set([
  '=',
  'in',
  'intersects',
  'startswith',
  'bstartswith',
]);

export function costOfLeaf(leaf: LeafParts): number {
  if (LOOKED_UP.has(leaf.op) && leaf.left.kind === 'field' && leaf.right.every(isLiteral)) {
    if (IN_PLACE.test(leaf.left.use.def.name)) return 5;
  }
  const perValue = OP_COST[leaf.op] * (leaf.modifier === null ? 1 : Math.max(leaf.right.length, 1));
  const values = shapeOf(leaf.left) === 'scalar' ? 1 : 4;
  const right = leaf.right.reduce(
    (sum, item) =>
      item.kind === 'field' || item.kind === 'call' ? sum + costOfOperand(item) : sum,
    0,
  );
  return costOfOperand(leaf.left) + right + values * perValue;
}

export function oddsOfLeaf(leaf: LeafParts): number {
  if (leaf.left.kind === 'field' && leaf.left.use.def.availability !== 'live') return 0.01;
  if (leaf.op === '=' && leaf.right[0]?.kind === 'bool') return 0.4;
  return OP_ODDS[leaf.op];
}
