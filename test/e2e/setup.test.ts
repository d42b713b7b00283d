import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { makeCgroup, type Cgroup } from '../support/cgroup.js';
import { describeWith, root } from '../support/needs.js';
import { Pace } from '../support/pace.js';
import { mustExec, projectRoot, quote, thisMachine } from '../support/place.js';
import { describeHere } from '../support/places.js';

const host = thisMachine();

/** Milliseconds of a command that ends well. */
async function msOf(script: string): Promise<number> {
  const begun = performance.now();
  await mustExec(host, script);
  return performance.now() - begun;
}

/**
 * The least time of `run` in a few rounds, milliseconds, as it were on the machine of the claims. Ends with the first round that
 * makes it less than `enough`.
 */
async function leastMs(enough: number, run: () => Promise<number>): Promise<number> {
  const pace = new Pace();
  let least = Infinity;
  for (let round = 0; round < 6 && !(pace.there(least) < enough); round++) {
    await pace.feel();
    least = Math.min(least, await run());
  }
  process.stderr.write(`${least.toFixed(0)} ms; ${String(pace)}\n`);
  return pace.there(least);
}

/** Runs `script` in a mount namespace of its own where `folder` is empty. */
const without = (folder: string, script: string) =>
  host.exec(`unshare -m bash -c ${quote(`mount -t tmpfs none ${folder} && { ${script}\n}`)}`);

describeWith([root], 'bin/setup', () => {
  it('says nothing and is quick where everything is there', async () => {
    const ran = await host.exec('bin/setup');
    expect([ran.stderr, ran.status]).toEqual(['', 0]);
    expect(await leastMs(500, () => msOf('bin/setup'))).toBeLessThan(500);
  });

  it('names what only root can install', async () => {
    const ran = await without(
      '/usr/include/bpf',
      'setpriv --reuid 65534 --regid 65534 --clear-groups bin/setup',
    );
    expect(ran.stderr).toMatch(/^saker: not root, .*apt-get install .*libbpf-dev/);
    expect(ran.status).toBe(4);
  });

  it('says so when there is no network', async () => {
    // apt's own folders are replaced too: this machine's stay as they are.
    const script = `mount -t tmpfs none /var/lib/apt && mount -t tmpfs none /var/lib/dpkg && touch /var/lib/dpkg/status &&
      exec unshare -n bin/setup`;
    const ran = await without('/usr/include/bpf', script);
    expect(ran.stderr).toMatch(/saker: installing Debian packages: libbpf-dev/);
    expect(ran.stderr).toMatch(/saker: .*no network\?/);
    expect(ran.status).toBe(3);
  });

  it('tells of npm’s progress and faults without the addresses it asks', async () => {
    const ran = await host.exec(
      `set -e; dir=$(mktemp -d); trap 'rm -rf $dir' EXIT
       cp -a bin package.json package-lock.json .npmrc $dir; cd $dir; mkdir -p node_modules/.bin
       cat > node_modules/.bin/npm <<'N'
#!/bin/sh
echo 'npm http fetch GET 200 https://packages.example/left-pad/-/left-pad-1.3.0.tgz 5ms (cache miss)' >&2
echo 'npm error 404 Not Found - GET http://packages.example:8080/right-pad' >&2
exit 1
N
       chmod +x node_modules/.bin/npm; status=0; bin/setup || status=$?; cat build/log/npm.log; exit $status`,
    );
    expect(ran.stderr).toMatch(/npm packages could not be installed \(no network\?\)/);
    expect(ran.stderr).toContain('fetched left-pad/-/left-pad-1.3.0.tgz');
    expect(ran.stderr).toContain('GET right-pad');
    expect(ran.stdout + ran.stderr).not.toContain('packages.example');
    expect(ran.status).toBe(3);
  });

  it('says so when the kernel does not describe its types', async () => {
    const ran = await without('/sys/kernel/btf', 'bin/setup');
    expect(ran.stderr).toMatch(/^saker: this kernel offers no BTF .*CONFIG_DEBUG_INFO_BTF/);
    expect(ran.status).toBe(3);
  });
});

