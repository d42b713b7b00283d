/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel knows of every process in scope: which row of bits its executable has. Written at exec and inherited at
 * fork, before the process runs an instruction of its own, so none is ever unjudged; removed at exit. After a reload the
 * rows are derived anew by a sweep over all tasks.
 *
 * A row belongs to a set, so there are two sides. While the next set is being built, its number stands in the word of its
 * slot, and exec and fork fill both sides; the sweep fills the rest. Whoever execs while the sweep reads it has raised its
 * exec count first and writes its new rows later: the sweep reads the count again after writing, and does it over. */
#ifndef SAKER_ENFORCE_FACTS_H
#define SAKER_ENFORCE_FACTS_H

#define SAKER_SWEEP_TRIES 4

/* Scratch for one path; each program that can interrupt another has its own (none of them runs twice on a CPU). */
enum facts_slot { SLOT_EXEC, SLOT_FORK, SLOT_MOVED, SLOT_SWEEP, SLOT_END };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLOT_END);
	__type(key, __u32);
	__type(value, struct saker_subject_key);
} subject_keys SEC(".maps");

/* The path in the slot's scratch becomes the key of the look-up; false when there is no whole path. */
static __always_inline bool make_subject_key(struct saker_subject_key *key, struct path_scratch *path)
{
	__u32 start = path->start, len;

	OPAQUE(start);
	if (path->flags || start >= SAKER_PATH_MAX - 1)
		return false;
	len = SAKER_PATH_MAX - start;
	if (len > SAKER_SUBJECT_BYTES)
		len = SAKER_SUBJECT_BYTES;
	OPAQUE(len);
	if (len > SAKER_SUBJECT_BYTES || bpf_probe_read_kernel(key->path, len, path->text + start))
		return false;
	key->bits = len * 8;
	return true;
}

/* What the path of an executable is worth. */
enum naming {
	NAMED,
	CLAIMED, /* in mounts that its user has put together: any file can be made to lie there */
	UNNAMED, /* there is one, and its path cannot be told */
	NO_FILE, /* a process that has not executed anything yet, or is about to leave */
};

/* Without any privilege a user gets a user namespace, mount namespaces in it, and there binds what file he likes to what path
 * he likes. Whoever owns the user namespace answers for its mounts: the host's root those of the host and of containers. It
 * is the file's mount that counts, not the process: files of a namespace can be reached from outside, through /proc. */
static __always_inline enum naming naming_of(struct path exe)
{
	struct mnt_namespace *mounts;

	if (!exe.dentry)
		return NO_FILE;
	mounts = BPF_CORE_READ(mount_of(exe), mnt_ns);
	if (!mounts) /* unmounted since: nobody can say where it was */
		return UNNAMED;
	if ((__u64)mounts >= (__u64)-4095) /* MNT_NS_INTERNAL: memfd */
		return NAMED;
	return BPF_CORE_READ(mounts, user_ns, owner.val) ? CLAIMED : NAMED;
}

static __always_inline __u64 side_of(__u32 slot, struct saker_subject_key *key, enum naming naming)
{
	__u64 set = word(SAKER_WORD_SET_0 + slot);
	struct saker_subject_rows *rows;
	void *trie;

	if (!set)
		return 0;
	if (naming == NO_FILE)
		return set << 32 | SAKER_ROW_UNKNOWN_SUBJECT;
	if (naming == UNNAMED)
		return set << 32 | SAKER_ROW_ANY_SUBJECT;
	trie = bpf_map_lookup_elem(&subjects, &slot);
	rows = trie ? bpf_map_lookup_elem(trie, key) : NULL;
	if (!rows)
		return set << 32 | SAKER_ROW_UNKNOWN_SUBJECT;
	return set << 32 | (naming == CLAIMED ? rows->claimed : rows->row);
}

/* Blocks may outlive the sensor (on_exit: keep): whoever has its number after it is not spared. */
static __always_inline bool is_sensor(__u32 tgid)
{
	return saker_own_tgid && tgid == saker_own_tgid && !word(SAKER_WORD_SENSOR_GONE);
}

/* Both sides by the executable's path. `executed`: the file is what was executed just now, not what the process says. */
static __always_inline int write_facts(__u32 slot, struct task_struct *task, struct path exe, bool executed)
{
	struct path_scratch *path = path_scratch(slot);
	struct saker_subject_key *key = bpf_map_lookup_elem(&subject_keys, &slot);
	struct saker_event_header flags = {};
	struct saker_facts *known, fresh = {};
	__u32 tgid = BPF_CORE_READ(task, tgid);
	enum naming naming = naming_of(exe);

	if (!path || !key)
		return 0;
	fresh.start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	fresh.exec_count = BPF_CORE_READ(task, self_exec_id);
	fresh.uid = BPF_CORE_READ(task, cred, euid.val);
	fresh.inode = BPF_CORE_READ(exe.dentry, d_inode, i_ino);
	fresh.device = BPF_CORE_READ(exe.dentry, d_inode, i_sb, s_dev);
	known = bpf_map_lookup_elem(&facts, &tgid);
	if (!executed && known && known->start_ns == fresh.start_ns && known->exec_count == fresh.exec_count &&
	    (known->inode != fresh.inode || known->device != fresh.device)) {
		naming = UNNAMED;
		fresh.inode = known->inode;
		fresh.device = known->device;
	}
	if (naming < UNNAMED && (!mount_path(slot, exe, &flags) || !make_subject_key(key, path)))
		naming = UNNAMED;
	if (naming == UNNAMED)
		count_as(SAKER_COUNT_PATH_FAILED);
	fresh.side[0] = side_of(0, key, naming);
	fresh.side[1] = side_of(1, key, naming);
	if (is_sensor(tgid)) {
		fresh.side[0] = fresh.side[0] >> 32 << 32 | SAKER_ROW_NONE;
		fresh.side[1] = fresh.side[1] >> 32 << 32 | SAKER_ROW_NONE;
	}
	/* In place where there is an element already: the kernel would recycle a replaced one under its readers. */
	if (known) {
		known->start_ns = fresh.start_ns;
		known->inode = fresh.inode;
		known->device = fresh.device;
		known->uid = fresh.uid;
		*(volatile __u64 *)&known->side[0] = fresh.side[0];
		*(volatile __u64 *)&known->side[1] = fresh.side[1];
		known->exec_count = fresh.exec_count;
	} else if (bpf_map_update_elem(&facts, &tgid, &fresh, BPF_ANY)) {
		count_as(SAKER_COUNT_FACTS_FULL);
	}
	return 0;
}

