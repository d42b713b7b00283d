import { KIND } from '../../../sensor/events/index.js';
import { ContainerTable } from '../../../sensor/identity/index.js';
import { Kernel, Stage } from './records.js';

const ID = 'c0ffee'.repeat(10) + 'abcd';
const UID = '3b0ec6f2-7a41-4d39-9d6e-52c8f1a7e004';
const PATH = `/kubepods/burstable/pod${UID}/${ID}`;

describe('control groups and containers', () => {
  it('knows the container from mkdir, before its first process', () => {
    const kernel = new Kernel();
    const stage = new Stage().take(
      kernel.record(KIND.CGROUP_MKDIR, 1, { id: 77 }, { path: PATH }),
      kernel.record(
        KIND.PROCESS_EXEC,
        20,
        { 'id.vpid': 1 },
        { exe_path: '/bin/app', args: 'app' },
        { cgroup_id: 77 },
      ),
    );
    expect(
      stage.fields('container.id', 'container.full_id', 'container.type', 'k8s.pod.uid'),
    ).toEqual({
      'container.id': ID.slice(0, 12),
      'container.full_id': ID,
      'container.type': 'cri',
      'k8s.pod.uid': UID,
    });
  });

  it('gives the host its fixed words and a container null for what the runtime has not told', () => {
    const kernel = new Kernel();
    const stage = new Stage().take(kernel.exec(5, 0, '/bin/ls', ['ls']));
    const names = [
      'container.id',
      'container.name',
      'container.image.repository',
      'container.privileged',
      'k8s.pod.name',
      'container.label.app',
    ];
    expect(Object.values(stage.fields(...names))).toEqual(['host', 'host', '', false, null, null]);
    stage.containers.note(9, `/docker/${ID}`);
    stage.take(kernel.record(KIND.FILE_OPEN, 5, {}, { path: '/x' }, { cgroup_id: 9 }));
    expect(Object.values(stage.fields(...names))).toEqual([
      ID.slice(0, 12),
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  it('tells by the pid namespace whether a container shares the host’s', () => {
    const kernel = new Kernel();
    const exec = (pid: number, pidNs: number) =>
      kernel.record(
        KIND.PROCESS_EXEC,
        pid,
        { 'id.pid_ns': pidNs },
        { exe_path: '/bin/app' },
        { cgroup_id: 9 },
      );
    const stage = new Stage();
    stage.containers.note(9, `/docker/${ID}`);
    stage.take(exec(20, 4026531836));
    expect(stage.field('container.host_pid')).toBe(true);
    stage.take(exec(21, 4026532999));
    expect(stage.field('container.host_pid')).toBe(false);
    stage.take(exec(22, 0));
    expect(stage.field('container.host_pid')).toBeNull();
    stage.take(kernel.exec(23, 0, '/bin/ls', ['ls']));
    expect(stage.field('container.host_pid')).toBe(false);
  });

  it('is null for a group nobody knows', () => {
    const kernel = new Kernel();
    const stage = new Stage().take(
      kernel.record(KIND.PROCESS_EXEC, 5, {}, { exe_path: '/x' }, { cgroup_id: 12345 }),
    );
    expect(stage.field('container.id')).toBeNull();
  });

  it('remembers a removed group for alerts that come after', () => {
    const table = new ContainerTable({ deadCapacity: 2 });
    for (let id = 1; id <= 3; id++) table.note(id, `/docker/${ID}`);
    for (let id = 1; id <= 3; id++) table.remove(id);
    expect(table.find(3, 0)?.container?.fullId).toBe(ID);
    expect(table.find(1, 0)).toBeNull();
    expect(table.stats()).toMatchObject({ groups: 0, dead: 2, containers: 0 });
  });

  it('shares one object among the groups of a container', () => {
    const table = new ContainerTable();
    const outer = table.note(1, `/docker/${ID}`);
    const inner = table.note(2, `/docker/${ID}/init.scope`);
    expect(inner.container).toBe(outer.container);
  });

  it('looks an unknown group up, so often a second and no more', () => {
    let now = 0;
    const asked: number[] = [];
    const table = new ContainerTable({
      lookUp: (pid) => {
        asked.push(pid);
        return pid === 1 ? `/docker/${ID}` : null;
      },
      lookUpsPerSecond: 2,
      nowMs: () => now,
    });
    expect(table.find(50, 1)?.container?.fullId).toBe(ID);
    expect(table.find(50, 1)?.container?.fullId).toBe(ID);
    expect(table.find(51, 2)).toBeNull();
    expect(table.find(52, 1)).toBeNull();
    expect(asked).toEqual([1, 2]);
    expect(table.stats()).toMatchObject({ lookedUp: 2, notFound: 1, throttled: 1 });
    now = 1000;
    expect(table.find(52, 1)?.container?.fullId).toBe(ID);
  });

  it('forgets the oldest group when full, and counts it', () => {
    const table = new ContainerTable({ capacity: 2 });
    for (let id = 1; id <= 3; id++) table.note(id, '/a');
    expect(table.find(1, 0)).toBeNull();
    expect(table.find(3, 0)?.path).toBe('/a');
    expect(table.stats().evicted).toBe(1);
  });
});
