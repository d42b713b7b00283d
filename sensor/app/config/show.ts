import { stringify } from 'yaml';
import type { Schema } from './schema-parts.js';
import { CONFIG_SCHEMA } from './schema.js';
import type { Json } from './validate.js';

const MASK = '********';

/** The configuration in force, defaults included, as data; secrets are masked. */
export function maskSecrets(raw: Json, schema: Schema = CONFIG_SCHEMA): Json {
  if (raw === null) return null;
  if (schema.writeOnly) return MASK;
  if (Array.isArray(raw)) {
    return (raw as readonly Json[]).map((item) => maskSecrets(item, schema.items ?? {}));
  }
  if (typeof raw !== 'object') return raw;
  const object = raw as { readonly [key: string]: Json };
  const chosen =
    schema.oneOf?.find((one) => one.properties?.['type']?.const === object['type']) ?? schema;
  const result: Record<string, Json> = {};
  for (const [key, value] of Object.entries(object)) {
    if (value === null) continue;
    const further = chosen.additionalProperties === false ? undefined : chosen.additionalProperties;
    result[key] = maskSecrets(value, chosen.properties?.[key] ?? further ?? {});
  }
  return result;
}

/** As `maskSecrets`, as YAML that `saker run -c` would take (but for the secrets). */
export function showConfig(raw: Json): string {
  return stringify(maskSecrets(raw));
}
