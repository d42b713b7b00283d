import { AT } from '../../events/index.js';
import type { Container } from '../containers.js';
import type { LiveEvent } from '../live-event.js';
import { constant, plain, type GetterTable, type LiveGetter } from './getter.js';
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

/** Comes from the runtime's socket, which is not asked yet: only the host's blank value is known. */
const later = (onHost: string | boolean): LiveGetter => either(() => null, onHost);
const NEVER = constant(null);

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

const TEXTS = [
  'container.image',
  'container.image.id',
  'container.image.repository',
  'container.image.tag',
  'container.image.digest',
  'container.ip',
  'container.cni.json',
  'container.mounts',
  'container.labels',
  'k8s.pod.sandbox_id',
  'k8s.pod.full_sandbox_id',
  'k8s.pod.labels',
  'k8s.pod.ip',
  'k8s.pod.cni.json',
] as const;
const FLAGS = ['container.privileged', 'container.host_network', 'container.host_ipc'] as const;

export const CONTAINER_GETTERS: GetterTable = {
  'container.id': plain(either((container) => container.id, HOST)),
  'container.full_id': plain(either((container) => container.fullId, HOST)),
  'container.type': plain(either((container) => container.runtime, HOST)),
  'container.name': plain(later(HOST)),
  'container.host_pid': plain(sharesPids),
  'container.start_ts': plain(pidnsStartNs),
  'container.duration': plain(duration),
  'k8s.pod.uid': plain(podUid),
  'k8s.pod.id': plain(podUid),
  ...Object.fromEntries(TEXTS.map((name) => [name, plain(later(''))])),
  ...Object.fromEntries(FLAGS.map((name) => [name, plain(later(false))])),
  'container.healthcheck': NEVER,
};
