import {
  BatchCursor,
  EventTypes,
  FLAG,
  KIND,
  KIND_NAMES,
  kindOf,
  writeRecord,
} from '../../../sensor/events/index.js';

const typeOf = (kind: number, arg = 0, flags = 0, arch = 'x64'): string | null => {
  const cursor = new BatchCursor();
  cursor.use(writeRecord({ kind, header: { arg, flags } }));
  cursor.move(0);
  return new EventTypes(arch).of(cursor);
};

it.each([
  [KIND.FILE_OPEN, 2, 'open'],
  [KIND.FILE_OPEN, 257, 'openat'],
  [KIND.FILE_OPEN, 437, 'openat2'],
  [KIND.FILE_OPEN, 85, 'creat'],
  [KIND.NET_CONNECT, 42, 'connect'],
  [KIND.NET_SEND, 44, 'sendto'],
  [KIND.NET_SEND, 46, 'sendmsg'],
  [KIND.NET_SEND, 307, 'sendmmsg'],
  [KIND.NET_BIND, 49, 'bind'],
  [KIND.PROCESS_FORK, 56, 'clone'],
  [KIND.PROCESS_FORK, 57, 'fork'],
  [KIND.PROCESS_FORK, 58, 'vfork'],
  [KIND.PROCESS_FORK, 435, 'clone3'],
  [KIND.PROCESS_FORK, 0, 'clone'],
  [KIND.PROCESS_EXEC, 59, 'execve'],
  [KIND.PROCESS_EXEC, 322, 'execveat'],
  [KIND.PROCESS_EXEC_FAILED, 59, 'execve'],
])('names x86-64 kind %i, call %i', (kind, arg, name) => {
  expect(typeOf(kind, arg)).toBe(name);
});

it('reads the number of a 32-bit call in its own table', () => {
  expect(typeOf(KIND.FILE_OPEN, 5, FLAG.COMPAT)).toBe('open');
  expect(typeOf(KIND.NET_CONNECT, 362, FLAG.COMPAT)).toBe('connect');
  expect(typeOf(KIND.FILE_OPEN, 56, 0, 'arm64')).toBe('openat');
  expect(typeOf(KIND.NET_SEND, 289, FLAG.COMPAT, 'arm64')).toBe('sendto');
});

it('takes what socketcall did from the kind', () => {
  expect(typeOf(KIND.NET_CONNECT, 102, FLAG.COMPAT)).toBe('connect');
  expect(typeOf(KIND.NET_BIND, 102, FLAG.COMPAT)).toBe('bind');
});

it('names an operation of io_uring after the call that does the same', () => {
  expect(typeOf(KIND.FILE_OPEN, 18, FLAG.IO_URING)).toBe('openat');
  expect(typeOf(KIND.NET_SEND, 47, FLAG.IO_URING)).toBe('sendto');
});

it('falls back to the usual call of the kind for a number it does not know', () => {
  expect(typeOf(KIND.FILE_OPEN, 9999)).toBe('openat');
});

it('gives no event for what only feeds the process table', () => {
  expect(typeOf(KIND.CGROUP_MKDIR)).toBeNull();
  expect(typeOf(KIND.PROCESS_SEEN)).toBeNull();
  expect(typeOf(KIND.PROCESS_EXIT)).toBe('procexit');
});

it('has a name for every kind, both ways', () => {
  for (const [kind, name] of KIND_NAMES) expect(kindOf(name)).toBe(kind);
  const marks = ['NO_KIND', 'KIND_FIRST_DATA', 'KIND_MAX'];
  for (const [name, kind] of Object.entries(KIND))
    if (!marks.includes(name)) expect([name, KIND_NAMES.has(kind)]).toEqual([name, true]);
});
