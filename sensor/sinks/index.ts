export { DeadLetters } from './dead-letters.js';
export { Delivery, type SinkChanges, type SinkSpec, type SinkUpdate } from './deliver.js';
export { FileSink } from './file/file-sink.js';
export { SinkLoop, type Route, type SinkLoopOptions, type SinkStatus } from './sink-loop.js';
export type { DeliveryResult, Sink } from './sink.js';
export { StdoutSink } from './stdout/stdout-sink.js';
export type { TlsFiles } from './tls.js';
