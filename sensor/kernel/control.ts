import { AT, KIND, SIZE } from './layout.generated.js';
import type { BpfMap } from './native.js';
import type { ProbeControl } from './types.js';

/** Everything is wanted: what holds until a rule set says otherwise. */
const ALL = 0xffff_ffff_ffff_ffffn;

/** `struct saker_control` as the programs read it. */
export function controlBytes(control: ProbeControl): Uint8Array {
  const bytes = Buffer.alloc(SIZE.control);
  for (let kind = 0; kind < KIND.KIND_MAX; kind++) {
    const wanted = BigInt.asUintN(64, control.classes.get(kind) ?? ALL);
    bytes.writeBigUInt64LE(wanted, AT.control.classes + 8 * kind);
  }
  bytes.writeUInt32LE(control.generation >>> 0, AT.control.generation);
  bytes.writeUInt32LE(control.wantEnv ? 1 : 0, AT.control.want_env);
  return bytes;
}

/**
 * Puts it in force. An array element is replaced by a plain copy: a program may see the classes of both sets for a moment, so
 * a new set is loaded beside the old one first, and only records say by which it was made.
 */
export function writeControl(map: BpfMap, control: ProbeControl): void {
  map.update(new Uint8Array(4), controlBytes(control));
}
