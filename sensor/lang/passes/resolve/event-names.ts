import type { AstText } from '../../../../grammar/index.js';
import { toText } from '../../../core/bytes.js';
import { EVENT_NAMES, isNeverDelivered } from '../../events/index.js';
import type { Span } from '../../ir.js';
import { didYouMean } from '../../../core/index.js';
import { isEventTypeValue } from '../events.js';
import type { Findings } from './findings.js';

/**
 * The name of an event type, or null with a finding. One that is never delivered stands, with a warning; strict mode takes the
 * name that is delivered instead, or refuses it.
 */
export function checkEventName(
  text: AstText,
  check: Span,
  strict: boolean,
  findings: Findings,
): string | null {
  const name = toText(text.value);
  if (!isEventTypeValue(name)) {
    findings.report({
      code: 'unknown-event-type',
      falco: 'LOAD_ERR_COMPILE_CONDITION',
      message: `unknown event type "${name}"`,
      falcoMessage: `unknown event type ${name}`,
      hint: didYouMean(name, EVENT_NAMES) ?? 'whole names only: open, openat, execve, connect',
      span: text.span,
      at: check,
      unknown: true,
    });
    return null;
  }
  if (isNeverDelivered(name) && name !== '') {
    const real = DELIVERED_AS[name];
    const refused = strict && real === undefined;
    findings.report({
      code: 'event-never-delivered',
      severity: refused ? 'error' : 'warning',
      message: strict
        ? `no event is called "${name}"`
        : `no event is called "${name}": this never matches`,
      hint: real === undefined ? null : `the event is called "${real}"`,
      span: text.span,
    });
    if (refused) return null;
    if (strict) return real ?? null;
  }
  return text.value;
}

/** Names of system calls whose event is called differently (falco-formats §1). */
const DELIVERED_AS: Readonly<Record<string, string>> = {
  pread64: 'pread',
  pwrite64: 'pwrite',
  _llseek: 'llseek',
  prlimit64: 'prlimit',
  fcntl64: 'fcntl',
  setuid32: 'setuid',
  setgid32: 'setgid',
  setresuid32: 'setresuid',
  setresgid32: 'setresgid',
  getuid32: 'getuid',
  getgid32: 'getgid',
  geteuid32: 'geteuid',
  getegid32: 'getegid',
  getresuid32: 'getresuid',
  getresgid32: 'getresgid',
  ugetrlimit: 'getrlimit',
  sendfile64: 'sendfile',
  sched_process_exit: 'procexit',
  sched_switch: 'switch',
  signal_deliver: 'signaldeliver',
  page_fault_user: 'page_fault',
  page_fault_kernel: 'page_fault',
};
