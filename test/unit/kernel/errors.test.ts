import { ProbeError, refusalOf } from '../../../sensor/kernel/index.js';

const fault = (errno: number, text: string, log: string[]) =>
  Object.assign(new Error(`file_open__fn: ${text}`), {
    code: 'BPF_LOAD',
    errno,
    program: 'file_open__fn',
    log,
  });

it('gives what the verifier said last as the reason', () => {
  const refusal = refusalOf(
    fault(22, 'Invalid argument', [
      "libbpf: prog 'file_open__fn': -- BEGIN PROG LOAD LOG --",
      '12: (79) r1 = *(u64 *)(r1 +8)',
      'func do_filp_open not found',
      'processed 12 insns (limit 1000000)',
      '-- END PROG LOAD LOG --',
      "libbpf: prog 'file_open__fn': failed to load: -22",
    ]),
    'load',
  );
  expect(refusal).toMatchObject({ program: 'file_open__fn', stage: 'load', errno: 22 });
  expect(refusal.reason).toBe('Invalid argument (func do_filp_open not found)');
});

it('gives how libbpf put it where the verifier was not asked', () => {
  const refusal = refusalOf(
    fault(2, 'No such file or directory', [
      "libbpf: prog 'file_open__fn': failed to create kprobe 'do_sys_openat2+0x0' perf event: No such file or directory",
    ]),
    'attach',
  );
  expect(refusal.reason).toBe(
    "No such file or directory (failed to create kprobe 'do_sys_openat2+0x0' perf event)",
  );
});

it('is an error with a code for each step, and says what to do', () => {
  const refusal = refusalOf(fault(1, 'Operation not permitted', []), 'load');
  const error = new ProbeError(refusal, undefined);
  expect(error).toMatchObject({
    code: 'PROBE_LOAD',
    message: 'file_open__fn: Operation not permitted',
    refusal,
  });
  expect(error.hint).toMatch(/CAP_BPF/);
  expect(new ProbeError({ ...refusal, stage: 'attach' }, undefined).code).toBe('PROBE_ATTACH');
});

it('does not take a bug for a refusal', () => {
  const bug = new TypeError('oops');
  expect(() => refusalOf(bug, 'load')).toThrow(bug);
});
