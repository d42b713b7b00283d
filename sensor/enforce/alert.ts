import { AT, type RecordCursor } from '../events/index.js';
import type { Rule } from '../lang/ir.js';
import type { NewAlert } from '../spool/alert.js';
import { addressTextOf } from './address.js';

/** Where a flow was judged; index is `enum saker_verdict_layer`. */
export const LAYERS = ['', 'connect', 'sendmsg', 'tc', 'cgroup_skb'] as const;
/** What became of it; index is `enum saker_verdict_outcome`. */
export const OUTCOMES = ['reported', 'refused', 'reset', 'dropped'] as const;

/** One SAKER_NET_VERDICT record: what enforcement decided about a flow. */
export interface NetVerdict {
  /** Generation of the rule set that decided, as given to `Enforcement.load`. */
  readonly generation: number;
  /** Index in that set's rules. */
  readonly rule: number;
  /** Number of the clause in the compiled set. */
  readonly clause: number;
  readonly mode: 'audit' | 'enforce';
  readonly reply: 'reject' | 'drop';
  readonly layer: (typeof LAYERS)[number];
  readonly outcome: (typeof OUTCOMES)[number];
  readonly protocol: 'tcp' | 'udp';
  /** Null: not chosen yet. */
  readonly localAddress: string | null;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Whose socket it is; 0: nobody is known for it. */
  readonly pid: number;
  readonly uid: number;
  /** Boot-clock nanoseconds. */
  readonly startNs: bigint;
  readonly execCount: number;
  readonly cgroupId: bigint;
  readonly socketCookie: bigint;
  /** Attempts or packets of this flow since `firstNs`: a later record of the flow holds the sum. */
  readonly count: bigint;
  /** Boot-clock nanoseconds. */
  readonly firstNs: bigint;
  readonly timeNs: bigint;
}

/** Reads the record that the cursor stands on. Verdicts are rare (aggregated in the kernel): it allocates. */
export function readVerdict(cursor: RecordCursor): NetVerdict {
  const at = AT.net_verdict;
  const bytes = cursor.copy();
  const local = bytes.subarray(at.local_addr, at.local_addr + 16);
  return {
    generation: cursor.u32(at.set) >>> 1,
    rule: cursor.u16(at.rule),
    clause: cursor.u16(at.clause),
    mode: cursor.u8(at.mode) === 1 ? 'enforce' : 'audit',
    reply: cursor.u8(at.reply) === 1 ? 'drop' : 'reject',
    layer: LAYERS[cursor.u8(at.layer)] ?? '',
    outcome: OUTCOMES[cursor.u8(at.outcome)] ?? 'reported',
    protocol: cursor.u8(at.protocol) === 17 ? 'udp' : 'tcp',
    localAddress: local.every((byte) => byte === 0) ? null : addressTextOf(local),
    localPort: cursor.u16(at.local_port),
    remoteAddress: addressTextOf(bytes.subarray(at.remote_addr, at.remote_addr + 16)),
    remotePort: cursor.u16(at.remote_port),
    pid: cursor.tgid,
    uid: cursor.uid,
    startNs: cursor.big(AT.header.start_ns),
    execCount: cursor.u32(at.exec_count),
    cgroupId: cursor.big(AT.header.cgroup_id),
    socketCookie: cursor.big(at.sock_cookie),
    count: cursor.big(at.count),
    firstNs: cursor.big(at.first_ns),
    timeNs: cursor.big(AT.header.ts_ns),
  };
}

/** What the process and container tables know of the verdict's subject; null: nothing. */
export interface VerdictSubject {
  /** Text (UTF-8). */
  readonly exe: string | null;
  /** 64 hex characters; null on the host. */
  readonly containerId: string | null;
  readonly podUid: string | null;
}

/** The output of the rule that decided, with the values of its flow put in. */
export interface RenderedOutput {
  /** Text (UTF-8). */
  readonly message: string;
  /** Values as JSON text. */
  readonly fields: Iterable<readonly [key: string, json: string]>;
}

/**
 * The alert of a rule with an action: the rule's own output, and what was done. Where both have a field, the rule's value wins.
 *
 * @param rule - `rules[verdict.rule]` of the set with the verdict's generation.
 * @param timeNs - `verdict.timeNs` on the wall clock, nanoseconds since the epoch.
 */
export function alertOfVerdict(
  verdict: NetVerdict,
  rule: Rule,
  subject: VerdictSubject,
  timeNs: bigint,
  rendered: RenderedOutput,
): NewAlert {
  return {
    timeNs: timeNs.toString(),
    kind: 'verdict',
    rule: rule.name,
    priority: rule.priority,
    source: rule.source,
    tags: [...rule.tags].sort(),
    message: `${rendered.message} [${whatWasDone(verdict)}]`,
    fields: jsonOf({
      ...fieldsOf(verdict, subject),
      ...Object.fromEntries(rendered.fields),
    }),
    generation: verdict.generation,
    subject: {
      pid: verdict.pid,
      startNs: verdict.startNs.toString(),
      ...subject,
    },
  };
}

/** For people: without it a flow that was stopped and one that was only reported would read the same. */
function whatWasDone({ outcome, layer, count, firstNs, timeNs }: NetVerdict): string {
  const done = outcome === 'reported' ? 'audit: would be blocked' : `${outcome} at ${layer}`;
  const seconds = Math.max(1, Math.round(Number(timeNs - firstNs) / 1e9));
  return count > 1n ? `${done}, ${count} times in ${seconds} s` : done;
}

/** Values as JSON text, integers in full. */
function fieldsOf(verdict: NetVerdict, subject: VerdictSubject): Record<string, string> {
  return {
    'container.id': JSON.stringify(subject.containerId?.slice(0, 12) ?? 'host'),
    'fd.l4proto': JSON.stringify(verdict.protocol),
    'fd.lip': JSON.stringify(verdict.localAddress),
    'fd.lport': verdict.localPort === 0 ? 'null' : String(verdict.localPort),
    'fd.rip': JSON.stringify(verdict.remoteAddress),
    'fd.rport': String(verdict.remotePort),
    'proc.exepath': JSON.stringify(subject.exe),
    'proc.pid': String(verdict.pid),
    'verdict.clause': String(verdict.clause),
    'verdict.count': verdict.count.toString(),
    'verdict.direction': '"out"',
    'verdict.duration': (verdict.timeNs - verdict.firstNs).toString(),
    'verdict.layer': JSON.stringify(verdict.layer),
    'verdict.mode': JSON.stringify(verdict.mode),
    'verdict.outcome': JSON.stringify(verdict.outcome),
    'verdict.reply': JSON.stringify(verdict.reply),
  };
}

/** An object of these members, keys in alphabetical order as in every alert. */
function jsonOf(members: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join()}}`;
}
