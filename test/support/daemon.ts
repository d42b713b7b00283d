import { mustExec, quote, type Place, type Ran } from './place.js';
import { programs } from './programs.js';

/** A line of `saker run -o json`: Falco's shape, and our id. */
export interface AlertLine {
  /** Wall clock at which the line was read from the sensor's stdout, nanoseconds. */
  readonly readAtNs: bigint;
  readonly uuid: string;
  /** Count of alerts since the spool was made. */
  readonly seq: number;
  readonly rule: string;
  readonly priority: string;
  readonly output: string;
  readonly hostname: string;
  readonly source: string;
  readonly time: string;
  readonly tags: readonly string[];
  readonly output_fields: Readonly<Record<string, string | number | boolean | null>>;
}

export interface DaemonOptions {
  /** Limits the sensor to it. Left out only in guests. */
  readonly cgroup?: string;
  /** Rule files or folders; the shipped rules if left out. */
  readonly rules?: readonly string[];
  /** Holds its socket and its spool. Handed on to the next daemon to test what survives; a fresh one if left out. */
  readonly runDir?: string;
  readonly args?: readonly string[];
  /** A command in front of it: `setpriv …`, `unshare -m …`. */
  readonly wrapper?: string;
  readonly env?: Readonly<Record<string, string>>;
}

let count = 0;

/** Two seconds on an idle machine, half a minute in an emulated guest: a bound for what hangs. */
const START_MS = 180_000;

/**
 * `saker run` at a place, in the background; its alerts go through `stamp`, which notes when each line came.
 *
 * @throws Error with its log when it does not come to "watching" in time.
 */
export async function startDaemon(place: Place, options: DaemonOptions = {}): Promise<Daemon> {
  const daemon = await launch(place, options);
  const waited = await place.exec(
    `for i in $(seq ${START_MS / 100}); do
       grep -q watching ${daemon.folder}/log && exit 0
       [ -e ${daemon.folder}/status ] && break
       sleep 0.1
     done; exit 1`,
    { timeoutMs: 2 * START_MS },
  );
  if (waited.status !== 0) {
    const log = await daemon.log();
    await daemon.kill();
    throw new Error(`${place.name}: the sensor did not come to watch:\n${log}`);
  }
  return daemon;
}

/** Runs a sensor that is expected to end by itself; what it said. */
export async function runDaemonToEnd(
  place: Place,
  options: DaemonOptions = {},
  timeoutMs = 180_000,
): Promise<Ran> {
  const daemon = await launch(place, options);
  const status = await daemon.waitForEnd(timeoutMs);
  const ran = {
    status,
    stdout: await mustExec(place, `cat ${daemon.folder}/alerts`),
    stderr: await daemon.log(),
  };
  await daemon.remove();
  return ran;
}

async function launch(place: Place, options: DaemonOptions): Promise<Daemon> {
  if (!place.isGuest && options.cgroup === undefined) {
    throw new Error('on this machine a sensor under test limits itself to a cgroup');
  }
  const folder = `/run/saker-test-${process.pid}-${++count}`;
  const runDir = options.runDir ?? `${folder}/run`;
  const args = [
    ...(options.cgroup === undefined ? [] : ['--cgroup', options.cgroup]),
    ...(options.rules ?? []).flatMap((path) => ['--rules', path]),
    ...[
      '-o',
      'json',
      '--run-dir',
      runDir,
      '-o',
      `spool.dir=${runDir}/spool`,
      '-o',
      'metrics.listen=off',
    ],
    ...(options.args ?? []),
  ];
  const env = Object.entries(options.env ?? {}).map(
    ([name, value]) => `export ${name}=${quote(value)}\n`,
  );
  await mustExec(
    place,
    `mkdir -p ${folder} && cd ${folder} && : > alerts && : > log
     cat > start <<'START'
${env.join('')}cd "$PROJECT"
echo $BASHPID > ${folder}/pid
exec ${options.wrapper ?? ''} bin/saker run ${args.map(quote).join(' ')}
START
     export PROJECT=$OLDPWD
     setsid bash -c 'bash start > >(echo $BASHPID > reader; exec ${programs.stamp} > alerts) 2> log; echo $? > status.new; mv status.new status' \\
       < /dev/null > /dev/null 2>&1 &
     for i in $(seq 1000); do [ -s pid ] && exit 0; sleep 0.05; done; exit 1`,
  );
  return new Daemon(place, folder, runDir);
}

/** A running sensor. */
export class Daemon {
  readonly #place: Place;
  /** Holds its log, its stamped alerts, its pid. */
  readonly folder: string;
  readonly runDir: string;

