/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who did it: the record's header and the identity of a process, out of its task. */
#ifndef SAKER_TASK_H
#define SAKER_TASK_H

static __always_inline bool task_in_scope(struct task_struct *task)
{
	return !saker_scope_cgroup ||
	       cgroup_ancestor_id(BPF_CORE_READ(task, cgroups, dfl_cgrp), saker_scope_level) == saker_scope_cgroup;
}

/* The helper is there for these programs since 5.13; BPF_FUNC_task_pt_regs (5.15) stands for that, because helpers alone can be
 * asked for, not who may call them. */
static __always_inline bool current_in_scope(void)
{
	if (!saker_scope_cgroup)
		return true;
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return bpf_get_current_ancestor_cgroup_id(saker_scope_level) == saker_scope_cgroup;
	return task_in_scope((void *)bpf_get_current_task());
}

static __always_inline bool current_is_sensor(void)
{
	return (__u32)(bpf_get_current_pid_tgid() >> 32) == saker_own_tgid;
}

/* Of everything but state records: the subject is in scope and not the sensor. */
static __always_inline bool current_observed(void)
{
	return current_in_scope() && !current_is_sensor();
}

/* Everything of the header but time; `size` is that of the record's fixed part. */
static __always_inline void stamp(struct saker_event_header *hdr, __u32 kind, __u32 size, struct task_struct *task,
				  u64 cgroup_id)
{
	struct saker_control *now = control();

	hdr->ts_ns = 0;
	hdr->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	hdr->cgroup_id = cgroup_id;
	hdr->tgid = BPF_CORE_READ(task, tgid);
	hdr->tid = BPF_CORE_READ(task, pid);
	hdr->uid = BPF_CORE_READ(task, cred, euid.val);
	hdr->arg = 0;
	hdr->size = size;
	hdr->kind = kind;
	hdr->generation = now ? now->generation : 0;
	hdr->cpu = bpf_get_smp_processor_id();
	hdr->flags = 0;
}

static __always_inline struct task_struct *stamp_current(struct saker_event_header *hdr, __u32 kind, __u32 size)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	stamp(hdr, kind, size, task, bpf_get_current_cgroup_id());
	return task;
}

static __always_inline void stamp_task(struct saker_event_header *hdr, __u32 kind, __u32 size, struct task_struct *task)
{
	stamp(hdr, kind, size, task, BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id));
}

/* The call that the current task is in, as the header wants it. */
static __always_inline void stamp_call(struct saker_event_header *hdr, const struct call *call)
{
	hdr->arg = call->number;
	if (call->compat)
		hdr->flags |= SAKER_F_COMPAT;
}

/* A pid's number at one level of nested pid namespaces. */
static __always_inline u32 pid_number(struct pid *pid, u32 level)
{
	int number = 0;

	if (!pid || level > BPF_CORE_READ(pid, level))
		return 0;
	bpf_probe_read_kernel(&number, sizeof(number),
			      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
				      level * bpf_core_type_size(struct upid) + bpf_core_field_offset(struct upid, nr));
	return number;
}

static __always_inline struct pid_namespace *pid_namespace_of(struct pid *pid, u32 level)
{
	struct pid_namespace *ns = NULL;

	bpf_probe_read_kernel(&ns, sizeof(ns),
			      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
				      level * bpf_core_type_size(struct upid) + bpf_core_field_offset(struct upid, ns));
	return ns;
}

static __always_inline void read_credentials(struct saker_identity *id, const struct cred *cred)
{
	id->uid = BPF_CORE_READ(cred, uid.val);
	id->gid = BPF_CORE_READ(cred, gid.val);
	id->euid = BPF_CORE_READ(cred, euid.val);
	id->egid = BPF_CORE_READ(cred, egid.val);
	id->suid = BPF_CORE_READ(cred, suid.val);
	id->sgid = BPF_CORE_READ(cred, sgid.val);
	id->fsuid = BPF_CORE_READ(cred, fsuid.val);
	id->fsgid = BPF_CORE_READ(cred, fsgid.val);
	bpf_core_read(&id->cap_inheritable, sizeof(id->cap_inheritable), &cred->cap_inheritable);
	bpf_core_read(&id->cap_permitted, sizeof(id->cap_permitted), &cred->cap_permitted);
	bpf_core_read(&id->cap_effective, sizeof(id->cap_effective), &cred->cap_effective);
	id->user_ns = BPF_CORE_READ(cred, user_ns, ns.inum);
}

static __always_inline void read_pids(struct saker_identity *id, struct task_struct *leader)
{
	struct signal_struct *signal = BPF_CORE_READ(leader, signal);
	struct pid *pid = BPF_CORE_READ(leader, thread_pid);
	struct pid *group = BPF_CORE_READ(signal, pids[SAKER_PIDTYPE_PGID]);
	u32 level = BPF_CORE_READ(pid, level);
	struct pid_namespace *ns = pid_namespace_of(pid, level);

	id->vpid = pid_number(pid, level);
	id->pid_ns = BPF_CORE_READ(ns, ns.inum);
	id->pidns_start_ns = BPF_CORE_READ(ns, child_reaper, start_boottime);
	id->pgid = pid_number(group, 0);
	id->vpgid = pid_number(group, level);
	id->sid = pid_number(BPF_CORE_READ(signal, pids[SAKER_PIDTYPE_SID]), 0);
}

/* A device as stat(2) and /proc number it: inside the kernel the minor number has the low 20 bits to itself. */
static __always_inline u32 device_number(u32 major, u32 minor)
{
	return (minor & 0xff) | major << 8 | (minor & ~0xffU) << 12;
}

static __always_inline u32 device_of_inode(const struct inode *inode)
{
	u32 dev = BPF_CORE_READ(inode, i_sb, s_dev);

	return device_number(dev >> 20, dev & 0xfffff);
}

static __always_inline u32 terminal_of(struct task_struct *leader)
{
	struct tty_struct *tty = BPF_CORE_READ(leader, signal, tty);

	if (!tty)
		return 0;
	return device_number(BPF_CORE_READ(tty, driver, major),
			     BPF_CORE_READ(tty, driver, minor_start) + BPF_CORE_READ(tty, index));
}

/* Every member of *id is written. */
static __always_inline void read_identity(struct saker_identity *id, struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct task_struct *parent = BPF_CORE_READ(leader, real_parent);
	struct nsproxy *namespaces = BPF_CORE_READ(task, nsproxy);

	id->parent_tgid = BPF_CORE_READ(parent, tgid);
	id->parent_start_ns = BPF_CORE_READ(parent, group_leader, start_boottime);
	id->exec_count = BPF_CORE_READ(task, self_exec_id);
	read_credentials(id, BPF_CORE_READ(task, cred));
	read_pids(id, leader);
	id->loginuid = task_loginuid(task);
	id->session_id = task_audit_session(task);
	id->tty = terminal_of(leader);
	id->mnt_ns = BPF_CORE_READ(namespaces, mnt_ns, ns.inum);
	id->net_ns = BPF_CORE_READ(namespaces, net_ns, ns.inum);
	id->cgroup_ns = BPF_CORE_READ(namespaces, cgroup_ns, ns.inum);
	bpf_core_read(id->comm, sizeof(id->comm), &task->comm);
}

#endif
