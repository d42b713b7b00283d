export type * from './ast.js';
export {
  LIST_OPERATORS,
  MODIFIERS,
  NUMBER_OPERATORS,
  SYMBOL_OPERATORS,
  TRANSFORMERS,
  WORD_OPERATORS,
} from './ast.js';
export { AST_SCHEMA } from './ast-schema.js';
export { MAX_DEPTH } from './lexer.js';
export { countParses, parse } from './parse.js';
export { printAst, printOperand, printValue } from './print.js';
export { ConditionSyntaxError } from './syntax-error.js';
