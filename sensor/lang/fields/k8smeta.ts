import { defineFields, type FieldOptions, type FieldRow } from './define.js';

/** Objects that a pod refers to; a pod has many services, so those fields are lists. */
const OBJECTS: readonly (readonly [name: string, what: string, list: boolean])[] = [
  ['pod', 'pod', false],
  ['ns', 'namespace of the pod', false],
  ['deployment', 'deployment of the pod', false],
  ['svc', 'services of the pod', true],
  ['rs', 'replica set of the pod', false],
  ['rc', 'replication controller of the pod', false],
];

function rows(): FieldRow[] {
  return OBJECTS.flatMap(([object, what, list]): FieldRow[] => {
    const mark = list ? 'L' : '';
    // The container's runtime knows these, too.
    const name: FieldOptions = object === 'pod' || object === 'ns' ? { availability: 'live' } : {};
    const uid: FieldOptions = object === 'pod' ? { availability: 'live' } : {};
    const fields: FieldRow[] = [
      [`k8smeta.${object}.name`, 'string', mark, `Name of the ${what}.`, name],
      [`k8smeta.${object}.uid`, 'string', mark, `UID of the ${what}.`, uid],
      [
        `k8smeta.${object}.label`,
        'string',
        `A${mark}`,
        `Value of one label of the ${what}: k8smeta.${object}.label.app or k8smeta.${object}.label[app].`,
        { argKind: 'key', argForm: 'both' },
      ],
      [`k8smeta.${object}.labels`, 'string', 'L', `Labels of the ${what} as key:value.`],
    ];
    return object === 'pod'
      ? [...fields, ['k8smeta.pod.ip', 'string', '', 'Address of the pod, once it has one.']]
      : fields;
  });
}

/** The pod of the process and its owners, as the API server knows them. */
export const K8SMETA_FIELDS = defineFields(
  { group: 'k8smeta', home: 'container', trust: 'config', availability: 'not-captured' },
  rows(),
);
