export { KafkaSink } from './kafka-sink.js';
export type { KafkaSinkOptions } from './options.js';
export { murmur2, partitionFor } from './partition.js';
