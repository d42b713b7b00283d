export { grpcConnection, httpConnection, type OtlpPeer } from './connection.js';
export { listenToOtel } from './diag.js';
export type { OtlpSinkOptions } from './options.js';
export { OtlpSink } from './otlp-sink.js';
