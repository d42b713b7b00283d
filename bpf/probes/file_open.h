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
	event->dev = device_of_inode(inode);
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

/* --- an open under way, by thread (function plan) --------------------------------------------------------------------- */

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
