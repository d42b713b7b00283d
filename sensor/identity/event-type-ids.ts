import { AT, EventTypes, FLAG, KIND, type RecordCursor } from '../events/index.js';
import { eventTypeId } from '../lang/events/index.js';

/** Numbers of system calls and io_uring operations are below this; others are looked up each time. */
const CALLS = 1024;
const UNSET = -2;

/**
 * Dense ids (lang/events) of `evt.type`, by record.
 *
 * @remarks Hot path: names are looked up once for each kind, ABI and number. A successful execveat is an execve, as in Falco.
 */
export class EventTypeIds {
  readonly #types: EventTypes;
  readonly #ids = new Int16Array(KIND.KIND_MAX * 3 * CALLS).fill(UNSET);

  constructor(types: EventTypes = new EventTypes()) {
    this.#types = types;
  }

  /** -1 for records that are no event of Falco's (cgroups, the scan). */
  of(record: RecordCursor): number {
    if (record.arg >= CALLS || record.kind >= KIND.KIND_MAX) return this.#lookUp(record);
    const abi = record.flags & FLAG.IO_URING ? 2 : record.flags & FLAG.COMPAT ? 1 : 0;
    const at = (record.kind * 3 + abi) * CALLS + record.arg;
    const known = this.#ids[at]!;
    if (known !== UNSET) return known;
    return (this.#ids[at] = this.#lookUp(record));
  }

  #lookUp(record: RecordCursor): number {
    if (record.kind === KIND.PROCESS_EXEC) return eventTypeId('execve');
    const name = this.#types.of(record);
    return name === null ? -1 : eventTypeId(name);
  }
}

/** `enum saker_verdict_layer`. */
const LAYER_CONNECT = 1;
const LAYER_SENDMSG = 2;
const IPPROTO_UDP = 17;

/**
 * Name of the call that a verdict is about. A packet does not tell which call sent it: one of TCP stands for its connection's
 * connect, a datagram for a sendto.
 */
export function callOfVerdict(record: RecordCursor): string {
  switch (record.u8(AT.net_verdict.layer)) {
    case LAYER_CONNECT:
      return 'connect';
    case LAYER_SENDMSG:
      return 'sendmsg';
    default:
      return record.u8(AT.net_verdict.protocol) === IPPROTO_UDP ? 'sendto' : 'connect';
  }
}
