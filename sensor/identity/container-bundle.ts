import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
} from 'node:fs';
import { toText, type ByteString } from '../core/bytes.js';
import { isNativeFault, readInRoot } from '../kernel/index.js';
import { cgroupOfProcess } from './cgroup-walk.js';
import { identifyCgroup } from './cgroup-path.js';
import {
  dockerFolder,
  factsFromSpec,
  withDocker,
  withUsers,
  type ContainerFacts,
} from './container-facts.js';

/** Larger files are not read: such a specification has some 20 KiB. */
const FILE_MAX = 1 << 20;
/** Processes of the host whose folder is looked into. */
const FOLDERS_MAX = 4;

/** Where runtimes keep their bundles, seen from the host's root; `*` stands for one folder. */
const BUNDLES = [
  '/run/containerd/io.containerd.runtime.v2.task/*/ID/config.json',
  '/run/k3s/containerd/io.containerd.runtime.v2.task/*/ID/config.json',
  '/run/containers/storage/overlay-containers/ID/userdata/config.json',
  '/var/lib/containers/storage/overlay-containers/ID/userdata/config.json',
];

/**
 * What a container was made of, out of its bundle: the specification that its runtime was handed before the container's first
 * process began, so that it is there in time where an answer of the runtime's socket would not be. Whoever stands above the
 * container's processes on the host (containerd's shim, runc) works in that folder; other runtimes have known ones.
 *
 * @param pids - Processes from one of the container upwards.
 * @param id - Whole id of the container.
 * @param proc - Folder of procfs.
 * @returns null when it cannot be found: the runtime is another one, or the container is gone.
 */
export function readBundle(
  pids: readonly number[],
  id: string,
  proc: string,
): ContainerFacts | null {
  const facts = bundleOf(pids, id, proc);
  // The first of the container: those below it may have chosen another root.
  const inside = pids.findLast(
    (pid) => identifyCgroup(cgroupOfProcess(pid, proc) ?? '/')?.id === id,
  );
  if (facts === null || inside === undefined) return facts;
  const root = `${proc}/${inside}/root`;
  return withUsers(facts, readInside(root, 'etc/passwd'), readInside(root, 'etc/group'));
}

function bundleOf(pids: readonly number[], id: string, proc: string): ContainerFacts | null {
  let folders = 0;
  for (const pid of pids) {
    if (folders === FOLDERS_MAX) break;
    const group = cgroupOfProcess(pid, proc);
    // What a container's own process has for a folder, it may have written itself; so may any other user of the host.
    if (group === null || identifyCgroup(group) !== null || !isOurs(`${proc}/${pid}`)) continue;
    folders++;
    // A pod's containers share one shim, which works in the folder of its sandbox: theirs lie beside it.
    for (const folder of ['cwd', `cwd/../${id}`]) {
      const facts = factsIn(`${proc}/${pid}/${folder}/config.json`, id, `${proc}/1/root`);
      if (facts !== null) return facts;
    }
  }
  return known(id, `${proc}/1/root`);
}

function known(id: string, root: string): ContainerFacts | null {
  for (const bundle of BUNDLES) {
    for (const path of expand(`${root}${bundle.replace('ID', id)}`)) {
      const facts = factsIn(path, id, root);
      if (facts !== null) return facts;
    }
  }
  return null;
}

function expand(path: string): readonly string[] {
  const at = path.indexOf('/*/');
  if (at < 0) return [path];
  try {
    return readdirSync(path.slice(0, at)).map(
      (name) => `${path.slice(0, at)}/${name}/${path.slice(at + 3)}`,
    );
  } catch {
    return [];
  }
}

function factsIn(path: string, id: string, root: string): ContainerFacts | null {
  const facts = factsFromSpec(readJson(path), id);
  if (facts === null) return null;
  const docker = dockerFolder(facts);
  if (docker?.endsWith(id) !== true) return facts;
  return withDocker(facts, readJson(`${root}${docker}/config.v2.json`));
}

/** Whether a process runs as the sensor does: as root. Its folder of procfs belongs to its effective user. */
function isOurs(path: string): boolean {
  try {
    return lstatSync(path).uid === process.geteuid?.();
  } catch {
    return false;
  }
}

/** Empty for whatever is no file of a bearable size. */
function readInside(root: string, path: string): ByteString {
  try {
    const { bytes, truncated } = readInRoot(root, path, FILE_MAX);
    return truncated ? '' : Buffer.from(bytes).toString('latin1');
  } catch (error) {
    if (isNativeFault(error)) return '';
    throw error;
  }
}

/** Null for whatever is no such file. */
function readJson(path: string): unknown {
  const text = readText(path);
  try {
    return text === null ? null : JSON.parse(toText(text));
  } catch {
    return null;
  }
}

/** Null for whatever is no file of a bearable size. */
function readText(path: string): ByteString | null {
  try {
    // Without waiting: it may be a pipe.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const stat = fstatSync(fd);
      return stat.isFile() && stat.size <= FILE_MAX ? readFileSync(fd, 'latin1') : null;
    } finally {
      closeSync(fd);
    }
  } catch {
    return null;
  }
}
