import { toBytes, type ByteString } from '../core/bytes.js';
import { parseGroup, parsePasswd, type User } from './users.js';

/** A folder or file of the host in a container. */
export interface Mount {
  readonly source: ByteString;
  readonly destination: ByteString;
  readonly writable: boolean;
  /** `private`, `rslave` or `rshared`. */
  readonly propagation: string;
}

/** What the runtime made a container of. `''`: it has none; null: not told. */
export interface ContainerFacts {
  /** containerd, cri-o or docker; null: only its control group tells. */
  readonly runtime: string | null;
  readonly name: ByteString | null;
  /** As asked for, with tag and digest where those were. */
  readonly image: ByteString | null;
  readonly podName: ByteString | null;
  readonly podNamespace: ByteString | null;
  /** Whole id of the pod's sandbox. */
  readonly sandboxId: ByteString | null;
  readonly privileged: boolean;
  readonly hostNetwork: boolean;
  readonly hostIpc: boolean;
  readonly labels: readonly (readonly [key: ByteString, value: ByteString])[] | null;
  readonly mounts: readonly Mount[];
  /** Lines of its passwd(5) and group(5), by id: names that its processes' ids have in it. */
  readonly users: readonly (readonly [uid: number, user: User])[];
  readonly groups: readonly (readonly [gid: number, name: ByteString])[];
}

/** Longest that is kept of one text, and of one list. */
const TEXT_MAX = 4096;
const LIST_MAX = 512;

/**
 * Reads the OCI runtime specification (config.json) that a container is made by. Names stand in its annotations: those of
 * containerd (pkg/cri/annotations), of CRI-O (pkg/annotations) and of nerdctl (pkg/labels).
 *
 * @param id - Whole id of the container.
 * @returns null when it is another container's, or none.
 */
export function factsFromSpec(spec: unknown, id: string): ContainerFacts | null {
  const linux = member(spec, 'linux');
  // ".../<id>" under cgroupfs, "slice:prefix:<id>" under systemd: whose file this is.
  if (!String(member(linux, 'cgroupsPath')).endsWith(id)) return null;
  const annotations = member(spec, 'annotations');
  const note = (...names: readonly string[]): ByteString | null => {
    for (const name of names) {
      const value = textOf(member(annotations, name));
      if (value !== null && value !== '') return value;
    }
    return null;
  };
  const podName = note('io.kubernetes.cri.sandbox-name', 'io.kubernetes.pod.name');
  const isSandbox =
    note('io.kubernetes.cri.container-type', 'io.kubernetes.cri-o.ContainerType') === 'sandbox';
  const name = note(
    'io.kubernetes.cri.container-name',
    'io.kubernetes.container.name',
    'nerdctl/name',
  );
  const shares = (kind: string): boolean =>
    !listOf(member(linux, 'namespaces')).some((one) => member(one, 'type') === kind);
  return {
    runtime:
      note('io.kubernetes.cri.container-type') !== null
        ? 'containerd'
        : note('io.kubernetes.cri-o.ContainerType') !== null
          ? 'cri-o'
          : null,
    name: isSandbox ? podName : name,
    image: note(
      'io.kubernetes.cri.image-name',
      'io.kubernetes.cri-o.ImageName',
      'io.kubernetes.cri-o.Image',
    ),
    podName,
    podNamespace: note('io.kubernetes.cri.sandbox-namespace', 'io.kubernetes.pod.namespace'),
    sandboxId: note('io.kubernetes.cri.sandbox-id', 'io.kubernetes.cri-o.SandboxID'),
    privileged: isPrivileged(spec),
    hostNetwork: shares('network'),
    hostIpc: shares('ipc'),
    labels: labelsFromText(note('io.kubernetes.cri-o.Labels')),
    mounts: listOf(member(spec, 'mounts')).flatMap(bindMount),
    users: [],
    groups: [],
  };
}

/**
 * Adds what Docker keeps of a container (config.v2.json): the specification it hands to the runtime has no names.
 *
 * @see `container.Container` of moby's daemon/container
 */
