/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* process.seen: a process as it runs now, not as it came about. The start-up scan and the move into a scope tell of one. */

#define SAKER_ANCESTORS_MAX 64 /* written by the scan */
#define SAKER_ANCESTORS_AT_ENTRY 16 /* sent under the lock of the move */

/* Reads one process into a slot, without what lies in its memory. (A number, because a function of its own takes no pointer on
 * old kernels.) */
__noinline int read_seen(__u32 slot, u64 task_address, __u32 flags)
{
	struct saker_process_exec *event = large_record(slot);
	struct task_struct *task = (void *)task_address;
	struct path pwd = {};
	struct mm_struct *mm;
	struct file *file;

	if (!event)
		return 0;
	stamp_task(&event->hdr, SAKER_PROCESS_SEEN, sizeof(*event), task);
	event->hdr.ts_ns = bpf_ktime_get_boot_ns();
	event->hdr.flags = flags;
	read_identity(&event->id, task);
	clear_exec_strings(event);
	mm = BPF_CORE_READ(task, mm);
	file = BPF_CORE_READ(mm, exe_file);
	read_executable(event, task, file);
	if (mm)
		event->args_total = BPF_CORE_READ(mm, arg_end) - BPF_CORE_READ(mm, arg_start);
	if (file) {
		event->exe_path_len = append_path_of(slot, &event->hdr, SAKER_LARGE_MAX, task, file_path(file));
		BPF_CORE_READ_INTO(&pwd, task, fs, pwd);
		event->cwd_len = append_path_of(slot, &event->hdr, SAKER_LARGE_MAX, task, pwd);
	} else {
		event->exe_flags = 0; /* a kernel thread, or a process that is ending */
	}
	return 0;
}

__noinline int read_seen_cgroup(__u32 slot, u64 task_address)
{
	struct saker_process_exec *event = large_record(slot);
	struct task_struct *task = (void *)task_address;

	if (event)
		event->cgroup_len =
			append_cgroup_path(slot, &event->hdr, SAKER_LARGE_MAX, BPF_CORE_READ(task, cgroups, dfl_cgrp));
	return 0;
}

/* The parent of a process in scope, or of such a parent, as far as it is outside: alerts name it. 0 when there is none. Its
 * memory is not read. */
__noinline u64 parent_outside(u64 task_address)
{
	struct task_struct *task = (void *)task_address, *parent;

	parent = BPF_CORE_READ(task, real_parent, group_leader);
	if (!parent || parent == task || !BPF_CORE_READ(parent, pid) || task_in_scope(parent))
		return 0;
	return (u64)parent;
}

/* Whether a child runs what its parent does: it has made no exec since the fork, nor has the parent. Then what lay in the
 * parent's memory lies in the child's. */
__noinline int shares_program(u64 child_address, u64 parent_address)
{
	struct task_struct *child = (void *)child_address, *parent = (void *)parent_address;

	return BPF_CORE_READ(child, self_exec_id) == BPF_CORE_READ(parent, self_exec_id) &&
	       BPF_CORE_READ(child, mm, arg_start) == BPF_CORE_READ(parent, mm, arg_start) &&
	       BPF_CORE_READ(child, mm, arg_end) == BPF_CORE_READ(parent, mm, arg_end) &&
	       BPF_CORE_READ(child, mm, exe_file) == BPF_CORE_READ(parent, mm, exe_file);
}

/* Sends what the slot of entries holds of a process, with its arguments if current's memory has them. */
__noinline int emit_seen(u64 task_address, u32 flags, u32 readable)
{
	struct saker_process_exec *event = large_record(SAKER_SLOT_ENTRY);
	struct task_struct *task = (void *)task_address;
	struct saker_control *now = control();
	struct mm_struct *mm;

	if (!wanted(SAKER_PROCESS_SEEN, 0))
		return 0;
	if (!event)
		return drop(SAKER_PROCESS_SEEN, SAKER_LOST_SCRATCH);
	read_seen(SAKER_SLOT_ENTRY, task_address, flags);
	mm = BPF_CORE_READ(task, mm);
	if (readable) {
		event->args_len = append_area(&event->hdr, BPF_CORE_READ(mm, arg_start), BPF_CORE_READ(mm, arg_end),
					      AREA_OF_CURRENT, task);
		if (now && now->want_env)
			event->env_len = append_area(&event->hdr, BPF_CORE_READ(mm, env_start),
						     BPF_CORE_READ(mm, env_end), AREA_OF_CURRENT, task);
	} else if (event->args_total) {
		event->hdr.flags |= SAKER_F_PARTIAL;
	}
	read_seen_cgroup(SAKER_SLOT_ENTRY, task_address);
	return emit_large(SAKER_SLOT_ENTRY);
}

/* Tells of a process that comes into the scope otherwise than by a fork inside, after those above it. `readable`: current's
 * memory holds the same at the same place, so arguments and environment can be had. */
__noinline int emit_entry(u64 task_address, u32 readable)
{
	u64 below = task_address, ancestor;
	u32 same = readable;
	int i;

	for (i = 0; i < SAKER_ANCESTORS_AT_ENTRY; i++) {
		ancestor = parent_outside(below);
		if (!ancestor)
			break;
		same = same && shares_program(below, ancestor);
		emit_seen(ancestor, SAKER_F_OUTSIDE, same);
		below = ancestor;
	}
	return emit_seen(task_address, 0, readable);
}

/* The group that a process was moved to, if that is worth a look: under a scope only, and not in a version 1 hierarchy. */
static __always_inline struct cgroup *moved_to(struct bpf_raw_tracepoint_args *ctx)
{
	struct cgroup *group = (void *)ctx->args[0];

	if (!saker_scope_cgroup || BPF_CORE_READ(group, root, hierarchy_id))
		return NULL;
	return group;
}

/* Runs once for a write to cgroup.procs or cgroup.threads, after the process is in its new group. It does not say from where,
 * so a move within the scope is told too. One that moves itself can do nothing before its record is made; one that another
 * process moves runs on meanwhile. Misses nothing: clone3 with CLONE_INTO_CGROUP moves nobody, see process_fork. */
SEC("raw_tp/cgroup_attach_task")
int process_seen__any(struct bpf_raw_tracepoint_args *ctx)
{
	struct cgroup *group = moved_to(ctx);
	struct task_struct *task = (void *)ctx->args[2];

	if (!group || cgroup_ancestor_id(group, saker_scope_level) != saker_scope_cgroup)
		return 0;
	task = BPF_CORE_READ(task, group_leader);
	return emit_entry((u64)task, (u32)BPF_CORE_READ(task, tgid) == (u32)(bpf_get_current_pid_tgid() >> 32));
}

/* Of a process that was never in scope too; user space knows which ones were. */
SEC("raw_tp/cgroup_attach_task")
int process_left__any(struct bpf_raw_tracepoint_args *ctx)
{
	struct cgroup *group = moved_to(ctx);
	struct task_struct *task = (void *)ctx->args[2];
	struct saker_process_left *event;

	if (!group || cgroup_ancestor_id(group, saker_scope_level) == saker_scope_cgroup)
		return 0;
	if (!wanted(SAKER_PROCESS_LEFT, 0))
		return 0;
	event = small_record(SAKER_SLOT_LEFT);
	if (!event)
		return drop(SAKER_PROCESS_LEFT, SAKER_LOST_SCRATCH);
	stamp_task(&event->hdr, SAKER_PROCESS_LEFT, sizeof(*event), task);
	return emit_small(SAKER_SLOT_LEFT);
}
