/** Names what one run of jest starts and shares between its files: guests. Set by `globalSetup`, before any worker. */
export const runId = (): string => process.env['SAKER_TEST_RUN'] ?? String(process.pid);
