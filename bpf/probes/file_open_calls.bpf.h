/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The system-call plan of file.open. */

static __always_inline bool is_open_call(__u8 call)
{
	return call == SAKER_CALL_OPEN || call == SAKER_CALL_OPENAT || call == SAKER_CALL_OPENAT2 ||
	       call == SAKER_CALL_CREAT;
}

/* The arguments out of the registers; openat2's structure out of the caller's memory. */
static __always_inline void read_open_arguments(struct open_facts *open, const struct call *call)
{
	struct open_how how = {};

	open->dirfd = SAKER_AT_FDCWD;
	switch (call->id) {
	case SAKER_CALL_OPEN:
		open->name = (void *)saved_call_arg(call, 0);
		open->flags = saved_call_arg(call, 1);
		open->mode = saved_call_arg(call, 2);
		break;
	case SAKER_CALL_CREAT:
		open->name = (void *)saved_call_arg(call, 0);
		open->flags = SAKER_O_CREAT | SAKER_O_WRONLY | SAKER_O_TRUNC;
		open->mode = saved_call_arg(call, 1);
		return;
	case SAKER_CALL_OPENAT:
		open->dirfd = saved_call_arg(call, 0);
		open->name = (void *)saved_call_arg(call, 1);
		open->flags = saved_call_arg(call, 2);
		open->mode = saved_call_arg(call, 3);
		break;
	default:
		open->dirfd = saved_call_arg(call, 0);
		open->name = (void *)saved_call_arg(call, 1);
		open->partial =
			bpf_probe_read_user(&how, sizeof(how), (void *)saved_call_arg(call, 2)) && open->ret >= 0;
		open->flags = how.flags;
		open->mode = how.mode;
		open->resolve = how.resolve;
	}
	open->flags = portable_open_flags(open->flags, call->compat);
	if (!(open->flags & (SAKER_O_CREAT | SAKER_O_TMPFILE)))
		open->mode = 0; /* not passed: what the register held before */
}

/* The exit of open, openat, openat2 and creat, of both ABIs, success and failure. The descriptor leads to the file. Between
 * the return of the kernel's own work and this point another thread can close the descriptor, or put another file there:
 * then the record tells of that one; the function plan is not open to this. Misses: open_by_handle_at. */
static __always_inline int on_open_exit(const struct call *call, long ret)
{
	struct open_facts open = { .ret = ret };
	struct saker_file_open *event;
	struct file *file;

	read_open_arguments(&open, call);
	if (ret >= 0 && call->id == SAKER_CALL_OPENAT2) {
		/* what points to its flags may have been rewritten: of the file itself at least the access is true */
		file = file_of_fd((void *)bpf_get_current_task(), ret);
		open.flags = (open.flags & ~SAKER_O_ACCMODE) | (BPF_CORE_READ(file, f_flags) & SAKER_O_ACCMODE);
	}
	if (!wanted(SAKER_FILE_OPEN, open_class(open.flags, ret)))
		return 0;
	if (ret >= 0) {
		file = file_of_fd((void *)bpf_get_current_task(), ret);
		open.file = file;
	}
	event = record_open(SAKER_SLOT_SYS_EXIT, &open);
	if (!event)
		return drop(SAKER_FILE_OPEN, SAKER_LOST_SCRATCH);
	stamp_call(&event->hdr, call);
	return emit_medium(SAKER_SLOT_SYS_EXIT);
}
