// Block rules made by hand or at random, without the loader: for tests that compare back ends.
import { findField } from '../../sensor/lang/fields/index.js';
import type { FieldUse } from '../../sensor/lang/field-def.js';
import type { CompareOp, Condition, Literal, Net, Rule, RuleAction } from '../../sensor/lang/ir.js';
import type { Flow } from '../../sensor/enforce/index.js';

const SPAN = { start: 0, end: 1 };

export function use(name: string): FieldUse {
  const def = findField(name);
  if (!def) throw new Error(`no field ${name}`);
  return { def, arg: null, text: name };
}

export const str = (value: string): Literal => ({ kind: 'string', value });
export const int = (value: number): Literal => ({ kind: 'int', value: BigInt(value) });
export const net = (value: Net): Literal => ({ kind: 'net', value });
export const ip4 = (text: string): Net => {
  const [address = '', bits = '32'] = text.split('/');
  return {
    family: 4,
    address: address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n),
    bits: Number(bits),
  };
};

export function compare(field: string, op: CompareOp, ...right: Literal[]): Condition {
  const left = { kind: 'field', use: use(field), span: SPAN } as const;
  return { kind: 'compare', op, modifier: null, left, right, span: SPAN };
}
export const and = (...items: Condition[]): Condition => ({ kind: 'and', items, span: SPAN });
export const or = (...items: Condition[]): Condition => ({ kind: 'or', items, span: SPAN });
export const not = (item: Condition): Condition => ({ kind: 'not', item, span: SPAN });
export const egress = compare('evt.type', 'in', str('connect'), str('sendto'), str('sendmsg'));

export function blockRule(
  name: string,
  condition: Condition,
  action: Partial<RuleAction> = {},
): Rule {
  return {
    name,
    description: '',
    condition,
    output: [],
    extraFields: [],
    priority: 'Warning',
    source: 'syscall',
    tags: [],
    enabled: true,
    action: { action: 'block', mode: 'enforce', reply: 'reject', ...action },
    capture: null,
    events: 'all',
    file: 'test.yaml',
    line: 1,
    conditionText: '',
  };
}

/** A repeatable source of numbers below `limit`. */
export function randomFrom(seed: number): (limit: number) => number {
  let state = (seed * 2654435761) >>> 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % limit;
  };
}

/** What random rules and flows are made of. */
export interface World {
  readonly paths: readonly string[];
  readonly prefixes: readonly string[];
  readonly containers: readonly string[];
  readonly nets: readonly Net[];
  readonly ports: readonly number[];
}

/** A random condition over every enforceable field, nested two levels deep. */
export function randomCondition(
  random: (limit: number) => number,
  world: World,
  depth = 2,
): Condition {
  const pick = <T>(from: readonly T[]): T => from[random(from.length)]!;
  const some = <T>(from: readonly T[], most: number): T[] =>
    Array.from({ length: 1 + random(most) }, () => pick(from));
  if (depth > 0 && random(3) > 0) {
    const items = Array.from({ length: 2 + random(2) }, () =>
      randomCondition(random, world, depth - 1),
    );
    const joined = random(5) < 3 ? and(...items) : or(...items);
    return random(5) === 0 ? not(joined) : joined;
  }
  const leaf = (): Condition => {
    switch (random(9)) {
      case 0:
        return compare('proc.exepath', pick(['=', '!='] as const), str(pick(world.paths)));
      case 1:
        return compare('proc.exepath', 'in', ...some(world.paths, 4).map(str));
      case 2:
        return compare('proc.exepath', 'startswith', str(pick(world.prefixes)));
      case 3:
        return compare(
          pick(['fd.sport', 'fd.rport']),
          pick(['=', '!=', '<', '<=', '>', '>='] as const),
          int(pick(world.ports)),
        );
      case 4:
        return compare('fd.rport', 'in', ...some(world.ports, 4).map(int));
      case 5:
        return compare('fd.l4proto', pick(['=', '!='] as const), str(pick(['tcp', 'udp'])));
      case 6:
        return compare(
          'container.id',
          pick(['=', '!='] as const),
          str(pick(['host', ...world.containers])),
        );
      case 7:
        return compare(
          pick(['fd.sip', 'fd.rip']),
          pick(['=', '!='] as const),
          net(host(pick(world.nets))),
        );
      default:
        return compare(pick(['fd.snet', 'fd.rnet']), 'in', ...some(world.nets, 4).map(net));
    }
  };
  return random(4) === 0 ? not(leaf()) : leaf();
}

function host(value: Net): Net {
  return { ...value, bits: value.family === 4 ? 32 : 128 };
}

export function randomRules(
  random: (limit: number) => number,
  world: World,
  count: number,
): Rule[] {
  return Array.from({ length: count }, (_, at) =>
    blockRule(`rule ${at}`, and(egress, randomCondition(random, world)), {
      mode: random(2) ? 'enforce' : 'audit',
      reply: random(4) ? 'reject' : 'drop',
    }),
  );
}

/** A flow near what the rules name, so that both answers come often. */
export function randomFlow(random: (limit: number) => number, world: World): Flow {
  const pick = <T>(from: readonly T[]): T => from[random(from.length)]!;
  const near = pick(world.nets);
  const free = BigInt((near.family === 4 ? 32 : 128) - near.bits);
  const noise = free > 0n ? BigInt(random(1 << 16)) & ((1n << free) - 1n) : 0n;
  return {
    exe: pick([...world.paths, ...world.prefixes.map((prefix) => `${prefix}other`)]),
    containerId: pick(['host', ...world.containers]),
    remote: { family: near.family, address: near.address ^ noise },
    port: Math.min(65535, Math.max(1, pick(world.ports) + random(3) - 1)),
    protocol: pick(['tcp', 'udp'] as const),
  };
}
