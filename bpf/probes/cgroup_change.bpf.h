/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/* Version 1 hierarchies fire the same tracepoints; only the one of version 2 (hierarchy 0) counts. Under a scope a group
 * belongs to it by where it lies, whoever made it: a container runtime outside makes groups inside. */
static __always_inline int on_cgroup_change(struct bpf_raw_tracepoint_args *ctx, __u32 kind, __u32 slot)
{
	struct cgroup *group = (void *)ctx->args[0];
	struct saker_cgroup_change *event;

	if (BPF_CORE_READ(group, root, hierarchy_id))
		return 0;
	if (saker_scope_cgroup && cgroup_ancestor_id(group, saker_scope_level) != saker_scope_cgroup &&
	    !current_in_scope())
		return 0;
	if (!wanted(kind, 0))
		return 0;
	event = medium_record(slot);
	if (!event)
		return drop(kind, SAKER_LOST_SCRATCH);
	stamp_current(&event->hdr, kind, sizeof(*event));
	event->id = BPF_CORE_READ(group, kn, id);
	event->level = BPF_CORE_READ(group, level);
	event->__pad = 0;
	event->path_len = append_kernel_text(&event->hdr, SAKER_MEDIUM_MAX, (void *)ctx->args[1]);
	return emit_medium(slot);
}

/* Runs when the group exists and before mkdir(2) returns, so before any process can be in it. Misses groups older than the
 * sensor: user space reads those from the mount. */
SEC("raw_tp/cgroup_mkdir")
int cgroup_mkdir__any(struct bpf_raw_tracepoint_args *ctx)
{
	return on_cgroup_change(ctx, SAKER_CGROUP_MKDIR, SAKER_SLOT_CGROUP_MKDIR);
}

SEC("raw_tp/cgroup_rmdir")
int cgroup_rmdir__any(struct bpf_raw_tracepoint_args *ctx)
{
	return on_cgroup_change(ctx, SAKER_CGROUP_RMDIR, SAKER_SLOT_CGROUP_RMDIR);
}
