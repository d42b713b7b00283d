import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { cgroup2Mount, makeCgroup, type Cgroup } from '../support/cgroup.js';
import {
  containerParts,
  startContainerd,
  type Containerd,
  type Pod,
} from '../support/containerd.js';
import { startDaemon, type AlertLine, type Daemon } from '../support/daemon.js';
import { mustExec } from '../support/place.js';
import { describeEverywhere } from '../support/places.js';

const fields = [
  ...['container.name', 'container.full_id', 'container.type', 'container.image'],
  ...['container.image.repository', 'container.image.tag', 'container.image.digest'],
  ...['container.privileged', 'container.host_network', 'container.host_ipc'],
  ...['container.host_pid', 'k8s.pod.name', 'k8s.ns.name', 'k8s.pod.uid', 'k8s.pod.sandbox_id'],
  ...['k8s.pod.full_sandbox_id', 'k8smeta.pod.name', 'container.mount.dest[hosts]'],
  ...['proc.cmdline', 'proc.exepath', 'proc.is_exe_lower_layer', 'proc.is_exe_upper_layer'],
  ...['evt.arg.flags', 'proc.cwd', 'proc.pname', 'user.name'],
].map((field) => `%${field}`);

const rules = `
- rule: Started in an image
  desc: A program of a container whose image is known.
  condition: evt.type = execve and container.image.repository endswith local/busybox and k8s.ns.name = prod
  output: "${fields.join(' ')}"
  priority: NOTICE
`;

/** Ends in a program that is none of the image's. */
const script =
  'cat /etc/shadow; mkdir /own; cp /bin/busybox /own/true; cd /own; ./true; exec sleep 1000';

describeEverywhere(
  'a container that containerd runs',
  (place) => {
    const file = `/run/saker-containers-${process.pid}.yaml`;
    let cgroup: Cgroup;
    let containerd: Containerd;
    let daemon: Daemon;
    let pod: Pod;

    beforeAll(async () => {
      cgroup = await makeCgroup(place());
      containerd = await startContainerd(place());
      await mustExec(place(), `cat > ${file} <<'R'\n${rules}\nR`);
      daemon = await startDaemon(place(), { cgroup: cgroup.path, rules: ['rules', file] });
      const below = cgroup.path.slice((await cgroup2Mount(place())).length);
      pod = await containerd.startPod(below, ['/bin/sh', '-c', script]);
    }, 240_000);
    afterAll(async () => {
      if (pod !== undefined) await containerd.removePod(pod);
      await daemon?.remove();
      await containerd?.stop();
      await cgroup?.remove();
      await place().exec(`rm -f ${file}`);
    });

    it('is named in the alert, from its very first act', async () => {
      const read = (rule: string) => rule === 'Password hashes read';
      const alerts = await daemon.waitForAlerts((all) => all.some((a) => read(a.rule)));
      expect(alerts.find((a) => read(a.rule))?.output_fields).toMatchObject({
        'container.id': pod.containerId.slice(0, 12),
        'fd.realpath': '/etc/shadow',
        'proc.exepath': '/bin/busybox',
        'proc.pexepath': '/bin/busybox',
      });
    });

    it('is told of by its names, its image and what it shares, from its first program', async () => {
      // Before it the runtime may start itself once more, in the container's group already.
      const its = ({ rule, output_fields: of }: AlertLine): boolean =>
        rule === 'Started in an image' &&
        of['container.full_id'] === pod.containerId &&
        of['proc.exepath'] === '/bin/busybox';
      const alerts = await daemon.waitForAlerts((all) => all.some(its));
      const [first] = alerts.filter(its);
      expect(first?.output_fields).toMatchObject({
        'container.name': 'web',
        'container.type': 'containerd',
        'container.image': expect.stringMatching(/local\/busybox:1$/),
        'container.image.repository': expect.stringMatching(/local\/busybox$/),
        'container.image.tag': '1',
        'container.image.digest': '',
        'container.privileged': false,
        'container.host_network': false,
        'container.host_ipc': false,
        'container.host_pid': false,
        'k8s.pod.name': 'shop-0',
        'k8s.ns.name': 'prod',
        'k8s.pod.uid': pod.podUid,
        'k8s.pod.sandbox_id': pod.sandboxId.slice(0, 12),
        'k8s.pod.full_sandbox_id': pod.sandboxId,
        'k8smeta.pod.name': 'shop-0',
        'container.mount.dest[hosts]': '/etc/hosts',
        'proc.cmdline': `sh -c ${script}`,
        'proc.is_exe_lower_layer': true,
        'proc.is_exe_upper_layer': false,
      });
    });

    it('tells programs of the image from those that were written since', async () => {
      const ran = (path: string) => (alert: AlertLine) =>
        alert.rule === 'Started in an image' && alert.output_fields['proc.exepath'] === path;
      const alerts = await daemon.waitForAlerts((all) => all.some(ran('/own/true')));
      expect(alerts.find(ran('/own/true'))?.output_fields).toMatchObject({
        'proc.is_exe_lower_layer': false,
        'proc.is_exe_upper_layer': true,
        'evt.arg.flags': 'EXE_WRITABLE|EXE_UPPER_LAYER',
        'proc.cmdline': 'true',
        'proc.cwd': '/own/',
        'proc.pname': 'sh',
        'user.name': 'root',
      });
      expect(alerts.find(ran('/bin/busybox'))?.output_fields).toMatchObject({
        'evt.arg.flags': 'EXE_WRITABLE|EXE_LOWER_LAYER',
      });
    });
  },
  containerParts,
);
