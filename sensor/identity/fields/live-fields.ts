import { toBytes } from '../../core/index.js';
import type { FieldSource } from '../../engine/types.js';
import type { LiveEvent } from '../live-event.js';
import { CONTAINER_GETTERS } from './container.js';
import { eventGetters } from './evt.js';
import { FD_GETTERS } from './fd.js';
import { FS_GETTERS } from './fs.js';
import { type GetterTable, type LiveGetter } from './getter.js';
import { PROCESS_GETTERS } from './process.js';
import { SPANS } from './spans.js';
import { USER_GETTERS } from './user.js';

/** What this build cannot supply is null. */
const nothing: LiveGetter = () => null;

/**
 * Values of fields of the current event.
 *
 * @remarks Getters keep no results: the engine asks each field once per event.
 */
export function createLiveFields(options: {
  readonly hostname: string;
  readonly staticFields?: Readonly<Record<string, string>>;
}): FieldSource<LiveEvent> {
  const fixed = new Map(Object.entries(options.staticFields ?? {}));
  const table: GetterTable = {
    ...eventGetters(options.hostname),
    ...PROCESS_GETTERS,
    ...USER_GETTERS,
    ...FD_GETTERS,
    ...FS_GETTERS,
    ...CONTAINER_GETTERS,
    static: ({ arg }) => {
      const value = fixed.get(String(arg));
      const bytes = value === undefined ? null : toBytes(value);
      return () => bytes;
    },
  };
  const makers = new Map(Object.entries(table));
  return {
    getter: (use, place = 'condition') => makers.get(use.def.name)?.(use, place) ?? nothing,
    span: (use) => SPANS[use.def.name] ?? null,
  };
}
