export type { Alert, AlertSubject, NewAlert } from './alert.js';
export { Cursor, readCursors, type CursorState } from './cursor.js';
export {
  ALERT_SCHEMA,
  escapeLine,
  jsonLine,
  textLine,
  type JsonOptions,
  type TextOptions,
} from './format/index.js';
export { lockDir, lockHolder, type DirLock, type TryFlock } from './lock.js';
export { EVENTS_LOST_RULE, internalAlert, LOSS_RULE } from './internal-alert.js';
export { SpoolReader, type Batch, type ReadLimits } from './reader.js';
export { DROP_CAUSES, LANES, SpoolShared, type DropCause } from './shared.js';
export { SpoolSync } from './sync.js';
export { Uuid7 } from './uuid7.js';
export { CURSOR_DIR, DEFAULT_CAP_BYTES, SpoolWriter, type SpoolOptions } from './writer.js';
