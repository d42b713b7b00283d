/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Absolute paths out of kernel objects: dentry by dentry and mount by mount, up to the root directory of the process, so
 * the text is what the process itself would call the file. (bpf_d_path cannot be had in most of these programs.) */
#ifndef SAKER_PATH_H
#define SAKER_PATH_H

/* Steps of one walk: components plus mounts crossed. A deeper path loses its leading folders and is flagged truncated. */
#define SAKER_PATH_STEPS 512
#define SAKER_NAME_MAX 255
#define SAKER_CHUNK 64 /* bytes compared at once */

#define SAKER_TMPFS_MAGIC 0x01021994
#define SAKER_HUGETLBFS_MAGIC 0x958458f6
#define SAKER_OVERLAYFS_MAGIC 0x794c7630

/* Where a path is put together, backwards from the end of `text`; and the caller's own text while it is compared.
 *
 * The state of a walk is kept here, not in registers, and each step is a function of its own: the verifier goes through a
 * step once and knows nothing at the next that could keep it from converging. */
struct path_scratch {
	u64 dentry; /* cgroups: their kernfs node */
	u64 mount;
	u64 root_dentry;
	u64 root_mnt;
	u32 start; /* where the path begins in text */
	u32 flags; /* enum saker_flag */
	char text[SAKER_PATH_MAX + SAKER_NAME_MAX + 1]; /* a whole name of slack: it bounds every copy */
	char name[SAKER_PATH_MAX + SAKER_CHUNK];
};

SAKER_SCRATCH(scratch_path, SAKER_SLOT_PATH_END, struct path_scratch);

static __always_inline struct path_scratch *path_scratch(__u32 slot)
{
	return bpf_map_lookup_elem(&scratch_path, &slot);
}

/* Puts one name in front of the path; false when there is no room left. */
static __always_inline bool prepend_name(struct path_scratch *path, const void *name, u32 name_len, bool slash)
{
	u64 at = path->start, len = name_len;

	if (len > SAKER_NAME_MAX)
		len = SAKER_NAME_MAX;
	if (at < len + 1 || at >= SAKER_PATH_MAX)
		return false;
	at -= len;
	OPAQUE(at);
	OPAQUE(len);
	if (at >= SAKER_PATH_MAX || len > SAKER_NAME_MAX || bpf_probe_read_kernel(path->text + at, len, name))
		return false;
	if (slash) {
		at--;
		OPAQUE(at);
		if (at >= SAKER_PATH_MAX)
			return false;
		path->text[at] = '/';
	}
	path->start = at;
	return true;
}

static __always_inline void start_walk(struct path_scratch *path)
{
	path->text[SAKER_PATH_MAX - 1] = 0;
	path->start = SAKER_PATH_MAX - 1;
	path->flags = SAKER_F_TRUNCATED; /* until the walk has come to its end */
}

static __always_inline void name_root(struct path_scratch *path)
{
	if (path->start == SAKER_PATH_MAX - 1) {
		path->text[SAKER_PATH_MAX - 2] = '/';
		path->start = SAKER_PATH_MAX - 2;
	}
}

/* One step up, through a mount or by a name. Returns 1 when the walk is over.
 *
 * A dentry without a parent that is no mount's root stands for itself: "memfd:NAME", or "" for pipes and the like. A file
 * outside the root (a folder handed in from another mount namespace) is given from the top of its own tree. */
__noinline int walk_step(__u32 slot)
{
	struct path_scratch *path = path_scratch(slot);
	struct mount *mount, *above;
	struct dentry *dentry, *parent;

	if (!path)
		return 1;
	dentry = (void *)path->dentry;
	mount = (void *)path->mount;
	if ((u64)dentry == path->root_dentry && (u64)mount + bpf_core_field_offset(struct mount, mnt) == path->root_mnt)
		goto at_root;
	if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
		above = BPF_CORE_READ(mount, mnt_parent);
		if (above == mount || !above)
			goto at_root;
		path->dentry = (u64)BPF_CORE_READ(mount, mnt_mountpoint);
		path->mount = (u64)above;
		return 0;
	}
	parent = BPF_CORE_READ(dentry, d_parent);
	if (!parent) {
		path->flags = SAKER_F_PARTIAL;
		return 1;
	}
	if (!prepend_name(path, BPF_CORE_READ(dentry, d_name.name), BPF_CORE_READ(dentry, d_name.len),
			  parent != dentry))
		return 1;
	if (parent == dentry) {
		path->flags = 0;
		return 1;
	}
	path->dentry = (u64)parent;
	return 0;
at_root:
	path->flags = 0;
	name_root(path);
	return 1;
}

static __always_inline struct mount *mount_of(struct path at)
{
	return (void *)at.mnt - bpf_core_field_offset(struct mount, mnt);
}

/* The path of dentry on mnt below `root`, left in the slot's scratch. Returns its length with NUL, 0 for none. */
static __always_inline u32 walk_path(__u32 slot, struct path at, struct path root, struct saker_event_header *hdr)
{
	struct path_scratch *path = path_scratch(slot);
	int step;

	if (!path)
		return 0;
	path->dentry = (u64)at.dentry;
	path->mount = (u64)mount_of(at);
	path->root_dentry = (u64)root.dentry;
	path->root_mnt = (u64)root.mnt;
	start_walk(path);
	for (step = 0; step < SAKER_PATH_STEPS; step++)
		if (walk_step(slot))
			break;
	hdr->flags |= path->flags;
	return path->start < SAKER_PATH_MAX - 1 ? SAKER_PATH_MAX - path->start : 0;
}

