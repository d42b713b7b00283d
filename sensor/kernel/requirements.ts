import { accessSync, constants } from 'node:fs';
import { SakerError } from '../core/index.js';
import { type Cgroup2Mount, findCgroup2Mount } from './mounts.js';
import { native } from './native.js';

/** Capabilities the sensor uses, by number (linux/capability.h), and what for. */
const CAPABILITIES = [
  { bit: 39n, name: 'CAP_BPF', use: 'to load programs' },
  { bit: 38n, name: 'CAP_PERFMON', use: 'to attach them and to read kernel memory in them' },
  { bit: 12n, name: 'CAP_NET_ADMIN', use: 'to attach programs to cgroups and interfaces' },
  { bit: 19n, name: 'CAP_SYS_PTRACE', use: 'to read other processes in /proc' },
  { bit: 2n, name: 'CAP_DAC_READ_SEARCH', use: 'to read files of other users' },
] as const;

/** CAP_SYS_ADMIN stands for CAP_BPF, CAP_PERFMON (capabilities(7)). */
const SYS_ADMIN = 21n;
const COVERED_BY_ADMIN: ReadonlySet<string> = new Set(['CAP_BPF', 'CAP_PERFMON']);

const BTF = '/sys/kernel/btf/vmlinux';

/** One thing the sensor needs from the machine. */
export interface Requirement {
  readonly name: string;
  readonly met: boolean;
  /** What is there, or what is missing. */
  readonly detail: string;
  /** What to do; empty when it is met. */
  readonly hint: string;
  /** Code of the error that `requireAll` throws for it. */
  readonly code: 'MISSING_CAPABILITY' | 'NO_BTF' | 'NO_CGROUP2';
}

/** What a machine must have, found by looking; for `saker doctor`. Never throws. */
export function checkRequirements(): readonly Requirement[] {
  return [...checkCapabilities(native().sys.capabilities()), checkBtf(), checkCgroup2()];
}

/**
 * @throws SakerError for the first requirement that is not met, naming all capabilities that are missing.
 * @returns the cgroup v2 mount.
 */
export function requireAll(requirements = checkRequirements()): Cgroup2Mount {
  const missing = requirements.filter((r) => !r.met);
  const [first] = missing;
  if (first) {
    const alike = missing.filter((r) => r.code === first.code);
    throw new SakerError(first.code, alike.map((r) => r.detail).join('; '), { hint: first.hint });
  }
  return findCgroup2Mount();
}

/** @param effective - Bit n: capability number n is in the effective set. */
export function checkCapabilities(effective: bigint): readonly Requirement[] {
  const has = (bit: bigint): boolean => ((effective >> bit) & 1n) === 1n;
  return CAPABILITIES.map(({ bit, name, use }) => {
    const byAdmin = !has(bit) && COVERED_BY_ADMIN.has(name) && has(SYS_ADMIN);
    const met = has(bit) || byAdmin;
    return {
      name,
      met,
      detail: met ? (byAdmin ? 'by CAP_SYS_ADMIN' : 'there') : `${name} is missing (${use})`,
      hint: met
        ? ''
        : 'run saker as root, or give it the capability: setcap, systemd AmbientCapabilities=, or securityContext.capabilities',
      code: 'MISSING_CAPABILITY',
    };
  });
}

function checkBtf(): Requirement {
  let met = true;
  try {
    accessSync(BTF, constants.R_OK);
  } catch {
    met = false;
  }
  return {
    name: 'BTF',
    met,
    detail: met ? BTF : `${BTF} is missing: this kernel does not describe its types`,
    hint: met
      ? ''
      : 'run a kernel built with CONFIG_DEBUG_INFO_BTF=y (every large distribution has it since 2021)',
    code: 'NO_BTF',
  };
}

function checkCgroup2(): Requirement {
  try {
    const { path, hybrid } = findCgroup2Mount();
    return {
      name: 'cgroup v2',
      met: true,
      detail: hybrid ? `${path} (hybrid)` : path,
      hint: '',
      code: 'NO_CGROUP2',
    };
  } catch (error) {
    const { message, hint } = error as SakerError;
    return { name: 'cgroup v2', met: false, detail: message, hint: hint ?? '', code: 'NO_CGROUP2' };
  }
}
