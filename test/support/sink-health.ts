/** What a sink reports of itself when all is well; its name holds what the text of /metrics must escape. */
export const SINK = {
  name: 'siem "x"\n',
  type: 'kafka',
  state: 'idle',
  lag: 3,
  oldestMs: 1500,
  delivered: 7,
  retried: 1,
  rejected: 0,
  missed: 0,
  lastError: null,
  hint: null,
} as const;
