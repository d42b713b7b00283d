export { listenToOtel } from './diag.js';
export type { OtlpSinkOptions } from './options.js';
export { OtlpSink } from './otlp-sink.js';
