import {
  ALL_CODES,
  capabilitiesText,
  codesOf,
  enumNames,
  errnoName,
  EVENT_NAMES,
  eventTypeId,
  eventTypeName,
  findEvent,
  flagNames,
  isKnownEventType,
  isNeverDelivered,
  openBits,
  openMode,
  paramsOf,
  resolveBits,
  signalName,
} from '../../../sensor/lang/events/index.js';

const O_RDWR = 2;
const O_CREAT = 0o100;
const O_DIRECTORY = 0o200000;
const O_DSYNC = 0o10000;
const O_PATH = 0o10000000;

describe('the event universe', () => {
  it('has 454 codes under 194 names, and 272 generic calls beside them', () => {
    expect(ALL_CODES).toBe(454);
    expect(EVENT_NAMES).toHaveLength(194 + 272);
  });

  it.each([
    ['open', 2],
    ['execve', 16],
    ['execveat', 2],
    ['clone', 8],
    ['accept', 8],
    ['fork', 6],
    ['vfork', 6],
    ['container', 3],
    ['NA', 35],
    ['getrandom', 2],
    ['nosuch', 0],
  ])('gives %s the weight %i', (name, codes) => {
    expect(codesOf(name)).toBe(codes);
  });

  it('numbers names densely and back', () => {
    for (const name of EVENT_NAMES) expect(eventTypeName(eventTypeId(name))).toBe(name);
    expect(eventTypeId('pread64')).toBe(-1);
  });

  it('accepts spellings that never arrive, and nothing else', () => {
    for (const name of ['open', 'getrandom', 'pread64', 'NA', 'unknown', 'syscall', ''])
      expect([name, isKnownEventType(name)]).toEqual([name, true]);
    expect(isKnownEventType('opne')).toBe(false);
    expect(isNeverDelivered('pread64')).toBe(true);
    expect(isNeverDelivered('pread')).toBe(false);
  });

  it('lists parameters in schema order', () => {
    expect(paramsOf('openat2').map((param) => param.name)).toEqual([
      'fd',
      'dirfd',
      'name',
      'flags',
      'mode',
      'resolve',
      'dev',
      'ino',
    ]);
    expect(paramsOf('execve')).toHaveLength(31);
    expect(paramsOf('openat')[2]).toEqual({
      name: 'name',
      type: 'fsrelpath',
      format: 'dec',
      flags: null,
      dirfd: 'dirfd',
    });
    expect(findEvent('sendto')?.fd).toEqual(new Set(['uses', 'writes']));
  });
});

describe('flags as text', () => {
  it('prints open flags in table order with the bits of the event', () => {
    expect(flagNames('file_flags', openBits(0))).toBe('O_RDONLY');
    expect(flagNames('file_flags', openBits(O_RDWR | O_CREAT))).toBe('O_CREAT|O_RDWR');
    expect(flagNames('file_flags', openBits(O_PATH))).toBe('O_RDONLY');
    expect(flagNames('file_flags', 0)).toBe('O_NONE');
  });

  it('keeps the quirks of flags with several bits', () => {
    expect(flagNames('file_flags', openBits(O_DIRECTORY))).toBe('O_DIRECTORY|O_RDONLY|O_TMPFILE');
    expect(flagNames('file_flags', openBits(O_DSYNC))).toBe('O_SYNC|O_DSYNC|O_RDONLY');
  });

  it('knows a mode only where something may be created', () => {
    expect(openMode(O_CREAT, 0o644)).toBe(0o644);
    expect(openMode(0, 0o644)).toBe(0);
    expect(openMode(O_DIRECTORY, 0o644)).toBe(0o644);
  });

  it('gives null where no name fits', () => {
    expect(flagNames('unlinkat_flags', 1)).toBeNull();
    expect(enumNames('socket_families', 77)).toBeNull();
  });

  it('prints every name of a value', () => {
    expect(enumNames('socket_families', 1)).toBe('AF_LOCAL|AF_UNIX');
    expect(enumNames('bpf_commands', 10)).toBe('BPF_PROG_TEST_RUN|BPF_PROG_RUN');
  });

  it('turns resolve flags of the kernel into those of the event', () => {
    expect(flagNames('openat2_flags', resolveBits(0x10 | 0x01))).toBe(
      'RESOLVE_IN_ROOT|RESOLVE_NO_XDEV',
    );
  });

  it('names errors, signals and capabilities', () => {
    expect(errnoName(11)).toBe('EAGAIN');
    expect(errnoName(13)).toBe('EACCES');
    expect(errnoName(512)).toBe('ERESTARTSYS');
    expect(errnoName(200)).toBeNull();
    expect(signalName(9)).toBe('SIGKILL');
    expect(signalName(0)).toBeNull();
    expect(capabilitiesText(1 << 21, 1 << 8)).toBe('CAP_SYS_ADMIN CAP_CHECKPOINT_RESTORE');
    expect(capabilitiesText(0, 0)).toBe('');
  });
});
