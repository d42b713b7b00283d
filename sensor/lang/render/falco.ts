import { FALCO_ERRORS, FALCO_WARNINGS } from '../diagnostic.js';
import type { Diagnostic, FalcoErrorCode, FalcoLocation, FalcoWarningCode } from '../diagnostic.js';
import type { FileResult, LoadResult } from '../load.js';
import { schemaWarnings } from './schema.js';

/** One entry of Falco's load result. */
export interface FalcoEntry {
  readonly code: string;
  readonly codedesc: string;
  readonly context: { readonly locations: readonly FalcoLocation[]; readonly snippet: string };
  readonly deprecated_field?: string;
  readonly message: string;
}

/** Falco's load result of one file; keys in alphabetical order, as it writes them. */
export interface FalcoFileResult {
  readonly errors: readonly FalcoEntry[];
  readonly name: string;
  readonly schema_valid?: boolean;
  readonly schema_warnings?: readonly string[];
  readonly successful: boolean;
  readonly warnings: readonly FalcoEntry[];
}

/** What Falco would have said, file by file: it stops at the first error of a file (falco-formats §3). */
interface Said {
  readonly error: Diagnostic | null;
  readonly warnings: readonly Diagnostic[];
  readonly schema: readonly string[] | null;
}

/** Falco's load results as JSON values (falco-formats §3.2). */
export function falcoLoadResults(result: LoadResult): {
  readonly falco_load_results: readonly FalcoFileResult[];
} {
  return { falco_load_results: result.files.map(fileResult) };
}

function fileResult(file: FileResult): FalcoFileResult {
  const { error, warnings, schema } = said(file);
  return {
    errors: error === null ? [] : [entry(error)],
    name: file.file.source.name,
    ...(schema === null ? {} : { schema_valid: schema.length === 0, schema_warnings: schema }),
    successful: error === null,
    warnings: warnings.map(entry),
  };
}

const isError = (diagnostic: Diagnostic): boolean =>
  diagnostic.severity === 'error' && diagnostic.falco !== null;

function said({ file, read, compiled, unused }: FileResult): Said {
  const schema = file.yamlFailed ? null : schemaWarnings(file.documents[0]);
  const error = read.find(isError) ?? compiled.find(isError) ?? null;
  const heard = error !== null && read.includes(error) ? read : [...read, ...compiled, ...unused];
  // An error of the compiler leaves out what stands behind it, unused items too.
  const until = error === null ? heard.length : heard.indexOf(error);
  const warnings = heard.filter(
    (diagnostic, i) => i < until && diagnostic.severity !== 'error' && diagnostic.falco !== null,
  );
  return { error, warnings, schema };
}

function entry(diagnostic: Diagnostic): FalcoEntry {
  const code = diagnostic.falco!;
  return {
    code,
    codedesc: code in FALCO_ERRORS ? label(code) : FALCO_WARNINGS[code as FalcoWarningCode][1],
    context: diagnostic.context ?? { locations: [], snippet: '' },
    ...(diagnostic.deprecatedField === undefined
      ? {}
      : { deprecated_field: diagnostic.deprecatedField }),
    message: messageOf(diagnostic),
  };
}

const messageOf = ({ falcoMessage, message }: Diagnostic): string => falcoMessage ?? message;

function label(code: string): string {
  return code in FALCO_ERRORS
    ? FALCO_ERRORS[code as FalcoErrorCode]
    : FALCO_WARNINGS[code as FalcoWarningCode][0];
}

/**
 * Falco's load results as text (falco-formats §3.1). `long` (default): with every entry; `short`: counts and codes; `check`: what
 * Falco's check mode prints, long, but of a file with warnings only the head.
 */
export function falcoLoadText(
  result: LoadResult,
  options: { readonly form?: 'long' | 'short' | 'check' } = {},
): string {
  return result.files.map((file) => fileText(file, options.form ?? 'long')).join('');
}

/** Does Falco call the file invalid? */
export const falcoRefuses = (file: FileResult): boolean => said(file).error !== null;

function fileText(file: FileResult, form: 'long' | 'short' | 'check'): string {
  const { error, warnings, schema } = said(file);
  const state = error !== null ? 'Invalid' : warnings.length > 0 ? 'Ok, with warnings' : 'Ok';
  const head = `${file.file.source.name}: ${state}\n`;
  const errors = error === null ? [] : [error];
  if (form === 'check' && error === null) return head;
  if (form === 'short') {
    return [
      head,
      shortLine('errors', errors.map(labelled)),
      shortLine('warnings', warnings.map(labelled)),
      shortLine('schema warnings', schema ?? []),
    ].join('');
  }
  let text = head;
  if (error !== null && schema !== null && schema.length > 0) {
    text += `${schema.length} Schema warnings:\n${schema.map((line) => `------\n${line}\n`).join('')}------\n`;
  }
  if (errors.length > 0) text += `${errors.length} Errors:\n${errors.map(longEntry).join('')}`;
  if (warnings.length > 0)
    text += `${warnings.length} Warnings:\n${warnings.map(longEntry).join('')}`;
  return text;
}

function shortLine(what: string, items: readonly string[]): string {
  return items.length === 0 ? '' : ` ${items.length} ${what}: [${items.join(' ')}]\n`;
}

const labelled = (diagnostic: Diagnostic): string =>
  `${diagnostic.falco} (${label(diagnostic.falco!)})`;

function longEntry(diagnostic: Diagnostic): string {
  const { locations, snippet } = diagnostic.context ?? { locations: [], snippet: '' };
  const lines = locations.map((location, depth) => {
    const indent = depth === 0 ? 'In ' : '    ';
    const named = location.item_name === '' ? '' : ` ${nameOf(location)}`;
    const { name, line, column } = location.position;
    return `${indent}${location.item_type}${named}: (${name}:${line}:${column})\n`;
  });
  const field =
    diagnostic.deprecatedField === undefined ? '' : `: field '${diagnostic.deprecatedField}'`;
  const what = `${diagnostic.falco} (${label(diagnostic.falco!)}${field}): ${messageOf(diagnostic)}`;
  return `${lines.join('')}------\n${snippet}------\n${what}\n`;
}

/** Expressions carry their text as the position's name only. */
const nameOf = (location: FalcoLocation): string => `'${location.item_name}'`;