/* As `task` sees it. */
static __always_inline u32 task_path(__u32 slot, struct task_struct *task, struct path at,
				     struct saker_event_header *hdr)
{
	struct path root = { BPF_CORE_READ(task, fs, root.mnt), BPF_CORE_READ(task, fs, root.dentry) };

	return walk_path(slot, at, root, hdr);
}

/* From the top of its mount namespace, whatever a process has made its root. */
static __always_inline u32 mount_path(__u32 slot, struct path at, struct saker_event_header *hdr)
{
	struct path nowhere = { (void *)-1, (void *)-1 };

	return walk_path(slot, at, nowhere, hdr);
}

/* Appends the path that the slot's scratch holds. */
static __always_inline u32 append_path(__u32 slot, struct saker_event_header *hdr, u32 room, u32 len)
{
	struct path_scratch *path = path_scratch(slot);
	u32 start;

	if (!path || !len)
		return 0;
	start = path->start;
	OPAQUE(start);
	if (start >= SAKER_PATH_MAX)
		return 0;
	return append_bytes(hdr, room, path->text + start, len);
}

static __always_inline u32 append_path_of(__u32 slot, struct saker_event_header *hdr, u32 room,
					  struct task_struct *task, struct path at)
{
	return append_path(slot, hdr, room, task_path(slot, task, at, hdr));
}

__noinline int walk_cgroup_step(__u32 slot)
{
	struct path_scratch *path = path_scratch(slot);
	struct kernfs_node *node, *parent;
	long len;

	if (!path)
		return 1;
	node = (void *)path->dentry;
	parent = kernfs_parent(node);
	if (!parent) {
		path->flags = 0;
		name_root(path);
		return 1;
	}
	len = bpf_probe_read_kernel_str(path->name, SAKER_NAME_MAX + 1, BPF_CORE_READ(node, name));
	if (len <= 0 || !prepend_name(path, path->name, len - 1, true))
		return 1;
	path->dentry = (u64)parent;
	return 0;
}

/* Appends the path of a cgroup from the root of its hierarchy. */
static __always_inline u32 append_cgroup_path(__u32 slot, struct saker_event_header *hdr, u32 room,
					      struct cgroup *group)
{
	struct path_scratch *path = path_scratch(slot);
	int step;

	if (!path)
		return 0;
	path->dentry = (u64)BPF_CORE_READ(group, kn);
	start_walk(path);
	for (step = 0; step < SAKER_PATH_STEPS; step++)
		if (walk_cgroup_step(slot))
			break;
	hdr->flags |= path->flags;
	return append_path(slot, hdr, room, SAKER_PATH_MAX - path->start);
}

/* Whether up to SAKER_CHUNK bytes of the two texts are equal, from `from` on. */
__noinline int same_chunk(__u32 slot, __u32 from, __u32 len)
{
	struct path_scratch *path = path_scratch(slot);
	u64 at, i = from, differ;
	s32 left = len - from;
	int word;

	if (!path)
		return 0;
	at = path->start + from;
	OPAQUE(at);
	OPAQUE(i);
	if (at > SAKER_PATH_MAX || i > SAKER_PATH_MAX)
		return 0;
#pragma unroll
	for (word = 0; word < SAKER_CHUNK; word += sizeof(u64), left -= sizeof(u64)) {
		differ = *(u64 *)(path->text + at + word) ^ *(u64 *)(path->name + i + word);
		if (left < (s32)sizeof(u64)) /* what follows the end is shifted out */
			return left <= 0 || !(differ << ((64 - 8 * left) & 63));
		if (differ)
			return 0;
	}
	return 1;
}

/* Whether the caller's text (len bytes with NUL, in path->name) is the path that the walk found, which is as long. */
__noinline int same_as_path(__u32 slot, __u32 len)
{
	u32 from;

	if (len > SAKER_PATH_MAX)
		return 0;
	for (from = 0; from < SAKER_PATH_MAX; from += SAKER_CHUNK) {
		if (from >= len)
			break;
		if (!same_chunk(slot, from, len))
			return 0;
	}
	return 1;
}

enum layer { LAYER_NONE, LAYER_UPPER, LAYER_LOWER };

/* Overlayfs is often a module, whose types are not in the kernel's BTF. struct ovl_inode has had, since 4.8 and still in
 * 6.18, the pointer to the upper dentry right behind the inode that the VFS knows: set means written since the image. */
static __always_inline enum layer overlay_layer(const struct inode *inode)
{
	void *upper = NULL;

	if (BPF_CORE_READ(inode, i_sb, s_magic) != SAKER_OVERLAYFS_MAGIC)
		return LAYER_NONE;
	bpf_probe_read_kernel(&upper, sizeof(upper), (void *)inode + bpf_core_type_size(struct inode));
	return upper ? LAYER_UPPER : LAYER_LOWER;
}

/* A file that lives in memory only: its dentry has no parent and its name is "memfd:…". */
static __always_inline bool is_memfd(struct dentry *dentry)
{
	u64 magic = BPF_CORE_READ(dentry, d_sb, s_magic), head = 0;

	if ((magic != SAKER_TMPFS_MAGIC && magic != SAKER_HUGETLBFS_MAGIC) || BPF_CORE_READ(dentry, d_parent) != dentry)
		return false;
	bpf_probe_read_kernel(&head, 6, BPF_CORE_READ(dentry, d_name.name));
	return head == 0x3a64666d656dULL; /* "memfd:", little endian */
}

static __always_inline struct file *file_of_fd(struct task_struct *task, u32 fd)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **slots = BPF_CORE_READ(table, fd), *file = NULL;

	if (fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), slots + fd);
	return file;
}

#endif
