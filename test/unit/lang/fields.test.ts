import {
  allFields,
  CONTAINER_PLUGIN_FIELDS,
  ENGINE_FIELDS,
  findField,
  K8SMETA_PLUGIN_FIELDS,
  resolveFieldText,
  splitFieldName,
} from '../../../sensor/lang/fields/index.js';

function problem(text: string): string | null {
  const split = resolveFieldText(text);
  return split.ok ? null : split.problem;
}

function arg(text: string): unknown {
  const split = resolveFieldText(text);
  return split.ok ? [split.def.name, split.arg] : split.reason;
}

describe('the field table', () => {
  it('holds 233 engine, 61 container and 25 k8smeta fields, each once', () => {
    expect(ENGINE_FIELDS).toHaveLength(233);
    expect(CONTAINER_PLUGIN_FIELDS).toHaveLength(61);
    expect(K8SMETA_PLUGIN_FIELDS).toHaveLength(25);
    expect(new Set(allFields().map((def) => def.name)).size).toBe(allFields().length);
  });

  it.each([
    ['evt', 76],
    ['process', 90],
    ['user', 6],
    ['group', 2],
    ['fd', 46],
    ['fs.path', 6],
    ['fdlist', 6],
    ['util', 1],
  ])('has the class %s with %i fields', (group, count) => {
    expect(ENGINE_FIELDS.filter((def) => def.group === group)).toHaveLength(count);
  });

  it('hides 15 fields of system-call events and deprecates 7 others of them', () => {
    const syscall = ENGINE_FIELDS.slice(18, 76);
    expect(syscall.filter((def) => def.hidden)).toHaveLength(15);
    expect(syscall.filter((def) => def.deprecated)).toHaveLength(7);
    expect(syscall.filter((def) => !def.deprecated && !def.hidden)).toHaveLength(37);
  });

  it('marks what stands for several values', () => {
    expect(
      allFields()
        .filter((def) => def.multi === 'either-end')
        .map((def) => def.name),
    ).toEqual(['fd.ip', 'fd.port', 'fd.proto', 'fd.net']);
    expect(
      allFields()
        .filter((def) => def.multi === 'any-ancestor')
        .map((def) => def.name),
    ).toEqual([
      'proc.aexe',
      'proc.aexepath',
      'proc.aname',
      'proc.acmdline',
      'proc.aenv',
      'proc.apid',
    ]);
  });

  it('documents every field in whole sentences', () => {
    for (const def of allFields())
      expect([def.name, def.doc]).toEqual([def.name, expect.stringMatching(/^.{10,}[.]$/s)]);
  });

  it('keeps what a process can forge apart from kernel truth', () => {
    for (const name of [
      'proc.name',
      'proc.exe',
      'proc.cmdline',
      'proc.aname',
      'proc.env',
      'fd.name',
    ])
      expect([name, findField(name)?.trust]).toEqual([name, 'subject']);
    for (const name of ['proc.exepath', 'proc.aexepath', 'fd.realpath', 'fd.sip', 'container.id'])
      expect([name, findField(name)?.trust]).toEqual([name, 'kernel']);
  });
});

describe('a field with its argument', () => {
  it.each([
    ['proc.name', ['proc.name', null]],
    ['proc.aname', ['proc.aname', null]],
    ['proc.aname[2]', ['proc.aname', 2]],
    ['proc.env[HOME]', ['proc.env', 'HOME']],
    ['proc.env["A B"]', ['proc.env', 'A B']],
    ['proc.aenv[3]', ['proc.aenv', 3]],
    ['proc.aenv[LD_PRELOAD]', ['proc.aenv', 'LD_PRELOAD']],
    ['proc.args[0]', ['proc.args', 0]],
    ['evt.arg.flags', ['evt.arg', 'flags']],
    ['evt.arg[1]', ['evt.arg', 1]],
    ['evt.rawarg.fd', ['evt.rawarg', 'fd']],
    ['evt.type.is.open', ['evt.type.is', 'open']],
    ['evt.abspath', ['evt.abspath', null]],
    ['evt.abspath.dst', ['evt.abspath', 'dst']],
    ['evt.around[1404996934793590564]', ['evt.around', '1404996934793590564']],
    ['thread.cgroup.cpuacct', ['thread.cgroup', 'cpuacct']],
    ['container.label.app.kubernetes.io/name', ['container.label', 'app.kubernetes.io/name']],
    ['container.label[app]', ['container.label', 'app']],
    ['container.mount.dest[/proc*]', ['container.mount.dest', '/proc*']],
    ['k8s.pod.label[foo.bar]', ['k8s.pod.label', 'foo.bar']],
    ['fd.types[2]', ['fd.types', 2]],
  ])('%s is understood', (text, expected) => {
    expect(arg(text)).toEqual(expected);
  });

  it.each([
    ['proc.nmae', 'unknown-field'],
    ['proc.name.x', 'unknown-field'],
    ['evt.arg', 'missing-argument'],
    ['evt.rawarg', 'missing-argument'],
    ['container.label', 'missing-argument'],
    ['proc.name[1]', 'unexpected-argument'],
    ['evt.arg.flags[1]', 'unexpected-argument'],
    ['proc.aname[x]', 'bad-argument'],
    ['evt.arg.nosuch', 'bad-argument'],
    ['evt.type.is.opne', 'bad-argument'],
    ['evt.abspath.foo', 'bad-argument'],
    ['proc.args[]', 'bad-argument'],
    ['evt.rawarg[fd]', 'bad-argument'],
    ['proc.args[0', 'bad-argument'],
  ])('%s is refused as %s', (text, expected) => {
    expect(problem(text)).toBe(expected);
  });

  it('says how to write the argument', () => {
    const split = splitFieldName('evt.arg', null);
    expect(split.ok ? '' : split.reason).toBe('evt.arg needs an argument: evt.arg.flags');
  });
});
