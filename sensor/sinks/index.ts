export { DeadLetters } from './dead-letters.js';
export {
  Delivery,
  SinkLoop,
  type Route,
  type SinkLoopOptions,
  type SinkStatus,
} from './deliver.js';
export { FileSink } from './file/file-sink.js';
export type { DeliveryResult, Sink } from './sink.js';
export { StdoutSink } from './stdout/stdout-sink.js';
