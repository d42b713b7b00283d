import { Ajv2020 } from 'ajv/dist/2020.js';
import { LAYERS, OUTCOMES } from '../../../sensor/enforce/alert.js';
import {
  ALERT_SCHEMA,
  internalAlert,
  jsonLine,
  LOSS_RULE,
  type Alert,
} from '../../../sensor/spool/index.js';
import { newAlert } from './support.js';

const validate = new Ajv2020({ strict: false, allErrors: true }).compile(ALERT_SCHEMA);
const problems = (value: unknown): string[] => {
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
};

const stamp = { v: 1, id: '019b7f2e-7a2e-7000-8000-000000000001', seq: 7, hostname: 'h' } as const;
const ALERTS: readonly Alert[] = [
  { ...newAlert('m', 'Informational'), ...stamp },
  {
    ...newAlert('m'),
    ...stamp,
    kind: 'verdict',
    fields:
      '{"fd.lport":null,"verdict.clause":0,"verdict.count":18446744073709551615,"verdict.direction":"out","verdict.duration":1,"verdict.layer":"tc","verdict.mode":"enforce","verdict.outcome":"reset","verdict.reply":"drop"}',
  },
  { ...internalAlert(LOSS_RULE, 'Critical', { 'saker.dropped': 3 }), ...stamp },
];

describe('the schema of alerts', () => {
  it('holds of every kind of alert, however its parts are chosen', () => {
    for (const alert of ALERTS) {
      for (let bits = 0; bits < 32; bits++) {
        const [output, message, tags, outputFields, iso8601] = [1, 2, 4, 8, 16].map(
          (bit) => (bits & bit) !== 0,
        ) as [boolean, boolean, boolean, boolean, boolean];
        const line = jsonLine(alert, { output, message, tags, outputFields, iso8601 });
        expect(problems(JSON.parse(line))).toEqual([]);
      }
    }
  });

  it('describes every member, and refuses what is none', () => {
    const whole = JSON.parse(jsonLine(ALERTS[0]!, { message: true })) as Record<string, unknown>;
    expect(Object.keys(ALERT_SCHEMA.properties).sort()).toEqual(Object.keys(whole).sort());
    for (const member of Object.values(ALERT_SCHEMA.properties))
      expect(member.description).not.toBe('');
    expect(problems({ ...whole, subject: {} })).toHaveLength(1);
    expect(problems({ ...whole, priority: 'WARNING' })).toHaveLength(1);
    expect(problems({ ...whole, uuid: undefined })).not.toEqual([]);
  });

  it('knows what enforcement may say', () => {
    const { properties } = ALERT_SCHEMA.properties.output_fields;
    expect(properties['verdict.layer'].enum).toEqual(LAYERS);
    expect(properties['verdict.outcome'].enum).toEqual(OUTCOMES);
  });
});
