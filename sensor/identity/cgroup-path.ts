/** What a control group's path says about the container that lives in it. */
export interface CgroupIdentity {
  /** Whole id: 64 hexadecimal characters, or the name for runtimes that use names. */
  readonly id: string;
  /** docker, containerd, cri-o, podman, nerdctl …; `cri` where the path does not tell which runtime serves Kubernetes. */
  readonly runtime: string;
  /** With dashes, or null outside Kubernetes. */
  readonly podUid: string | null;
}

const HEX64 = '[0-9a-f]{64}';

/**
 * Shapes of one path element, most telling first (ecosystem §4.1). A runtime's helper next to the container (conmon) has a
 * prefix of its own that fits none.
 */
const ELEMENTS: readonly (readonly [pattern: RegExp, runtime: string])[] = [
  [new RegExp(`^docker-(${HEX64})(?:\\.scope)?$`), 'docker'],
  [new RegExp(`^crio-(${HEX64})(?:\\.scope)?$`), 'cri-o'],
  [new RegExp(`^cri-containerd-(${HEX64})(?:\\.scope)?$`), 'containerd'],
  [new RegExp(`:cri-containerd:(${HEX64})$`), 'containerd'],
  [new RegExp(`:crio:(${HEX64})$`), 'cri-o'],
  [new RegExp(`^nerdctl-(${HEX64})(?:\\.scope)?$`), 'containerd'],
  [new RegExp(`^libpod-(?:payload-)?(${HEX64})(?:\\.scope)?$`), 'podman'],
];
const BARE = new RegExp(`^${HEX64}$`);

/** A pod's own group: `podUID` under cgroupfs, `kubepods-burstable-podUID.slice` with underscores under systemd. */
const POD =
  /(?:^|-)pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12})(?:\.slice)?$/;
/** Static pods take the hash of their file for a uid: 32 characters, no dashes. */
const STATIC_POD = /(?:^|-)pod([0-9a-f]{32})(?:\.slice)?$/;

/** Names that systemd gives to groups: never a container of plain containerd. */
const UNIT = /\.(?:service|slice|scope|mount|socket|swap)$/;

/**
 * Reads the container out of a cgroup path, or null for a group of the host.
 *
 * @remarks The innermost element with a runtime's shape counts: in a cluster inside a container (kind) that is the pod's
 *   container, and groups that systemd makes below a container still belong to it.
 * @param path - From the root of the hierarchy, beginning with "/".
 */
export function identifyCgroup(path: string): CgroupIdentity | null {
  const elements = path.split('/').filter((element) => element !== '');
  let podUid: string | null = null;
  let found: CgroupIdentity | null = null;
  for (let i = 0; i < elements.length; i++) {
    podUid = podOf(elements[i]!) ?? podUid;
    const inner = container(elements, i, podUid !== null);
    if (inner) found = { ...inner, podUid };
  }
  return found ?? plainContainerd(elements);
}

/** Does the path lie in a pod, though not (yet) in a container? */
export function podOfCgroup(path: string): string | null {
  for (const element of path.split('/')) {
    const uid = podOf(element);
    if (uid !== null) return uid;
  }
  return null;
}

function podOf(element: string): string | null {
  const uid = POD.exec(element)?.[1] ?? STATIC_POD.exec(element)?.[1];
  return uid === undefined ? null : uid.replaceAll('_', '-');
}

function container(
  elements: readonly string[],
  at: number,
  inPod: boolean,
): { id: string; runtime: string } | null {
  const element = elements[at]!;
  for (const [pattern, runtime] of ELEMENTS) {
    const id = pattern.exec(element)?.[1];
    if (id !== undefined) return { id, runtime };
  }
  const parent = elements[at - 1];
  if (BARE.test(element)) return { id: element, runtime: bareRuntime(parent, inPod) };
  if (parent === 'libpod_parent' && element.startsWith('libpod-'))
    return { id: element.slice('libpod-'.length), runtime: 'podman' };
  return lxc(element, parent);
}

function bareRuntime(parent: string | undefined, inPod: boolean): string {
  if (inPod) return 'cri';
  return parent === 'docker' ? 'docker' : 'containerd';
}

function lxc(element: string, parent: string | undefined): { id: string; runtime: string } | null {
  if (element.startsWith('lxc.payload.') && element.length > 'lxc.payload.'.length)
    return { id: element.slice('lxc.payload.'.length), runtime: 'lxc' };
  if (parent === 'lxc.payload' || parent === 'lxc') return { id: element, runtime: 'lxc' };
  const libvirt = /^machine-lxc\\x2d(.+)\.scope$/.exec(element)?.[1];
  if (libvirt !== undefined) return { id: libvirt, runtime: 'libvirt-lxc' };
  const bpm = /^bpm-(.+)$/.exec(element)?.[1];
  return bpm !== undefined && parent === 'bpm' ? { id: bpm, runtime: 'bpm' } : null;
}

/** `ctr run`: /NAMESPACE/NAME, exactly two levels, neither of them a unit of systemd. */
function plainContainerd(elements: readonly string[]): CgroupIdentity | null {
  const [namespace, name] = elements;
  if (elements.length !== 2 || namespace === undefined || name === undefined) return null;
  if (UNIT.test(namespace) || UNIT.test(name) || !PLAIN_NAMESPACES.has(namespace)) return null;
  return { id: name, runtime: 'containerd', podUid: null };
}

/** Namespaces whose groups `ctr` and docker's containerd make; any other two-level path may be an operator's own tree. */
const PLAIN_NAMESPACES = new Set(['default', 'k8s.io', 'moby', 'example', 'buildkit']);
