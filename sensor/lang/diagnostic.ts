import type { Span } from './ir.js';
import type { SourceFile } from './source.js';

export type Severity = 'error' | 'warning' | 'hint';

/** Falco's seven errors with their labels (falco-formats §3.1). */
export const FALCO_ERRORS = {
  LOAD_ERR_FILE_READ: 'File read error',
  LOAD_ERR_YAML_PARSE: 'YAML parse error',
  LOAD_ERR_YAML_VALIDATE: 'Error validating internal structure of YAML file',
  LOAD_ERR_COMPILE_CONDITION: 'Error compiling condition',
  LOAD_ERR_COMPILE_OUTPUT: 'Error compiling output',
  LOAD_ERR_VALIDATE: 'Error validating rule/macro/list/exception objects',
  LOAD_ERR_EXTENSION: 'Error in extension item',
} as const;

/** Falco's fifteen warnings: label and, as `codedesc` of its JSON, a sentence of our own. */
export const FALCO_WARNINGS = {
  LOAD_UNKNOWN_SOURCE: [
    'Unknown event source',
    'The rule names an event source that is not loaded; the rule is kept but never runs.',
  ],
  LOAD_UNSAFE_NA_CHECK: [
    'Unsafe <NA> comparison in condition',
    'A missing value is null, never the text <NA>: test it with exists.',
  ],
  LOAD_NO_EVTTYPE: [
    'Condition has no event-type restriction',
    'The condition can match most kinds of events; name them with evt.type to spare the work.',
  ],
  LOAD_UNKNOWN_FILTER: [
    'Unknown field or event-type in condition or output',
    'The rule names a field or event type that does not exist here and asks to be skipped for that.',
  ],
  LOAD_UNUSED_MACRO: ['Unused macro', 'No rule or macro refers to the macro.'],
  LOAD_UNUSED_LIST: ['Unused list', 'No rule, macro or list refers to the list.'],
  LOAD_UNKNOWN_ITEM: [
    'Unknown rules file item',
    'The item is neither a list, a macro, a rule nor a requirement and is skipped.',
  ],
  LOAD_DEPRECATED_ITEM: [
    'Used deprecated item',
    'The item still works, but a later version may drop it.',
  ],
  LOAD_WARNING_EXTENSION: ['Warning in extension item', 'An extension item raised a warning.'],
  LOAD_APPEND_NO_VALUES: [
    'Overriding/appending with no values',
    'An exception is appended without values, which adds nothing.',
  ],
  LOAD_EXCEPTION_NAME_NOT_UNIQUE: [
    'Multiple exceptions defined with the same name',
    'Two exceptions of one rule have the same name.',
  ],
  LOAD_INVALID_MACRO_NAME: [
    'Invalid macro name',
    'A condition cannot refer to a macro of this name.',
  ],
  LOAD_INVALID_LIST_NAME: ['Invalid list name', 'A condition cannot refer to a list of this name.'],
  LOAD_COMPILE_CONDITION: [
    'Warning in rule condition',
    'The condition compiles, but probably means something else than it says.',
  ],
  LOAD_UNKNOWN_KEY: [
    'Unknown key in item definition',
    'The key has no meaning in this item and is ignored.',
  ],
} as const;

export type FalcoErrorCode = keyof typeof FALCO_ERRORS;
export type FalcoWarningCode = keyof typeof FALCO_WARNINGS;
export type FalcoCode = FalcoErrorCode | FalcoWarningCode;

/** One level of Falco's context: what is being read, and where (from 0, as YAML parsers count). */
export interface FalcoLocation {
  readonly item_type: string;
  readonly item_name: string;
  readonly position: {
    readonly name: string;
    readonly line: number;
    readonly column: number;
    readonly offset: number;
  };
}

/** Falco's view of where a problem is. */
export interface FalcoContext {
  readonly locations: readonly FalcoLocation[];
  readonly snippet: string;
}

/** Something a person should know about a rule file. Plain data: it may cross threads. */
export interface Diagnostic {
  /** Our own code, stable: `unknown-field`. */
  readonly code: string;
  /** Falco's code, where it has one for this. */
  readonly falco: FalcoCode | null;
  readonly severity: Severity;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  /** Offsets in the file. */
  readonly span: Span;
  readonly message: string;
  readonly hint: string | null;
  /** The line it starts in, as written. */
  readonly excerpt: string;
  /** Rule, macro or list it is about. */
  readonly item: string | null;
  readonly context: FalcoContext | null;
  /** Only of warnings about a deprecated field. */
  readonly deprecatedField?: string;
  /** As Falco words it (falco-formats §3.3), for who searches its results for words. */
  readonly falcoMessage?: string;
}

