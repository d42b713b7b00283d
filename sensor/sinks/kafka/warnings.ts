let installed = false;

/**
 * Keeps Node's `TimeoutNegativeWarning` off the log: kafkajs 2.2.4 computes a negative delay for every answer
 * (tulios/kafkajs#1751), which is harmless. Every other warning is shown as before.
 */
export function ignoreNegativeTimeouts(): void {
  if (installed) return;
  installed = true;
  const listeners = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name === 'TimeoutNegativeWarning') return;
    for (const listener of listeners) listener.call(process, warning);
  });
}
