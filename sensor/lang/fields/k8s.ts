import { defineFields, type FieldRow } from './define.js';

/** Written by whoever has the pod made. */
const MADE = { trust: 'config' } as const;
const LATER = { ...MADE, availability: 'not-captured' } as const;
const LABEL = { ...LATER, argKind: 'key', argForm: 'both' } as const;

/** Names of objects whose fields the container plugin keeps but never fills. */
const GONE: readonly (readonly [prefix: string, what: string, members: readonly string[]])[] = [
  ['k8s.rc', 'replication controller', ['name', 'id', 'label', 'labels']],
  ['k8s.svc', 'service', ['name', 'id', 'label', 'labels']],
  ['k8s.ns', 'namespace', ['id', 'label', 'labels']],
  ['k8s.rs', 'replica set', ['name', 'id', 'label', 'labels']],
  ['k8s.deployment', 'deployment', ['name', 'id', 'label', 'labels']],
];

function gone(): FieldRow[] {
  return GONE.flatMap(([prefix, what, members]) =>
    members.map((member): FieldRow => [
      `${prefix}.${member}`,
      'string',
      member === 'label' ? 'AD' : 'D',
      `Never has a value: ${member} of the ${what}, kept so that old rules load.`,
      member === 'label'
        ? { availability: 'never', argKind: 'key', argForm: 'both' }
        : { availability: 'never' },
    ]),
  );
}

/** The pod of the process, as the container runtime knows it. */
export const K8S_FIELDS = defineFields({ group: 'k8s', home: 'container', trust: 'kernel' }, [
  ['k8s.pod.name', 'string', '', 'Name of the pod.', MADE],
  ['k8s.ns.name', 'string', '', 'Namespace of the pod.', MADE],
  [
    'k8s.pod.uid',
    'string',
    '',
    'UID of the pod, from the control group: known before the first process of a container runs.',
  ],
  ['k8s.pod.id', 'string', '', 'Same as k8s.pod.uid.'],
  ['k8s.pod.sandbox_id', 'string', '', 'First 12 characters of the id of the pod sandbox.', MADE],
  ['k8s.pod.full_sandbox_id', 'string', '', 'The whole id of the pod sandbox.', MADE],
  [
    'k8s.pod.label',
    'string',
    'A',
    'Value of one label of the pod: k8s.pod.label.app or k8s.pod.label[app].',
    LABEL,
  ],
  [
    'k8s.pod.labels',
    'string',
    '',
    'All labels of the pod as key:value, sorted, joined by comma and blank.',
    LATER,
  ],
  ['k8s.pod.ip', 'string', '', 'Address of the pod.', LATER],
  ['k8s.pod.cni.json', 'string', '', 'Network configuration result of the pod, JSON text.', LATER],
  ...gone(),
]);
