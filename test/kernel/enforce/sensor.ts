// The enforcement part of the sensor by itself, with the rings that its verdicts are told through.
import {
  Enforcement,
  pinDirOf,
  readVerdict,
  type EnforceOptions,
  type NetVerdict,
} from '../../../sensor/enforce/index.js';
import { KIND, RecordWalk } from '../../../sensor/events/index.js';
import { findPlan, loadProbes, type CgroupScope } from '../../../sensor/kernel/index.js';

export interface TestSensor {
  readonly enforcement: Enforcement;
  /** Verdicts told so far. */
  readonly verdicts: () => readonly NetVerdict[];
  close(): void;
}

const say = (message: string, fields?: object): void => {
  process.stderr.write(`${message} ${JSON.stringify(fields ?? {})}\n`);
};

const defaults = (scope: CgroupScope): EnforceOptions => ({
  scope,
  onExit: 'release',
  pinDir: pinDirOf('/nowhere'),
  heartbeatSeconds: 5,
  interfaces: [],
  guard: [],
  containers: () => [],
  shared: null,
  logger: { error: say, warn: say, info: () => {}, debug: () => {} },
});

/** Verdicts are counted, not told: the observing programs, which take most of the time in a guest, are not needed. */
export function startQuietSensor(
  scope: CgroupScope,
  options: Partial<EnforceOptions> = {},
): TestSensor {
  const enforcement = new Enforcement({ ...defaults(scope), ...options });
  return {
    enforcement,
    verdicts: () => {
      throw new Error('a quiet sensor tells no verdicts');
    },
    close: () => {
      enforcement.close();
    },
  };
}

export function startSensor(scope: CgroupScope, options: Partial<EnforceOptions> = {}): TestSensor {
  const probes = loadProbes({ plan: findPlan({ scope }), scope });
  const walk = new RecordWalk();
  const told: NetVerdict[] = [];
  probes.source.start((bytes, length) => {
    walk.each(bytes, length, (record) => {
      if (record.kind === KIND.NET_VERDICT) told.push(readVerdict(record));
    });
  });
  const enforcement = new Enforcement({
    ...defaults(scope),
    shared: probes.sharedMaps(),
    ...options,
  });
  return {
    enforcement,
    verdicts: () => {
      probes.source.drain();
      return told;
    },
    close: () => {
      enforcement.close();
      probes.close();
    },
  };
}
