import { renderStatus } from '../../../sensor/cli/render-status.js';

const counts = { seen: 10, filtered: 4, sent: 5, received: 5, lost: { ring_full: 1, other: 0 } };
const sink = {
  name: 'siem',
  type: 'kafka',
  state: 'retrying',
  delivered: 7,
  lag: 3,
  retried: 2,
  rejected: 1,
  missed: 4,
  lastError: 'no \u001b[31mroute',
  hint: 'start the peer',
};
const status = {
  pid: 1,
  startedAt: '2026-01-01T00:00:00.000Z',
  scope: 'host',
  plan: [],
  accounting: { total: counts, kinds: { 'file.open': counts } },
  undecodable: { DECODE_TRUNCATED: 2, OTHER: 0 },
  skipped: {},
  rules: { generation: 3, loaded: 12, enabled: 11, matches: { 'Sh\u0007ell': 9 }, regexGivenUp: 4 },
  enforcement: null,
  spool: {
    dir: '/s',
    bytes: 100,
    segments: 1,
    appended: 20,
    dropped: 5,
    tornBytes: 0,
    damagedBytes: 0,
  },
  sinks: [sink, { ...sink, name: 'ok', lastError: null, hint: null }],
  captures: { active: 0, started: 0, ended: { failed: 0 }, lastError: null },
  processes: {},
  containers: {},
};

describe('the status for people', () => {
  const text = renderStatus(status);

  it('closes the equation by kind, with causes of loss and nothing that is zero', () => {
    expect(text).toMatch(/kind +seen +filtered +sent +received +lost\n/);
    expect(text).toMatch(/file\.open +10 +4 +5 +5 +1 ring_full\n/);
    expect(text).toMatch(/undecodable\n +2 +DECODE_TRUNCATED\n/);
    expect(text).toContain('  4 values were too much work for a pattern: taken as not matching\n');
    expect(text).not.toContain('OTHER');
    expect(text).not.toContain('probe runs the kernel skipped');
    expect(text).toContain('generation 3, 11 of 12 enabled');
  });

  it('shows of each sink what arrived, waits and is gone, why, and what to do', () => {
    expect(text).toMatch(
      /name +type +state +delivered +lag +retried +rejected +missed +last error\n/,
    );
    expect(text).toMatch(/siem +kafka +retrying +7 +3 +2 +1 +4 +no \\x1b\[31mroute\n/);
    expect(text).toMatch(/\n {2}siem: start the peer\n/);
    expect(text).not.toContain('ok: ');
  });

  it('lets no name or error move the cursor', () => {
    expect(text).toContain('Sh\\x07ell');
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});
