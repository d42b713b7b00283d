import type { AstCall, AstOperand, AstText } from '../../../../grammar/index.js';
import { toText } from '../../../core/bytes.js';
import type { FieldType } from '../../field-def.js';
import type { Span } from '../../ir.js';
import { nameOfType } from '../operators.js';
import type { ValueType } from '../operators.js';
import type { Findings } from './findings.js';

/** Type of what a transformer gives for arguments of these types; null, with a finding, when they do not fit it. */
export function typeOfCall(
  ast: AstCall,
  args: readonly ValueType[],
  check: Span,
  findings: Findings,
): ValueType | null {
  const wrong = (message: string, hint: string | null = null): null => {
    findings.error('bad-argument', message, ast.span, check, hint);
    return null;
  };
  if (ast.index !== null && ast.name !== 'getopt') return wrong(`${ast.name}(…) takes no [index]`);
  const first = args[0]!;
  switch (ast.name) {
    case 'tolower':
    case 'toupper':
    case 'basename':
    case 'b64':
    case 'len': {
      if (args.length !== 1) return wrong(`${ast.name} takes one argument, not ${args.length}`);
      const bytes = ast.name === 'b64' || ast.name === 'len';
      const fits =
        isText(first.type) ||
        (bytes && first.type === 'bytes') ||
        (ast.name === 'len' && first.list);
      if (!fits) return wrong(`${ast.name} takes text, not ${nameOfType(first)}`);
      if (ast.name === 'len') return { type: 'uint', list: false };
      return { type: ast.name === 'b64' ? first.type : 'string', list: first.list };
    }
    case 'join':
      if (args.length < 2 || ast.args[0] === undefined || isArgList(ast.args[0])) {
        return wrong(
          'join takes a separator and values',
          'as in join("-", (proc.name, proc.pname))',
        );
      }
      return { type: 'string', list: false };
    case 'concat':
      return { type: 'string', list: false };
    case 'getopt': {
      const options = ast.args[1];
      if (
        args.length !== 2 ||
        options === undefined ||
        isArgList(options) ||
        options.kind !== 'text'
      ) {
        return wrong(
          'getopt takes arguments and the letters of their options',
          'as in getopt(proc.args, "nt:")[t]: a colon behind letters that take a value',
        );
      }
      if (!/^:?(?:[a-zA-Z0-9?]:{0,2})*$/.test(options.value)) {
        return wrong(`"${toText(options.value)}" is no row of option letters`);
      }
      return { type: 'string', list: ast.index === null };
    }
  }
}

/** Types whose values are text to operators and transformers. */
export const isText = (type: FieldType): boolean =>
  type === 'string' || type === 'path' || type === 'dyn';

/** Values in parentheses: the second argument of `join`. */
export const isArgList = (arg: AstCall['args'][number]): arg is readonly (AstOperand | AstText)[] =>
  Array.isArray(arg);
