import type { FieldDef } from '../field-def.js';
import { CONTAINER_FIELDS } from './container.js';
import { EVENT_FIELDS, SYSCALL_FIELDS } from './evt.js';
import { FD_FIELDS, OWN_FD_FIELDS } from './fd.js';
import { FD_LIST_FIELDS, FS_PATH_FIELDS, STATIC_FIELDS, UTIL_FIELDS } from './fs.js';
import { K8S_FIELDS } from './k8s.js';
import { K8SMETA_FIELDS } from './k8smeta.js';
import { PROCESS_FIELDS } from './process.js';
import { GROUP_FIELDS, USER_FIELDS } from './user.js';

/** The 233 fields of Falco's engine. */
export const ENGINE_FIELDS: readonly FieldDef[] = [
  ...EVENT_FIELDS,
  ...SYSCALL_FIELDS,
  ...PROCESS_FIELDS,
  ...USER_FIELDS,
  ...GROUP_FIELDS,
  ...FD_FIELDS,
  ...FS_PATH_FIELDS,
  ...FD_LIST_FIELDS,
  ...UTIL_FIELDS,
];

/** The 61 fields of its container plugin. */
export const CONTAINER_PLUGIN_FIELDS: readonly FieldDef[] = [...CONTAINER_FIELDS, ...K8S_FIELDS];

/** The 25 fields of its k8smeta plugin. */
export const K8SMETA_PLUGIN_FIELDS: readonly FieldDef[] = K8SMETA_FIELDS;

const ALL: readonly FieldDef[] = [
  ...ENGINE_FIELDS,
  ...OWN_FD_FIELDS,
  ...CONTAINER_PLUGIN_FIELDS,
  ...K8SMETA_PLUGIN_FIELDS,
  ...STATIC_FIELDS,
];
const byName = new Map(ALL.map((def) => [def.name, def]));

/** The whole field table, in the order it is listed. */
export function allFields(): readonly FieldDef[] {
  return ALL;
}

/** Definition of a field by its full name without argument (`proc.name`, `evt.arg`), or undefined. */
export function findField(name: string): FieldDef | undefined {
  return byName.get(name);
}
