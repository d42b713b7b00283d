import { PRIORITIES } from '../../lang/ir.js';

const text = (description: string) => ({ type: 'string', description }) as const;
const count = (description: string) => ({ type: 'integer', minimum: 0, description }) as const;
const oneOf = (values: readonly string[], description: string) =>
  ({ enum: values, description }) as const;

/**
 * JSON schema (2020-12) of an alert as `jsonLine` writes it: the file and stdout sinks' lines, Kafka's messages. Members are
 * added, never given another meaning.
 */
export const ALERT_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'An alert of saker',
  description:
    'One line or message each. `output`, `message`, `output_fields` and `tags` are there as output.json of the configuration says.',
  type: 'object',
  additionalProperties: false,
  required: ['hostname', 'priority', 'rule', 'seq', 'source', 'time', 'uuid'],
  properties: {
    uuid: {
      type: 'string',
      pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
      description:
        'The alert, the same in every sink and at every repetition: drop what you have already. UUIDv7, made when the alert was appended.',
    },
    seq: {
      type: 'integer',
      minimum: 1,
      description:
        'Count of alerts of this host since its spool was made: a gap is an alert missing.',
    },
    time: {
      type: 'string',
      pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}Z$',
      description: 'When the event happened, UTC, nanoseconds.',
    },
    hostname: text('The host, or what output.hostname says.'),
    rule: text('Name of the rule; of the sensor’s alerts about itself it begins with "saker: ".'),
    priority: oneOf(PRIORITIES, 'Of the rule; most severe first.'),
    source: oneOf(
      ['syscall', 'internal'],
      'syscall: something a process did; internal: the sensor about itself.',
    ),
    tags: {
      type: 'array',
      items: { type: 'string' },
      description:
        'Of the rule, sorted: MITRE ATT&CK techniques (T1003.008) and tactics. Not in internal alerts.',
    },
    output: text('Time, priority and message, as in a line of text.'),
    message: text('The rule’s output with its values. Not in internal alerts.'),
    output_fields: {
      type: 'object',
      description:
        'Each field that the rule’s output shows, and those of output.append; `saker fields NAME` has the meaning. Integers may pass 2^53. Null: there is no such value.',
      additionalProperties: {
        type: ['string', 'number', 'boolean', 'null', 'array'],
        items: { type: ['string', 'number', 'boolean', 'null'] },
      },
      properties: {
        'verdict.mode': oneOf(['audit', 'enforce'], 'Of the rule that decided on a flow.'),
        'verdict.outcome': oneOf(
          ['reported', 'refused', 'reset', 'dropped'],
          'What became of the flow; reported: nothing, in audit mode.',
        ),
        'verdict.layer': oneOf(
          ['', 'connect', 'sendmsg', 'tc', 'cgroup_skb'],
          'Where it was judged: at the call, or at its packets.',
        ),
        'verdict.reply': oneOf(['reject', 'drop'], 'What the rule asks for.'),
        'verdict.direction': oneOf(['out'], 'Who began the flow.'),
        'verdict.clause': count('Which branch of the condition, counted over all rules.'),
        'verdict.count': count('Attempts or packets of this flow that this alert stands for.'),
        'verdict.duration': count('Nanoseconds from the first of them to the last.'),
        'saker.lost': count('Events lost since the alert before, or since saker.lost.since.'),
        'saker.lost.since': text('Up to then every loss was told.'),
        'saker.dropped': count('Alerts the spool dropped.'),
        'saker.capture.file': text('The capture that reached its limit.'),
        'saker.capture.rule': text('The rule that had begun it.'),
      },
    },
  },
} as const;
