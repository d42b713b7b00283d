/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

#define SAKER_S_IWUGO 0222
#define SAKER_S_IWGRP 0020
#define SAKER_S_IWOTH 0002
#define SAKER_SB_RDONLY 1
#define SAKER_S_IMMUTABLE 8
#define SAKER_MNT_READONLY 0x40

/* Whether the process could change its own executable: it owns it (then it may chmod it) or the mode lets it write, and
 * neither mount nor inode forbid it. Supplementary groups and ACLs are not looked at. */
static __always_inline bool exe_writable(struct task_struct *task, const struct inode *inode, struct vfsmount *mnt)
{
	const struct cred *cred = BPF_CORE_READ(task, cred);
	u32 mode = BPF_CORE_READ(inode, i_mode);

	if (BPF_CORE_READ(inode, i_sb, s_flags) & SAKER_SB_RDONLY ||
	    BPF_CORE_READ(inode, i_flags) & SAKER_S_IMMUTABLE || BPF_CORE_READ(mnt, mnt_flags) & SAKER_MNT_READONLY)
		return false;
	return BPF_CORE_READ(inode, i_uid.val) == BPF_CORE_READ(cred, fsuid.val) || mode & SAKER_S_IWOTH ||
	       (mode & SAKER_S_IWGRP && BPF_CORE_READ(inode, i_gid.val) == BPF_CORE_READ(cred, fsgid.val));
}

static __always_inline void read_executable(struct saker_process_exec *event, struct task_struct *task,
					    struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	enum layer layer = overlay_layer(inode);

	event->exe_ino = BPF_CORE_READ(inode, i_ino);
	event->exe_dev = device_of_inode(inode);
	event->exe_ctime_ns = inode_ctime_ns(inode);
	event->exe_mtime_ns = inode_mtime_ns(inode);
	event->exe_mode = BPF_CORE_READ(inode, i_mode);
	event->exe_uid = BPF_CORE_READ(inode, i_uid.val);
	event->exe_flags = 0;
	if (exe_writable(task, inode, BPF_CORE_READ(file, f_path.mnt)))
		event->exe_flags |= SAKER_EXE_WRITABLE;
	if (layer == LAYER_UPPER)
		event->exe_flags |= SAKER_EXE_UPPER_LAYER;
	if (layer == LAYER_LOWER)
		event->exe_flags |= SAKER_EXE_LOWER_LAYER;
	if (is_memfd(BPF_CORE_READ(file, f_path.dentry)))
		event->exe_flags |= SAKER_EXE_MEMFD;
	if (!BPF_CORE_READ(inode, i_nlink))
		event->exe_flags |= SAKER_EXE_DELETED;
}

/* Where arguments and environment are read from: the caller's own memory, or (scan) that of the task. */
enum area_reader { AREA_OF_CURRENT, AREA_OF_TASK };

/* Appends one of the two areas at the top of a process's stack, at most SAKER_ARGS_MAX bytes and always closed by NUL. */
static __always_inline u32 append_area(struct saker_event_header *hdr, u64 from, u64 to, enum area_reader reader,
				       struct task_struct *task)
{
	u64 at = hdr->size, len = to - from, last;
	char *record = (char *)hdr;
	long failed;

	if (!from || to <= from)
		return 0;
	if (len > SAKER_ARGS_MAX) {
		len = SAKER_ARGS_MAX;
		hdr->flags |= SAKER_F_TRUNCATED;
	}
	OPAQUE(at);
	OPAQUE(len);
	if (at > SAKER_LARGE_MAX - SAKER_ARGS_MAX || len > SAKER_ARGS_MAX || !len)
		return 0;
	if (reader == AREA_OF_CURRENT)
		failed = bpf_probe_read_user(record + at, len, (void *)from);
	else
		failed = bpf_copy_from_user_task(record + at, len, (void *)from, task, 0);
	if (failed) {
		hdr->flags |= SAKER_F_PARTIAL;
		return 0;
	}
	last = at + len - 1;
	OPAQUE(last);
	if (last >= SAKER_LARGE_MAX)
		return 0;
	record[last] = 0;
	hdr->size = at + len;
	return len;
}

static __always_inline void clear_exec_strings(struct saker_process_exec *event)
{
	event->interpreted = 0;
	event->args_total = 0;
	event->exe_path_len = 0;
	event->filename_len = 0;
	event->cwd_len = 0;
	event->args_len = 0;
	event->env_len = 0;
	event->cgroup_len = 0;
	event->__pad = 0;
}

static __always_inline struct path file_path(struct file *file)
{
	struct path path = {};

	bpf_core_read(&path, sizeof(path), &file->f_path);
	return path;
}

/* Runs in the new program's task at the point of no return and before its first instruction: once for an exec, however many
 * interpreters it went through, and never for one that fails. bprm_check sees attempts, and each interpreter. bprm->file is
 * what really runs (of a script, the interpreter). Arguments are read from the new stack, which nobody has run on yet. */
SEC("raw_tp/sched_process_exec")
int process_exec__any(struct bpf_raw_tracepoint_args *ctx)
{
	struct linux_binprm *bprm = (void *)ctx->args[2];
	struct saker_process_exec *event;
	struct saker_control *now = control();
	struct task_struct *task;
	struct path pwd = {};
	struct mm_struct *mm;
	struct file *file;
	struct call call;

	if (!current_in_scope() || !wanted(SAKER_PROCESS_EXEC, 0))
		return 0;
	event = large_record(SAKER_SLOT_EXEC);
	if (!event)
		return drop(SAKER_PROCESS_EXEC, SAKER_LOST_SCRATCH);
	task = stamp_current(&event->hdr, SAKER_PROCESS_EXEC, sizeof(*event));
	current_call(&call);
	stamp_call(&event->hdr, &call);
	read_identity(&event->id, task);
	clear_exec_strings(event);
	file = BPF_CORE_READ(bprm, file);
	read_executable(event, task, file);
	event->interpreted = BPF_CORE_READ(bprm, interp) != BPF_CORE_READ(bprm, filename);
	mm = BPF_CORE_READ(task, mm);
	event->args_total = BPF_CORE_READ(mm, arg_end) - BPF_CORE_READ(mm, arg_start);

	event->exe_path_len = append_path_of(SAKER_SLOT_EXEC, &event->hdr, SAKER_LARGE_MAX, task, file_path(file));
	event->filename_len = append_kernel_text(&event->hdr, SAKER_LARGE_MAX, BPF_CORE_READ(bprm, filename));
	BPF_CORE_READ_INTO(&pwd, task, fs, pwd);
	event->cwd_len = append_path_of(SAKER_SLOT_EXEC, &event->hdr, SAKER_LARGE_MAX, task, pwd);
	event->args_len = append_area(&event->hdr, BPF_CORE_READ(mm, arg_start), BPF_CORE_READ(mm, arg_end),
				      AREA_OF_CURRENT, task);
	if (now && now->want_env)
		event->env_len = append_area(&event->hdr, BPF_CORE_READ(mm, env_start), BPF_CORE_READ(mm, env_end),
					     AREA_OF_CURRENT, task);
	return emit_large(SAKER_SLOT_EXEC);
}
