import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { describeWith } from '../support/needs.js';
import { projectRoot, runProgram } from '../support/place.js';
import { daemonSet, manifests, podConfig } from '../support/manifests.js';

/** What each kind may hold at its top, by the API's types (v1, apps/v1). */
const TOP: Readonly<Record<string, { readonly api: string; readonly keys: readonly string[] }>> = {
  Namespace: { api: 'v1', keys: [] },
  ServiceAccount: { api: 'v1', keys: ['automountServiceAccountToken'] },
  ConfigMap: { api: 'v1', keys: ['data'] },
  DaemonSet: { api: 'apps/v1', keys: ['spec'] },
};
const CONTAINER_KEYS = [
  'name',
  'image',
  'args',
  'securityContext',
  'resources',
  'livenessProbe',
  'readinessProbe',
  'volumeMounts',
];
const POD_KEYS = [
  'serviceAccountName',
  'automountServiceAccountToken',
  'priorityClassName',
  'tolerations',
  'nodeSelector',
  'hostPID',
  'hostNetwork',
  'dnsPolicy',
  'terminationGracePeriodSeconds',
  'containers',
  'volumes',
];

describeWith([], 'the manifests for Kubernetes', () => {
  it('are of kinds and keys that the API knows, in one namespace', () => {
    const text = readFileSync(`${projectRoot}/deploy/kubernetes/saker.yaml`, 'utf8');
    for (const document of parseAllDocuments(text)) expect(document.errors).toEqual([]);
    for (const { kind, apiVersion, metadata, ...rest } of manifests()) {
      const known = TOP[kind];
      expect([kind, known?.api]).toEqual([kind, apiVersion]);
      expect(Object.keys(rest).filter((key) => !known?.keys.includes(key))).toEqual([]);
      expect(kind === 'Namespace' ? metadata.name : metadata.namespace).toBe('saker');
    }
    const pod = daemonSet().spec.template.spec;
    expect(Object.keys(pod).filter((key) => !POD_KEYS.includes(key))).toEqual([]);
    for (const container of pod.containers)
      expect(Object.keys(container).filter((key) => !CONTAINER_KEYS.includes(key))).toEqual([]);
  });

  it('hang together: labels, accounts, volumes and what refers to them', () => {
    const { spec } = daemonSet();
    expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
    const pod = spec.template.spec;
    const named = (kind: string) =>
      manifests()
        .filter((one) => one.kind === kind)
        .map(({ metadata }) => metadata.name);
    expect(named('ServiceAccount')).toContain(pod.serviceAccountName);
    const volumes = pod.volumes.map(({ name }) => name);
    const mounts = pod.containers.flatMap(({ volumeMounts }) => volumeMounts);
    expect(new Set(mounts.map(({ name }) => name))).toEqual(new Set(volumes));
    for (const { configMap } of pod.volumes)
      if (configMap && !configMap.optional) expect(named('ConfigMap')).toContain(configMap.name);
    // Nothing of the host can be written but the sensor's own folders.
    for (const { name, readOnly } of mounts) {
      const { hostPath } = pod.volumes.find((one) => one.name === name)!;
      if (hostPath && !/\/saker$/.test(hostPath.path))
        expect([name, readOnly]).toEqual([name, true]);
    }
    // Probes and metrics are on loopback, which is the node's.
    expect(pod.hostNetwork).toBe(true);
  });

  it('ask for no more than the systemd unit has, and for no access to the API', () => {
    const unit = readFileSync(`${projectRoot}/deploy/systemd/saker.service`, 'utf8');
    const bounding = /^CapabilityBoundingSet=(.*)$/m.exec(unit)?.[1]?.split(' ') ?? [];
    const pod = daemonSet().spec.template.spec;
    const [{ securityContext }] = pod.containers as [(typeof pod.containers)[0]];
    expect(securityContext.capabilities.add.map((name) => `CAP_${name}`).sort()).toEqual(
      [...bounding].sort(),
    );
    expect(securityContext).toMatchObject({
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(manifests().map(({ kind }) => kind)).not.toContain('ClusterRole');
  });

  it('hold a configuration that is valid, with the folders that are mounted', async () => {
    const ran = await runProgram('bash', [
      '-c',
      `bin/saker config check /dev/stdin <<'Y'\n${podConfig()}\nY`,
    ]);
    expect([ran.stderr, ran.status]).toEqual(['', 0]);
    const mounted = daemonSet().spec.template.spec.containers[0]!.volumeMounts.map(
      ({ mountPath }) => mountPath,
    );
    for (const folder of ['/var/lib/saker', '/etc/saker-rules', '/host/proc', '/run/saker'])
      expect(mounted).toContain(folder);
  });
});
