import type { Attributes, HrTime } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { Priority } from '../../lang/ir.js';
import { EVENTS_LOST_RULE, LOSS_RULE, type Alert } from '../../spool/index.js';

const SCOPE = { name: 'saker', version: '1' } as const;

/** The specification's own table for syslog (logs data model, appendix B), with a step between alert and emergency. */
const SEVERITY: Readonly<Record<Priority, number>> = {
  Emergency: 21,
  Alert: 19,
  Critical: 18,
  Error: 17,
  Warning: 13,
  Notice: 10,
  Informational: 9,
  Debug: 5,
};

/** Fields that semantic conventions 1.44 have a name for. The others keep theirs, behind `saker.`. */
const CONVENTIONS: Readonly<Record<string, string>> = {
  'proc.pid': 'process.pid',
  'proc.ppid': 'process.parent_pid',
  'proc.vpid': 'process.vpid',
  'proc.exepath': 'process.executable.path',
  'proc.name': 'process.executable.name',
  'proc.cmdline': 'process.command_line',
  'proc.cwd': 'process.working_directory',
  'proc.sid': 'process.session_leader.pid',
  'proc.pgid': 'process.group_leader.pid',
  'user.uid': 'process.user.id',
  'user.name': 'process.user.name',
  'container.id': 'container.id',
  'container.full_id': 'container.id',
  'container.name': 'container.name',
  'container.image.repository': 'container.image.name',
  'k8s.ns.name': 'k8s.namespace.name',
  'k8s.pod.name': 'k8s.pod.name',
  'k8s.pod.uid': 'k8s.pod.uid',
  'fd.lip': 'network.local.address',
  'fd.lport': 'network.local.port',
  'fd.rip': 'network.peer.address',
  'fd.rport': 'network.peer.port',
  'fd.l4proto': 'network.transport',
  'fd.sip': 'server.address',
  'fd.sport': 'server.port',
  'fd.cip': 'client.address',
  'fd.cport': 'client.port',
};

/** An ATT&CK technique among the tags. */
const TECHNIQUE = /^T\d{4}(\.\d{3})?$/;

/** An alert as a log record. */
export function toLogRecord(alert: Alert, resource: Resource): ReadableLogRecord {
  return {
    hrTime: fromNs(alert.timeNs),
    hrTimeObserved: appendedAt(alert.id),
    severityNumber: SEVERITY[alert.priority],
    severityText: alert.priority,
    eventName: eventName(alert),
    body: alert.message,
    attributes: attributesOf(alert),
    droppedAttributesCount: 0,
    resource,
    instrumentationScope: SCOPE,
  };
}

const LOSSES: readonly string[] = [LOSS_RULE, EVENTS_LOST_RULE];

function eventName(alert: Alert): string {
  switch (alert.kind) {
    case 'rule':
      return 'saker.alert';
    case 'verdict':
      return 'saker.enforcement';
    case 'internal':
      return LOSSES.includes(alert.rule) ? 'saker.sensor.loss' : 'saker.sensor';
  }
}

function attributesOf(alert: Alert): Attributes {
  const attributes: Attributes = {
    'log.record.uid': alert.id,
    'security_rule.name': alert.rule,
    'saker.seq': alert.seq,
    'saker.source': alert.source,
    'saker.generation': alert.generation,
    'saker.tags': [...alert.tags],
  };
  const techniques = alert.tags.filter((tag) => TECHNIQUE.test(tag));
  if (techniques.length > 0) attributes['saker.threat.technique.id'] = techniques;
  for (const [field, value] of Object.entries(parseFields(alert.fields))) {
    const known = toAttribute(value);
    if (known !== undefined) attributes[nameOf(field, value)] = known;
  }
  const { subject } = alert;
  if (subject) {
    attributes['process.pid'] = subject.pid;
    if (subject.exe !== null) attributes['process.executable.path'] = subject.exe;
    if (subject.containerId !== null) attributes['container.id'] = subject.containerId;
    if (subject.podUid !== null) attributes['k8s.pod.uid'] = subject.podUid;
  }
  return attributes;
}

function nameOf(field: string, value: unknown): string {
  if (field === 'fd.name' && typeof value === 'string' && value.startsWith('/')) return 'file.path';
  const known = CONVENTIONS[field];
  if (known !== undefined) return known;
  return field.startsWith('saker.') ? field : `saker.${field}`;
}

/** Numbers that a double cannot hold stay text, digit by digit. */
function parseFields(json: string): Readonly<Record<string, unknown>> {
  const exact = (_key: string, value: unknown, context: { readonly source?: string }): unknown =>
    typeof value === 'number' && !Number.isSafeInteger(value) && Number.isInteger(value)
      ? (context.source ?? String(value))
      : value;
  return JSON.parse(json, exact as (key: string, value: unknown) => unknown) as Record<
    string,
    unknown
  >;
}

function toAttribute(value: unknown): Attributes[string] {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  if (Array.isArray(value))
    return value.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
  return JSON.stringify(value);
}

function fromNs(decimal: string): HrTime {
  const ns = BigInt(decimal);
  return [Number(ns / 1_000_000_000n), Number(ns % 1_000_000_000n)];
}

/** A UUIDv7 begins with the milliseconds at which it was made. */
function appendedAt(id: string): HrTime {
  const ms = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  return Number.isSafeInteger(ms) ? [Math.floor(ms / 1000), (ms % 1000) * 1_000_000] : [0, 0];
}
