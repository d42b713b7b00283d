import { describe, expect, it } from '@jest/globals';
import { allFields, findField } from '../../../sensor/lang/fields/index.js';
import type { FieldDef } from '../../../sensor/lang/field-def.js';

/**
 * Falco's fields by class (falco-compat §2.1, falco-fields §2): type, then names with their marks. A argument required, a optional;
 * F conditions only, P outputs only; D deprecated, H hidden; R not on a right-hand side, T not in a transformer; [] a list.
 */
const CATALOGUE = `
u64      evt.num evt.latency.quantized{DH} evt.buflen evt.around{AFRT} evt.buflen.in{H} evt.buflen.out{H} evt.buflen.file{H}
         evt.buflen.file.in{H} evt.buflen.file.out{H} evt.buflen.net{H} evt.buflen.net.in{H} evt.buflen.net.out{H}
         proc.cmdnargs proc.cmdlenargs proc.pidns_init_start_ts proc.fdopencount proc.vmsize proc.vmrss proc.vmswap
         thread.pfmajor thread.pfminor proc.nthreads proc.nchilds thread.vmsize thread.vmrss thread.vmsize.b{H}
         thread.vmrss.b{H} util.cnt{H}
u32      evt.type.is{A} evt.count evt.count.error evt.count.error.file evt.count.error.net evt.count.error.memory
         evt.count.error.other evt.count.exit evt.count.procinfo{H} evt.count.threadinfo{H} proc.tty user.uid group.gid
i64      evt.rawres proc.loginshellid proc.pid proc.ppid proc.apid{aRT} proc.vpid proc.pvpid proc.sid proc.vpgid proc.pgid
         proc.exe_ino proc.fdlimit thread.tid thread.vtid user.loginuid fd.num fd.ino
i32      fd.dev fd.dev.major fd.dev.minor
i16      evt.cpu
dyn      evt.rawarg{ART}
double   proc.fdusage thread.cpu thread.cpu.user thread.cpu.system
bytes    evt.buffer
abstime  evt.rawtime evt.rawtime.s evt.rawtime.ns proc.exe_ino.ctime proc.exe_ino.mtime
         proc.exe_ino.ctime_duration_proc_start proc.exe_ino.ctime_duration_pidns_start container.start_ts
reltime  evt.reltime evt.reltime.s evt.reltime.ns evt.latency{D} evt.latency.s{D} evt.latency.ns{D} evt.deltatime
         evt.deltatime.s evt.deltatime.ns evt.wait_latency{D} proc.duration proc.ppid.duration proc.pid.ts proc.ppid.ts
         thread.exectime thread.totexectime container.duration
bool     evt.is_async evt.failed evt.is_io evt.is_io_read evt.is_io_write evt.is_wait evt.is_syslog evt.is_open_read
         evt.is_open_write evt.is_open_exec evt.is_open_create proc.is_exe_writable proc.is_exe_upper_layer
         proc.is_exe_lower_layer proc.is_exe_from_memfd proc.is_sid_leader proc.is_vpgid_leader proc.is_pgid_leader
         thread.ismain fd.is_server fd.connected fd.name_changed fd.is_upper_layer fd.is_lower_layer container.privileged
         container.host_pid container.host_network container.host_ipc proc.is_container_healthcheck{D}
         proc.is_container_liveness_probe{D} proc.is_container_readiness_probe{D}
ip       fd.ip{FRT} fd.cip fd.sip fd.lip fd.rip
port     fd.port{FRT} fd.proto{FRT} fd.cport fd.sport fd.lport fd.rport
net      fd.net{FRT} fd.cnet{FRT} fd.snet{FRT} fd.lnet{FRT} fd.rnet{FRT}
str      evt.time evt.time.s evt.time.iso8601 evt.datetime evt.datetime.s evt.pluginname evt.plugininfo evt.source
         evt.asynctype evt.hostname evt.latency.human{D} evt.outputtime{P} evt.dir{D} evt.type syscall.type evt.category
         evt.args evt.arg{A} evt.info evt.res evt.io_dir evt.abspath{a} evt.infra.docker.name{H}
         evt.infra.docker.container.id{H} evt.infra.docker.container.name{H} evt.infra.docker.container.image{H}
         proc.exe proc.pexe proc.aexe{aRT} proc.exepath proc.pexepath proc.aexepath{aRT} proc.name proc.pname
         proc.aname{aRT} proc.args{a} proc.aargs{a} proc.cmdline proc.pcmdline proc.acmdline{aRT} proc.exeline proc.env{a}
         proc.aenv{aRT} proc.cwd proc.sname proc.sid.exe proc.sid.exepath proc.vpgid.name proc.vpgid.exe proc.vpgid.exepath
         proc.pgid.name proc.pgid.exe proc.pgid.exepath thread.cap_permitted thread.cap_inheritable thread.cap_effective
         thread.nametid{H} thread.cgroups thread.cgroup{A} proc.stdin.type proc.stdout.type proc.stderr.type
         proc.stdin.name proc.stdout.name proc.stderr.name user.name user.homedir user.shell user.loginname group.name
         fd.type fd.typechar fd.name fd.directory fd.filename fd.l4proto fd.sockfamily fd.uid fd.containername
         fd.containerdirectory fd.cproto fd.sproto fd.lproto fd.rproto fd.cip.name{RT} fd.sip.name{RT} fd.lip.name{RT}
         fd.rip.name{RT} fd.nameraw fd.types[]{aR} fs.path.name fs.path.nameraw fs.path.source fs.path.sourceraw
         fs.path.target fs.path.targetraw fdlist.nums fdlist.names fdlist.cips fdlist.sips fdlist.cports fdlist.sports
         container.id container.full_id container.name container.type container.image container.image.id
         container.image.repository container.image.tag container.image.digest container.healthcheck{D}
         container.liveness_probe{D} container.readiness_probe{D} container.ip container.cni.json container.mounts
         container.mount{A} container.mount.source{A} container.mount.dest{A} container.mount.mode{A}
         container.mount.rdwr{A} container.mount.propagation{A} container.label{A} container.labels k8s.pod.name
         k8s.ns.name k8s.pod.uid k8s.pod.id k8s.pod.sandbox_id k8s.pod.full_sandbox_id k8s.pod.label{A} k8s.pod.labels
         k8s.pod.ip k8s.pod.cni.json k8s.rc.name{D} k8s.rc.id{D} k8s.rc.label{AD} k8s.rc.labels{D} k8s.svc.name{D}
         k8s.svc.id{D} k8s.svc.label{AD} k8s.svc.labels{D} k8s.ns.id{D} k8s.ns.label{AD} k8s.ns.labels{D} k8s.rs.name{D}
         k8s.rs.id{D} k8s.rs.label{AD} k8s.rs.labels{D} k8s.deployment.name{D} k8s.deployment.id{D}
         k8s.deployment.label{AD} k8s.deployment.labels{D} k8smeta.pod.name k8smeta.pod.uid k8smeta.pod.ip
         k8smeta.ns.name k8smeta.ns.uid k8smeta.deployment.name k8smeta.deployment.uid k8smeta.rs.name k8smeta.rs.uid
         k8smeta.rc.name k8smeta.rc.uid k8smeta.pod.label{A} k8smeta.ns.label{A} k8smeta.deployment.label{A}
         k8smeta.rs.label{A} k8smeta.rc.label{A} k8smeta.pod.labels[] k8smeta.ns.labels[] k8smeta.deployment.labels[]
         k8smeta.rs.labels[] k8smeta.rc.labels[] k8smeta.svc.name[] k8smeta.svc.uid[] k8smeta.svc.labels[]
         k8smeta.svc.label[]{A} static{A}
`;

