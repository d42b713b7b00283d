import { join } from 'node:path';
import { packageRoot } from '../core/index.js';

/** Folder of the shipped rules: what is meant where no rule file is named. */
export function shippedRules(): string {
  return join(packageRoot(), 'rules');
}
