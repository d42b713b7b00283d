/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/* Processes whose end has been recorded. Before 6.15 the tracepoint does not say whether the group is dead, and the count
 * of live threads that it can read is already zero for two threads that leave at the same moment: the first one tells. */
struct exit_key {
	u64 start_ns;
	u64 tgid;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct exit_key);
	__type(value, u8);
} exits_recorded SEC(".maps");

static __always_inline bool last_of_process(struct bpf_raw_tracepoint_args *ctx, struct task_struct *task)
{
	struct exit_key key;
	u8 one = 1;

	if (bpf_core_field_exists(struct trace_event_raw_sched_process_exit___new, group_dead))
		return ctx->args[1] & 1;
	if (BPF_CORE_READ(task, signal, live.counter))
		return false;
	key.start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	key.tgid = BPF_CORE_READ(task, tgid);
	return !bpf_map_update_elem(&exits_recorded, &key, &one, BPF_NOEXIST);
}

/* Who inherits the children, by the rule of find_new_reaper() (kernel/exit.c): the nearest ancestor that asked for it and
 * has a thread left, else the init of the pid namespace. NULL: that init itself ended, its children die with it. */
static __always_inline struct task_struct *reaper_of(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	u32 level = BPF_CORE_READ(pid, level);
	struct task_struct *init = BPF_CORE_READ(pid_namespace_of(pid, level), child_reaper);
	struct signal_struct *signal = BPF_CORE_READ(task, signal);
	u32 init_tgid = BPF_CORE_READ(init, tgid);
	struct task_struct *next = task;
	int i;

	if (init_tgid == (u32)BPF_CORE_READ(task, tgid))
		return NULL;
	if (!BPF_CORE_READ_BITFIELD_PROBED(signal, has_child_subreaper))
		return init;
	for (i = 0; i < 64; i++) {
		next = BPF_CORE_READ(next, real_parent);
		if (!next || (u32)BPF_CORE_READ(next, tgid) == init_tgid ||
		    BPF_CORE_READ(next, thread_pid, level) != level)
			break;
		signal = BPF_CORE_READ(next, signal);
		if (BPF_CORE_READ_BITFIELD_PROBED(signal, is_child_subreaper) &&
		    BPF_CORE_READ(signal, live.counter) > 0)
			return next;
	}
	return init;
}

#define SAKER_SIGNAL_GROUP_EXIT 4

/* Every task passes here once, killed ones too, after its memory is gone and before it can be waited for; only the last
 * thread of a process is recorded. Misses nothing. */
SEC("raw_tp/sched_process_exit")
int process_exit__any(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task(), *reaper;
	struct saker_process_exit *event;
	struct signal_struct *signal;

	if (!current_in_scope())
		return 0;
	forget_calls_of_current();
	if (!last_of_process(ctx, task))
		return 0;
	if (!wanted(SAKER_PROCESS_EXIT, 0))
		return 0;
	event = small_record(SAKER_SLOT_EXIT);
	if (!event)
		return drop(SAKER_PROCESS_EXIT, SAKER_LOST_SCRATCH);
	stamp_current(&event->hdr, SAKER_PROCESS_EXIT, sizeof(*event));
	signal = BPF_CORE_READ(task, signal);
	event->exit_code = BPF_CORE_READ(signal, flags) & SAKER_SIGNAL_GROUP_EXIT
				   ? BPF_CORE_READ(signal, group_exit_code)
				   : BPF_CORE_READ(task, group_leader, exit_code);
	reaper = reaper_of(task);
	event->reaper_tgid = reaper ? BPF_CORE_READ(reaper, tgid) : 0;
	event->reaper_start_ns = reaper ? BPF_CORE_READ(reaper, group_leader, start_boottime) : 0;
	return emit_small(SAKER_SLOT_EXIT);
}
