import type { Collector } from './collector.js';
import type { Diagnostic } from './diagnostic.js';
import { ItemContext, diagnosticFor } from './diagnostic.js';
import type { Span } from './ir.js';
import { readListItem, readMacroItem } from './read-list-macro.js';
import { readRuleItem } from './read-rule.js';
import { ItemReader, shapeError } from './read-values.js';
import type { SourceFile } from './source.js';
import { didYouMean } from '../core/index.js';
import {
  ENGINE_VERSION,
  compareVersions,
  isCompatible,
  parseEngineVersion,
  parseVersion,
  versionText,
} from './versions.js';
import type { PluginRequirement, Version } from './versions.js';
import type { YamlMap, YamlNode } from './yaml.js';
import { parseYaml, valueOf } from './yaml.js';

/** A requirement of `required_plugin_versions`: any one of its alternatives will do. */
export interface PluginRequirementItem {
  readonly alternatives: readonly PluginRequirement[];
  readonly context: ItemContext;
}

/** What a file asks of the engine around it. */
export interface Requirements {
  engine: Version | null;
  readonly plugins: PluginRequirementItem[];
}

/** Kinds of items in the order Falco looks for them. */
const KINDS = [
  'required_engine_version',
  'required_plugin_versions',
  'list',
  'macro',
  'rule',
] as const;

/** One file as it was read, for Falco's result and its schema check. */
export interface ReadFile {
  readonly source: SourceFile;
  readonly documents: readonly YamlNode[];
  readonly yamlFailed: boolean;
}

/** Reads a file's items into the collector, in order; complaints go to `report`, and reading goes on behind them. */
export function readFile(
  source: SourceFile,
  collector: Collector,
  requirements: Requirements,
  report: (diagnostic: Diagnostic) => void,
): ReadFile {
  const whole = { start: 0, end: Math.min(source.text.length, 1) };
  const { documents, problems, lost } = parseYaml(source);
  for (const { kind, name } of lost) collector.lose(kind, name);
  if (problems.length > 0) collector.lose('file', source.name);
  for (const problem of problems) {
    const context = new ItemContext(null, 'rules content', '', source, whole);
    const at = context.child('value for', '', problem.span);
    report(
      diagnosticFor(
        {
          code: 'yaml',
          falco: 'LOAD_ERR_YAML_PARSE',
          message: problem.message,
          hint: problem.hint,
        },
        at,
        clip(problem.span, source),
      ),
    );
  }
  warnOfEncoding(source, report);
  for (const document of documents) {
    // What is no list because it is no YAML has been told of.
    if (problems.length > 0 && document.kind !== 'seq') continue;
    readDocument(document, source, collector, requirements, report);
  }
  return { source, documents, yamlFailed: problems.length > 0 };
}

/** Text was read as UTF-8: other bytes came out as U+FFFD, and what they stood in matches nothing that was meant. */
function warnOfEncoding(source: SourceFile, report: (diagnostic: Diagnostic) => void): void {
  const at = source.text.indexOf('\ufffd');
  if (at < 0) return;
  const span = { start: at, end: at + 1 };
  const finding = {
    code: 'not-utf-8',
    severity: 'warning',
    message: 'bytes here are no UTF-8',
    hint: 'save the file as UTF-8; in a quoted value \\xHH names one byte',
  } as const;
  report(diagnosticFor(finding, new ItemContext(null, 'rules content', '', source, span)));
}

const clip = (span: Span, source: SourceFile): Span => ({
  start: Math.min(span.start, source.text.length),
  end: Math.min(span.end, source.text.length),
});

function readDocument(
  document: YamlNode,
  source: SourceFile,
  collector: Collector,
  requirements: Requirements,
  report: (diagnostic: Diagnostic) => void,
): void {
  const context = new ItemContext(null, 'rules content', '', source, { start: 0, end: 0 });
  if (document.kind === 'scalar' && document.isNull) return;
  if (document.kind !== 'seq') {
    const what = document.kind === 'map' ? 'a mapping' : 'plain text';
    const message = `a rule file is a list of items ("- rule: …"), not ${what}`;
    const falco =
      document.kind === 'map'
        ? 'Rules content is not yaml array of objects'
        : 'Rules content is not yaml';
    report(diagnosticFor(shapeError(message, 'bad-shape', falco), context, document.span));
    return;
  }
  for (const node of document.items) {
    if (node.kind === 'scalar' && node.isNull) continue;
    if (node.kind !== 'map') {
      const item = context.child('rules content item', '', node.span);
      const message = 'an item is a mapping, as in "- rule: …"';
      const falco = 'Unexpected element type. Each element should be a yaml associative array.';
      report(diagnosticFor(shapeError(message, 'bad-shape', falco), item));
      continue;
    }
    readItem(node, context, collector, requirements, report);
  }
}

