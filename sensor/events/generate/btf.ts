import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A member with its place from the start of the struct, in bytes. */
export interface Member {
  readonly name: string;
  readonly offset: number;
  /** Bytes; 0 for a flexible array. */
  readonly size: number;
  readonly signed: boolean;
  /** Name of the nested saker struct, when it is one. */
  readonly struct: string | null;
}

export interface Struct {
  readonly name: string;
  readonly size: number;
  readonly members: readonly Member[];
}

/** What an object says about types: structs and enums by name. */
export interface Types {
  readonly structs: ReadonlyMap<string, Struct>;
  readonly enums: ReadonlyMap<string, readonly (readonly [name: string, value: number])[]>;
}

/** One type as `bpftool btf dump -j` prints it. */
interface RawType {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly size?: number;
  readonly type_id?: number;
  readonly nr_elems?: number;
  readonly encoding?: string;
  readonly members?: readonly { name: string; type_id: number; bits_offset: number }[];
  readonly values?: readonly { name: string; val: number }[];
}

/** Reads the BTF of a compiled object; only names beginning with `saker_`. */
export function readTypes(object: string): Types {
  const dump = execFileSync('bpftool', ['btf', 'dump', '-j', 'file', object], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  });
  const raw = new Map((JSON.parse(dump) as { types: RawType[] }).types.map((t) => [t.id, t]));
  const structs = new Map<string, Struct>();
  const enums = new Map<string, (readonly [string, number])[]>();
  for (const type of raw.values()) {
    if (!type.name.startsWith('saker_')) continue;
    if (type.kind === 'STRUCT') structs.set(type.name, structOf(type, raw));
    if (type.kind === 'ENUM')
      enums.set(
        type.name,
        (type.values ?? []).map((v) => [v.name, v.val] as const),
      );
  }
  return { structs, enums };
}

/**
 * Compiles `header` so that every struct and enum it declares is in the BTF (a compiler keeps only what is used), and reads
 * that. `clang` is the compiler of the shipped objects.
 */
export function compileTypes(header: string, clang: string): Types {
  const text = readFileSync(header, 'utf8');
  const names = [...text.matchAll(/^(struct|enum) (saker_\w+) \{/gm)];
  const uses = names.map(([, kind, name], i) => `${kind ?? ''} ${name ?? ''} *use_${i};`);
  const folder = mkdtempSync(join(tmpdir(), 'saker-layout-'));
  try {
    const source = join(folder, 'layout.bpf.c');
    const object = join(folder, 'layout.bpf.o');
    writeFileSync(source, `#include "${resolve(header)}"\n${uses.join('\n')}\n`);
    execFileSync(clang, ['-target', 'bpf', '-g', '-O2', '-c', source, '-o', object]);
    return readTypes(object);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function structOf(type: RawType, raw: ReadonlyMap<number, RawType>): Struct {
  const members = (type.members ?? []).map((member): Member => {
    const of = resolveType(member.type_id, raw);
    return {
      name: member.name,
      offset: member.bits_offset / 8,
      size: sizeOf(of, raw),
      signed: of.encoding === 'SIGNED',
      struct: of.kind === 'STRUCT' ? of.name : null,
    };
  });
  return { name: type.name, size: type.size ?? 0, members };
}

function resolveType(id: number, raw: ReadonlyMap<number, RawType>): RawType {
  const type = raw.get(id);
  if (!type) throw new Error(`BTF names type ${id} and has none`);
  return ['TYPEDEF', 'CONST', 'VOLATILE'].includes(type.kind) && type.type_id !== undefined
    ? resolveType(type.type_id, raw)
    : type;
}

function sizeOf(type: RawType, raw: ReadonlyMap<number, RawType>): number {
  if (type.kind !== 'ARRAY') return type.size ?? 0;
  return (type.nr_elems ?? 0) * sizeOf(resolveType(type.type_id ?? 0, raw), raw);
}