describeWith([], 'bin/saker', () => {
  /** A project of one file: a main program that prints its arguments as JSON. */
  const project = async (body: string) =>
    host.exec(`set -e; dir=$(mktemp -d); trap 'rm -rf $dir' EXIT; cd $dir; mkdir -p app/bin app/dist/sensor/cli elsewhere
      cp ${projectRoot}/bin/saker app/bin/
      echo 'console.log(JSON.stringify(process.argv.slice(2)), process.versions.node)' > app/dist/sensor/cli/main.js
      export PATH=${projectRoot}/node_modules/.bin:/usr/bin:/bin; ${body}`);

  it('runs through links, from any folder, with arguments as they are', async () => {
    const ran = await project(
      'ln -s app/bin/saker one; cd elsewhere; ln -s ../one two; ./two run "a b" --x',
    );
    expect(ran.stdout).toMatch(/^\["run","a b","--x"\] 2[4-9]\./);
  });

  it('says what to do when nothing is built', async () => {
    const ran = await project('rm app/dist/sensor/cli/main.js; app/bin/saker run');
    expect(ran.stderr).toMatch(/^saker: not built yet: run .*bin\/build/);
    expect(ran.status).toBe(3);
  });

  it('says what to do when there is no Node of that age', async () => {
    const ran = await project(
      'mkdir old; printf "#!/bin/sh\\necho v20.1.0\\n" > old/node; chmod +x old/node; PATH=$PWD/old:/usr/bin:/bin app/bin/saker run',
    );
    expect(ran.stderr).toMatch(/^saker: needs Node 24/);
    expect(ran.status).toBe(3);
  });
});

describeHere('npm start', (place) => {
  let cgroup: Cgroup;
  beforeAll(async () => {
    cgroup = await makeCgroup(place());
    await mustExec(place(), 'bin/setup && bin/build');
  });
  afterAll(async () => {
    await cgroup?.remove();
    await place().exec(`rm -rf ${folder}`);
  });
  /** Kept: what was found out about this kernel is there from the second time on. */
  const folder = `/run/saker-start-${process.pid}`;

  /** Milliseconds from the command to "watching", as a person would wait. */
  const start = async (): Promise<number> => {
    const ran = await place().exec(
      `mkdir -p ${folder}; begun=$(date +%s%N)
       npm start --silent -- --cgroup ${cgroup.path} --run-dir ${folder} -o spool.dir=${folder}/spool -o metrics.listen=off \
         > /dev/null 2> ${folder}/log &
       for i in $(seq 3000); do grep -q watching ${folder}/log && break; sleep 0.02; done
       echo $((($(date +%s%N) - begun) / 1000000))
       # npm hands no signal on to what it started in its own group.
       kill $(cat ${folder}/lock); wait; grep watching ${folder}/log >&2`,
    );
    expect(ran.stderr).toContain('watching');
    return Number(ran.stdout);
  };

  it('watches within 3 s from the second time on', async () => {
    await start();
    expect(await leastMs(3000, start)).toBeLessThan(3000);
  });

  it('says in a sentence who may, and what is missing', async () => {
    const nobody = await place().exec(
      `setpriv --reuid 65534 --regid 65534 --clear-groups bin/start --cgroup ${cgroup.path} --run-dir /tmp/saker-nobody`,
    );
    expect(nobody.stderr).toMatch(
      /^saker: .* belongs to root, and you are nobody: .*run this as root/,
    );
    expect(nobody.status).toBe(4);
    const blind = await without('/sys/kernel/btf', `bin/start --cgroup ${cgroup.path}`);
    expect(blind.stderr).toMatch(/^saker: this kernel offers no BTF .*CONFIG_DEBUG_INFO_BTF/);
    expect(blind.status).toBe(3);
  });
});

describeWith([root], 'npm test', () => {
  it('says what it cannot install, goes on, and names what each test misses', async () => {
    const ran = await without(
      '/usr/lib/cni',
      `exec setpriv --reuid 65534 --regid 65534 --clear-groups bin/setup --tests`,
    );
    expect(ran.stderr).toMatch(/^saker: not root, .*containernetworking-plugins/);
    expect(ran.stderr).toMatch(/going on; the tests that need them will say so/);
    expect(ran.status).toBe(0);
  });
});

describeWith([root], 'bin/build', () => {
  it('does nothing when all is up to date, in a moment', async () => {
    await mustExec(host, 'bin/build');
    const ran = await host.exec('bin/build');
    expect([ran.stderr, ran.status]).toEqual(['', 0]);
    expect(await leastMs(1000, () => msOf('bin/build'))).toBeLessThan(1000);
  });

  it('does a step again that was killed, and what came of it is whole', async () => {
    // A copy of the sources with the packages of this project: nothing here is half-built for others.
    const ran = await host.exec(
      `set -e; dir=$(mktemp -d); trap 'rm -rf $dir' EXIT
       cp -a bin bpf sensor grammar rules package.json package-lock.json tsconfig.json $dir; ln -s $PWD/node_modules $dir/; cd $dir
       { setsid bin/build > first 2>&1 & sleep 4; kill -9 -- -$!; wait || true; } 2> /dev/null
       bin/build > second 2>&1; bin/build > third 2>&1
       [ -e dist/sensor/cli/main.js ] && [ -e build/native/saker.node ] && bin/saker --version; echo; cat second; echo --; cat third`,
      { timeoutMs: 500_000 },
    );
    expect(ran.stderr).toBe('');
    const [second = '', third] = ran.stdout.split('--\n');
    expect(second).toMatch(/^\d+\.\d+\.\d+/);
    expect(second).toContain('building TypeScript');
    expect(third).toBe('');
  });
});
