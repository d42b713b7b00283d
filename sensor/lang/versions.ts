/** The rule engine's version that this loader stands for (falco-formats §6). */
export const ENGINE_VERSION = '0.63.0';

/** The version of Falco's libraries' event schema: names, codes and parameters of events. */
export const SCHEMA_VERSION = '4.5.1';

/** Plugins whose work this sensor does itself, with the version it stands for. */
export const BUILTIN_PLUGINS: ReadonlyMap<string, string> = new Map([['container', '0.7.1']]);

export type Version = readonly [major: number, minor: number, patch: number];

/** Three numbers, whatever follows them; a plain integer N is 0.N.0; anything else is no version. */
export function parseEngineVersion(text: string): Version | null {
  if (/^[0-9]{1,9}$/.test(text)) return [0, Number(text), 0];
  return parseVersion(text);
}

export function parseVersion(text: string): Version | null {
  const match = /^([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})/.exec(text);
  return match === null ? null : [Number(match[1]), Number(match[2]), Number(match[3])];
}

export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** Same major, and at least what is asked for. */
export function isCompatible(have: Version, required: Version): boolean {
  return have[0] === required[0] && compareVersions(have, required) >= 0;
}

export const versionText = (version: Version): string => version.join('.');

export interface PluginRequirement {
  readonly name: string;
  readonly version: string;
}

/** Is one of the alternatives there? The first that is loaded decides, even when its version fails. */
export function satisfies(
  alternatives: readonly PluginRequirement[],
  plugins: ReadonlyMap<string, string>,
): boolean {
  const loaded = alternatives.find(({ name }) => plugins.has(name));
  if (loaded === undefined) return false;
  const have = parseVersion(plugins.get(loaded.name)!);
  const required = parseVersion(loaded.version);
  return have !== null && required !== null && isCompatible(have, required);
}
