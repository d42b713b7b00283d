/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* file.open: every call that opens by name. What was opened is read from the struct file; the caller's text is added where
 * it differs. A call that failed has no file: then there is only the caller's text, flagged as a claim. */

#define SAKER_AT_FDCWD -100
#define SAKER_O_ACCMODE 03
#define SAKER_O_WRONLY 01
#define SAKER_O_RDWR 02
#define SAKER_O_CREAT 0100
#define SAKER_O_TRUNC 01000
#define SAKER_O_LARGEFILE 0100000
#define SAKER_O_DIRECTORY 0200000
#define SAKER_O_TMPFILE 020000000 /* without the O_DIRECTORY that comes with it */
#define SAKER_FMODE_CREATED 0x100000
#define SAKER_RESOLVE_CACHED 0x20
#define SAKER_EAGAIN 11
#define SAKER_MAX_ERRNO 4095
#define SAKER_S_IFMT 0170000
#define SAKER_S_IFDIR 0040000

/* One open, whatever way it was taken. */
struct open_facts {
	s64 ret;
	const char *name;
	struct file *file; /* NULL: failed, or not to be had */
	u64 resolve;
	u32 flags; /* x86 numbers */
	u32 mode;
	s32 dirfd;
	bool name_in_kernel;
	bool partial;
};

static __always_inline bool is_error(const void *pointer)
{
	return (u64)pointer >= (u64)-SAKER_MAX_ERRNO;
}

static __always_inline u32 open_class(u32 flags, s64 ret)
{
	u32 access = flags & SAKER_O_ACCMODE, class = 0;

	if (ret < 0)
		class |= SAKER_CLASS_OPEN_FAILED;
	if (access != SAKER_O_WRONLY)
		class |= SAKER_CLASS_OPEN_READ;
	if (access)
		class |= SAKER_CLASS_OPEN_WRITE;
	if (flags & (SAKER_O_CREAT | SAKER_O_TMPFILE))
		class |= SAKER_CLASS_OPEN_CREATE;
	if (flags & SAKER_O_DIRECTORY)
		class |= SAKER_CLASS_OPEN_DIRECTORY;
	return class;
}

static __always_inline void read_opened_file(struct saker_file_open *event, struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	enum layer layer = overlay_layer(inode);

	event->ino = BPF_CORE_READ(inode, i_ino);
	event->dev = BPF_CORE_READ(inode, i_sb, s_dev);
	if (BPF_CORE_READ(file, f_mode) & SAKER_FMODE_CREATED)
		event->file_flags |= SAKER_FILE_CREATED;
	if ((BPF_CORE_READ(inode, i_mode) & SAKER_S_IFMT) == SAKER_S_IFDIR)
		event->file_flags |= SAKER_FILE_DIRECTORY;
	if (layer == LAYER_UPPER)
		event->file_flags |= SAKER_FILE_UPPER_LAYER;
	if (layer == LAYER_LOWER)
		event->file_flags |= SAKER_FILE_LOWER_LAYER;
	if (is_memfd(BPF_CORE_READ(file, f_path.dentry)))
		event->file_flags |= SAKER_FILE_MEMFD;
}

/* The folder that a relative name starts from; none where the descriptor is no open one. */
static __always_inline struct path base_of(struct task_struct *task, s32 dirfd)
{
	struct path base = {};

	if (dirfd == SAKER_AT_FDCWD)
		BPF_CORE_READ_INTO(&base, task, fs, pwd);
	else
		base = file_path(file_of_fd(task, dirfd));
	return base;
}

/* Adds the caller's text unless it is the path itself, and the folder that it starts from if it is relative. */
static __always_inline void append_name(__u32 slot, struct saker_file_open *event, struct task_struct *task,
					const struct open_facts *open)
{
	struct path_scratch *path = path_scratch(slot);
	struct path base;
	bool relative;
	long len;

	if (!path || !open->name)
		return;
	if (open->name_in_kernel)
		len = bpf_probe_read_kernel_str(path->name, SAKER_PATH_MAX, open->name);
	else
		len = read_user_text(path->name, SAKER_PATH_MAX, open->name);
	if (len <= 0) {
		event->hdr.flags |= SAKER_F_FAULT;
		return;
	}
	if (event->path_len == len && same_as_path(slot, len))
		return;
	relative = path->name[0] != '/';
	event->name_len = append_bytes(&event->hdr, SAKER_MEDIUM_MAX, path->name, len);
	if (!relative)
		return;
	base = base_of(task, open->dirfd);
	if (base.dentry)
		event->base_len = append_path_of(slot, &event->hdr, SAKER_MEDIUM_MAX, task, base);
}

/* Fills the slot's record but for hdr.arg. The caller has asked wanted(). */
static __always_inline struct saker_file_open *record_open(__u32 slot, const struct open_facts *open)
{
	struct saker_file_open *event = medium_record(slot);
	struct task_struct *task;

	if (!event)
		return NULL;
	task = stamp_current(&event->hdr, SAKER_FILE_OPEN, sizeof(*event));
	event->ret = open->ret;
	event->ino = 0;
	event->resolve = open->resolve;
	event->dev = 0;
	event->open_flags = open->flags;
	event->mode = open->mode;
	event->dirfd = open->dirfd;
	event->file_flags = 0;
	event->path_len = 0;
	event->name_len = 0;
	event->base_len = 0;
	event->__pad = 0;
	event->__pad2 = 0;
	if (open->file) {
		read_opened_file(event, open->file);
		event->path_len = append_path_of(slot, &event->hdr, SAKER_MEDIUM_MAX, task, file_path(open->file));
	} else {
		event->hdr.flags |= open->ret < 0 ? SAKER_F_CLAIM : SAKER_F_PARTIAL;
	}
	if (open->partial)
		event->hdr.flags |= SAKER_F_PARTIAL;
	append_name(slot, event, task, open);
	return event;
}

/* --- system-call plan -------------------------------------------------------------------------------------------------- */

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

/* --- function plan ----------------------------------------------------------------------------------------------------- */

/* An open under way, by thread. do_sys_openat2 or io_openat2 begins it, do_filp_open adds the file, the return ends it. */
struct open_in_flight {
	u64 name; /* the caller's pointer */
	u64 flags;
	u64 mode;
	u64 resolve;
	struct file *file;
	struct inode *
		inode; /* of that file, and its number: closed meanwhile by another thread, the file may be another's by now */
	u64 ino;
	s32 dirfd;
	u32 issue_flags;
	u8 uring_op;
	u8 done;
	u8 __pad[6];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct open_in_flight);
} opens_in_flight SEC(".maps");

static __always_inline void begin_open(const struct open_in_flight *open)
{
	__u32 tid = bpf_get_current_pid_tgid();

	if (bpf_map_update_elem(&opens_in_flight, &tid, open, BPF_ANY))
		drop_unseen(SAKER_FILE_OPEN, SAKER_LOST_IN_FLIGHT);
}

static __always_inline bool take_open(struct open_in_flight *into)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct open_in_flight *open = bpf_map_lookup_elem(&opens_in_flight, &tid);

	if (!open)
		return false;
	*into = *open;
	bpf_map_delete_elem(&opens_in_flight, &tid);
	return true;
}

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
	open.ret = result < 0 ? result : 0;
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
