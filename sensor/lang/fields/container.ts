import { defineFields } from './define.js';

/** Written by whoever has the container made. */
const MADE = { trust: 'config' } as const;
const LATER = { ...MADE, availability: 'not-captured' } as const;
const NEVER = { availability: 'never' } as const;
const MOUNT = { ...MADE, argKind: 'index-or-key' } as const;

/** The container of the process. On the host container.id is "host" and the rest is empty. */
export const CONTAINER_FIELDS = defineFields(
  { group: 'container', home: 'container', trust: 'kernel' },
  [
    [
      'container.id',
      'string',
      '',
      'First 12 characters of the container id; "host" outside containers.',
    ],
    [
      'container.full_id',
      'string',
      '',
      'The whole container id, 64 hexadecimal characters; "host" outside containers.',
    ],
    [
      'container.name',
      'string',
      '',
      'Name of the container; of a pod the one in its manifest.',
      MADE,
    ],
    [
      'container.type',
      'string',
      '',
      'What runs the container, from its control group: docker, containerd, cri-o, podman, lxc …; "host" outside containers.',
    ],
    [
      'container.privileged',
      'bool',
      '',
      'The container runs privileged: nothing is withheld from it.',
      MADE,
    ],
    ['container.image', 'string', '', 'Image as asked for.', MADE],
    ['container.image.id', 'string', '', 'Id of the image.', LATER],
    ['container.image.repository', 'string', '', 'Image name without tag and digest.', MADE],
    [
      'container.image.tag',
      'string',
      '',
      'Tag of the image; empty if it was asked for without.',
      MADE,
    ],
    [
      'container.image.digest',
      'string',
      '',
      'Digest of the image, "sha256:…"; empty if it was asked for without.',
      MADE,
    ],
    ['container.healthcheck', 'string', 'D', 'Never has a value.', NEVER],
    ['container.liveness_probe', 'string', 'D', 'Never has a value.', NEVER],
    ['container.readiness_probe', 'string', 'D', 'Never has a value.', NEVER],
    [
      'container.start_ts',
      'abstime',
      '',
      'When the pid namespace of the process began, nanoseconds since the epoch; boot time on the host.',
    ],
    ['container.duration', 'reltime', '', 'Nanoseconds since container.start_ts.'],
    ['container.ip', 'string', '', 'Address of the container or its pod.', LATER],
    [
      'container.cni.json',
      'string',
      '',
      'Network configuration result of the pod, JSON text.',
      LATER,
    ],
    [
      'container.host_pid',
      'bool',
      '',
      'The process is in a container that shares the pid namespace of the host.',
    ],
    [
      'container.host_network',
      'bool',
      '',
      'The container shares the network namespace of the host.',
      MADE,
    ],
    ['container.host_ipc', 'bool', '', 'The container shares the IPC namespace of the host.', MADE],
    [
      'container.mounts',
      'string',
      '',
      'All mounts as source:dest:mode:rdwr:propagation, joined by commas. The mode is not known: empty.',
      MADE,
    ],
    [
      'container.mount',
      'string',
      'A',
      'One mount, by number or by a regular expression found in its source.',
      MOUNT,
    ],
    [
      'container.mount.source',
      'string',
      'A',
      'Source of one mount, by number or by a regular expression found in its destination.',
      MOUNT,
    ],
    [
      'container.mount.dest',
      'string',
      'A',
      'Destination of one mount, by number or by a regular expression found in its source.',
      MOUNT,
    ],
    [
      'container.mount.mode',
      'string',
      'A',
      'Mode of one mount, by number or by a regular expression found in its source. Not known: empty.',
      MOUNT,
    ],
    [
      'container.mount.rdwr',
      'string',
      'A',
      'Whether one mount is writable, "true" or "false", by number or by a regular expression found in its source.',
      MOUNT,
    ],
    [
      'container.mount.propagation',
      'string',
      'A',
      'Propagation of one mount, by number or by a regular expression found in its source.',
      MOUNT,
    ],
    [
      'container.label',
      'string',
      'A',
      'Value of one label: container.label.maintainer or container.label[maintainer]. Known of CRI-O and Docker.',
      { ...MADE, argKind: 'key', argForm: 'both' },
    ],
    [
      'container.labels',
      'string',
      '',
      'All labels as key:value, sorted, joined by comma and blank. Known of CRI-O and Docker.',
      MADE,
    ],
    ['proc.is_container_healthcheck', 'bool', 'D', 'Never has a value.', NEVER],
    ['proc.is_container_liveness_probe', 'bool', 'D', 'Never has a value.', NEVER],
    ['proc.is_container_readiness_probe', 'bool', 'D', 'Never has a value.', NEVER],
  ],
);
