/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* process.change: what a process is allowed, where it stands and to which session, group and namespaces it belongs, as soon as
 * that is another. (Its name is not followed: proc.name is that of the program, as in Falco.) */

/* Fills the record of a change to `task`; the caller has asked wanted(). */
static __always_inline void read_change(struct saker_process_change *event, struct task_struct *task)
{
	struct call call;

	stamp_task(&event->hdr, SAKER_PROCESS_CHANGE, sizeof(*event), task);
	current_call(&call);
	stamp_call(&event->hdr, &call);
	read_identity(&event->id, task);
	event->cwd_len = 0;
	event->__pad = 0;
	event->__pad2 = 0;
}

/* The folder of the process, which its threads share unless one of them asked for its own (then it is that of the first). */
static __always_inline void append_folder(__u32 slot, struct saker_process_change *event, struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct path pwd = {};

	if (BPF_CORE_READ(leader, fs)) /* it may have left already */
		task = leader;
	BPF_CORE_READ_INTO(&pwd, task, fs, pwd);
	event->cwd_len = append_path_of(slot, &event->hdr, SAKER_MEDIUM_MAX, task, pwd);
}

static __always_inline int emit_folder_change(__u32 slot)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct saker_process_change *event;

	if (!wanted(SAKER_PROCESS_CHANGE, 0))
		return 0;
	event = medium_record(slot);
	if (!event)
		return drop(SAKER_PROCESS_CHANGE, SAKER_LOST_SCRATCH);
	read_change(event, task);
	append_folder(slot, event, task);
	return emit_medium(slot);
}

static __always_inline int emit_change(__u32 slot, struct task_struct *task)
{
	struct saker_process_change *event;

	if (!wanted(SAKER_PROCESS_CHANGE, 0))
		return 0;
	event = small_record(slot);
	if (!event)
		return drop(SAKER_PROCESS_CHANGE, SAKER_LOST_SCRATCH);
	read_change(event, task);
	return emit_small(slot);
}

/* --- setpgid(2): the only call that changes another process ---------------------------------------------------------------- */

#define SAKER_CHILDREN_MAX 32

/* Address of the task's child that has this number in the pid namespace of `level`, 0 for none. The newest first: a shell puts
 * a process into its group right after the fork. */
__noinline u64 child_of(u64 task_address, u32 number, u32 level)
{
	struct task_struct *task = (void *)task_address, *child;
	struct list_head *head, *at;
	int i;

	head = (void *)task + bpf_core_field_offset(struct task_struct, children);
	at = BPF_CORE_READ(head, prev);
	for (i = 0; i < SAKER_CHILDREN_MAX; i++) {
		if (!at || at == head)
			return 0;
		child = (void *)at - bpf_core_field_offset(struct task_struct, sibling);
		if (pid_number(BPF_CORE_READ(child, thread_pid), level) == number)
			return (u64)child;
		at = BPF_CORE_READ(at, prev);
	}
	return 0;
}

/* The process that setpgid names: the caller, or a child of the calling thread or of the first one. */
static __always_inline struct task_struct *task_of_setpgid(const struct call *call)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct pid *pid = BPF_CORE_READ(leader, thread_pid);
	u32 number = saved_call_arg(call, 0), level = BPF_CORE_READ(pid, level);
	u64 child;

	if (!number || number == pid_number(pid, level))
		return leader;
	child = child_of((u64)task, number, level);
	if (!child && leader != task)
		child = child_of((u64)leader, number, level);
	return (void *)child;
}

static __always_inline int on_setpgid(__u32 slot, const struct call *call)
{
	struct task_struct *task = task_of_setpgid(call);

	return task ? emit_change(slot, task) : drop_unseen(SAKER_PROCESS_CHANGE, SAKER_LOST_UNREADABLE);
}

/* --- system-call plan -------------------------------------------------------------------------------------------------- */

static __always_inline bool is_change_call(__u8 call)
{
	return call >= SAKER_CALL_CHDIR;
}

/* The exit of the calls that do it, of both ABIs. Misses: pivot_root, which moves other processes too; the keyctl that gives
 * a session keyring to the parent, which changes nothing that is told here. */
static __always_inline int on_change_exit(const struct call *call, long ret)
{
	if (ret < 0)
		return 0;
	if (call->id == SAKER_CALL_SETPGID)
		return on_setpgid(SAKER_SLOT_CHANGE_SETPGID, call);
	if (call->id <= SAKER_CALL_SETNS)
		return emit_folder_change(SAKER_SLOT_SYS_EXIT);
	return emit_change(SAKER_SLOT_CHANGE_CREDENTIALS, (void *)bpf_get_current_task());
}

/* --- function plan ----------------------------------------------------------------------------------------------------- */

static __always_inline bool same_credentials(const struct cred *a, const struct cred *b)
{
	struct saker_identity one, other;

	read_credentials(&one, a);
	read_credentials(&other, b);
	return one.uid == other.uid && one.gid == other.gid && one.euid == other.euid && one.egid == other.egid &&
	       one.suid == other.suid && one.sgid == other.sgid && one.fsuid == other.fsuid &&
	       one.fsgid == other.fsgid && one.cap_inheritable == other.cap_inheritable &&
	       one.cap_permitted == other.cap_permitted && one.cap_effective == other.cap_effective &&
	       one.user_ns == other.user_ns;
}

