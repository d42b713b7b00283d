import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { cgroup2Mount, makeCgroup, type Cgroup } from '../support/cgroup.js';
import {
  containerParts,
  startContainerd,
  type Containerd,
  type Pod,
} from '../support/containerd.js';
import { startDaemon, type Daemon } from '../support/daemon.js';
import { describeEverywhere } from '../support/places.js';

describeEverywhere(
  'a container that containerd runs',
  (place) => {
    let cgroup: Cgroup;
    let containerd: Containerd;
    let daemon: Daemon;
    let pod: Pod;

    beforeAll(async () => {
      cgroup = await makeCgroup(place());
      containerd = await startContainerd(place());
      daemon = await startDaemon(place(), { cgroup: cgroup.path });
      const below = cgroup.path.slice((await cgroup2Mount(place())).length);
      pod = await containerd.startPod(below, ['/bin/sh', '-c', 'cat /etc/shadow; exec sleep 1000']);
    });
    afterAll(async () => {
      if (pod !== undefined) await containerd.removePod(pod);
      await daemon?.remove();
      await containerd?.stop();
      await cgroup?.remove();
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
  },
  containerParts,
);
