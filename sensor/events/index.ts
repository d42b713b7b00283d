export type { RecordCursor } from './cursor.js';
export { BatchCursor, SHAPES } from './batch-cursor.js';
export { type DecodeFailure, RecordWalk, type WalkStats } from './walk.js';
export { EventTypes, isStateKind, KIND_NAMES, kindOf } from './kinds.js';
export { type RecordValues, writeBatch, writeRecord } from './write.js';
export {
  AT,
  CLASS,
  EXE_FLAG,
  FIELDS,
  FILE_FLAG,
  FLAG,
  KIND,
  LOSS,
  type RecordShape,
  RECORDS,
  SIZE,
  STRING,
} from './layout.generated.js';