export function withDocker(facts: ContainerFacts, config: unknown): ContainerFacts {
  const inner = member(config, 'Config');
  const labels = member(inner, 'Labels');
  return {
    ...facts,
    runtime: 'docker',
    name: textOf(member(config, 'Name'))?.replace(/^\//, '') ?? facts.name,
    image: textOf(member(inner, 'Image')) ?? facts.image,
    labels: isObject(labels) ? labelsOf(labels) : facts.labels,
  };
}

/** Folder of Docker's own files about a container: the name service's files in it are mounted from there. */
export function dockerFolder({ mounts }: ContainerFacts): ByteString | null {
  const hosts = mounts.find(({ destination }) => destination === '/etc/hosts');
  return /^(.+\/containers\/[0-9a-f]{64})\/hosts$/.exec(hosts?.source ?? '')?.[1] ?? null;
}

/**
 * No runtime writes down that a container is privileged: it is one from which nothing is withheld. Falco judges containers of
 * containerd so.
 */
function isPrivileged(spec: unknown): boolean {
  const linux = member(spec, 'linux');
  const process = member(spec, 'process');
  const withheld = [
    ...listOf(member(linux, 'maskedPaths')),
    ...listOf(member(linux, 'readonlyPaths')),
    ...listOf(member(spec, 'mounts')).filter(
      (mount) =>
        ['sysfs', 'cgroup', 'cgroup2'].includes(String(member(mount, 'type'))) &&
        listOf(member(mount, 'options')).includes('ro'),
    ),
  ];
  const confined = [
    member(linux, 'seccomp'),
    member(process, 'apparmorProfile'),
    member(process, 'selinuxLabel'),
  ];
  return withheld.length === 0 && confined.every((one) => one === undefined || one === '');
}

function bindMount(mount: unknown): Mount[] {
  const options = listOf(member(mount, 'options'));
  if (!options.includes('bind') && !options.includes('rbind')) return [];
  return [
    {
      source: textOf(member(mount, 'source')) ?? '',
      destination: textOf(member(mount, 'destination')) ?? '',
      writable: !options.includes('ro'),
      propagation: String(
        options.find((option) => option === 'rslave' || option === 'rshared') ?? 'private',
      ),
    },
  ];
}

function labelsFromText(text: ByteString | null): ContainerFacts['labels'] {
  try {
    const labels: unknown = text === null ? null : JSON.parse(text);
    return isObject(labels) ? labelsOf(labels) : null;
  } catch {
    return null;
  }
}

function labelsOf(labels: object): ContainerFacts['labels'] {
  return Object.entries(labels)
    .slice(0, LIST_MAX)
    .map(([key, value]) => [toBytes(key), textOf(value) ?? ''] as const);
}

/** Adds the container's own lists of users and groups. */
export function withUsers(
  facts: ContainerFacts,
  passwd: ByteString,
  group: ByteString,
): ContainerFacts {
  return {
    ...facts,
    users: [...parsePasswd(passwd)].slice(0, LIST_MAX),
    groups: [...parseGroup(group)].slice(0, LIST_MAX),
  };
}

/** As JSON whose characters are bytes; without the lists where it would be longer than `max`. */
export function factsToText(facts: ContainerFacts, max: number): ByteString {
  const text = JSON.stringify(facts);
  const short = { ...facts, labels: null, mounts: [], users: [], groups: [] };
  return text.length <= max ? text : JSON.stringify(short);
}

/** What `factsToText` wrote; null where it is something else. */
export function factsFromText(text: ByteString): ContainerFacts | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value)) return null;
  const bytes = (name: string): ByteString | null => {
    const its = member(value, name);
    return typeof its === 'string' && its.length <= TEXT_MAX ? its : null;
  };
  const labels = member(value, 'labels');
  return {
    runtime: bytes('runtime'),
    name: bytes('name'),
    image: bytes('image'),
    podName: bytes('podName'),
    podNamespace: bytes('podNamespace'),
    sandboxId: bytes('sandboxId'),
    privileged: member(value, 'privileged') === true,
    hostNetwork: member(value, 'hostNetwork') === true,
    hostIpc: member(value, 'hostIpc') === true,
    labels: Array.isArray(labels)
      ? listOf(labels).map((row) => {
          const [key, of] = listOf(row);
          return [String(key), String(of)] as const;
        })
      : null,
    mounts: listOf(member(value, 'mounts')).map((mount) => ({
      source: String(member(mount, 'source')),
      destination: String(member(mount, 'destination')),
      writable: member(mount, 'writable') === true,
      propagation: String(member(mount, 'propagation')),
    })),
    users: listOf(member(value, 'users')).map((row) => {
      const [uid, user] = listOf(row);
      const of = (name: string): ByteString => String(member(user, name));
      return [Number(uid), { name: of('name'), home: of('home'), shell: of('shell') }] as const;
    }),
    groups: listOf(member(value, 'groups')).map((row) => {
      const [gid, name] = listOf(row);
      return [Number(gid), String(name)] as const;
    }),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function member(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, LIST_MAX) : [];
}

function textOf(value: unknown): ByteString | null {
  return typeof value === 'string' ? toBytes(value).slice(0, TEXT_MAX) : null;
}
