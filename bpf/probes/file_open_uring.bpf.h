/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What io_uring opens. */

static __always_inline int emit_uring_open(__u32 slot, const struct open_facts *open, __u8 op)
{
	struct saker_file_open *event;

	if (!wanted(SAKER_FILE_OPEN, open_class(open->flags, open->ret)))
		return 0;
	event = record_open(slot, open);
	if (!event)
		return drop(SAKER_FILE_OPEN, SAKER_LOST_SCRATCH);
	event->hdr.arg = op;
	event->hdr.flags |= SAKER_F_IO_URING;
	return emit_medium(slot);
}

enum io_uring_cmd_flags___saker { IO_URING_F_NONBLOCK___saker = 1 };

/* io_uring tries without blocking first; "try again" is then no answer but sends the request to a worker thread. */
static __always_inline bool uring_tries_again(u32 issue_flags, s64 ret)
{
	return ret == -SAKER_EAGAIN &&
	       bpf_core_enum_value_exists(enum io_uring_cmd_flags___saker, IO_URING_F_NONBLOCK___saker) &&
	       issue_flags & (u32)bpf_core_enum_value(enum io_uring_cmd_flags___saker, IO_URING_F_NONBLOCK___saker);
}

static __always_inline int on_uring_open_begin(struct io_kiocb *req, u32 issue_flags)
{
	struct io_open *io = (void *)req; /* the operation's own part comes first in the request */
	struct open_in_flight open = {};

	if (!current_observed())
		return 0;
	open.uring_op = BPF_CORE_READ(req, opcode);
	open.issue_flags = issue_flags;
	open.dirfd = BPF_CORE_READ(io, dfd);
	open.flags = BPF_CORE_READ(io, how.flags);
	open.mode = BPF_CORE_READ(io, how.mode);
	open.resolve = BPF_CORE_READ(io, how.resolve);
	begin_open(&open);
	return 0;
}

/* Only what never came to do_filp_open is left to record: no descriptor free, or flags that cannot be. */
static __always_inline int on_uring_open_done(struct io_kiocb *req, int ret)
{
	struct open_in_flight kept;
	struct open_facts open = {};
	s32 result;

	if (!take_open(&kept) || kept.done || ret == -SAKER_EAGAIN)
		return 0;
	if (!uring_result(req, &result))
		return drop_unseen(SAKER_FILE_OPEN, SAKER_LOST_UNREADABLE);
	open.ret = result;
	open.flags = portable_open_flags(kept.flags, false) & ~SAKER_O_LARGEFILE;
	open.mode = kept.mode;
	open.resolve = kept.resolve;
	open.dirfd = kept.dirfd;
	open.partial = true;
	return emit_uring_open(SAKER_SLOT_OPEN_URING, &open, kept.uring_op);
}

/* OPENAT and OPENAT2 of io_uring both end here, in the caller's context or in a worker thread of the same process. */
SEC("fentry/io_openat2")
int BPF_PROG(file_open__fn_uring_begin, struct io_kiocb *req, unsigned int issue_flags)
{
	return on_uring_open_begin(req, issue_flags);
}

SEC("fexit/io_openat2")
int BPF_PROG(file_open__fn_uring_done, struct io_kiocb *req, unsigned int issue_flags, int ret)
{
	return on_uring_open_done(req, ret);
}

/* Where functions cannot be hooked: the completion of an OPENAT or OPENAT2. It is posted by the process that made the request
 * (or by a thread of it), so the descriptor leads to the file, as at a call's exit. Misses: the name as passed, freed by then,
 * so a failure carries none and a success only what was opened; requests that ask for no completion
 * (IOSQE_CQE_SKIP_SUCCESS). Refuses to load before 5.19, where the tracepoint does not say which request it was. */
SEC("raw_tp/io_uring_complete")
int file_open__sys_uring(struct bpf_raw_tracepoint_args *ctx)
{
	struct open_facts open = { .partial = true };
	struct io_open *io;
	struct io_kiocb *req;
	struct file *file;
	s32 result;
	u8 op;

	REFUSE_WITHOUT(struct trace_event_raw_io_uring_complete___new, req);
	req = (void *)ctx->args[1];
	if (!req)
		return 0;
	op = BPF_CORE_READ(req, opcode);
	if ((op != SAKER_URING_OPENAT && op != SAKER_URING_OPENAT2) || !current_observed() ||
	    !uring_result(req, &result))
		return 0;
	io = (void *)req; /* the operation's own part comes first in the request */
	open.ret = result;
	open.flags = portable_open_flags(BPF_CORE_READ(io, how.flags), false) & ~SAKER_O_LARGEFILE;
	open.mode = BPF_CORE_READ(io, how.mode);
	open.resolve = BPF_CORE_READ(io, how.resolve);
	open.dirfd = BPF_CORE_READ(io, dfd);
	if (result >= 0 && !BPF_CORE_READ(io, file_slot)) {
		file = file_of_fd((void *)bpf_get_current_task(), result);
		open.file = file;
	}
	return emit_uring_open(SAKER_SLOT_OPEN_URING_COMPLETE, &open, op);
}