static __always_inline int write_facts_of(__u32 slot, struct task_struct *task)
{
	struct path exe = {};

	BPF_CORE_READ_INTO(&exe, task, mm, exe_file, f_path);
	return write_facts(slot, task, exe, false);
}

/* The tracepoint follows the point of no return and precedes the new program's first instruction. Every successful exec
 * passes it: execve, execveat, 32-bit calls, binfmt handlers (the file is then the interpreter's). */
SEC("raw_tp/sched_process_exec")
int BPF_PROG(facts_exec, struct task_struct *task, int old_pid, struct linux_binprm *binary)
{
	struct path exe = {};

	if (!task_in_scope(task))
		return 0;
	BPF_CORE_READ_INTO(&exe, binary, file, f_path);
	return write_facts(SLOT_EXEC, task, exe, true);
}

static __always_inline bool side_is_ready(__u32 slot, const struct saker_facts *of)
{
	__u64 set = word(SAKER_WORD_SET_0 + slot);

	return !set || of->side[slot] >> 32 == set;
}

/* kernel_clone() fires it after the child is complete and before it is woken. Threads share their process's facts. */
SEC("raw_tp/sched_process_fork")
int BPF_PROG(facts_fork, struct task_struct *parent, struct task_struct *child)
{
	__u32 tgid = BPF_CORE_READ(child, tgid), parent_tgid = BPF_CORE_READ(parent, tgid);
	struct saker_facts fresh, *of_parent;
	bool ready;

	if ((__u32)BPF_CORE_READ(child, pid) != tgid || BPF_CORE_READ(child, flags) & SAKER_PF_KTHREAD ||
	    !task_in_scope(child))
		return 0;
	of_parent = bpf_map_lookup_elem(&facts, &parent_tgid);
	if (!of_parent)
		return write_facts_of(SLOT_FORK, child);
	ready = side_is_ready(0, of_parent) && side_is_ready(1, of_parent) && !is_sensor(parent_tgid);
	fresh = *of_parent;
	fresh.start_ns = BPF_CORE_READ(child, start_boottime);
	fresh.exec_count = BPF_CORE_READ(child, self_exec_id);
	if (bpf_map_update_elem(&facts, &tgid, &fresh, BPF_ANY))
		count_as(SAKER_COUNT_FACTS_FULL);
	else if (!ready) /* by the path, and still by what the parent executed */
		write_facts_of(SLOT_FORK, child);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int BPF_PROG(facts_exit, struct task_struct *task)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);

	if (BPF_CORE_READ(task, signal, live.counter) == 0) {
		bpf_map_delete_elem(&facts, &tgid);
		if (is_sensor(tgid))
			set_word(SAKER_WORD_SENSOR_GONE, 1);
	}
	return 0;
}

/* With a scope, a process may enter it without an exec; it may have been here before, and executed something outside. Fired
 * after the move. */
SEC("raw_tp/cgroup_attach_task")
int BPF_PROG(facts_moved, struct cgroup *to, const char *path, struct task_struct *task)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);
	struct saker_facts *known = bpf_map_lookup_elem(&facts, &tgid);

	if (!BPF_CORE_READ(task, mm) || !task_in_scope(task))
		return 0;
	if (known && known->exec_count == (__u32)BPF_CORE_READ(task, group_leader, self_exec_id) &&
	    side_is_ready(0, known) && side_is_ready(1, known))
		return 0;
	return write_facts_of(SLOT_MOVED, task);
}

/* One pass over all processes: whoever is not ready under a set that wants facts gets them. */
SEC("iter/task")
int facts_sweep(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	__u32 tgid;
	int i;

	if (!task || !BPF_CORE_READ(task, mm) || !task_in_scope(task))
		return 0;
	tgid = BPF_CORE_READ(task, tgid);
	if ((__u32)BPF_CORE_READ(task, pid) != tgid)
		return 0;
	for (i = 0; i < SAKER_SWEEP_TRIES; i++) {
		__u32 execs = BPF_CORE_READ(task, self_exec_id);

		write_facts_of(SLOT_SWEEP, task);
		if ((__u32)BPF_CORE_READ(task, self_exec_id) == execs)
			break;
	}
	/* It may have left between the look and the write, after its facts were removed. */
	if (BPF_CORE_READ(task, signal, live.counter) == 0)
		bpf_map_delete_elem(&facts, &tgid);
	return 0;
}

#endif
