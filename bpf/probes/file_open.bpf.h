/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The function plan of file.open. */

static __always_inline int on_open_begin(int dfd, const char *name, struct open_how *how)
{
	struct open_in_flight open = {};

	if (!current_observed())
		return 0;
	open.dirfd = dfd;
	open.name = (u64)name;
	open.flags = BPF_CORE_READ(how, flags);
	open.mode = BPF_CORE_READ(how, mode);
	open.resolve = BPF_CORE_READ(how, resolve);
	begin_open(&open);
	return 0;
}

/* do_sys_openat2's flags hold O_LARGEFILE for every 64-bit caller; a record says whether this one passed it. */
static __always_inline u32 caller_flags(const struct open_in_flight *open, const struct call *call)
{
	u32 flags = portable_open_flags(open->flags, call->compat) & ~SAKER_O_LARGEFILE;

	if (call->id == SAKER_CALL_OPEN)
		return flags | (portable_open_flags(saved_call_arg(call, 1), call->compat) & SAKER_O_LARGEFILE);
	if (call->id == SAKER_CALL_OPENAT)
		return flags | (portable_open_flags(saved_call_arg(call, 2), call->compat) & SAKER_O_LARGEFILE);
	return flags;
}

/* A plain local for each pointer: BPF_CORE_READ would relocate a member of our own structure too. */
static __always_inline struct file *file_if_same(struct file *file, struct inode *inode, u64 ino)
{
	return file && BPF_CORE_READ(file, f_inode) == inode && BPF_CORE_READ(inode, i_ino) == ino ? file : NULL;
}

static __always_inline int on_open_done(int ret)
{
	struct open_in_flight kept;
	struct open_facts open = {};
	struct saker_file_open *event;
	struct call call;

	if (!take_open(&kept))
		return 0;
	current_call(&call);
	open.ret = ret;
	open.name = (void *)kept.name;
	open.flags = caller_flags(&kept, &call);
	open.mode = kept.mode;
	open.resolve = kept.resolve;
	open.dirfd = kept.dirfd;
	if (ret >= 0)
		open.file = file_if_same(kept.file, kept.inode, kept.ino);
	if (!wanted(SAKER_FILE_OPEN, open_class(open.flags, ret)))
		return 0;
	event = record_open(SAKER_SLOT_OPEN, &open);
	if (!event)
		return drop(SAKER_FILE_OPEN, SAKER_LOST_SCRATCH);
	stamp_call(&event->hdr, &call);
	return emit_medium(SAKER_SLOT_OPEN);
}

/* io_uring's opens are recorded here, with the kernel's copy of the name: io_openat2 frees it before it returns. */
static __always_inline int on_filp_open(struct filename *name, struct file *file)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct open_in_flight *kept = bpf_map_lookup_elem(&opens_in_flight, &tid);
	struct open_facts open = {};
	struct inode *inode;

	if (!kept)
		return 0;
	if (!kept->uring_op) {
		if (!is_error(file)) {
			inode = BPF_CORE_READ(file, f_inode);
			kept->file = file;
			kept->inode = inode;
			kept->ino = BPF_CORE_READ(inode, i_ino);
		}
		return 0;
	}
	open.ret = is_error(file) ? (s64)file : 0;
	if (uring_tries_again(kept->issue_flags, open.ret) && !(kept->resolve & SAKER_RESOLVE_CACHED))
		return 0;
	open.file = is_error(file) ? NULL : file;
	open.name = BPF_CORE_READ(name, name);
	open.name_in_kernel = true;
	open.flags = portable_open_flags(kept->flags, false) & ~SAKER_O_LARGEFILE;
	open.mode = kept->mode;
	open.resolve = kept->resolve;
	open.dirfd = kept->dirfd;
	kept->done = true;
	return emit_uring_open(SAKER_SLOT_OPEN_FILP, &open, kept->uring_op);
}

/* do_sys_openat2 is where open, openat, openat2 and creat of both ABIs meet: failures too, EMFILE and bad flags among them.
 * do_filp_open returns the file while it is still this call's own; exec's opens pass there too, but without having begun.
 * security_file_open would run twice on overlayfs, never for ENOENT or O_PATH, and knows no descriptor.
 * Misses: open_by_handle_at. */
SEC("fentry/do_sys_openat2")
int BPF_PROG(file_open__fn_begin, int dfd, const char *name, struct open_how *how)
{
	return on_open_begin(dfd, name, how);
}

SEC("fexit/do_filp_open")
int BPF_PROG(file_open__fn_file, int dfd, struct filename *name, const void *op, struct file *unused)
{
	struct file *file = NULL;

	/* The verifier takes the result for a pointer that can be followed, and allows no test for an error in it. */
	bpf_probe_read_kernel(&file, sizeof(file), &ctx[3]);
	return on_filp_open(name, file);
}

SEC("fexit/do_sys_openat2")
int BPF_PROG(file_open__fn_done, int dfd, const char *name, struct open_how *how, long ret)
{
	return on_open_done(ret);
}

SEC("kprobe/do_sys_openat2")
int BPF_KPROBE(file_open__fnk_begin, int dfd, const char *name, struct open_how *how)
{
	return on_open_begin(dfd, name, how);
}

SEC("kretprobe/do_filp_open")
int BPF_KRETPROBE(file_open__fnk_file, struct file *file)
{
	return on_filp_open(NULL, file);
}

SEC("kretprobe/do_sys_openat2")
int BPF_KRETPROBE(file_open__fnk_done, long ret)
{
	return on_open_done(ret);
}
