import { identifyCgroup, podOfCgroup } from '../../../sensor/identity/index.js';

const A = 'a1b2c3d4e5f60718'.repeat(4);
const B = '0f1e2d3c4b5a6978'.repeat(4);
const UID = '3b0ec6f2-7a41-4d39-9d6e-52c8f1a7e004';
const UID_ = UID.replaceAll('-', '_');
const STATIC = '9c1f'.repeat(8);

const systemdPod = (qos: string, uid: string): string =>
  `/kubepods.slice${qos === '' ? '' : `/kubepods-${qos}.slice`}/kubepods${qos === '' ? '' : `-${qos}`}-pod${uid}.slice`;

describe('the container in a cgroup path', () => {
  it.each<[path: string, id: string, runtime: string, podUid: string | null]>([
    // Kubernetes
    [`/kubepods/burstable/pod${UID}/${A}`, A, 'cri', UID],
    [`/kubepods/besteffort/pod${UID}/${A}`, A, 'cri', UID],
    [`/kubepods/pod${UID}/${A}`, A, 'cri', UID],
    [`/kubepods/pod${STATIC}/${A}`, A, 'cri', STATIC],
    [`${systemdPod('burstable', UID_)}/cri-containerd-${A}.scope`, A, 'containerd', UID],
    [`${systemdPod('besteffort', UID_)}/cri-containerd-${A}.scope`, A, 'containerd', UID],
    [`${systemdPod('', UID_)}/cri-containerd-${A}.scope`, A, 'containerd', UID],
    [`${systemdPod('burstable', STATIC)}/cri-containerd-${A}.scope`, A, 'containerd', STATIC],
    [
      `/system.slice/containerd.service/kubepods-burstable-pod${UID_}.slice:cri-containerd:${A}`,
      A,
      'containerd',
      null,
    ],
    [`${systemdPod('burstable', UID_)}/crio-${A}.scope`, A, 'cri-o', UID],
    [`${systemdPod('burstable', UID_)}/crio-${A}.scope/container`, A, 'cri-o', UID],
    [`/kubepods/burstable/pod${UID}/crio-${A}`, A, 'cri-o', UID],
    [`/kubepods/burstable/pod${UID}/crio-${A}/container`, A, 'cri-o', UID],
    [`${systemdPod('burstable', UID_)}/docker-${A}.scope`, A, 'docker', UID],
    // below a container
    [`${systemdPod('burstable', UID_)}/cri-containerd-${A}.scope/init.scope`, A, 'containerd', UID],
    [
      `${systemdPod('burstable', UID_)}/cri-containerd-${A}.scope/system.slice/nginx.service`,
      A,
      'containerd',
      UID,
    ],
    [`/kubepods/burstable/pod${UID}/${A}/workers/one`, A, 'cri', UID],
    // a cluster inside a container
    [
      `/system.slice/docker-${A}.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod${UID_}.slice/cri-containerd-${B}.scope`,
      B,
      'containerd',
      UID,
    ],
    [`/docker/${A}/kubelet/kubepods/besteffort/pod${UID}/${B}`, B, 'cri', UID],
    // docker
    [`/docker/${A}`, A, 'docker', null],
    [`/system.slice/docker-${A}.scope`, A, 'docker', null],
    [`/docker/${A}/init.scope`, A, 'docker', null],
    [
      `/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${A}.scope`,
      A,
      'docker',
      null,
    ],
    // podman
    [`/machine.slice/libpod-${A}.scope`, A, 'podman', null],
    [`/machine.slice/libpod-${A}.scope/container`, A, 'podman', null],
    [`/machine.slice/libpod-payload-${A}.scope`, A, 'podman', null],
    [`/libpod_parent/libpod-payload-${A}/container`, A, 'podman', null],
    [`/libpod_parent/libpod-${A}`, A, 'podman', null],
    [
      `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${A}.scope/container`,
      A,
      'podman',
      null,
    ],
    // containerd without Kubernetes
    [`/system.slice/nerdctl-${A}.scope`, A, 'containerd', null],
    [`/default/${A}`, A, 'containerd', null],
    ['/default/my-redis', 'my-redis', 'containerd', null],
    // lxc, libvirt, bpm
    ['/lxc.payload.web1', 'web1', 'lxc', null],
    ['/lxc.payload/web1/system.slice/ssh.service', 'web1', 'lxc', null],
    ['/lxc/web1', 'web1', 'lxc', null],
    ['/machine.slice/machine-lxc\\x2d31\\x2dweb.scope', '31\\x2dweb', 'libvirt-lxc', null],
  ])('%s', (path, id, runtime, podUid) => {
    expect(identifyCgroup(path)).toEqual({ id, runtime, podUid });
  });

  it.each([
    '/',
    '/init.scope',
    '/system.slice/ssh.service',
    '/user.slice/user-1000.slice/session-3.scope',
    `/machine.slice/libpod-conmon-${A}.scope`,
    `${systemdPod('burstable', UID_)}/crio-conmon-${A}.scope`,
    '/lxc.monitor.web1',
    '/saker-test-1/inner',
    `/default/${A}.service`,
    `/docker/${A.slice(1)}`,
    `/docker/${A.toUpperCase()}`,
  ])('%s is the host', (path) => {
    expect(identifyCgroup(path)).toBeNull();
  });

  it('knows a pod before it has a container', () => {
    expect(podOfCgroup(systemdPod('burstable', UID_))).toBe(UID);
    expect(podOfCgroup(`/kubepods/pod${UID}`)).toBe(UID);
    expect(podOfCgroup('/kubepods.slice/kubepods-burstable.slice')).toBeNull();
    expect(podOfCgroup('/tripod12345678-1234-1234-1234-123456789abcd')).toBeNull();
  });
});
