/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/* The tracepoint runs in the parent after the child is complete and before it is woken (kernel_clone), so the record
 * precedes everything that the child does. It sees fork, vfork, clone, clone3 and kernel threads. Threads are left out here:
 * a thread is no process. Misses nothing; io_uring's workers are threads of their process. A parent outside the scope
 * (CLONE_INTO_CGROUP) is unknown, so its child is described in full first. */
SEC("raw_tp/sched_process_fork")
int process_fork__any(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *child = (void *)ctx->args[1];
	struct saker_process_fork *event;
	struct call call;

	if (BPF_CORE_READ(child, pid) != BPF_CORE_READ(child, tgid) || !task_in_scope(child))
		return 0;
	if (saker_scope_cgroup && !current_in_scope())
		emit_entry(ctx->args[1], true); /* its memory is a copy of current's */
	if (!wanted(SAKER_PROCESS_FORK, 0))
		return 0;
	event = small_record(SAKER_SLOT_FORK);
	if (!event)
		return drop(SAKER_PROCESS_FORK, SAKER_LOST_SCRATCH);
	stamp_task(&event->hdr, SAKER_PROCESS_FORK, sizeof(*event), child);
	current_call(&call);
	stamp_call(&event->hdr, &call);
	read_identity(&event->id, child);
	return emit_small(SAKER_SLOT_FORK);
}
