/**
 * Checks the imports of sensor/ against the layers of the design: a stage knows the stages below it, never the next one;
 * nobody imports past another folder's door; nothing imports in a circle.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

/** What each folder of sensor/ may import from. */
const below: Readonly<Record<string, readonly string[]>> = {
  core: [],
  lang: ['core'],
  kernel: ['core'],
  events: ['core', 'kernel'],
  identity: ['core', 'lang', 'kernel', 'events'],
  capture: ['core', 'events', 'identity'],
  engine: ['core', 'lang', 'events'],
  enforce: ['core', 'lang', 'kernel', 'events'],
  spool: ['core'],
  sinks: ['core', 'spool'],
  app: [
    'core',
    'lang',
    'kernel',
    'events',
    'identity',
    'capture',
    'engine',
    'enforce',
    'spool',
    'sinks',
  ],
  cli: [
    'core',
    'lang',
    'kernel',
    'events',
    'identity',
    'capture',
    'engine',
    'enforce',
    'spool',
    'sinks',
    'capture',
    'app',
  ],
};

/** Shapes and names that stages agree on: any folder may import them, each by its own file. They import files, not doors. */
const contracts = new Set([
  'sensor/core/bytes.ts',
  'sensor/core/clock.ts',
  'sensor/lang/ir.ts',
  'sensor/lang/field-def.ts',
  'sensor/engine/types.ts',
  'sensor/events/cursor.ts',
  'sensor/spool/alert.ts',
  'sensor/sinks/sink.ts',
]);

interface Edge {
  readonly to: string;
  readonly line: number;
  /** Gone when compiled: layers bind it, but it closes no circle. */
  readonly typeOnly: boolean;
}

function importsOf(file: string): Edge[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(file, 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const edges: Edge[] = [];
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier?.text.startsWith('.')) {
      edges.push({
        to: relative('.', join(dirname(file), specifier.text.replace(/\.js$/, '.ts'))),
        line: source.getLineAndCharacterOfPosition(specifier.getStart()).line + 1,
        typeOnly: isTypeOnly(node),
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return edges;
}

function specifierOf(node: ts.Node): ts.StringLiteral | undefined {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
    return node.moduleSpecifier as ts.StringLiteral;
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments;
    if (argument && ts.isStringLiteral(argument)) return argument;
  }
  return undefined;
}

const isTypeOnly = (node: ts.Node): boolean =>
  (ts.isImportDeclaration(node) &&
    node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) ||
  (ts.isExportDeclaration(node) && node.isTypeOnly);

function* layerFaults(): Generator<string> {
  for (const [file, edges] of graph) {
    const from = stageOf(file);
    for (const { to, line } of edges) {
      if (!existsSync(to)) continue; // generated, or the type checker's business
      const target = stageOf(to);
      if (from === undefined || target === undefined || from === target) continue;
      if (contracts.has(to)) continue;
      if (!below[from]?.includes(target)) {
        yield `${file}:${line}: ${from} may not import ${target} (${to})`;
      } else if (!isDoor(to) && !contracts.has(file)) {
        yield `${file}:${line}: imports past the door of ${target}: use ${target}/index.js (${to})`;
      }
    }
  }
}

/** sensor/STAGE/…: the stage; undefined outside sensor/. */
function stageOf(file: string): string | undefined {
  const [top, stage] = file.split('/');
  return top === 'sensor' ? stage : undefined;
}

/**
 * The index of a stage, or of a folder below it that is a part of its own (sensor/lang/fields/index.ts). app has no door: each
 * command loads the one part it runs, so that \`saker fields\` starts without Kafka.
 */
const isDoor = (file: string): boolean =>
  file.endsWith('/index.ts') || file.startsWith('sensor/app/');

/** Each circle once, as the files on it. */
function* cycles(): Generator<string> {
  const done = new Set<string>();
  const path: string[] = [];
  const found = new Set<string>();
  const walk = (file: string): void => {
    const at = path.indexOf(file);
    if (at >= 0) {
      const circle = path.slice(at);
      const first = circle.indexOf(circle.toSorted()[0] ?? '');
      found.add([...circle.slice(first), ...circle.slice(0, first)].join(' -> '));
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const { to, typeOnly } of graph.get(file) ?? []) if (!typeOnly) walk(to);
    path.pop();
    done.add(file);
  };
  for (const file of files) walk(file);
  for (const circle of found) yield `import cycle: ${circle}`;
}

const files = globSync('{sensor,grammar}/**/*.ts').sort();
const graph = new Map(files.map((file) => [file, importsOf(file)]));
const faults = [...layerFaults(), ...cycles()];
for (const fault of faults) console.error(fault);
if (faults.length === 0) console.log(`imports: ${files.length} files in their layers, no cycle`);
process.exitCode = faults.length > 0 ? 1 : 0;