interface Expected {
  readonly name: string;
  readonly type: string;
  readonly list: boolean;
  readonly marks: string;
}

function expected(): readonly Expected[] {
  const found: Expected[] = [];
  let type = '';
  for (const line of CATALOGUE.trim().split('\n')) {
    const words = line.trim().split(/\s+/);
    if (!line.startsWith(' ')) type = words.shift()!;
    for (const word of words) {
      const match = /^([a-z0-9_.]+)(\[\])?(?:\{(\w+)\})?$/.exec(word)!;
      const marks = [...(match[3] ?? '')].sort().join('');
      found.push({ name: match[1]!, type, list: match[2] !== undefined, marks });
    }
  }
  return found;
}

/** A definition in the catalogue's words. */
function inWords(def: FieldDef): Expected {
  const type = { string: 'str', int: `i${def.bits}`, uint: `u${def.bits}` }[def.type as string];
  const marks = [
    def.arg === 'required' ? 'A' : def.arg === 'optional' ? 'a' : '',
    def.filterOnly ? 'F' : '',
    def.printOnly ? 'P' : '',
    def.deprecated ? 'D' : '',
    def.hidden ? 'H' : '',
    def.noRhs ? 'R' : '',
    def.noTransform ? 'T' : '',
  ];
  return {
    name: def.name,
    type: type ?? def.type,
    list: def.list,
    marks: marks.filter(Boolean).sort().join(''),
  };
}

describe('falco-compat §2.1, every field', () => {
  it.each(expected().map((row) => [row.name, row] as const))('%s', (name, row) => {
    const def = findField(name);
    expect(def && inWords(def)).toEqual(row);
  });

  it('has no other fields but our own', () => {
    const known = new Set(expected().map(({ name }) => name));
    const others = allFields().filter(({ name }) => !known.has(name));
    expect(others.filter(({ own }) => !own).map(({ name }) => name)).toEqual([]);
    expect(known.size).toBe(233 + 61 + 25 + 1);
  });

  it('has a width for numbers only', () => {
    for (const { name, type, bits } of allFields()) {
      const wide = {
        int: true,
        uint: true,
        abstime: true,
        reltime: true,
        port: true,
        double: true,
      };
      expect([name, bits !== null]).toEqual([name, type in wide]);
    }
  });
});
