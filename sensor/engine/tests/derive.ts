import type { FieldUse, FieldValue } from '../../lang/field-def.js';
import type { Getter } from '../types.js';
import type { PlainEvent } from './plain-event.js';

type Lookup = (name: string, arg?: string | number | null) => Getter<PlainEvent>;

/**
 * What follows from other values of a plain event, so that a test need not repeat itself: parts of `fd.name`, both ends of
 * a connection, networks from addresses, `proc.pname` and `proc.aname[2]` from `proc.aname`, raw results.
 * Null: nothing to follow from.
 */
export function derive(use: FieldUse, lookup: Lookup): Getter<PlainEvent> | null {
  const { name } = use.def;
  switch (name) {
    case 'fd.directory':
    case 'fd.filename':
      return pathPart(name, lookup);
    case 'fd.ip':
    case 'fd.net':
      return bothEnds(lookup('fd.cip'), lookup('fd.sip'));
    case 'fd.port':
    case 'fd.proto':
      return bothEnds(lookup('fd.cport'), lookup('fd.sport'));
    case 'fd.cnet':
    case 'fd.snet':
    case 'fd.lnet':
    case 'fd.rnet':
      return lookup(name.replace('net', 'ip'));
    case 'evt.failed': {
      const result = lookup('evt.rawres');
      return (event) => {
        const value = result(event);
        return typeof value === 'number' || typeof value === 'bigint' ? value < 0 : null;
      };
    }
    case 'evt.dir':
      return () => '<';
    case 'evt.source':
      return () => 'syscall';
    case 'syscall.type':
      return lookup('evt.type');
    case 'proc.pname':
    case 'proc.pexe':
    case 'proc.pexepath':
    case 'proc.pcmdline':
      return nth(lookup(name.replace('proc.p', 'proc.a')), 0);
    case 'proc.aname':
    case 'proc.aexe':
    case 'proc.aexepath':
    case 'proc.acmdline':
    case 'proc.apid':
      return ancestor(use, lookup);
    default:
      return null;
  }
}

/** `[0]` is the process itself, `[1]` its parent. */
function ancestor(use: FieldUse, lookup: Lookup): Getter<PlainEvent> | null {
  const { name } = use.def;
  const itself = `proc.${name.slice('proc.a'.length)}`;
  if (use.arg === null) return null;
  const level = Number(use.arg);
  return level === 0 ? lookup(itself) : nth(lookup(name), level - 1);
}

function nth(list: Getter<PlainEvent>, index: number): Getter<PlainEvent> {
  return (event) => {
    const values = list(event);
    return Array.isArray(values) ? ((values as readonly FieldValue[])[index] ?? null) : null;
  };
}

function bothEnds(client: Getter<PlainEvent>, server: Getter<PlainEvent>): Getter<PlainEvent> {
  return (event) => {
    const ends = [client(event), server(event)].filter(
      (end) => typeof end === 'string' || typeof end === 'number',
    );
    return ends.length === 0 ? null : ends;
  };
}

function pathPart(name: 'fd.directory' | 'fd.filename', lookup: Lookup): Getter<PlainEvent> {
  const whole = lookup('fd.name');
  const typechar = lookup('fd.typechar');
  return (event) => {
    const path = whole(event);
    const kind = typechar(event);
    if (typeof path !== 'string' || (kind !== null && kind !== 'f' && kind !== 'd')) return null;
    if (kind === 'd') return name === 'fd.directory' ? path : null;
    const slash = path.lastIndexOf('/');
    if (name === 'fd.filename') return slash < 0 ? '/' : path.slice(slash + 1);
    if (slash === path.length - 1) return path;
    return slash <= 0 ? '/' : path.slice(0, slash);
  };
}
