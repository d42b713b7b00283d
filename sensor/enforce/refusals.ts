import type { Operand, Span } from '../lang/ir.js';

/** Why a part of a condition cannot be decided in the kernel, and what can be written instead. */
export interface Refusal {
  readonly kind: 'refused';
  readonly span: Span;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** The near end of a flow that goes out. */
const NEAR_END = new Set(['fd.cip', 'fd.lip', 'fd.cnet', 'fd.lnet', 'fd.cport', 'fd.lport']);

/** What to write instead. Keys are field names, or groups of them. */
const NEAREST: Readonly<Record<string, string>> = {
  'proc.name':
    'use proc.exepath with the whole path, as /usr/bin/curl: a process can give itself any name',
  'proc.exe': 'use proc.exepath: the caller of execve chooses proc.exe',
  'proc.cmdline': 'use proc.exepath: a process can rewrite its arguments',
  'proc.args': 'use proc.exepath: a process can rewrite its arguments',
  'proc.pname': 'use proc.exepath of the process itself; ancestors are not enforceable yet',
  'proc.aname': 'use proc.exepath of the process itself; ancestors are not enforceable yet',
  'proc.pexepath': 'use proc.exepath of the process itself; ancestors are not enforceable yet',
  'proc.aexepath': 'use proc.exepath of the process itself; ancestors are not enforceable yet',
  'proc.pid': 'use proc.exepath or container.id: a number names another process tomorrow',
  'fd.name': 'use fd.rip and fd.rport',
  'fd.cip': 'use fd.rip: of a flow that goes out, the far end decides',
  'fd.lip': 'use fd.rip: of a flow that goes out, the far end decides',
  'fd.cnet': 'use fd.rnet: of a flow that goes out, the far end decides',
  'fd.lnet': 'use fd.rnet: of a flow that goes out, the far end decides',
  'fd.cport': 'use fd.rport: of a flow that goes out, the far end decides',
  'fd.lport': 'use fd.rport: of a flow that goes out, the far end decides',
  'fd.proto': 'use fd.rport',
  'fd.sip.name': 'use fd.sip with the addresses: names are not enforceable yet',
  'fd.rip.name': 'use fd.rip with the addresses: names are not enforceable yet',
  'container.full_id': 'use container.id with the first 12 characters',
  'container.name': 'use container.id',
  'container.image.repository': 'use container.id',
  'user.name': 'use proc.exepath or container.id: users are not enforceable yet',
  'user.uid': 'use proc.exepath or container.id: users are not enforceable yet',
  'k8s.ns.name': 'use container.id: labels and names of pods are not enforceable yet',
  'k8s.pod.name': 'use container.id: labels and names of pods are not enforceable yet',
};

const NEAREST_OF_GROUP: Readonly<Record<string, string>> = {
  proc: 'use proc.exepath',
  thread: 'use proc.exepath or container.id',
  user: NEAREST['user.name']!,
  group: NEAREST['user.name']!,
  container: 'use container.id',
  k8s: NEAREST['k8s.pod.name']!,
  k8smeta: NEAREST['k8s.pod.name']!,
  fd: 'use fd.rip, fd.rnet, fd.rport or fd.l4proto',
};

/** A field that no table of the kernel holds. */
export function refuseField(left: Extract<Operand, { kind: 'field' }>): Refusal {
  const { def, text: written } = left.use;
  const why = NEAR_END.has(def.name)
    ? 'of a new flow it is not chosen yet'
    : def.trust === 'subject'
      ? 'the watched process can set it to what it likes'
      : 'it is not in the tables by which the kernel decides';
  const group = def.name.split('.')[0] ?? '';
  const hint =
    NEAREST[def.name] ??
    NEAREST_OF_GROUP[group] ??
    'leave it out, or make this a rule without action';
  return {
    kind: 'refused',
    span: left.span,
    code: 'not-enforceable',
    message: `${written} cannot be decided in the kernel: ${why}`,
    hint,
  };
}

/** The same, or the most of it that can be said, with `startswith`; undefined: nothing of the kind. */
export function nearestPath(op: string, paths: readonly string[]): string | undefined {
  const prefixes = paths.map((path) => {
    if (op === 'pmatch') return `${path.replace(/\/+$/, '')}/`;
    const fixed = /^[^*?[\]{}]*/.exec(path)?.[0] ?? '';
    return op === 'glob' && fixed.startsWith('/') && fixed.length > 1 ? fixed : null;
  });
  if (prefixes.length === 0 || prefixes.includes(null)) return undefined;
  const tests = prefixes.map((prefix) => `proc.exepath startswith ${prefix}`);
  return `use ${tests.length === 1 ? tests[0] : `(${tests.join(' or ')})`}`;
}

export function refuse(span: Span, message: string, hint?: string): Refusal {
  return {
    kind: 'refused',
    span,
    code: 'not-enforceable',
    message,
    ...(hint === undefined ? {} : { hint }),
  };
}
