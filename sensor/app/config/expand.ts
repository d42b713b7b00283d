import { readFileSync } from 'node:fs';

/** What a configuration may look at besides itself. */
export interface Environment {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text of a secret's file. Throws as `fs.readFileSync` does. */
  readonly readFile: (path: string) => string;
}

export const REAL_ENVIRONMENT: Environment = {
  env: process.env,
  readFile: (path) => readFileSync(path, 'utf8'),
};

const VARIABLE = /\$(?:\$|\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})/g;

/** Puts environment variables into a text: `${NAME}`, `${NAME:-default}`; `$$` stands for one `$`. */
export function expandText(
  text: string,
  env: Environment['env'],
): { readonly text: string; readonly missing: readonly string[]; readonly changed: boolean } {
  const missing: string[] = [];
  const result = text.replace(
    VARIABLE,
    (_, name: string | undefined, fallback: string | undefined) => {
      if (name === undefined) return '$';
      const value = env[name] ?? fallback;
      if (value === undefined) missing.push(name);
      return value ?? '';
    },
  );
  return { text: result, missing, changed: result !== text };
}

/** A secret as written, or out of the file it names (`file:/path`, without the newline at its end). */
export function readSecret(
  text: string,
  environment: Environment,
): { readonly ok: true; readonly value: string } | { readonly ok: false; readonly reason: string } {
  if (!text.startsWith('file:')) return { ok: true, value: text };
  const path = text.slice('file:'.length);
  try {
    const value = environment.readFile(path).replace(/\r?\n$/, '');
    return value === '' ? { ok: false, reason: `${path} is empty` } : { ok: true, value };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
