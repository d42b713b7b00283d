import { KIND } from '../../../sensor/events/index.js';
import { Kernel, Stage } from './records.js';

const O_WRONLY = 1;
const O_RDWR = 2;
const O_CREAT = 0o100;
const O_TRUNC = 0o1000;
const O_DIRECTORY = 0o200000;
const O_CLOEXEC = 0o2000000;
const ENOENT = 2;

const open = 2;
const creat = 85;
const openat2 = 437;

function setUp() {
  const kernel = new Kernel();
  const stage = new Stage().take(kernel.exec(10, 1, '/bin/cat', ['cat'], {}, { cwd: '/home/u' }));
  return { kernel, stage };
}

describe('fields of an open', () => {
  it("shows the caller's path, and what was opened, where no link lies between", () => {
    const { kernel, stage } = setUp();
    stage.take(kernel.open(10, { ret: 3, ino: 77, dev: 0x100803 }, { path: '/etc/shadow' }));
    expect(
      stage.fields(
        'evt.type',
        'fd.num',
        'fd.type',
        'fd.typechar',
        'fd.name',
        'fd.nameraw',
        'fd.realpath',
        'fd.directory',
        'fd.filename',
        'fd.ino',
        'fd.dev',
        'fd.dev.major',
        'fd.dev.minor',
        'fs.path.name',
        'fd.containername',
        'fd.uid',
        'fd.name_changed',
      ),
    ).toEqual({
      'evt.type': 'openat',
      'fd.num': 3,
      'fd.type': 'file',
      'fd.typechar': 'f',
      'fd.name': '/etc/shadow',
      'fd.nameraw': '/etc/shadow',
      'fd.realpath': '/etc/shadow',
      'fd.directory': '/etc',
      'fd.filename': 'shadow',
      'fd.ino': 77,
      'fd.dev': 0x100803,
      'fd.dev.major': 8,
      'fd.dev.minor': 0x103,
      'fs.path.name': '/etc/shadow',
      'fd.containername': ':/etc/shadow',
      'fd.uid': '103',
      'fd.name_changed': true,
    });
  });

  it("keeps the caller's path apart from the file behind a link", () => {
    const { kernel, stage } = setUp();
    stage.take(kernel.open(10, { ret: 3 }, { path: '/etc/shadow', name: '/tmp/link' }));
    expect(stage.fields('fd.name', 'fd.realpath')).toEqual({
      'fd.name': '/tmp/link',
      'fd.realpath': '/etc/shadow',
    });
  });

  describe('whose path lies in the record as it is', () => {
    const NAMES = ['fd.name', 'fd.nameraw', 'fd.directory', 'fd.filename', 'fd.realpath'];
    type Case = readonly [{ path: string; name?: string }, number, number, (string | null)[]];
    it.each<Case>([
      [{ path: '/etc/shadow' }, 3, 0, ['/etc/shadow', '/etc/shadow', '/etc', 'shadow']],
      [{ path: '/shadow' }, 3, 0, ['/shadow', '/shadow', '/', 'shadow']],
      [{ path: '/' }, 3, O_DIRECTORY, ['/', '/', '/', null]],
      [{ path: '/etc/ssh' }, 3, O_DIRECTORY, ['/etc/ssh', '/etc/ssh', '/etc/ssh', null]],
      [{ path: '/a/b' }, -13, 0, ['/a/b', '/a/b', '/a', null]],
      [{ path: '/usr/lib/x', name: '/lib/x' }, 3, 0, ['/lib/x', '/lib/x', '/lib', 'x']],
      [{ path: '/a/b', name: '/' }, 3, O_DIRECTORY, ['/', '/', '/', null]],
      ...['/a//b', '/a/./b', '/a/../b', '/a/.b', '/a/b/', 'b', '', '//'].map((name): Case => [
        { path: '/a/b', name },
        3,
        0,
        [null, null, null, null],
      ]),
      [{ path: 'pipe:[7]' }, 3, 0, [null, null, null, null]],
    ])('finds what is there of %j', (strings, ret, flags, found) => {
      const { kernel, stage } = setUp();
      stage.take(kernel.open(10, { ret, open_flags: flags }, strings));
      expect(NAMES.map((name) => stage.inPlace(name))).toEqual([...found, strings.path]);
      for (const name of NAMES) stage.field(name); // throws where the getter says otherwise
    });

    it.each([open, creat, openat2])('finds the claim of a failed call: %d', (call) => {
      const { kernel, stage } = setUp();
      stage.take(kernel.open(10, { ret: -ENOENT }, { name: '/etc/none' }, call));
      const found = ['/etc/none', '/etc/none', '/etc', null, null];
      expect(NAMES.map((name) => stage.inPlace(name))).toEqual(found);
      for (const name of NAMES) stage.field(name); // throws where the getter says otherwise
    });

    it('finds nothing in events of other kinds', () => {
      const { kernel, stage } = setUp();
      stage.take(kernel.net(18, 10, { family: 2 }));
      expect(NAMES.map((name) => stage.inPlace(name))).toEqual(NAMES.map(() => null));
    });
  });

  it.each([
    ['/tmp/../etc//x', null, '/etc/x', '/tmp/../etc//x', '/tmp/../etc/x'],
    ['notes/a', '/home/u', '/home/u/notes/a', '/home/u/notes/a', 'notes/a'],
    ['../v/./a', '/home/u', '/home/v/a', '/home/v/a', '../v/./a'],
    ['a', '/', '/a', '/a', 'a'],
    ['../../../a', '/home', '/a', '/a', '../../../a'],
  ])('makes %s absolute from %s', (name, base, absolute, argument, raw) => {
    const { kernel, stage } = setUp();
    const strings = { path: '/elsewhere', name, ...(base === null ? {} : { base }) };
    stage.take(kernel.open(10, { ret: 3, dirfd: base === null ? -100 : 5 }, strings));
    expect(
      stage.fields('fd.name', 'evt.arg.name', 'evt.rawarg.name', 'fd.nameraw', 'evt.abspath'),
    ).toEqual({
      'fd.name': absolute,
      'evt.arg.name': argument,
      'evt.rawarg.name': name,
      'fd.nameraw': raw,
      'evt.abspath': absolute,
    });
  });

  it('starts from the working directory where the record has no base, and says so where nobody knows', () => {
    const { kernel, stage } = setUp();
    stage.take(kernel.open(10, { ret: -ENOENT }, { name: 'a' }));
    expect(stage.field('fd.name')).toBe('/home/u/a');
    stage.take(kernel.open(10, { ret: -ENOENT, dirfd: 9 }, { name: 'a' }));
    expect(stage.field('fd.name')).toBe('<UNKNOWN>a');
  });

  it("replaces a path of more than 1023 bytes as Falco does; the file's own stays whole", () => {
    const { kernel, stage } = setUp();
    const long = `/${'d/'.repeat(600)}x`;
    stage.take(kernel.open(10, { ret: 3 }, { path: long }));
    expect(stage.field('fd.name')).toBe('/DIR_TOO_LONG/FILENAME_TOO_LONG');
    expect(stage.field('fd.realpath')).toBe(long);
  });

  describe('that failed', () => {
    it('has a number but no thing', () => {
      const { kernel, stage } = setUp();
      stage.take(kernel.open(10, { ret: -ENOENT, open_flags: O_RDWR }, { name: '/etc/none' }));
      expect(
        stage.fields(
          'evt.res',
          'evt.rawres',
          'evt.failed',
          'fd.num',
          'fd.type',
          'fd.typechar',
          'fd.name',
          'fd.directory',
          'fd.filename',
          'fd.realpath',
          'fd.ino',
          'evt.is_open_write',
          'evt.arg.fd',
          'evt.count.error.file',
          'evt.count.error.net',
          'fd.connected',
          'fd.ip',
        ),
      ).toEqual({
        'evt.res': 'ENOENT',
        'evt.rawres': -2,
        'evt.failed': true,
        'fd.num': -1,
        'fd.type': null,
        'fd.typechar': 'f',
        'fd.name': '/etc/none',
        'fd.directory': '/etc',
        'fd.filename': null,
        'fd.realpath': null,
        'fd.ino': null,
        'evt.is_open_write': true,
        'evt.arg.fd': 'ENOENT',
        'evt.count.error.file': 1,
        'evt.count.error.net': null,
        'fd.connected': null,
        'fd.ip': null,
      });
    });

    it('is an "o" by the call open, and keeps the text as given', () => {
      const { kernel, stage } = setUp();
      stage.take(kernel.open(10, { ret: -ENOENT }, { name: '/a/../b' }, open));
      expect(stage.fields('evt.type', 'fd.typechar', 'fd.name')).toEqual({
        'evt.type': 'open',
        'fd.typechar': 'o',
        'fd.name': '/a/../b',
      });
    });

    it('has fs.path unless the error is EPERM', () => {
      const { kernel, stage } = setUp();
      stage.take(kernel.open(10, { ret: -ENOENT }, { name: '/a' }));
      expect(stage.field('fs.path.name')).toBe('/a');
      stage.take(kernel.open(10, { ret: -1 }, { name: '/a' }));
      expect(stage.field('fs.path.name')).toBeNull();
    });
  });

  describe('by its flags', () => {
    it.each<[flags: number, read: boolean, write: boolean, text: string]>([
      [0, true, false, 'O_RDONLY'],
      [O_WRONLY | O_CREAT | O_TRUNC, false, true, 'O_TRUNC|O_CREAT|O_WRONLY'],
      [O_RDWR | O_CLOEXEC, true, true, 'O_RDWR|O_CLOEXEC'],
    ])('%i', (flags, read, write, text) => {
      const { kernel, stage } = setUp();
      stage.take(kernel.open(10, { ret: 3, open_flags: flags }, { path: '/x' }));
      expect(stage.fields('evt.is_open_read', 'evt.is_open_write', 'evt.arg.flags')).toEqual({
        'evt.is_open_read': read,
        'evt.is_open_write': write,
        'evt.arg.flags': text,
      });
    });

    it('tells a file that came into being and its layer', () => {
      const { kernel, stage } = setUp();
      stage.take(
        kernel.open(
          10,
          { ret: 3, open_flags: O_WRONLY | O_CREAT, mode: 0o755, file_flags: 1 | 2 },
          { path: '/x' },
        ),
      );
      expect(
        stage.fields(
          'evt.is_open_create',
          'evt.is_open_exec',
          'evt.arg.mode',
          'evt.arg.flags',
          'fd.is_upper_layer',
          'fd.is_lower_layer',
        ),
      ).toEqual({
        'evt.is_open_create': true,
        'evt.is_open_exec': true,
        'evt.arg.mode': '0755',
        'evt.arg.flags': 'O_CREAT|O_WRONLY|O_F_CREATED|FD_UPPER_LAYER',
        'fd.is_upper_layer': true,
        'fd.is_lower_layer': false,
      });
    });

    it('calls a directory what was opened as one, and keeps the quirk that this looks like creating', () => {
      const { kernel, stage } = setUp();
      stage.take(kernel.open(10, { ret: 3, open_flags: O_DIRECTORY }, { path: '/etc/ssh' }));
      expect(
        stage.fields('fd.type', 'fd.typechar', 'fd.directory', 'fd.filename', 'evt.is_open_create'),
      ).toEqual({
        'fd.type': 'directory',
        'fd.typechar': 'd',
        'fd.directory': '/etc/ssh',
        'fd.filename': null,
        'evt.is_open_create': true,
      });
    });

    it('counts creat as neither reading nor writing', () => {
      const { kernel, stage } = setUp();
      stage.take(
        kernel.open(
          10,
          { ret: 3, open_flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o700 },
          { path: '/x' },
          creat,
        ),
      );
      expect(
        stage.fields(
          'evt.type',
          'evt.is_open_write',
          'evt.is_open_exec',
          'evt.is_open_create',
          'evt.arg.flags',
          'evt.arg.mode',
        ),
      ).toEqual({
        'evt.type': 'creat',
        'evt.is_open_write': false,
        'evt.is_open_exec': true,
        'evt.is_open_create': false,
        'evt.arg.flags': null,
        'evt.arg.mode': '0700',
      });
    });
  });

  it('writes its parameters as one text', () => {
    const { kernel, stage } = setUp();
    stage.take(
      kernel.open(
        10,
        { ret: 3, open_flags: O_RDWR, resolve: 0x08, ino: 5, dev: 0x803 },
        { path: '/x', name: 'x', base: '/' },
        openat2,
      ),
    );
    expect(stage.field('evt.args')).toBe(
      'fd=3(<f>/x) dirfd=-100(AT_FDCWD) name=x(/x) flags=3(O_RDWR) mode=0 resolve=1(RESOLVE_BENEATH) dev=803 ino=5',
    );
    expect(stage.field('evt.arg[2]')).toBe('/x');
    expect(stage.field('evt.arg[20]')).toBeNull();
    expect(stage.field('evt.rawarg.flags')).toBe(3);
  });

  it('has nothing of a descriptor where there is none', () => {
    const { kernel, stage } = setUp();
    stage.take(kernel.exec(10, 1, '/bin/ls', ['ls']));
    for (const name of [
      'fd.num',
      'fd.type',
      'fd.typechar',
      'fd.name',
      'fd.nameraw',
      'fd.sip',
      'fd.ip',
      'fd.l4proto',
      'fd.uid',
      'fd.connected',
      'fd.name_changed',
      'fd.realpath',
    ])
      expect([name, stage.field(name)]).toEqual([name, null]);
  });

  it('is an open though io_uring made it', () => {
    const { kernel, stage } = setUp();
    const record = kernel.open(10, { ret: 0 }, { path: '/x' }, 18);
    stage.take({ ...record, kind: KIND.FILE_OPEN, header: { ...record.header, flags: 8 } });
    expect(stage.fields('evt.type', 'fd.name')).toEqual({ 'evt.type': 'openat', 'fd.name': '/x' });
  });

  it('has its device though io_uring did not tell its number', () => {
    const { kernel, stage } = setUp();
    const record = kernel.open(10, { ret: 0, dev: 0x803 }, { path: '/x' }, 18);
    stage.take({ ...record, header: { ...record.header, flags: 8 } });
    expect(stage.field('fd.dev.major')).toBe(8);
    stage.take(record); // descriptor 0: as Falco
    expect(stage.field('fd.dev.major')).toBe(0);
  });
});