/** Falco's 23 kinds of items, as far as it uses them (falco-formats §3.2). */
export type ItemType =
  | 'value for'
  | 'exceptions'
  | 'exception'
  | 'exception values'
  | 'exception value'
  | 'rules content'
  | 'rules content item'
  | 'required_engine_version'
  | 'required plugin versions'
  | 'required plugin versions entry'
  | 'required plugin versions alternative'
  | 'list'
  | 'list item'
  | 'macro'
  | 'macro condition'
  | 'rule'
  | 'rule condition'
  | 'condition expression'
  | 'rule output'
  | 'rule priority'
  | 'overrides';

/** A stack of items: what the loader is reading. */
export class ItemContext {
  readonly parent: ItemContext | null;
  readonly type: ItemType;
  readonly name: string;
  readonly file: SourceFile;
  readonly span: Span;

  constructor(
    parent: ItemContext | null,
    type: ItemType,
    name: string,
    file: SourceFile,
    span: Span,
  ) {
    this.parent = parent;
    this.type = type;
    this.name = name;
    this.file = file;
    this.span = span;
  }

  child(type: ItemType, name: string, span: Span): ItemContext {
    return new ItemContext(this, type, name, this.file, span);
  }

  /** Name of the enclosing rule, macro or list. */
  itemName(): string | null {
    if (this.type === 'rule' || this.type === 'macro' || this.type === 'list') return this.name;
    return this.parent?.itemName() ?? null;
  }

  locations(): FalcoLocation[] {
    const own = {
      item_type: this.type,
      item_name: this.name,
      position: { name: this.file.name, ...this.file.bytePosition(this.span.start) },
    };
    return [...(this.parent?.locations() ?? []), own];
  }

  toFalco(): FalcoContext {
    const at = this.file.position(this.span.start);
    return {
      locations: this.locations(),
      snippet: snippetOf(this.file.line(at.line), at.column - 1),
    };
  }
}

/** A line with a caret beneath, at most 80 characters to either side (falco-formats §3.2). */
export function snippetOf(line: string, column: number): string {
  if (line === '') return '<No context available>\n';
  const from = Math.max(0, column - 80);
  const to = Math.min(line.length, column + 80);
  const before = from > 0 ? '...' : '';
  const after = to < line.length ? '...' : '';
  const caret = ' '.repeat(before.length + column - from);
  return `${before}${line.slice(from, to)}${after}\n${caret}^\n`;
}

/** What a diagnostic says, apart from its place. */
export interface Finding {
  readonly code: string;
  readonly falco?: FalcoCode | null;
  readonly severity?: Severity;
  readonly message: string;
  readonly hint?: string | null;
  readonly deprecatedField?: string;
  readonly falcoMessage?: string;
}

/** Makes a diagnostic of a finding at a place; `context` is Falco's view of it. */
export function diagnosticAt(
  finding: Finding,
  file: SourceFile,
  span: Span,
  item: string | null,
  context: FalcoContext | null,
): Diagnostic {
  const start = file.position(span.start);
  const end = file.position(Math.max(span.start, span.end));
  return {
    code: finding.code,
    falco: finding.falco ?? null,
    severity: finding.severity ?? 'error',
    file: file.name,
    line: start.line,
    column: start.column,
    endLine: end.line,
    endColumn: end.column,
    span,
    message: finding.message,
    hint: finding.hint ?? null,
    excerpt: file.line(start.line),
    item,
    context,
    ...(finding.deprecatedField === undefined ? {} : { deprecatedField: finding.deprecatedField }),
    ...(finding.falcoMessage === undefined ? {} : { falcoMessage: finding.falcoMessage }),
  };
}

/** A finding about an item, at the item or at a narrower span in its file. */
export function diagnosticFor(finding: Finding, context: ItemContext, span?: Span): Diagnostic {
  return diagnosticAt(
    finding,
    context.file,
    span ?? context.span,
    context.itemName(),
    finding.falco == null ? null : context.toFalco(),
  );
}
