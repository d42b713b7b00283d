import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { RULE_SCHEMA } from '../../../sensor/cli/rules/rule-schema.js';
import { loadRules } from '../../../sensor/lang/index.js';

const folder = process.env.SAKER_CORPORA ?? resolve('../shared/corpora');
const file = resolve(folder, 'falco_rules.yaml');
const present = existsSync(file);
if (!present) process.stderr.write(`skipped: no ${file} (set SAKER_CORPORA)\n`);

const OPEN = 'open openat openat2';
const EXEC = 'execve execveat';
/** Falco's stable rules and the events each needs (falco-compat §2.7, rows st). */
const EVENTS: Readonly<Record<string, string>> = {
  'Directory traversal monitored file read': OPEN,
  'Read sensitive file trusted after startup': OPEN,
  'Read sensitive file untrusted': OPEN,
  'Run shell untrusted': EXEC,
  'System user interactive': EXEC,
  'Terminal shell in container': EXEC,
  'Contact K8S API Server From Container': 'connect',
  'Netcat Remote Code Execution in Container': EXEC,
  'Search Private Keys or Passwords': EXEC,
  'Clear Log Activities': OPEN,
  'Remove Bulk Data from Disk': EXEC,
  'Create Symlink Over Sensitive Files': 'symlink symlinkat',
  'Create Hardlink Over Sensitive Files': 'link linkat',
  'Packet socket created in container': 'socket',
  'Redirect STDOUT/STDIN to Network Connection in Container': 'dup dup2 dup3',
  'Linux Kernel Module Injection Detected': 'finit_module init_module',
  'Debugfs Launched in Privileged Container': EXEC,
  'Detect release_agent File Container Escapes': OPEN,
  'PTRACE attached to process': 'ptrace',
  'PTRACE anti-debug attempt': 'ptrace',
  'Find AWS Credentials': EXEC,
  'Execution from /dev/shm': EXEC,
  'Drop and execute new binary in container': EXEC,
  'Disallowed SSH Connection Non Standard Port': 'connect sendmsg sendto',
  'Fileless execution via memfd_create': EXEC,
};

(present ? describe : describe.skip)("Falco's stable rules", () => {
  const result = present
    ? loadRules([{ name: 'falco_rules.yaml', text: readFileSync(file, 'utf8') }])
    : loadRules([]);
  it('load with zero errors: 25 rules, 87 macros, 49 lists', () => {
    expect(result.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect([result.ruleSet.rules.length, result.macros.length, result.lists.length]).toEqual([
      25, 87, 49,
    ]);
  });
  it('fit the schema that editors check by', () => {
    const validate = new Ajv({ strict: false, allErrors: true }).compile(RULE_SCHEMA);
    validate(parse(readFileSync(file, 'utf8')));
    expect(validate.errors).toBeNull();
  });
  it('raise no warning but of fields that are not captured yet', () => {
    expect(
      new Set(result.diagnostics.map(({ code }) => code)).difference(new Set(['not-captured'])),
    ).toEqual(new Set());
  });
  it.each(Object.entries(EVENTS))('falco-compat §2.7: %s needs %s', (name, events) => {
    const rule = result.ruleSet.rules.find((it) => it.name === name);
    expect([...(rule?.events ?? [])].sort().join(' ')).toBe(events);
  });
});
