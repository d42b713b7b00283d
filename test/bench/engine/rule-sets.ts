import { makeRandom } from './workload.js';

/**
 * 100 rules over 300 macros in the shapes of Falco's stable set: `spawned_process`, `open_write` and `outbound` at the bottom,
 * lists of programs, folders and files above them, exclusions by parent, user, container and image at the end.
 *
 * @returns rule files' YAML.
 */
export function makeRuleSet(rules = 100, macros = 300): string {
  const random = makeRandom(7);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const lines: string[] = [
    '- macro: spawned_process\n  condition: (evt.type in (execve, execveat) and evt.arg.res = 0)',
    '- macro: open_write\n  condition: (evt.type in (open, openat, openat2) and evt.is_open_write = true and fd.typechar = f and fd.num >= 0)',
    '- macro: open_read\n  condition: (evt.type in (open, openat, openat2) and evt.is_open_read = true and fd.typechar = f and fd.num >= 0)',
    '- macro: outbound\n  condition: (evt.type in (connect, sendto, sendmsg) and (fd.typechar = 4 or fd.typechar = 6) and (evt.rawres >= 0 or evt.res = EINPROGRESS) and not fd.snet in (127.0.0.0/8))',
    '- macro: in_container\n  condition: (container.id != host)',
  ];
  const starts = ['spawned_process', 'open_write', 'open_read', 'outbound'] as const;
  const names: string[] = [];
  for (let i = names.length; i < macros - 5; i++) {
    const name = `known_${i}`;
    lines.push(`- macro: ${name}\n  condition: (${macroBody(i, pick, names)})`);
    names.push(name);
  }
  for (let i = 0; i < rules; i++) {
    const start = starts[i % starts.length]!;
    // Nobody excludes files from a rule about connections.
    const fitting = names.filter((_, n) => start.startsWith('open') || n % 6 !== 1);
    const exclusions = Array.from({ length: 4 }, () => `and not ${pick(fitting)}`).join(' ');
    const container = i % 3 === 0 ? 'and in_container' : '';
    lines.push(
      `- rule: Rule ${i}\n  desc: made for the benchmark\n  condition: >\n    ${start} ${container} and ${subject(start, i, pick)}\n    ${exclusions}`,
      `  output: made (file=%fd.name command=%proc.cmdline user=%user.name)\n  priority: NOTICE`,
    );
  }
  return `${lines.join('\n')}\n`;
}

type Pick = <T>(from: readonly T[]) => T;

const PROGRAMS = [
  'nmap',
  'nc',
  'ncat',
  'socat',
  'tcpdump',
  'strace',
  'gdb',
  'insmod',
  'useradd',
  'visudo',
  'chattr',
  'dpkg',
  'rpm',
  'apt-get',
  'yum',
  'dnf',
  'apk',
  'certbot',
  'ansible',
  'puppet',
];
const PLACES = [
  '/etc',
  '/bin',
  '/sbin',
  '/usr/bin',
  '/usr/sbin',
  '/root/.ssh',
  '/var/spool/cron',
  '/boot',
  '/lib/modules',
  '/dev/shm',
  '/proc/sys',
  '/run/secrets',
];

function some(pick: Pick, from: readonly string[], count: number): string {
  return Array.from({ length: count }, () => pick(from)).join(', ');
}

function macroBody(i: number, pick: Pick, earlier: readonly string[]): string {
  switch (i % 6) {
    case 0:
      return `proc.name in (${some(pick, PROGRAMS, 6)}) or proc.pname in (${some(pick, PROGRAMS, 4)})`;
    case 1:
      return `fd.name startswith ${pick(PLACES)}/app${i}/ or fd.name startswith ${pick(PLACES)}/svc${i}/`;
    case 2:
      return `proc.cmdline contains "${pick(PROGRAMS)} --flag${i}" or proc.cmdline startswith "${pick(PROGRAMS)} run"`;
    case 3:
      return `proc.aname[2] in (${some(pick, PROGRAMS, 3)}) and user.name = app${i}`;
    case 4:
      return `container.image.repository in (registry.example/team/image${i}, registry.example/team/other${i})`;
    default:
      return earlier.length < 2
        ? 'proc.name = tini'
        : `${earlier[i - 5]} or (proc.pname = tini and ${earlier[i - 3]})`;
  }
}

function subject(start: string, i: number, pick: Pick): string {
  switch (start) {
    case 'spawned_process':
      return `(proc.name in (${some(pick, PROGRAMS, 5)}) or proc.exepath endswith /tool${i})`;
    case 'open_write':
    case 'open_read':
      return i % 2 === 0
        ? `fd.name startswith ${pick(PLACES)}/`
        : `(fd.name in (${pick(PLACES)}/shadow, ${pick(PLACES)}/passwd) or fd.directory = ${pick(PLACES)})`;
    default:
      return `(fd.sport in (${4000 + i}, ${5000 + i}) or fd.sip = 10.0.${i}.1)`;
  }
}
