import { EventLosses } from '../../../../sensor/app/sensor/event-losses.js';
import type { CaptureLoss } from '../../../../sensor/capture/index.js';
import { textLine, type NewAlert } from '../../../../sensor/spool/index.js';

const START = Date.UTC(2030, 0, 1);
const SECOND = 1_000;

function losing() {
  let total: CaptureLoss['lost'] = {};
  const alerts: NewAlert[] = [];
  const losses = new EventLosses(
    () => ({ lost: total }),
    (alert) => alerts.push(alert),
    START,
  );
  return {
    alerts,
    lose: (now: CaptureLoss['lost']) => {
      total = now;
    },
    /** A tick each second up to and with this one. */
    until: (seconds: number, from = 0) => {
      for (let at = from + 1; at <= seconds; at++) losses.tick(START + at * SECOND);
    },
    close: (seconds: number) => {
      losses.tell(START + seconds * SECOND);
    },
    fields: () => alerts.map(({ fields }) => JSON.parse(fields) as Record<string, unknown>),
  };
}

describe('lost events', () => {
  it('are told by an alert soon after: how many, of what, why, since when', () => {
    const { alerts, lose, until, fields } = losing();
    until(6);
    expect(alerts).toEqual([]);
    lose({ 'file.open': { ring_full: 7, in_flight: 1 }, 'net.send': { ring_full: 2 } });
    until(11, 6);
    expect(fields()).toEqual([
      {
        'saker.lost': 10,
        'saker.lost.cause.in_flight': 1,
        'saker.lost.cause.ring_full': 9,
        'saker.lost.kind.file.open': 8,
        'saker.lost.kind.net.send': 2,
        'saker.lost.since': '2030-01-01T00:00:05.000Z',
      },
    ]);
    expect(alerts[0]).toMatchObject({ kind: 'internal', priority: 'Critical', subject: null });
    const line = textLine({ ...alerts[0]!, v: 1, id: 'ID', seq: 1, hostname: 'h' });
    expect(line).toContain('Critical saker: events lost (saker.lost=10 saker.lost.cause.');
  });

  it('are told as sums where they go on, and to the last one at the end', () => {
    const { lose, until, close, fields } = losing();
    for (let second = 1; second <= 40; second++) {
      lose({ 'file.open': { ring_full: second } });
      until(second, second - 1);
    }
    close(41);
    close(42);
    const told = fields();
    expect(told.map((one) => one['saker.lost'])).toEqual([5, 30, 5]);
    expect(told.map((one) => one['saker.lost.since'])).toEqual([
      '2030-01-01T00:00:00.000Z',
      '2030-01-01T00:00:05.000Z',
      '2030-01-01T00:00:35.000Z',
    ]);
  });
});