/* The old credentials are still those of the task; the new ones are in force when the function returns, which it always does. */
static __always_inline int on_new_credentials(const struct cred *new)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct saker_process_change *event;

	if (!current_in_scope() || same_credentials(BPF_CORE_READ(task, cred), new) || !wanted(SAKER_PROCESS_CHANGE, 0))
		return 0;
	event = small_record(SAKER_SLOT_CHANGE_CREDENTIALS);
	if (!event)
		return drop(SAKER_PROCESS_CHANGE, SAKER_LOST_SCRATCH);
	read_change(event, task);
	read_credentials(&event->id, new);
	event->hdr.uid = event->id.euid;
	return emit_small(SAKER_SLOT_CHANGE_CREDENTIALS);
}

/* Every change of credentials ends here: the set*id calls, capset, user namespaces, exec of a set-user-id program (whose own
 * record follows). Most other callers (keyrings, PR_CAP_AMBIENT) change nothing that is recorded. */
SEC("fentry/commit_creds")
int BPF_PROG(process_change__fn_credentials, struct cred *new)
{
	return on_new_credentials(new);
}

SEC("kprobe/commit_creds")
int BPF_KPROBE(process_change__fnk_credentials, struct cred *new)
{
	return on_new_credentials(new);
}

/* chdir, fchdir and setns into a mount namespace; chroot, because paths are told from the root of the process. Both functions
 * are called from other source files, so no compiler inlines them. Misses: pivot_root. */
#define FOLDER_CHANGE(name, slot)                                                                                      \
	SEC("fexit/set_fs_" #name)                                                                                     \
	int BPF_PROG(process_change__fn_##name, struct fs_struct *fs)                                                  \
	{                                                                                                              \
		struct task_struct *task = (void *)bpf_get_current_task();                                             \
                                                                                                                       \
		if (BPF_CORE_READ(task, fs) != fs || !current_in_scope())                                              \
			return 0; /* setns prepares a copy first */                                                    \
		return emit_folder_change(slot);                                                                       \
	}                                                                                                              \
	SEC("kretprobe/set_fs_" #name)                                                                                 \
	int BPF_KRETPROBE(process_change__fnk_##name)                                                                  \
	{                                                                                                              \
		return current_in_scope() ? emit_folder_change(slot) : 0;                                              \
	}

FOLDER_CHANGE(pwd, SAKER_SLOT_CHANGE_PWD)
FOLDER_CHANGE(root, SAKER_SLOT_CHANGE_ROOT)

static __always_inline int on_own_change(__u32 slot, long ret)
{
	if (ret < 0 || !current_in_scope())
		return 0;
	return emit_change(slot, (void *)bpf_get_current_task());
}

static __always_inline int on_setpgid_return(__u32 slot, long ret)
{
	struct call call;

	if (ret < 0 || !current_in_scope())
		return 0;
	current_call(&call);
	return on_setpgid(slot, &call);
}

#define CHANGE_CALL(name, function, slot, on_return)                                                                   \
	SEC("fexit/" function)                                                                                         \
	int BPF_PROG(process_change__fn_##name, const struct pt_regs *regs, long ret)                                  \
	{                                                                                                              \
		return on_return(slot, ret);                                                                           \
	}                                                                                                              \
	SEC("kretprobe/" function)                                                                                     \
	int BPF_KRETPROBE(process_change__fnk_##name, long ret)                                                        \
	{                                                                                                              \
		return on_return(slot, ret);                                                                           \
	}

/* The functions of the calls themselves, as in process_exec_failed. */
CHANGE_CALL(setpgid, NATIVE_CALL "setpgid", SAKER_SLOT_CHANGE_SETPGID, on_setpgid_return)
CHANGE_CALL(setns, NATIVE_CALL "setns", SAKER_SLOT_CHANGE_SETNS, on_own_change)
CHANGE_CALL(unshare, NATIVE_CALL "unshare", SAKER_SLOT_CHANGE_UNSHARE, on_own_change)
#ifdef COMPAT_SAME_CALL
CHANGE_CALL(compat_setpgid, COMPAT_SAME_CALL "setpgid", SAKER_SLOT_CHANGE_COMPAT_SETPGID, on_setpgid_return)
CHANGE_CALL(compat_setns, COMPAT_SAME_CALL "setns", SAKER_SLOT_CHANGE_COMPAT_SETNS, on_own_change)
CHANGE_CALL(compat_unshare, COMPAT_SAME_CALL "unshare", SAKER_SLOT_CHANGE_COMPAT_UNSHARE, on_own_change)
#endif

/* setsid takes no arguments, so both ABIs share one stub, which BTF does not name. What it calls is no static function, and a
 * jump from the stub on 5.10, 6.1, 6.12 and 6.18 (looked at). */
SEC("fexit/ksys_setsid")
int BPF_PROG(process_change__fn_setsid, int ret)
{
	return on_own_change(SAKER_SLOT_CHANGE_SETSID, ret);
}

SEC("kretprobe/ksys_setsid")
int BPF_KRETPROBE(process_change__fnk_setsid, long ret)
{
	return on_own_change(SAKER_SLOT_CHANGE_SETSID, ret);
}
