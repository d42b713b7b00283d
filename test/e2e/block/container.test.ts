import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { rmSync, writeFileSync } from 'node:fs';
import { cgroup2Mount, makeCgroup, type Cgroup } from '../../support/cgroup.js';
import {
  containerParts,
  startContainerd,
  type Containerd,
  type Pod,
} from '../../support/containerd.js';
import { startDaemon, type Daemon } from '../../support/daemon.js';
import { describeHere } from '../../support/places.js';

const RULE = `
- rule: Containers stay at home
  desc: A container that must reach nothing at this port.
  condition: evt.type in (connect, sendto, sendmsg) and fd.rport = 7001 and container.id != host
  output: A container called out (container=%container.id exe=%proc.exepath)
  priority: WARNING
  action: block
  mode: enforce
`;

describeHere(
  'a block of containers',
  (place) => {
    let cgroup: Cgroup;
    let containerd: Containerd;
    let daemon: Daemon;
    let pod: Pod;
    const rules = `/tmp/saker-block-container-${process.pid}.yaml`;

    beforeAll(async () => {
      writeFileSync(rules, RULE);
      cgroup = await makeCgroup(place());
      containerd = await startContainerd(place());
      daemon = await startDaemon(place(), {
        cgroup: cgroup.path,
        rules: [rules],
        args: ['-o', 'enforce.heartbeat_seconds=120'],
      });
      const below = cgroup.path.slice((await cgroup2Mount(place())).length);
      // The sensor stands still: whatever is decided meanwhile, the kernel decides by itself.
      await daemon.signal('STOP');
      pod = await containerd.startPod(below, [
        '/bin/busybox',
        'nc',
        '-w',
        '1',
        '127.0.0.1',
        '7001',
      ]);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await daemon.signal('CONT');
    });
    afterAll(async () => {
      if (pod !== undefined) await containerd.removePod(pod);
      await daemon?.remove();
      await containerd?.stop();
      await cgroup?.remove();
      rmSync(rules, { force: true });
    });

    it('stops the first packet of its first process, which the sensor has not read of yet', async () => {
      const alerts = await daemon.waitForAlerts((all) => all.length > 0);
      expect(alerts).toHaveLength(1);
      expect(alerts[0]?.output_fields).toMatchObject({
        'container.id': pod.containerId.slice(0, 12),
        'proc.exepath': '/bin/busybox',
        'verdict.mode': 'enforce',
        'verdict.outcome': 'refused',
      });
    });
  },
  containerParts,
);
