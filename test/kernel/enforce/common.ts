// What the scenarios share.
import type { NetVerdict } from '../../../sensor/enforce/index.js';
import { native } from '../../../sensor/kernel/index.js';
import { and, blockRule, compare, egress, int, str } from '../../support/block-rules.js';
import type { Rig } from '../../support/rig.js';
import type { TestSensor } from './sensor.js';

export const BLOCKED = 7001;
export const FREE = 7002;

/** Plays something in a rig, and tells what happened. */
export type Scenario = (rig: Rig) => Promise<unknown>;

export const blockProgram = (path: string, action = {}) =>
  blockRule(
    'no such program',
    and(egress, compare('proc.exepath', '=', str(path)), compare('fd.rport', '=', int(BLOCKED))),
    action,
  );

export const withSensor = async <T>(
  sensor: TestSensor,
  body: (sensor: TestSensor) => Promise<T>,
): Promise<T> => {
  try {
    return await body(sensor);
  } finally {
    sensor.close();
  }
};

/** Verdicts as plain data: bigints as text, what differs from run to run left out. */
export const plain = ({
  layer,
  outcome,
  mode,
  protocol,
  remoteAddress,
  remotePort,
  pid,
  count,
}: NetVerdict) => ({
  layer,
  outcome,
  mode,
  protocol,
  remoteAddress,
  remotePort,
  pid,
  count: Number(count),
});

export const podIndex = (): number =>
  native()
    .sys.links()
    .find(({ name }) => name === 'pod0')!.index;
