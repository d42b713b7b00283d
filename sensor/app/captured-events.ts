/** Names of `evt.type` that this build takes from the kernel; a rule that needs others is told so when it is checked. */
export const CAPTURED_EVENTS: ReadonlySet<string> = new Set([
  'execve',
  'execveat',
  'clone',
  'procexit',
  'open',
  'openat',
  'openat2',
  'creat',
  'connect',
  'bind',
  'sendto',
  'sendmsg',
  'sendmmsg',
]);
