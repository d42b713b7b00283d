import type { AstText } from '../../../../grammar/index.js';
import { toText } from '../../../core/bytes.js';
import { EVENT_NAMES, isNeverDelivered } from '../../events/index.js';
import type { Span } from '../../ir.js';
import { didYouMean } from '../../../core/index.js';
import { isEventTypeValue } from '../events.js';
import type { Findings } from './findings.js';

/** Is the text the name of an event type? One that is never delivered is, with a warning. */
export function checkEventName(text: AstText, check: Span, findings: Findings): boolean {
  const name = toText(text.value);
  if (!isEventTypeValue(name)) {
    findings.report({
      code: 'unknown-event-type',
      falco: 'LOAD_ERR_COMPILE_CONDITION',
      message: `unknown event type "${name}"`,
      hint: didYouMean(name, EVENT_NAMES),
      span: text.span,
      at: check,
      unknown: true,
    });
    return false;
  }
  if (isNeverDelivered(name) && name !== '') {
    const real = DELIVERED_AS[name];
    findings.report({
      code: 'event-never-delivered',
      severity: 'warning',
      message: `no event is called "${name}": this never matches`,
      hint: real === undefined ? null : `the event is called "${real}"`,
      span: text.span,
    });
  }
  return true;
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
