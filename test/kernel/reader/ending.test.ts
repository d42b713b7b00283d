import { makeCgroup } from '../../support/cgroup.js';
import { mustExec, projectRoot, quote } from '../../support/place.js';
import { describeHere } from '../../support/places.js';
import { programs } from '../../support/programs.js';

/**
 * What the parent does to a thread that reads rings under load. Run in a process of its own: a crash in the addon is then a
 * status, not the end of the tests. Plain JavaScript over the addon: what ends wrongly is there, not in TypeScript.
 */
const script = (cgroup: string, ending: string) => `
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
const work = ${JSON.stringify(workerSource)};
const start = () => new Promise((resolve, reject) => {
  const worker = new Worker(work, { eval: true, workerData: ${JSON.stringify({ cgroup, ending, root: projectRoot })} });
  worker.once('error', reject);
  worker.once('message', (ids) => resolve({ worker, ids }));
});
(async () => {
  const ids = [];
  for (let i = 0; i < 6; i++) {
    const { worker, ids: its } = await start();
    ids.push(...its);
    worker.removeAllListeners('error');
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.on('error', () => {});
    if (${JSON.stringify(ending)} === 'terminate') await worker.terminate();
    else worker.postMessage('end');
    await ended;
  }
  console.log(JSON.stringify(ids));
})();`;

const workerSource = `
const { parentPort, workerData } = require('node:worker_threads');
const { cgroup, ending, root } = workerData;
const { bpf, sys } = require(root + '/build/native/saker.node');
const set = new bpf.ProbeSet(root + '/build/bpf/x86_64/saker.bpf.o');
const wanted = ['process_fork__any', 'process_exit__any'];
for (const { name } of set.programs()) set.setAutoload(name, wanted.includes(name));
set.setConstant('saker_scope_cgroup', sys.cgroupId(cgroup));
set.setConstant('saker_scope_level', 1);
set.load();
const ring = new bpf.BpfMap({ type: 27, name: 'data', keySize: 0, valueSize: 0, maxEntries: 1 << 20 });
set.map('data_rings').setInner(new Uint8Array(4), ring);
const control = new Uint8Array(set.map('saker_control').info().valueSize).fill(255);
set.map('saker_control').update(new Uint8Array(4), control);
const buffer = new Uint8Array(1 << 20), out = new Float64Array(4);
let batches = 0;
const reader = new bpf.RingReader([set.map('state_ring'), ring], 2, 250, () => {
  reader.drain(buffer, out);
  if (++batches === 5) parentPort.postMessage(wanted.map((name) => set.programInfo(name).id));
});
for (const name of wanted) set.attach(name);
parentPort.on('message', () => {
  if (ending === 'exit') process.exit(0);
  if (ending === 'throw') throw new Error('on purpose');
  if (ending === 'close') {
    reader.close();
    reader.close();
    set.close();
    set.close();
    try { reader.drain(buffer, out); } catch (error) { if (error.code !== 'NATIVE_MISUSE') throw error; }
    parentPort.close();
  }
});
`;

describeHere('the end of a thread that reads rings under load', (place) => {
  it.each(['terminate', 'exit', 'throw', 'close'])(
    'by %s: no crash, and nothing stays attached',
    async (ending) => {
      const cgroup = await makeCgroup(place());
      try {
        const load = `${programs.spawn} fork 1000000 /tmp/saker-ending- > /dev/null 2>&1 < /dev/null &`;
        await mustExec(place(), cgroup.inside(load));
        const node = quote(process.execPath);
        const said = await mustExec(place(), `${node} -e ${quote(script(cgroup.path, ending))}`);
        const ids = JSON.parse(said) as number[];
        expect(ids).toHaveLength(12);
        expect(await stillLoaded(ids)).toEqual([]);
      } finally {
        await cgroup.remove();
      }
    },
  );

  /** Ids of ours that the kernel still knows; programs go a moment after their last user. */
  async function stillLoaded(ids: readonly number[]): Promise<number[]> {
    for (let i = 0; ; i++) {
      const listed = await mustExec(place(), 'bpftool -j prog list');
      const known = new Set((JSON.parse(listed) as { id: number }[]).map((p) => p.id));
      const left = ids.filter((id) => known.has(id));
      if (left.length === 0 || i === 1000) return left;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
});
