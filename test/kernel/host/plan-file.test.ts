import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cgroupScope, openProbes, type ProbePlan } from '../../../sensor/kernel/index.js';
import { type Cgroup, makeCgroup } from '../../support/cgroup.js';
import { describeHere } from '../../support/places.js';

describeHere('a plan that is kept for the next start', (place) => {
  const folder = mkdtempSync(join(tmpdir(), 'saker-plan-'));
  const planFile = join(folder, 'plan.json');
  let cgroup: Cgroup;
  beforeAll(async () => {
    cgroup = await makeCgroup(place());
  });
  afterAll(async () => {
    await cgroup.remove();
    rmSync(folder, { recursive: true });
  });
  const open = () =>
    openProbes({
      planFile,
      scope: cgroupScope(cgroup.path),
      dataRingBytes: 4096,
      stateRingBytes: 4096,
    });
  const kept = () => JSON.parse(readFileSync(planFile, 'utf8')) as { key: string; plan: ProbePlan };
  const change = (plan: Partial<ProbePlan>) => {
    writeFileSync(planFile, JSON.stringify({ ...kept(), plan: { ...kept().plan, ...plan } }));
  };

  it('is written once all programs are attached, and not before', () => {
    const probes = open();
    expect(existsSync(planFile)).toBe(false);
    probes.attach();
    expect(kept().plan).toEqual(probes.plan);
    probes.close();
  });

  it('is used as it is, and off the disk until it has worked again', () => {
    change({ programs: ['process_fork__any'] });
    const probes = open();
    expect(probes.plan.programs).toEqual(['process_fork__any']);
    expect(existsSync(planFile)).toBe(false);
    probes.attach();
    expect(existsSync(planFile)).toBe(true);
    probes.close();
  });

  it('is found anew when a program of it is refused', () => {
    // What this kernel refuses; one that takes every program has nothing to show here.
    const refusals = kept().plan.events.flatMap((event) => event.refused);
    const refused = refusals.find((refusal) => refusal.stage === 'load')?.program;
    if (refused === undefined) return;
    change({ programs: [refused, 'process_fork__any'] });
    const probes = open();
    expect(probes.plan.programs).toContain('process_exec__any');
    expect(probes.plan.programs).not.toContain(refused);
    probes.attach();
    probes.close();
  });

  it('is found anew in another boot, and when half of it is on the disk', () => {
    const before = kept();
    writeFileSync(
      planFile,
      JSON.stringify({ ...before, key: `x${before.key}`, plan: { ...before.plan, programs: [] } }),
    );
    let probes = open();
    expect(probes.plan.programs).toEqual(before.plan.programs);
    probes.close();
    writeFileSync(planFile, JSON.stringify(before).slice(0, 100));
    probes = open();
    expect(probes.plan.programs).toEqual(before.plan.programs);
    probes.close();
  });
});
