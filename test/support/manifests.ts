import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { projectRoot } from './place.js';

/** An object of deploy/kubernetes. */
export interface Manifest {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** The parts of the DaemonSet that tests read. */
export interface DaemonSet extends Manifest {
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly serviceAccountName: string;
        readonly automountServiceAccountToken: boolean;
        readonly hostNetwork: boolean;
        readonly containers: readonly {
          readonly args: readonly string[];
          readonly securityContext: {
            readonly capabilities: { readonly add: readonly string[] };
          };
          readonly volumeMounts: readonly {
            readonly name: string;
            readonly mountPath: string;
            readonly readOnly?: boolean;
          }[];
        }[];
        readonly volumes: readonly {
          readonly name: string;
          readonly hostPath?: { readonly path: string };
          readonly configMap?: { readonly name: string; readonly optional?: boolean };
        }[];
      };
    };
  };
}

/** All objects of the file, in order. */
export function manifests(): readonly Manifest[] {
  const text = readFileSync(`${projectRoot}/deploy/kubernetes/saker.yaml`, 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

export function daemonSet(): DaemonSet {
  return manifests().find(({ kind }) => kind === 'DaemonSet') as DaemonSet;
}

/** The sensor's configuration in the ConfigMap, as text. */
export function podConfig(): string {
  const map = manifests().find(({ kind }) => kind === 'ConfigMap') as Manifest & {
    data: Record<string, string>;
  };
  return map.data['saker.yaml'] ?? '';
}
