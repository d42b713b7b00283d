import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { KIND } from '../../../sensor/events/index.js';
import { ContainerTable } from '../../../sensor/identity/index.js';
import { readBundle } from '../../../sensor/identity/container-bundle.js';
import {
  factsFromSpec,
  factsFromText,
  factsToText,
  withUsers,
  type ContainerFacts,
} from '../../../sensor/identity/container-facts.js';
import { Kernel, Stage } from './records.js';

const ID = 'c0ffee'.repeat(10) + 'abcd';
const PATH = `/kubepods/burstable/pod3b0ec6f2-7a41-4d39-9d6e-52c8f1a7e004/${ID}`;

/** A specification as containerd's CRI writes it, in what we read of it. */
const spec = (more: { linux?: object; annotations?: object; mounts?: object[] } = {}) => ({
  ociVersion: '1.1.0',
  process: { apparmorProfile: '' },
  mounts: more.mounts ?? [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid'] },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'ro'] },
    {
      destination: '/data',
      type: 'bind',
      source: '/var/lib/dät',
      options: ['rbind', 'rslave', 'rw'],
    },
    { destination: '/etc/hosts', type: 'bind', source: '/x/hosts', options: ['bind', 'ro'] },
  ],
  annotations: more.annotations ?? {
    'io.kubernetes.cri.container-name': 'web',
    'io.kubernetes.cri.container-type': 'container',
    'io.kubernetes.cri.image-name': 'registry:5000/shop/web:1.2@sha256:ab',
    'io.kubernetes.cri.sandbox-id': 'feed'.repeat(16),
    'io.kubernetes.cri.sandbox-name': 'shop-0',
    'io.kubernetes.cri.sandbox-namespace': 'prod',
  },
  linux: {
    cgroupsPath: `kubepods-burstable.slice:cri-containerd:${ID}`,
    namespaces: [{ type: 'pid' }, { type: 'mount' }, { type: 'network', path: '/x' }],
    maskedPaths: ['/proc/kcore'],
    ...more.linux,
  },
});

const facts = (more = {}): ContainerFacts => factsFromSpec(spec(more), ID)!;

function onStage(known: ContainerFacts): Stage {
  const kernel = new Kernel();
  return new Stage().take(
    kernel.record(KIND.CGROUP_MKDIR, 1, { id: 77 }, { path: PATH }),
    kernel.record(KIND.CONTAINER_FACTS, 0, {}, { id: ID, facts: factsToText(known, 10_000) }),
    kernel.record(KIND.PROCESS_EXEC, 20, {}, { exe_path: '/bin/app' }, { cgroup_id: 77 }),
  );
}

