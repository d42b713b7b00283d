// A pod, a host and the world: three network namespaces joined by two veths, a cgroup, and programs in them. Everything is the
// rig's own and goes with it. Its maker runs in the host namespace (unshare -n): it is the sensor.
import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { cgroupScope, findCgroup2Mount, type CgroupScope } from '../../sensor/kernel/index.js';
import { programs } from './programs.js';

export const FAR4 = '10.77.2.2';
export const FAR6 = 'fd77:2::2';

/** A program that answers each line with a line. */
export interface Talker {
  readonly pid: number;
  ask(line: string): Promise<string>;
  /** The next line it says by itself. */
  next(): Promise<string>;
  stop(): void;
}

export interface Rig {
  readonly scope: CgroupScope;
  /** Path of a copy of `flow` under this name. */
  program(name: string): string;
  /** Starts it in the pod and in the cgroup (a sub-group where one is named). */
  start(name: string, group?: string): Promise<Talker>;
  /** Starts a shell command that becomes such a program, in the pod and in the cgroup. */
  enter(command: string): Promise<Talker>;
  /** Cgroup v2 folder of a sub-group. */
  group(name: string): string;
  /** Packets that arrived at the far side, by port. */
  arrived(): Promise<Map<number, number>>;
  /** Runs a shell command in the host namespace. */
  sh(script: string): string;
  /** Process whose network namespace is the pod's. */
  readonly podPid: number;
  close(): Promise<void>;
}

const sh = (script: string): string => execFileSync('bash', ['-ec', script], { encoding: 'utf8' });

export async function makeRig(
  ports: readonly number[],
  options: { readonly quiet?: boolean } = {},
): Promise<Rig> {
  const folder = `/tmp/saker-enforce-${process.pid}`;
  const cgroup = `${findCgroup2Mount().path}/saker-test-${process.pid}-enforce`;
  const children: ChildProcess[] = [];
  mkdirSync(`${folder}/bin`, { recursive: true });
  mkdirSync(cgroup, { recursive: true });

  const holder = async (): Promise<number> => {
    const child = spawn(
      'unshare',
      ['-n', 'setpriv', '--pdeathsig', 'KILL', 'bash', '-c', 'echo ready; exec sleep 1000'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    children.push(child);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    return child.pid!;
  };
  const pod = await holder();
  const world = await holder();
  sh(`
    ip link set lo up
    echo 1 > /proc/sys/net/ipv4/ip_forward
    echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
    # Until a link-local address is known to be nobody else's (1-2 s) no neighbour is asked for, and nothing is forwarded.
    nodad='for c in all default; do echo 0 > /proc/sys/net/ipv6/conf/$c/accept_dad; done'
    eval "$nodad"; for p in ${pod} ${world}; do nsenter -t $p -n bash -c "$nodad"; done
    ip link add pod0 type veth peer name eth0 netns ${pod}
    ip link add world0 type veth peer name eth0 netns ${world}
    ip addr add 10.77.1.1/24 dev pod0; ip addr add fd77:1::1/64 dev pod0 nodad
    ip addr add 10.77.2.1/24 dev world0; ip addr add fd77:2::1/64 dev world0 nodad
    ip link set pod0 up; ip link set world0 up
    inside() { nsenter -t $1 -n ip "\${@:2}"; }
    for n in 1 2; do
      p=$([ $n = 1 ] && echo ${pod} || echo ${world})
      inside $p link set lo up
      inside $p addr add 10.77.$n.2/24 dev eth0; inside $p addr add fd77:$n::2/64 dev eth0 nodad
      inside $p link set eth0 up
      inside $p route add default via 10.77.$n.1; inside $p route add default via fd77:$n::1
    done`);

  const talk = (command: string, args: readonly string[]): Promise<Talker> => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    const waiting: ((line: string) => void)[] = [];
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => waiting.shift()?.(line));
    child.on('exit', () => {
      for (const wake of waiting) wake('gone');
    });
    child.stdin.on('error', () => {});
    return Promise.resolve({
      pid: child.pid!,
      next: () => new Promise((resolve) => waiting.push(resolve)),
      ask: (line) =>
        new Promise((resolve) => {
          waiting.push(resolve);
          child.stdin.write(`${line}\n`);
        }),
      stop: () => {
        child.stdin.end();
      },
    });
  };

  const far = await talk('nsenter', [
    `-t${world}`,
    '-n',
    programs.farSide,
    ...(options.quiet === true ? ['-q'] : []),
    ...ports.map(String),
  ]);
  const greeting = await far.next();
  if (greeting !== 'ready') throw new Error(`far side: ${greeting}`);

  const group = (name: string): string => `${cgroup}/${name}`;

  return {
    scope: cgroupScope(cgroup),
    podPid: pod,
    program: (name) => {
      const path = `${folder}/bin/${name}`;
      copyFileSync(programs.flow, path);
      return path;
    },
    group: (name) => {
      mkdirSync(group(name), { recursive: true });
      return group(name);
    },
    async start(name, sub) {
      const path = `${folder}/bin/${name}`;
      const into = sub === undefined ? cgroup : group(sub);
      mkdirSync(into, { recursive: true });
      return talk('bash', [
        '-c',
        `echo $$ > ${into}/cgroup.procs; exec nsenter -t ${pod} -n ${path}`,
      ]);
    },
    enter: (command) =>
      talk('bash', [
        '-c',
        `echo $$ > ${cgroup}/cgroup.procs; exec nsenter -t ${pod} -n bash -c "$0"`,
        command,
      ]),
    async arrived() {
      const words = (await far.ask('')).split(' ').map(Number);
      const counts = new Map<number, number>();
      for (let i = 0; i + 1 < words.length; i += 2) counts.set(words[i]!, words[i + 1]!);
      return counts;
    },
    sh,
    async close() {
      for (const child of children) child.kill('SIGKILL');
      // They go with the namespaces of their peers, but some time later: the next rig wants the names now.
      sh('for link in pod0 world0; do ip link del $link 2>/dev/null || true; done');
      for (let i = 0; i < 100; i++) {
        try {
          for (const pid of sh(
            `find ${cgroup} -name cgroup.procs -exec cat {} + 2>/dev/null || true`,
          )
            .split('\n')
            .filter(Boolean))
            process.kill(Number(pid), 'SIGKILL');
          sh(`find ${cgroup} -depth -type d -exec rmdir {} +`);
          break;
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
