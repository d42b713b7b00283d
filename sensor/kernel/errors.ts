import { SakerError } from '../core/index.js';
import { isNativeFault } from './native.js';
import type { ProgramRefusal } from './types.js';

const EPERM = 1;
const ENOMEM = 12;

/** The kernel refused a program; `refusal` says which, at which step, and keeps the verifier's last lines. */
export class ProbeError extends SakerError {
  override readonly name = 'ProbeError';

  constructor(
    readonly refusal: ProgramRefusal,
    cause: unknown,
  ) {
    super(
      refusal.stage === 'load' ? 'PROBE_LOAD' : 'PROBE_ATTACH',
      `${refusal.program || 'the programs'}: ${refusal.reason}`,
      { hint: hintFor(refusal), cause },
    );
  }
}

/** What the addon threw at one step, as a refusal; errors that are none of the kernel's are thrown on. */
export function refusalOf(error: unknown, stage: ProgramRefusal['stage']): ProgramRefusal {
  if (!isNativeFault(error) || error.program === undefined) throw error;
  const { program, errno, log = [] } = error;
  return { program, stage, errno, reason: reasonOf(error.message, program, log), log };
}

/** What the verifier said last, or how libbpf put it, beside what errno means. */
function reasonOf(message: string, program: string, log: readonly string[]): string {
  const meaning = message.startsWith(`${program}: `) ? message.slice(program.length + 2) : message;
  const verdict = log.findLast(
    (line) => line !== '' && !/^(libbpf:|processed \d+ insns|-- (BEGIN|END) PROG)/.test(line),
  );
  if (verdict !== undefined) return `${meaning} (${verdict.trim()})`;
  const told = log.map((line) => /^libbpf: prog '[^']*': (failed to .+): /.exec(line)?.[1]);
  const how = told.findLast((text) => text !== undefined && text !== 'failed to load');
  return how === undefined ? meaning : `${meaning} (${how})`;
}

function hintFor(refusal: ProgramRefusal): string {
  if (refusal.errno === EPERM)
    return 'needs CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN), and no kernel lockdown: see "saker doctor"';
  if (refusal.errno === ENOMEM)
    return 'make the rings smaller, or raise the memory limit of the cgroup';
  return 'see "saker doctor"; please report it with the kernel version';
}