describe('what a container was made of', () => {
  it('is in the fields of its events', () => {
    const fields = {
      'container.name': 'web',
      'container.type': 'containerd',
      'container.image': 'registry:5000/shop/web:1.2@sha256:ab',
      'container.image.repository': 'registry:5000/shop/web',
      'container.image.tag': '1.2',
      'container.image.digest': 'sha256:ab',
      'container.image.id': null,
      'container.privileged': false,
      'container.host_network': false,
      'container.host_ipc': true,
      'container.mounts':
        '/var/lib/d\xc3\xa4t:/data::true:rslave,/x/hosts:/etc/hosts::false:private',
      'container.mount[0]': '/var/lib/d\xc3\xa4t:/data::true:rslave',
      'container.mount.dest[/var/*]': '/data',
      'container.mount.source[^/etc]': '/x/hosts',
      'container.mount.rdwr[/x]': 'false',
      'container.mount.dest[nowhere]': null,
      'container.mount.dest[7]': null,
      'container.mount.dest[(]': null,
      'container.labels': null,
      'container.label[app]': null,
      'k8s.pod.name': 'shop-0',
      'k8s.ns.name': 'prod',
      'k8s.pod.sandbox_id': 'feedfeedfeed',
      'k8s.pod.full_sandbox_id': 'feed'.repeat(16),
      'k8smeta.pod.name': 'shop-0',
      'k8smeta.ns.name': 'prod',
      'k8smeta.pod.uid': '3b0ec6f2-7a41-4d39-9d6e-52c8f1a7e004',
    };
    expect(onStage(facts()).fields(...Object.keys(fields))).toEqual(fields);
  });

  it.each([
    ['web', 'web', '', ''],
    ['web:1', 'web', '1', ''],
    ['host:5000/a/web', 'host:5000/a/web', '', ''],
    ['a/web@sha256:cd', 'a/web', '', 'sha256:cd'],
  ])('splits the image %s', (image, repository, tag, digest) => {
    const names = ['repository', 'tag', 'digest'].map((part) => `container.image.${part}`);
    expect(Object.values(onStage({ ...facts(), image }).fields(...names))).toEqual([
      repository,
      tag,
      digest,
    ]);
  });

  it('has labels where the runtime writes them down', () => {
    const labels = JSON.stringify({
      b: '',
      app: 'shop',
      'io.kubernetes.x': '1',
      long: 'x'.repeat(101),
    });
    const known = facts({
      annotations: {
        'io.kubernetes.cri-o.ContainerType': 'container',
        'io.kubernetes.cri-o.Labels': labels,
        'io.kubernetes.container.name': 'web',
        'io.kubernetes.pod.name': 'shop-1',
      },
    });
    expect(
      onStage(known).fields(
        ...['container.type', 'container.name', 'k8s.pod.name', 'container.image'],
        ...['container.label[app]', 'container.label[long]', 'container.label[none]'],
      ),
    ).toEqual({
      'container.type': 'cri-o',
      'container.name': 'web',
      'k8s.pod.name': 'shop-1',
      'container.image': null,
      'container.label[app]': 'shop',
      'container.label[long]': null,
      'container.label[none]': null,
    });
    expect(onStage(known).field('container.labels')).toBe(`app:shop, b, long:${'x'.repeat(101)}`);
  });

  it('names users and groups by its own lists, not by those of the host', () => {
    const list = withUsers(facts(), 'web:x:1000:8::/srv:/bin/ash\n', 'dev:x:8:\n');
    const kernel = new Kernel();
    const stage = onStage(list).take(
      kernel.record(
        KIND.PROCESS_EXEC,
        21,
        { 'id.egid': 8, 'id.euid': 1000 },
        { exe_path: '/bin/app' },
        { cgroup_id: 77, uid: 1000 },
      ),
    );
    const fields = {
      'user.name': 'web',
      'user.homedir': '/srv',
      'user.shell': '/bin/ash',
      'group.name': 'dev',
      'evt.arg.uid': 'web',
    };
    expect(stage.fields(...Object.keys(fields))).toEqual(fields);
  });

  it('is privileged when nothing is withheld', () => {
    const mounts = [{ destination: '/sys', type: 'sysfs', options: ['rw'] }];
    const open = { maskedPaths: [], readonlyPaths: [] };
    expect(facts({ mounts, linux: open }).privileged).toBe(true);
    expect(facts({ linux: open }).privileged).toBe(false);
    expect(facts({ mounts, linux: { ...open, seccomp: {} } }).privileged).toBe(false);
    expect(facts({ mounts }).privileged).toBe(false);
  });

  it('is not taken from the specification of another container, nor from something else', () => {
    expect(factsFromSpec(spec(), ID.replace('c', 'd'))).toBeNull();
    for (const other of [null, 7, [], 'x', { linux: 3 }])
      expect(factsFromSpec(other, ID)).toBeNull();
  });

  it('comes back from a capture as it was; what is none is left out', () => {
    const full = withUsers(facts(), 'ada:x:7:8::/home/ada:/bin/sh\n', 'dev:x:8:\n');
    expect(factsFromText(factsToText(full, 10_000))).toEqual(full);
    expect(factsFromText(factsToText(facts(), 100))).toEqual({
      ...facts(),
      labels: null,
      mounts: [],
    });
    expect(factsFromText('{')).toBeNull();
    expect(factsFromText('[]')).toBeNull();
    expect(factsFromText('{"mounts":[3],"labels":[[]],"name":7}')).toMatchObject({ name: null });
  });
});

