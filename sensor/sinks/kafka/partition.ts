/**
 * The partition a key belongs to: the same as the Java client's default, so that consumers and other producers agree.
 * Computed here rather than by the client library, because one call must never span partitions (`kafka-sink.ts`).
 *
 * @see org.apache.kafka.clients.producer.internals.BuiltInPartitioner#partitionForKey
 */
export function partitionFor(key: Buffer, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

/**
 * MurmurHash2, 32 bits, with the seed of Kafka's `Utils.murmur2`.
 *
 * @returns a signed 32-bit integer, as in Java.
 */
export function murmur2(data: Buffer): number {
  const m = 0x5bd1e995;
  const { length } = data;
  let h = 0x9747b28c ^ length;
  const whole = length - (length % 4);
  for (let i = 0; i < whole; i += 4) {
    let k = Math.imul(data.readInt32LE(i), m);
    k ^= k >>> 24;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  const rest = length - whole;
  if (rest > 2) h ^= (data[whole + 2] ?? 0) << 16;
  if (rest > 1) h ^= (data[whole + 1] ?? 0) << 8;
  if (rest > 0) h = Math.imul(h ^ (data[whole] ?? 0), m);
  h = Math.imul(h ^ (h >>> 13), m);
  return (h ^ (h >>> 15)) | 0;
}