function readItem(
  node: YamlMap,
  parent: ItemContext,
  collector: Collector,
  requirements: Requirements,
  report: (diagnostic: Diagnostic) => void,
): void {
  warnOfDuplicates(node, parent, report);
  const kind = KINDS.find((key) => valueOf(node, key) !== undefined);
  switch (kind) {
    case undefined: {
      const context = parent.child('rules content item', '', node.span);
      const words = node.entries.map((entry) => entry.key.value);
      const hint = words.map((word) => didYouMean(word, KINDS)).find((found) => found !== null);
      report(
        diagnosticFor(
          {
            code: 'unknown-item',
            falco: 'LOAD_UNKNOWN_ITEM',
            severity: 'warning',
            message: 'the item is no list, macro, rule or requirement: it is skipped',
            falcoMessage: 'Unknown top level item',
            hint: hint ?? null,
          },
          context,
        ),
      );
      return;
    }
    case 'required_engine_version':
      return readEngineVersion(node, parent, requirements, report);
    case 'required_plugin_versions':
      return readPluginVersions(node, parent, requirements, report);
    case 'list':
      return readListItem(node, parent, collector, report);
    case 'macro':
      return readMacroItem(node, parent, collector, report);
    case 'rule':
      return readRuleItem(node, parent, collector, report);
  }
}

/** Falco reads the first of two equal keys; a person meant the last. */
function warnOfDuplicates(
  node: YamlMap,
  parent: ItemContext,
  report: (diagnostic: Diagnostic) => void,
): void {
  const seen = new Set<string>();
  for (const { key } of node.entries) {
    if (seen.has(key.value)) {
      const message = `"${key.value}" stands here twice: only the first counts`;
      const context = parent.child('rules content item', '', key.span);
      report(diagnosticFor({ code: 'duplicate-key', severity: 'warning', message }, context));
    }
    seen.add(key.value);
  }
}

function readEngineVersion(
  node: YamlMap,
  parent: ItemContext,
  requirements: Requirements,
  report: (diagnostic: Diagnostic) => void,
): void {
  const { span } = valueOf(node, 'required_engine_version')!;
  const context = parent.child('required_engine_version', '', node.span);
  const reader = new ItemReader(node, context, report);
  const read = reader.required('required_engine_version');
  if (read === null) return;
  const { text } = read.text;
  const required = parseEngineVersion(text);
  if (required === null) {
    const message = `"${text}" is no version: expected a number or x.y.z`;
    const falco = `Unable to parse engine version '${text}' as a semantic version string. Expected "x.y.z" semantic version format.`;
    reader.fail(shapeError(message, 'bad-version', falco), context, span);
    return;
  }
  if (!isCompatible(parseEngineVersion(ENGINE_VERSION)!, required)) {
    const version = versionText(required);
    reader.fail(
      {
        code: 'engine-too-old',
        falco: 'LOAD_ERR_VALIDATE',
        message: `the rules require engine version ${version}, this is ${ENGINE_VERSION}`,
        falcoMessage: `Rules require engine version ${version}, but engine version is ${ENGINE_VERSION}`,
      },
      context,
      span,
    );
  }
  if (requirements.engine === null || compareVersions(requirements.engine, required) < 0) {
    requirements.engine = required;
  }
}

function readPluginVersions(
  node: YamlMap,
  parent: ItemContext,
  requirements: Requirements,
  report: (diagnostic: Diagnostic) => void,
): void {
  const value = valueOf(node, 'required_plugin_versions')!;
  const context = parent.child('required plugin versions', '', value.span);
  if (value.kind !== 'seq') {
    const falco = 'Value of required_plugin_versions must be a sequence';
    const message = '"required_plugin_versions" must be a list';
    report(diagnosticFor(shapeError(message, 'bad-shape', falco), context));
    return;
  }
  for (const entry of value.items) {
    const at = context.child('required plugin versions entry', '', entry.span);
    const first = readRequirement(entry, at, report);
    if (first === null || entry.kind !== 'map') continue;
    const alternatives = [first];
    const more = valueOf(entry, 'alternatives');
    if (more !== undefined) {
      if (more.kind !== 'seq') {
        const falco = 'Value of plugin version alternatives must be a sequence';
        const message = '"alternatives" must be a list';
        report(diagnosticFor(shapeError(message, 'bad-shape', falco), at, more.span));
        continue;
      }
      for (const node of more.items) {
        const inside = at.child('required plugin versions alternative', '', node.span);
        const alternative = readRequirement(node, inside, report);
        if (alternative !== null) alternatives.push(alternative);
      }
    }
    const twice = alternatives.find(
      ({ name }, i) => alternatives.findIndex((other) => other.name === name) < i,
    );
    if (twice !== undefined) {
      const message = `plugin "${twice.name}" stands twice in one requirement`;
      const falco = `Defined multiple alternative version requirements for plugin '${twice.name}'`;
      report(complaint('duplicate-plugin', message, falco, at));
    }
    requirements.plugins.push({ alternatives, context: at });
  }
}

function readRequirement(
  node: YamlNode,
  context: ItemContext,
  report: (diagnostic: Diagnostic) => void,
): PluginRequirement | null {
  if (node.kind !== 'map') {
    report(
      diagnosticFor(shapeError('a plugin requirement is a mapping of name and version'), context),
    );
    return null;
  }
  const reader = new ItemReader(node, context, report);
  const name = reader.required('name');
  const version = reader.required('version');
  if (name === null || version === null) return null;
  if (parseVersion(version.text.text) === null) {
    const message = `"${version.text.text}" is no version: expected x.y.z`;
    const falco = `Invalid required version '${version.text.text}' for plugin '${name.text.text}'`;
    report(complaint('bad-version', message, falco, context));
    return null;
  }
  return { name: name.text.text, version: version.text.text };
}

const complaint = (
  code: string,
  message: string,
  falcoMessage: string,
  context: ItemContext,
): Diagnostic =>
  diagnosticFor({ code, falco: 'LOAD_ERR_VALIDATE', message, falcoMessage }, context);