describe('the bundle of a container', () => {
  let proc: string;
  const write = (path: string, value: unknown): void => {
    mkdirSync(join(proc, path, '..'), { recursive: true });
    writeFileSync(join(proc, path), typeof value === 'string' ? value : JSON.stringify(value));
  };
  /** A process with its group; `folder` is its working folder. */
  const inGroup = (pid: number, group: string, folder?: string): void => {
    write(`${pid}/cgroup`, `0::${group}\n`);
    mkdirSync(join(proc, folder ?? 'empty'), { recursive: true });
    symlinkSync(join(proc, folder ?? 'empty'), join(proc, String(pid), 'cwd'));
  };
  beforeEach(() => {
    proc = mkdtempSync(join(tmpdir(), 'saker-bundle-'));
  });
  afterEach(() => {
    rmSync(proc, { recursive: true });
  });

  it('is the folder of the shim, or beside it', () => {
    write(`bundles/${ID}/config.json`, spec());
    inGroup(20, PATH);
    inGroup(10, '/system.slice/containerd.service', `bundles/${'a'.repeat(64)}`);
    expect(readBundle([20, 10], ID, proc)).toEqual(facts());
    expect(readBundle([20], ID, proc)).toBeNull();
    expect(readBundle([20, 10], 'b'.repeat(64), proc)).toBeNull();
  });

  it('comes with the names that ids have in the container', () => {
    write(`bundles/${ID}/config.json`, spec());
    inGroup(20, PATH);
    inGroup(10, '/', `bundles/${ID}`);
    write('20/root/etc/passwd', 'root:x:0:0::/root:/bin/ash\nada:x:7:8:Ada:/srv:/bin/sh\n');
    write('20/root/etc/group', 'dev:x:8:ada\n');
    const found = readBundle([20, 10], ID, proc)!;
    expect(found.users).toContainEqual([7, { name: 'ada', home: '/srv', shell: '/bin/sh' }]);
    expect(found.groups).toEqual([[8, 'dev']]);
    // Not through a link: that would lead to where the sensor's own files are.
    rmSync(join(proc, '20/root/etc'), { recursive: true });
    write('elsewhere/passwd', 'eve:x:7:8::/:/bin/sh\n');
    symlinkSync(join(proc, 'elsewhere'), join(proc, '20/root/etc'));
    expect(readBundle([20, 10], ID, proc)!.users).toEqual([]);
    // But one of the container's own leads to what it shows the container.
    rmSync(join(proc, '20/root/etc'));
    write('20/root/usr/etc/passwd', 'bob:x:7:8::/:/bin/sh\n');
    symlinkSync('/usr/etc', join(proc, '20/root/etc'));
    expect(readBundle([20, 10], ID, proc)!.users).toMatchObject([[7, { name: 'bob' }]]);
  });

  it('has the names that its first process sees, not those of one with a root of its own', () => {
    write(`bundles/${ID}/config.json`, spec());
    inGroup(20, PATH);
    inGroup(21, PATH);
    inGroup(10, '/', `bundles/${ID}`);
    write('20/root/etc/passwd', 'ada:x:7:8::/:/bin/sh\n');
    write('21/root/etc/passwd', 'eve:x:7:8::/:/bin/sh\n');
    expect(readBundle([21, 20, 10], ID, proc)!.users).toMatchObject([[7, { name: 'ada' }]]);
  });

  it('is not what another user of the host has for a folder', () => {
    write(`bundles/${ID}/config.json`, spec());
    inGroup(20, PATH);
    inGroup(10, '/user.slice', `bundles/${ID}`);
    const user = jest.spyOn(process, 'geteuid').mockReturnValue(process.geteuid!() + 1);
    expect(readBundle([20, 10], ID, proc)).toBeNull();
    user.mockRestore();
    expect(readBundle([20, 10], ID, proc)).not.toBeNull();
  });

  it('is not what a process of the container has for its folder', () => {
    write('forged/config.json', spec());
    inGroup(20, PATH, 'forged');
    expect(readBundle([20], ID, proc)).toBeNull();
  });

  it('is found where runtimes keep it', () => {
    write(`1/root/run/containerd/io.containerd.runtime.v2.task/k8s.io/${ID}/config.json`, spec());
    expect(readBundle([], ID, proc)).toEqual(facts());
    rmSync(join(proc, '1'), { recursive: true });
    write(`1/root/run/containers/storage/overlay-containers/${ID}/userdata/config.json`, spec());
    expect(readBundle([], ID, proc)).toEqual(facts());
  });

  it("is completed by Docker's own file", () => {
    const folder = `/var/lib/docker/containers/${ID}`;
    const mounts = [
      { destination: '/etc/hosts', source: `${folder}/hosts`, options: ['rbind', 'rprivate'] },
    ];
    const of = spec({ annotations: {}, mounts, linux: { cgroupsPath: `/docker/${ID}` } });
    write(`1/root/run/containerd/io.containerd.runtime.v2.task/moby/${ID}/config.json`, of);
    write(`1/root${folder}/config.v2.json`, {
      Name: '/shop_web_1',
      Config: { Image: 'shop/web:2', Labels: { app: 'shop' } },
    });
    expect(readBundle([], ID, proc)).toMatchObject({
      runtime: 'docker',
      name: 'shop_web_1',
      image: 'shop/web:2',
      labels: [['app', 'shop']],
    });
  });

  it('is nothing where the file is none', () => {
    inGroup(10, '/', 'shim');
    write('shim/config.json', '{"linux":');
    expect(readBundle([10], ID, proc)).toBeNull();
    rmSync(join(proc, 'shim/config.json'));
    mkdirSync(join(proc, 'shim/config.json'));
    expect(readBundle([10], ID, proc)).toBeNull();
  });
});

describe('looking for what a container was made of', () => {
  it('is done once, and seldom where it is in vain', () => {
    let now = 0;
    let asked = 0;
    const found: string[] = [];
    const table = new ContainerTable({
      nowMs: () => now,
      describe: () => (++asked < 3 ? null : facts()),
      onDescribed: (id) => found.push(id),
    });
    const { container } = table.note(7, PATH);
    const learn = () => table.learn(container!, () => [20]);
    expect(learn()).toBeNull();
    expect(learn()).toBeNull();
    expect(asked).toBe(1);
    now = 1000;
    expect(learn()).toBeNull();
    now = 2500;
    expect(learn()).toBeNull();
    expect(asked).toBe(2);
    now = 3000;
    expect(learn()).toEqual(facts());
    expect(container!.facts).toEqual(facts());
    expect(found).toEqual([ID]);
    expect([...table.facts()]).toEqual([[ID, facts()]]);
    expect(table.stats().described).toBe(1);
  });
});
