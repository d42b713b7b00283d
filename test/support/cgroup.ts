import { mustExec, quote, type Place } from './place.js';

/** A cgroup (v2) of a test's own. Everything that traces on this machine limits itself to one. */
export interface Cgroup {
  /** Absolute path of its folder. */
  readonly path: string;
  /** A script that runs `script` inside: itself and all it starts. */
  inside(script: string): string;
  /** Kills what is left inside and removes it. */
  remove(): Promise<void>;
}

/** Where the place has cgroup v2 mounted; a hybrid host has it beside the v1 controllers. */
export async function cgroup2Mount(place: Place): Promise<string> {
  const found = await mustExec(place, `awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts`);
  if (found.trim() === '') throw new Error(`${place.name}: no cgroup v2 mount`);
  return found.trim();
}

let count = 0;

/** Makes a cgroup below the v2 mount. `below` adds folders, as a container runtime does: `kubepods/pod…`. */
export async function makeCgroup(place: Place, below = ''): Promise<Cgroup> {
  const name = `saker-test-${process.pid}-${++count}`;
  const top = `${await cgroup2Mount(place)}/${name}`;
  const path = below === '' ? top : `${top}/${below}`;
  await mustExec(place, `mkdir -p ${quote(path)}`);
  return {
    path,
    inside: (script) =>
      `bash -c ${quote(`echo $$ > ${quote(`${path}/cgroup.procs`)} || exit\n${script}`)}`,
    async remove() {
      await mustExec(place, removeScript(name));
    },
  };
}

/**
 * Processes leave a moment after their death, and a group cannot go before them: hence the repeats. On a hybrid host a
 * container runtime has made groups of the same path for the v1 controllers.
 */
const removeScript = (name: string): string => `
mounts=$(awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/mounts)
for i in $(seq 1000); do
  left=
  for group in $mounts; do
    group=$group/${name}
    [ -e $group ] || continue
    left=1
    find $group -name cgroup.procs -exec cat {} + 2>/dev/null | xargs -r kill -9 2>/dev/null
    find $group -depth -type d -exec rmdir {} + 2>/dev/null
  done
  [ "$left" ] || exit 0
  sleep 0.05
done
exit 1`;
