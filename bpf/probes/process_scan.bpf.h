/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The start-up scan: one SAKER_PROCESS_SEEN for each process that is already there, written to the reader of the iterator. */

#define SAKER_ANCESTORS_MAX 64

/* Reads one process into the slot of the scan, without what lies in its memory. (A number, because a function of its own takes
 * no pointer on old kernels.) */
__noinline int read_seen(u64 task_address)
{
	struct saker_process_exec *event = large_record(SAKER_SLOT_SCAN);
	struct task_struct *task = (void *)task_address;
	struct path pwd = {};
	struct mm_struct *mm;
	struct file *file;

	if (!event)
		return 0;
	stamp_task(&event->hdr, SAKER_PROCESS_SEEN, sizeof(*event), task);
	event->hdr.ts_ns = bpf_ktime_get_boot_ns();
	read_identity(&event->id, task);
	clear_exec_strings(event);
	mm = BPF_CORE_READ(task, mm);
	file = BPF_CORE_READ(mm, exe_file);
	read_executable(event, task, file);
	if (mm)
		event->args_total = BPF_CORE_READ(mm, arg_end) - BPF_CORE_READ(mm, arg_start);
	if (file) {
		event->exe_path_len =
			append_path_of(SAKER_SLOT_SCAN, &event->hdr, SAKER_LARGE_MAX, task, file_path(file));
		BPF_CORE_READ_INTO(&pwd, task, fs, pwd);
		event->cwd_len = append_path_of(SAKER_SLOT_SCAN, &event->hdr, SAKER_LARGE_MAX, task, pwd);
	} else {
		event->exe_flags = 0; /* a kernel thread, or a process that is ending */
	}
	return 0;
}

__noinline int read_seen_cgroup(u64 task_address)
{
	struct saker_process_exec *event = large_record(SAKER_SLOT_SCAN);
	struct task_struct *task = (void *)task_address;

	if (event)
		event->cgroup_len = append_cgroup_path(SAKER_SLOT_SCAN, &event->hdr, SAKER_LARGE_MAX,
						       BPF_CORE_READ(task, cgroups, dfl_cgrp));
	return 0;
}

static __always_inline void write_seen(struct seq_file *seq, struct saker_process_exec *event, u64 task)
{
	u64 size;

	read_seen_cgroup(task);
	size = event->hdr.size;
	OPAQUE(size);
	if (size < sizeof(*event) || size > SAKER_LARGE_MAX)
		return;
	bpf_seq_write(seq, event, size);
}

/* The processes above a scoped one, as far as they are outside: its alerts name them. One that stands above several is written
 * for each; the reader keeps the first. Their memory is not read. */
static __always_inline void write_ancestors(struct seq_file *seq, u64 task_address)
{
	struct task_struct *task = (void *)task_address;
	struct saker_process_exec *event = large_record(SAKER_SLOT_SCAN);
	struct task_struct *parent;
	int i;

	if (!event)
		return;

	for (i = 0; i < SAKER_ANCESTORS_MAX; i++) {
		parent = BPF_CORE_READ(task, real_parent);
		parent = BPF_CORE_READ(parent, group_leader);
		if (!parent || parent == task || !BPF_CORE_READ(parent, pid) || task_in_scope(parent))
			return;
		read_seen((u64)parent);
		event->hdr.flags |= SAKER_F_PARTIAL;
		write_seen(seq, event, (u64)parent);
		task = parent;
	}
}

static __always_inline bool is_scanned(struct task_struct *task)
{
	return BPF_CORE_READ(task, pid) == BPF_CORE_READ(task, tgid) && task_in_scope(task);
}

/* The task of this turn as a number; the verifier would not let the pointer itself pass for one. */
static __always_inline u64 address_of_task(struct bpf_iter__task *ctx)
{
	u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &ctx->task);
	return address;
}

/* iter/task walks every task of the pid namespace that the reader is in: with the host's, all. It can miss a process that is
 * forked while it runs; such a one has its fork record, because the tracepoints are attached before the scan starts. */
SEC("iter.s/task")
int process_scan__iter(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct saker_process_exec *event = large_record(SAKER_SLOT_SCAN);
	struct saker_control *now = control();
	struct mm_struct *mm;

	if (!task || !is_scanned(task))
		return 0;
	if (!event)
		return drop_unseen(SAKER_PROCESS_SEEN, SAKER_LOST_SCRATCH);
	read_seen(address_of_task(ctx));
	mm = BPF_CORE_READ(task, mm);
	event->args_len =
		append_area(&event->hdr, BPF_CORE_READ(mm, arg_start), BPF_CORE_READ(mm, arg_end), AREA_OF_TASK, task);
	if (now && now->want_env)
		event->env_len = append_area(&event->hdr, BPF_CORE_READ(mm, env_start), BPF_CORE_READ(mm, env_end),
					     AREA_OF_TASK, task);
	write_seen(ctx->meta->seq, event, address_of_task(ctx));
	if (saker_scope_cgroup)
		write_ancestors(ctx->meta->seq, address_of_task(ctx));
	return 0;
}

/* Where no sleeping iterator loads (before 5.18): without arguments and environment, flagged partial. */
SEC("iter/task")
int process_scan__iter_atomic(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct saker_process_exec *event = large_record(SAKER_SLOT_SCAN);

	if (!task || !is_scanned(task))
		return 0;
	if (!event)
		return drop_unseen(SAKER_PROCESS_SEEN, SAKER_LOST_SCRATCH);
	read_seen(address_of_task(ctx));
	if (event->args_total)
		event->hdr.flags |= SAKER_F_PARTIAL;
	write_seen(ctx->meta->seq, event, address_of_task(ctx));
	if (saker_scope_cgroup)
		write_ancestors(ctx->meta->seq, address_of_task(ctx));
	return 0;
}
