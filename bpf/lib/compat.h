/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Members that differ between kernels: one getter each, citing the change. Probes never branch on versions. A structure
 * with a ___suffix is one kernel's shape of it; libbpf drops the suffix when it looks the type up. */
#ifndef SAKER_COMPAT_H
#define SAKER_COMPAT_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node___new { /* since 6.15: 633488947ef6 ("kernfs: Use RCU to access kernfs_node::parent") */
	struct kernfs_node___new *__parent;
};

struct kernfs_node___old {
	struct kernfs_node___old *parent;
};

struct cgroup___new { /* since 6.1: 7f203bc89eb6 ("cgroup: Replace cgroup->ancestor_ids[] with ->ancestors[]") */
	struct cgroup *ancestors[1];
};

struct cgroup___old {
	u64 ancestor_ids[1];
};

struct timespec64___old {
	s64 tv_sec;
	long tv_nsec;
};

struct inode___timespec { /* until 6.5 */
	struct timespec64___old i_mtime;
	struct timespec64___old i_ctime;
};

struct inode___ctime { /* 6.6: 13bc24457850 ("fs: rename i_ctime field to __i_ctime"); i_mtime followed in 6.7: 12cd44023651 */
	struct timespec64___old __i_mtime;
	struct timespec64___old __i_ctime;
};

struct inode___split { /* since 6.11: 3aa63a569c64 ("fs: switch timespec64 fields in inode to discrete integers") */
	s64 i_mtime_sec;
	s64 i_ctime_sec;
	u32 i_mtime_nsec;
	u32 i_ctime_nsec;
};

struct task_struct___audit { /* only with CONFIG_AUDIT */
	kuid_t loginuid;
	unsigned int sessionid;
};

struct io_kiocb___cqe { /* since 5.19: cef216fc32d7 ("io_uring: explicitly keep a CQE in io_kiocb") */
	struct io_cqe cqe;
};

struct io_kiocb___task { /* until 6.12 */
	struct task_struct *task;
};

struct trace_event_raw_sched_process_exit___new { /* since 6.15: the tracepoint says whether the group is dead */
	bool group_dead;
};

struct trace_event_raw_io_uring_complete___new { /* since 5.19 the tracepoint hands over the request */
	void *req;
};

#pragma clang attribute pop

/* Makes a program that is of no use without a member fail to load where there is none: its place is a number that libbpf
 * replaces, and what cannot be replaced the verifier does not take. User space then knows what is not seen. */
#define REFUSE_WITHOUT(type, member)                                                                                   \
	do {                                                                                                           \
		u64 place = bpf_core_field_offset(type, member);                                                       \
		OPAQUE(place);                                                                                         \
	} while (0)

static __always_inline void *kernfs_parent(const void *node)
{
	const struct kernfs_node___new *new = node;
	const struct kernfs_node___old *old = node;

	if (bpf_core_field_exists(new->__parent))
		return BPF_CORE_READ(new, __parent);
	return BPF_CORE_READ(old, parent);
}

/* Id of the group that is `group`'s ancestor at `level`, itself included; 0 when it is not that deep. */
static __always_inline u64 cgroup_ancestor_id(struct cgroup *group, u32 level)
{
	const struct cgroup___new *new = (void *)group;
	const struct cgroup___old *old = (void *)group;
	struct cgroup *ancestor = NULL;
	u64 id = 0;

	if ((u32)BPF_CORE_READ(group, level) < level)
		return 0;
	if (bpf_core_field_exists(new->ancestors)) {
		bpf_probe_read_kernel(&ancestor, sizeof(ancestor),
				      (void *)group + bpf_core_field_offset(new->ancestors) + level * sizeof(void *));
		return BPF_CORE_READ(ancestor, kn, id);
	}
	bpf_probe_read_kernel(&id, sizeof(id),
			      (void *)group + bpf_core_field_offset(old->ancestor_ids) + level * sizeof(id));
	return id;
}

/* Since 6.13 the top bit of the nanoseconds says that somebody asked (4e40eff0b573 "fs: add infrastructure for multigrain
 * timestamps"). */
#define SAKER_CTIME_QUERIED (1U << 31)

static __always_inline u64 inode_ctime_ns(const struct inode *inode)
{
	const struct inode___timespec *whole = (void *)inode;
	const struct inode___ctime *renamed = (void *)inode;
	const struct inode___split *split = (void *)inode;

	if (bpf_core_field_exists(split->i_ctime_sec))
		return BPF_CORE_READ(split, i_ctime_sec) * 1000000000ULL +
		       (BPF_CORE_READ(split, i_ctime_nsec) & ~SAKER_CTIME_QUERIED);
	if (bpf_core_field_exists(renamed->__i_ctime))
		return BPF_CORE_READ(renamed, __i_ctime.tv_sec) * 1000000000ULL +
		       BPF_CORE_READ(renamed, __i_ctime.tv_nsec);
	return BPF_CORE_READ(whole, i_ctime.tv_sec) * 1000000000ULL + BPF_CORE_READ(whole, i_ctime.tv_nsec);
}

static __always_inline u64 inode_mtime_ns(const struct inode *inode)
{
	const struct inode___timespec *whole = (void *)inode;
	const struct inode___ctime *renamed = (void *)inode;
	const struct inode___split *split = (void *)inode;

	if (bpf_core_field_exists(split->i_mtime_sec))
		return BPF_CORE_READ(split, i_mtime_sec) * 1000000000ULL + BPF_CORE_READ(split, i_mtime_nsec);
	if (bpf_core_field_exists(renamed->__i_mtime))
		return BPF_CORE_READ(renamed, __i_mtime.tv_sec) * 1000000000ULL +
		       BPF_CORE_READ(renamed, __i_mtime.tv_nsec);
	return BPF_CORE_READ(whole, i_mtime.tv_sec) * 1000000000ULL + BPF_CORE_READ(whole, i_mtime.tv_nsec);
}

static __always_inline u32 task_loginuid(const struct task_struct *task)
{
	const struct task_struct___audit *audited = (void *)task;

	return bpf_core_field_exists(audited->loginuid) ? BPF_CORE_READ(audited, loginuid.val) : ~0U;
}

static __always_inline u32 task_audit_session(const struct task_struct *task)
{
	const struct task_struct___audit *audited = (void *)task;

	return bpf_core_field_exists(audited->sessionid) ? BPF_CORE_READ(audited, sessionid) : ~0U;
}

/* The result that an io_uring request was completed with, if this kernel keeps it in the request. */
static __always_inline bool uring_result(const void *req, s32 *result)
{
	const struct io_kiocb___cqe *with_cqe = req;

	if (!bpf_core_field_exists(with_cqe->cqe))
		return false;
	*result = BPF_CORE_READ(with_cqe, cqe.res);
	return true;
}

#endif
