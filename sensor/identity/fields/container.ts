import { AT } from '../../events/index.js';
import { RegexMatcher } from '../../lang/index.js';
import type { ContainerFacts, Mount } from '../container-facts.js';
import type { Container } from '../containers.js';
import type { LiveEvent } from '../live-event.js';
import { constant, plain, type GetterTable, type LiveGetter, type MakeGetter } from './getter.js';
import { HOST_PID_NS, pidnsStartNs } from './process.js';

const HOST = 'host';

/**
 * @param inside - Value in a container; null while its metadata is not known.
 * @param onHost - Value on the host, which counts as a container of its own with nothing in it (falco-fields §2.1).
 */
const either =
  (
    inside: (container: Container, event: LiveEvent) => string | boolean | null,
    onHost: string | boolean | null,
  ): LiveGetter =>
  (event) => {
    if (event.row < 0) return null;
    const group = event.cgroup();
    if (group === null) return null;
    return group.container === null ? onHost : inside(group.container, event);
  };

/**
 * What the container was made of; null while that is not known, and where the runtime does not tell.
 *
 * @param onHost - Value on the host.
 */
const made = (
  read: (facts: ContainerFacts) => string | boolean | null,
  onHost: string | boolean | null,
): LiveGetter =>
  either((_container, event) => {
    const facts = event.containerFacts();
    return facts === null ? null : read(facts);
  }, onHost);

/** A group of Kubernetes may not tell which runtime made it. */
function runtime(container: Container, event: LiveEvent): string {
  return container.runtime === 'cri'
    ? (event.containerFacts()?.runtime ?? container.runtime)
    : container.runtime;
}

/** Known to the runtime's socket alone, which is not asked: only the host's blank value is known. */
const later = (onHost: string | boolean): LiveGetter => either(() => null, onHost);
const NEVER = constant(null);

/** Of `name:tag@digest`; a colon before the last slash belongs to the registry's port. */
const IMAGE = /^(.*?)(?::([^:/@]*))?(?:@(.*))?$/;
const imagePart =
  (part: 1 | 2 | 3) =>
  ({ image }: ContainerFacts): string | null =>
    image === null ? null : (IMAGE.exec(image)?.[part] ?? '');

const SHORT_ID = 12;

/** CRI-O and nerdctl keep labels of their own among the others: as Falco, we leave those of the system out. */
const isOwnLabel = (key: string): boolean =>
  !key.startsWith('annotation.') && !key.startsWith('io.kubernetes.');

function labelsText({ labels }: ContainerFacts): string | null {
  if (labels === null) return null;
  return labels
    .filter(([key]) => isOwnLabel(key))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => (value === '' ? key : `${key}:${value}`))
    .join(', ');
}

/** Falco drops labels with longer values. */
const LABEL_MAX = 100;

const label: MakeGetter = ({ arg }) =>
  made((facts) => {
    const value = facts.labels?.find(([key]) => key === arg)?.[1];
    return value === undefined || value.length > LABEL_MAX ? null : value;
  }, null);

/** The mode is that of a volume's label (z, Z), which the runtime is not told. */
const mountText = ({ source, destination, writable, propagation }: Mount): string =>
  `${source}:${destination}::${String(writable)}:${propagation}`;

/** Mount N, or the first one in whose `by` the pattern is found. */
function mountGetter(
  read: (mount: Mount) => string,
  by: 'source' | 'destination' = 'source',
): MakeGetter {
  return ({ arg }) => {
    const index = /^\d+$/.test(String(arg)) ? Number(arg) : -1;
    const pattern = index < 0 ? patternOf(String(arg)) : null;
    return made(({ mounts }) => {
      const mount = index < 0 ? mounts.find((one) => pattern?.test(one[by])) : mounts[index];
      return mount === undefined ? null : read(mount);
    }, null);
  };
}

function patternOf(text: string): RegexMatcher | null {
  try {
    return new RegexMatcher(`.*(${text}).*`);
  } catch {
    return null; // no pattern: found nowhere
  }
}

const podUid: LiveGetter = (event) => (event.row < 0 ? null : (event.cgroup()?.podUid ?? null));

const sharesPids = either((_container, event) => {
  const namespace = event.processes.pidNs[event.row]!;
  return namespace === 0 ? null : namespace === HOST_PID_NS;
}, false);

const duration: LiveGetter = (event) => {
  const start = pidnsStartNs(event);
  if (start === null) return null;
  return Number(event.record.big(AT.header.ts_ns) + event.clock.offsetNs - start);
};

const LATER = [
  'container.image.id',
  'container.ip',
  'container.cni.json',
  'k8s.pod.labels',
  'k8s.pod.ip',
  'k8s.pod.cni.json',
] as const;

/** Names of a pod; null where there is none. */
const POD: GetterTable = {
  'k8s.pod.name': plain(made(({ podName }) => podName, null)),
  'k8s.ns.name': plain(made(({ podNamespace }) => podNamespace, null)),
  'k8smeta.pod.name': plain(made(({ podName }) => podName, null)),
  'k8smeta.ns.name': plain(made(({ podNamespace }) => podNamespace, null)),
  'k8smeta.pod.uid': plain(podUid),
};

export const CONTAINER_GETTERS: GetterTable = {
  'container.id': plain(either((container) => container.id, HOST)),
  'container.full_id': plain(either((container) => container.fullId, HOST)),
  'container.type': plain(either(runtime, HOST)),
  'container.name': plain(made(({ name }) => name, HOST)),
  'container.image': plain(made(({ image }) => image, '')),
  'container.image.repository': plain(made(imagePart(1), '')),
  'container.image.tag': plain(made(imagePart(2), '')),
  'container.image.digest': plain(made(imagePart(3), '')),
  'container.privileged': plain(made(({ privileged }) => privileged, false)),
  'container.host_network': plain(made(({ hostNetwork }) => hostNetwork, false)),
  'container.host_ipc': plain(made(({ hostIpc }) => hostIpc, false)),
  'container.mounts': plain(made(({ mounts }) => mounts.map(mountText).join(','), '')),
  'container.mount': mountGetter(mountText),
  'container.mount.source': mountGetter(({ source }) => source, 'destination'),
  'container.mount.dest': mountGetter(({ destination }) => destination),
  'container.mount.mode': mountGetter(() => ''),
  'container.mount.rdwr': mountGetter(({ writable }) => String(writable)),
  'container.mount.propagation': mountGetter(({ propagation }) => propagation),
  'container.label': label,
  'container.labels': plain(made(labelsText, '')),
  'k8s.pod.sandbox_id': plain(made(({ sandboxId }) => sandboxId?.slice(0, SHORT_ID) ?? '', '')),
  'k8s.pod.full_sandbox_id': plain(made(({ sandboxId }) => sandboxId ?? '', '')),
  ...POD,
  'container.host_pid': plain(sharesPids),
  'container.start_ts': plain(pidnsStartNs),
  'container.duration': plain(duration),
  'k8s.pod.uid': plain(podUid),
  'k8s.pod.id': plain(podUid),
  ...Object.fromEntries(LATER.map((name) => [name, plain(later(''))])),
  'container.healthcheck': NEVER,
};