  constructor(place: Place, folder: string, runDir: string) {
    this.#place = place;
    this.folder = folder;
    this.runDir = runDir;
  }

  /** The alerts so far. */
  async alerts(): Promise<AlertLine[]> {
    return parseAlerts(
      await mustExec(this.#place, `cat ${this.folder}/alerts`, { timeoutMs: 120_000 }),
    );
  }

  /** Waits until `enough` of the alerts holds. Throws with the log and what came after `timeoutMs`. */
  async waitForAlerts(
    enough: (alerts: AlertLine[]) => boolean,
    timeoutMs = 60_000,
  ): Promise<AlertLine[]> {
    const until = Date.now() + timeoutMs;
    for (;;) {
      const alerts = await this.alerts();
      if (enough(alerts)) return alerts;
      if (Date.now() > until) {
        const seen = alerts.slice(-10).map((a) => `${a.rule}: ${a.output}`);
        throw new Error(
          `${this.#place.name}: alerts missing; the last of ${alerts.length}:\n${seen.join('\n')}\n${await this.log()}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, this.#place.isGuest ? 500 : 50));
    }
  }

  /** Its own log, from stderr. */
  log(): Promise<string> {
    return mustExec(this.#place, `cat ${this.folder}/log`);
  }

  /** `saker COMMAND` against it, by its control socket. */
  command(args: string): Promise<Ran> {
    return this.#place.exec(`bin/saker ${args} --run-dir ${quote(this.runDir)}`);
  }

  async pid(): Promise<number> {
    return Number(await mustExec(this.#place, `cat ${this.folder}/pid`));
  }

  /** Memory in use by it, bytes. */
  async residentBytes(): Promise<number> {
    const kib = await mustExec(
      this.#place,
      `awk '/^VmRSS/ { print $2 }' /proc/$(cat ${this.folder}/pid)/status`,
    );
    return Number(kib) * 1024;
  }

  async signal(name: 'TERM' | 'KILL' | 'STOP' | 'CONT' | 'HUP'): Promise<void> {
    await this.#place.exec(`kill -${name} $(cat ${this.folder}/pid)`);
  }

  /** Halts who reads its stdout: soon nothing more can be written there. `CONT` goes on. */
  async signalReader(name: 'STOP' | 'CONT'): Promise<void> {
    await mustExec(this.#place, `kill -${name} $(cat ${this.folder}/reader)`);
  }

  /** Ids of the BPF programs it holds. */
  async programIds(): Promise<number[]> {
    const out = await mustExec(
      this.#place,
      `cat /proc/$(cat ${this.folder}/pid)/fdinfo/* 2>/dev/null | awk '/^prog_id/ { print $2 }' | sort -un`,
    );
    return out.split('\n').filter(Boolean).map(Number);
  }

  /** Waits for its end; its exit status. Throws when it does not come. */
  async waitForEnd(timeoutMs = 60_000): Promise<number> {
    const status = await mustExec(
      this.#place,
      `for i in $(seq ${Math.ceil(timeoutMs / 50)}); do [ -e ${this.folder}/status ] && break; sleep 0.05; done
       cat ${this.folder}/status`,
      { timeoutMs: timeoutMs + 30_000 },
    );
    return Number(status);
  }

  /** SIGTERM, and its exit status; SIGKILL and an error when it does not end within `timeoutMs`. */
  async stop(timeoutMs = 60_000): Promise<number> {
    await this.signal('TERM');
    try {
      return await this.waitForEnd(timeoutMs);
    } finally {
      await this.kill();
    }
  }

  /** SIGKILL, if it still runs; its reader gets what is in the pipe. Fine to call twice. */
  async kill(): Promise<void> {
    await this.signal('KILL');
    await this.#place.exec(
      `reader=$(cat ${this.folder}/reader); kill -CONT $reader
       for i in $(seq 600); do [ -e ${this.folder}/status ] && ! kill -0 $reader && break; sleep 0.05; done`,
    );
  }

  async remove(): Promise<void> {
    await this.kill();
    await this.#place.exec(`rm -rf ${this.folder}`);
  }
}

/** Lines of `stamp`: nanoseconds, a blank, the alert. */
export function parseAlerts(text: string): AlertLine[] {
  const lines = text.split('\n');
  lines.pop(); // empty, or a line that is still being written
  return lines.map((line) => {
    const blank = line.indexOf(' ');
    return {
      readAtNs: BigInt(line.slice(0, blank)),
      ...(JSON.parse(line.slice(blank + 1)) as Omit<AlertLine, 'readAtNs'>),
    };
  });
}
