/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The start-up scan: one SAKER_PROCESS_SEEN for each process that is already there, written to the reader of the iterator. */

static __always_inline void write_seen(struct seq_file *seq, struct saker_process_exec *event, u64 task)
{
	u64 size;

	read_seen_cgroup(SAKER_SLOT_SCAN, task);
	size = event->hdr.size;
	OPAQUE(size);
	if (size < sizeof(*event) || size > SAKER_LARGE_MAX)
		return;
	bpf_seq_write(seq, event, size);
}

/* One that stands above several processes is written for each; the reader keeps the first. */
static __always_inline void write_ancestors(struct seq_file *seq, u64 task_address)
{
	struct saker_process_exec *event = large_record(SAKER_SLOT_SCAN);
	u64 ancestor = task_address;
	int i;

	if (!event)
		return;
	for (i = 0; i < SAKER_ANCESTORS_MAX; i++) {
		ancestor = parent_outside(ancestor);
		if (!ancestor)
			return;
		read_seen(SAKER_SLOT_SCAN, ancestor, SAKER_F_PARTIAL | SAKER_F_OUTSIDE);
		write_seen(seq, event, ancestor);
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
	read_seen(SAKER_SLOT_SCAN, address_of_task(ctx), 0);
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
	read_seen(SAKER_SLOT_SCAN, address_of_task(ctx), 0);
	if (event->args_total)
		event->hdr.flags |= SAKER_F_PARTIAL;
	write_seen(ctx->meta->seq, event, address_of_task(ctx));
	if (saker_scope_cgroup)
		write_ancestors(ctx->meta->seq, address_of_task(ctx));
	return 0;
}
