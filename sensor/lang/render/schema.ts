import type { YamlMap, YamlNode } from '../yaml.js';
import { valueOf } from '../yaml.js';

type Shape = 'text' | 'list' | 'map' | 'any' | readonly string[];

/** Keys of each kind of item, with the shape of their values, as Falco's JSON schema has them (falco-compat §1.1). */
const ITEM: Readonly<Record<string, Shape>> = {
  required_engine_version: 'text',
  required_plugin_versions: 'list',
  macro: 'text',
  condition: 'text',
  list: 'text',
  items: 'list',
  rule: 'text',
  desc: 'text',
  enabled: 'text',
  exceptions: 'list',
  output: 'text',
  append: 'text',
  override: 'map',
  priority: [
    'EMERGENCY',
    'ALERT',
    'CRITICAL',
    'ERROR',
    'WARNING',
    'NOTICE',
    'INFO',
    'INFORMATIONAL',
    'DEBUG',
  ],
  source: 'text',
  tags: 'list',
  capture: 'text',
  capture_duration: 'text',
  warn_evttypes: 'text',
  'skip-if-unknown-filter': 'text',
};
const EXCEPTION: Readonly<Record<string, Shape>> = {
  name: 'text',
  fields: 'any',
  comps: 'any',
  values: 'any',
};
const OVERRIDE: Readonly<Record<string, Shape>> = Object.fromEntries(
  Object.keys(ITEM)
    .filter((key) => !['rule', 'macro', 'list', 'append', 'override', 'source'].includes(key))
    .map((key) => [key, ['append', 'replace']]),
);

/** What Falco's schema check says of the first document. */
export function schemaWarnings(document: YamlNode | undefined): readonly string[] {
  const found: string[] = [];
  if (document === undefined || (document.kind === 'scalar' && document.isNull)) return found;
  if (document.kind !== 'seq') return ['failed for <root>: value type not permitted'];
  document.items.forEach((item, i) => {
    const path = `<root>[${i}]`;
    if (item.kind === 'scalar' && item.isNull) return;
    if (item.kind !== 'map') found.push(`failed for ${path}: value type not permitted`);
    else checkItem(item, path, found);
  });
  return found;
}

function checkItem(item: YamlMap, path: string, found: string[]): void {
  checkKeys(item, ITEM, path, found);
  const exceptions = valueOf(item, 'exceptions');
  if (exceptions?.kind === 'seq') {
    exceptions.items.forEach((exception, i) => {
      const at = `${path}[exceptions][${i}]`;
      if (exception.kind !== 'map') found.push(`failed for ${at}: value type not permitted`);
      else {
        checkKeys(exception, EXCEPTION, at, found);
        if (valueOf(exception, 'name') === undefined) {
          found.push(`failed for ${at}: missing required property 'name'`);
        }
      }
    });
  }
  const override = valueOf(item, 'override');
  if (override?.kind === 'map') {
    const at = `${path}[override]`;
    if (override.entries.length === 0) found.push(`failed for ${at}: too few properties`);
    checkKeys(override, OVERRIDE, at, found);
  }
}

function checkKeys(
  item: YamlMap,
  shapes: Readonly<Record<string, Shape>>,
  path: string,
  found: string[],
): void {
  for (const { key, value } of item.entries) {
    const shape = Object.hasOwn(shapes, key.value) ? shapes[key.value] : undefined;
    if (shape === undefined) {
      found.push(`failed for ${path}: no schema for property '${key.value}'`);
    } else if (!fits(value, shape)) {
      const what =
        typeof shape === 'string'
          ? 'value type not permitted'
          : 'value not in the list of permitted ones';
      found.push(`failed for ${path}[${key.value}]: ${what}`);
    }
  }
}

function fits(value: YamlNode, shape: Shape): boolean {
  switch (shape) {
    case 'any':
      return true;
    case 'text':
      return value.kind === 'scalar';
    case 'list':
      return value.kind === 'seq';
    case 'map':
      return value.kind === 'map';
    default:
      return value.kind === 'scalar' && shape.includes(value.value);
  }
}
