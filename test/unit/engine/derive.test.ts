import { PLAIN_FIELDS, plainEvent } from '../../../sensor/engine/index.js';
import { resolveFieldText } from '../../../sensor/lang/index.js';

/** Value of a field of a plain event, as a condition sees it. */
function value(text: string, values: Record<string, unknown>): unknown {
  const found = resolveFieldText(text);
  if (!found.ok) throw new Error(found.reason);
  const { event, problems } = plainEvent(values);
  expect(problems).toEqual([]);
  return PLAIN_FIELDS.getter({ def: found.def, arg: found.arg, text })(event);
}

describe('what follows from the values of a plain event', () => {
  it.each<[field: string, values: Record<string, unknown>, want: unknown]>([
    ['evt.res', { 'evt.rawres': 3 }, 'SUCCESS'],
    ['evt.res', { 'evt.rawres': -13 }, 'EACCES'],
    ['evt.res', { 'evt.rawres': -11 }, 'EAGAIN'],
    ['evt.res', { 'evt.rawres': -200 }, '-200'],
    ['evt.res', {}, null],
    ['evt.arg.res', { 'evt.rawres': -2 }, 'ENOENT'],
    ['evt.arg.res', { 'evt.rawres': 0 }, '0'],
    ['evt.failed', { 'evt.rawres': -115 }, true],
    ['evt.count.error', { 'evt.rawres': -115 }, 1],
    ['evt.count', {}, 1],
    ['evt.is_async', {}, false],
    ['evt.latency', {}, 0],
    ['evt.latency.human', {}, '0ns'],
    ['evt.info', { 'evt.args': 'res=0' }, 'res=0'],
    ['evt.time.iso8601', { 'evt.rawtime': '1' }, '1970-01-01T00:00:00.000000001+0000'],
    ['evt.rawtime.s', { 'evt.rawtime': '1767323045000000006' }, 1767323045n],
    ['evt.rawtime.ns', { 'evt.rawtime': '1767323045000000006' }, 6n],
    ['evt.time', {}, null],
    ['proc.args[1]', { 'proc.args': '-l -i' }, '-i'],
    ['proc.args[9]', { 'proc.args': '-l -i' }, ''],
    ['proc.args[0]', {}, null],
    ['proc.args[0]', { 'proc.args': '-c a', 'proc.args[0]': '-c a' }, '-c a'],
    ['proc.env[HOME]', { 'proc.env': 'A=1 HOME=/root' }, '/root'],
    ['fd.sproto', { 'fd.sport': 443 }, '443'],
    ['fd.cproto', {}, null],
    ['fd.dev.major', { 'fd.dev': 2049 }, 8],
    ['fd.dev.minor', { 'fd.dev': 2049 }, 1],
    ['evt.reltime.s', { 'evt.reltime': '5s' }, 5],
    ['evt.deltatime.ns', { 'evt.deltatime': 1000000007 }, 7],
    ['proc.ppid', { 'proc.apid': [7, 1] }, 7],
    ['proc.aname[1]', { 'proc.pname': 'sh' }, 'sh'],
    ['proc.pname', { 'proc.aname[1]': 'sh' }, 'sh'],
    ['proc.apid[1]', { 'proc.ppid': 7 }, 7],
    ['proc.aname[2]', { 'proc.pname': 'sh' }, null],
    ['evt.arg[1]', { 'evt.type': 'openat', 'evt.arg.dirfd': 'AT_FDCWD' }, 'AT_FDCWD'],
    ['evt.arg[99]', { 'evt.type': 'openat' }, null],
    ['evt.type.is.open', { 'evt.type': 'open' }, 1],
    ['proc.exe_ino', { 'proc.exe_ino': '9007199254740993' }, 9007199254740993n],
    ['proc.env[OM]', { 'proc.env': 'A=1 HOME=/root' }, ''],
  ])('%s of %j is %j', (field, values, want) => {
    expect(value(field, values)).toBe(want);
  });

  it('ancestors given one by one are the ancestors, up to the first that is missing', () => {
    const chain = { 'proc.pname': 'sh', 'proc.aname[2]': 'sshd', 'proc.aname[4]': 'init' };
    expect(value('proc.aname', chain)).toEqual(['sh', 'sshd']);
    expect(value('proc.aname', { 'proc.name': 'sh' })).toBeNull();
  });

  it('every open descriptor has ends, though a file has none; a failed open has not', () => {
    expect(value('fd.ip', { 'fd.name': '/etc/passwd', 'fd.num': 3 })).toEqual([]);
    expect(value('fd.port', { 'fd.type': 'file' })).toEqual([]);
    expect(value('fd.ip', { 'fd.name': '/nosuch', 'fd.num': -1 })).toBeNull();
    expect(value('fd.ip', {})).toBeNull();
  });
});
