// One pod with one container through the CRI socket.
//   pod.mjs SOCKET up CGROUP_PARENT COMMAND...   prints {"sandboxId", "containerId", "pid", "podUid"}
//   pod.mjs SOCKET down SANDBOX_ID
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const [socket, verb, ...rest] = process.argv.slice(2);
const proto = fileURLToPath(new URL('cri.proto', import.meta.url));
const { runtime } = grpc.loadPackageDefinition(loader.loadSync(proto, { keepCase: true }));
const cri = new runtime.v1.RuntimeService(`unix://${socket}`, grpc.credentials.createInsecure());
const call = (method, request) =>
  new Promise((resolve, reject) => {
    cri[method](request, { deadline: Date.now() + 60_000 }, (error, answer) =>
      error ? reject(error) : resolve(answer),
    );
  });

async function up(cgroupParent, ...command) {
  const uid = randomUUID();
  const labels = {
    app: 'shop',
    'io.kubernetes.pod.name': 'shop-0',
    'io.kubernetes.pod.namespace': 'prod',
    'io.kubernetes.pod.uid': uid,
  };
  const config = {
    metadata: { name: 'shop-0', uid, namespace: 'prod' },
    hostname: 'shop-0',
    log_directory: '/run/saker-pod-logs',
    labels,
    linux: { cgroup_parent: `${cgroupParent}/kubepods/burstable/pod${uid}` },
  };
  const { pod_sandbox_id } = await call('RunPodSandbox', { config });
  const { container_id } = await call('CreateContainer', {
    pod_sandbox_id,
    sandbox_config: config,
    config: {
      metadata: { name: 'web' },
      image: { image: 'local/busybox:1' },
      command,
      log_path: 'web.log',
      labels: { ...labels, 'io.kubernetes.container.name': 'web' },
    },
  });
  await call('StartContainer', { container_id });
  const { info } = await call('ContainerStatus', { container_id, verbose: true });
  const { pid } = JSON.parse(info.info);
  return { sandboxId: pod_sandbox_id, containerId: container_id, pid, podUid: uid };
}

async function down(sandboxId) {
  await call('StopPodSandbox', { pod_sandbox_id: sandboxId });
  await call('RemovePodSandbox', { pod_sandbox_id: sandboxId });
  return {};
}

console.log(JSON.stringify(await (verb === 'up' ? up(...rest) : down(...rest))));
cri.close();
