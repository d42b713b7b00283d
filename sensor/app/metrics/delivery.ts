import type { SinkStatus } from '../../sinks/index.js';
import { PRIORITIES } from '../../lang/ir.js';
import { DROP_CAUSES, type SpoolShared } from '../../spool/index.js';
import type { Metric } from './metric.js';

/** What the spool and the sinks tell. */
export function deliveryMetrics(shared: SpoolShared, sinks: readonly SinkStatus[]): Metric[] {
  const perSink = (value: (sink: SinkStatus) => number) =>
    sinks.map((sink) => ({ labels: { sink: sink.name, type: sink.type }, value: value(sink) }));
  return [
    {
      name: 'saker_alerts_dropped',
      help: 'Alerts dropped by the spool in this run, by cause and priority.',
      type: 'counter',
      samples: DROP_CAUSES.flatMap((cause) =>
        PRIORITIES.map((priority, lane) => ({
          labels: { cause, priority: priority.toLowerCase() },
          value: shared.dropped(cause, lane),
        })),
      ),
    },
    {
      name: 'saker_alerts_appended',
      help: 'Alerts of this run, with those that were dropped.',
      type: 'counter',
      samples: [{ labels: {}, value: Math.max(0, shared.appended + 1 - shared.openedAt) }],
    },
    {
      name: 'saker_spool_size_bytes',
      help: 'Bytes of alerts on disk.',
      type: 'gauge',
      samples: [{ labels: {}, value: shared.bytes }],
    },
    {
      name: 'saker_spool_segments',
      help: 'Files the alerts on disk are in.',
      type: 'gauge',
      samples: [{ labels: {}, value: shared.segments }],
    },
    {
      name: 'saker_spool_damaged_bytes',
      help: 'Bytes of the spool that the disk had damaged, found at start.',
      type: 'gauge',
      samples: [{ labels: {}, value: shared.damagedBytes }],
    },
    {
      name: 'saker_sink_delivered_alerts',
      help: 'Alerts a sink has acknowledged.',
      type: 'counter',
      samples: perSink((sink) => sink.delivered),
    },
    {
      name: 'saker_sink_retries',
      help: 'Attempts at delivering a batch that had to be repeated.',
      type: 'counter',
      samples: perSink((sink) => sink.retried),
    },
    {
      name: 'saker_sink_rejected_alerts',
      help: 'Alerts a peer refused for good; they are in the dead letters.',
      type: 'counter',
      samples: perSink((sink) => sink.rejected),
    },
    {
      name: 'saker_sink_missed_alerts',
      help: 'Alerts that were gone from the spool before the sink got them.',
      type: 'counter',
      samples: perSink((sink) => sink.missed),
    },
    {
      name: 'saker_sink_lag_alerts',
      help: 'Alerts on disk that the sink has not dealt with.',
      type: 'gauge',
      samples: perSink((sink) => sink.lag),
    },
    {
      name: 'saker_sink_oldest_age_seconds',
      help: 'How long the sink has had its present batch in hand.',
      type: 'gauge',
      samples: perSink((sink) => sink.oldestMs / 1000),
    },
  ];
}
