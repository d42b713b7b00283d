import { renderFindings } from '../../../sensor/cli/doctor.js';
import { examine } from '../../../sensor/app/doctor.js';

describe('doctor', () => {
  it('looks at this machine without needing anything of it, and says what to do of all that is wrong', () => {
    const findings = examine();
    expect(findings[0]).toMatchObject({ state: 'ok', what: 'kernel' });
    expect(findings.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['CAP_BPF', 'CAP_PERFMON', 'CAP_NET_ADMIN', 'BTF', 'cgroup v2']),
    );
    for (const { state, todo } of findings) if (state === 'fail') expect(todo).toBeTruthy();
  });

  it('says once what several findings have in common', () => {
    const missing = (what: string, todo: string | null) =>
      ({ state: 'fail', what, detail: 'missing', todo }) as const;
    expect(
      renderFindings([
        { state: 'ok', what: 'kernel', detail: '6.1', todo: null },
        missing('CAP_BPF', 'run as root'),
        missing('CAP_PERFMON', 'run as root'),
        missing('BTF', 'another kernel'),
      ]),
    ).toBe(
      `ok    kernel: 6.1
FAIL  CAP_BPF: missing
FAIL  CAP_PERFMON: missing
      run as root
FAIL  BTF: missing
      another kernel
`,
    );
  });
});
