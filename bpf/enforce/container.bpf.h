/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which container a control group belongs to, known before a process can be in the group: a packet of a container's first
 * instruction is judged as the container's. The rules are those of sensor/identity/cgroup-path.ts for ids of 64 digits, which
 * is every runtime of Kubernetes, docker and podman; groups that carry other names (lxc, `ctr run`), and those older than
 * these programs, user space tells. Independent of rule sets: it stays true while they are swapped, and while nobody is there
 * to swap them. */
#ifndef SAKER_ENFORCE_CONTAINER_H
#define SAKER_ENFORCE_CONTAINER_H

#define SAKER_ID_DIGITS 64
#define SAKER_SCOPE_SUFFIX 6 /* ".scope" */
#define SAKER_GROUP_NAME_MAX 256 /* of a folder, NUL included */

/* Room behind the name, so that a masked offset plus an index stay inside. */
struct group_name {
	char text[2 * SAKER_GROUP_NAME_MAX];
};

/* Only container_begins uses it, and no program runs twice on a CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct group_name);
} group_names SEC(".maps");

#define EIGHT(a, b, c, d, e, f, g, h)                                                                                  \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 | (__u64)(f) << 40 |    \
	 (__u64)(g) << 48 | (__u64)(h) << 56)

/* What may stand before the id where its runtime names the group alone. */
static __always_inline bool is_runtime_prefix(const __u64 *w, __u32 len)
{
	switch (len) {
	case 5:
		return w[0] == EIGHT('c', 'r', 'i', 'o', '-', 0, 0, 0);
	case 7:
		return w[0] == EIGHT('d', 'o', 'c', 'k', 'e', 'r', '-', 0) ||
		       w[0] == EIGHT('l', 'i', 'b', 'p', 'o', 'd', '-', 0);
	case 8:
		return w[0] == EIGHT('n', 'e', 'r', 'd', 'c', 't', 'l', '-');
	case 15:
		return (w[0] == EIGHT('c', 'r', 'i', '-', 'c', 'o', 'n', 't') &&
			w[1] == EIGHT('a', 'i', 'n', 'e', 'r', 'd', '-', 0)) ||
		       (w[0] == EIGHT('l', 'i', 'b', 'p', 'o', 'd', '-', 'p') &&
			w[1] == EIGHT('a', 'y', 'l', 'o', 'a', 'd', '-', 0));
	}
	return false;
}

/* SLICE:cri-containerd:ID and SLICE:crio:ID, as runtimes name groups for systemd. */
static __always_inline bool ends_in_runtime(const struct group_name *name, __u32 len)
{
	__u64 w[2] = {};

	if (len >= 16 && !bpf_probe_read_kernel(w, 16, name->text + ((len - 16) & (SAKER_GROUP_NAME_MAX - 1))) &&
	    w[0] == EIGHT(':', 'c', 'r', 'i', '-', 'c', 'o', 'n') &&
	    w[1] == EIGHT('t', 'a', 'i', 'n', 'e', 'r', 'd', ':'))
		return true;
	w[0] = 0;
	return len >= 6 && !bpf_probe_read_kernel(w, 6, name->text + ((len - 6) & (SAKER_GROUP_NAME_MAX - 1))) &&
	       w[0] == EIGHT(':', 'c', 'r', 'i', 'o', ':', 0, 0);
}

static __always_inline bool ends_in_scope(const struct group_name *name, __u32 len)
{
	__u64 w = 0;

	return len > SAKER_SCOPE_SUFFIX &&
	       !bpf_probe_read_kernel(&w, SAKER_SCOPE_SUFFIX,
				      name->text + ((len - SAKER_SCOPE_SUFFIX) & (SAKER_GROUP_NAME_MAX - 1))) &&
	       w == EIGHT('.', 's', 'c', 'o', 'p', 'e', 0, 0);
}

/* Where the id begins in a name of `len` bytes, plus one; 0: it names no container. */
static __noinline __u32 find_container_id(const struct group_name *name, __u32 len)
{
	__u64 before[2] = {};
	__u32 at, i;
	bool scope;

	if (!name)
		return 0;
	scope = ends_in_scope(name, len);
	if (scope)
		len -= SAKER_SCOPE_SUFFIX;
	if (len < SAKER_ID_DIGITS || len >= SAKER_GROUP_NAME_MAX)
		return 0;
	at = len - SAKER_ID_DIGITS;
	_Pragma("clang loop unroll(disable)") for (i = 0; i < SAKER_ID_DIGITS; i++)
	{
		char c = name->text[(at & (SAKER_GROUP_NAME_MAX - 1)) + i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return 0;
	}
	if (at == 0)
		return scope ? 0 : 1;
	if (at < 16) {
		__u32 size = at;

		MASK(size, 15);
		if (bpf_probe_read_kernel(before, size, name->text))
			return 0;
		if (is_runtime_prefix(before, at))
			return at + 1;
	}
	return !scope && ends_in_runtime(name, at) ? at + 1 : 0;
}

/* v1 hierarchies fire the same tracepoints. Under a scope, groups outside of it are nobody's business. */
static __always_inline bool group_counts(struct cgroup *group)
{
	return !BPF_CORE_READ(group, root, hierarchy_id) &&
	       (!saker_scope_cgroup || cgroup_ancestor_id(group, saker_scope_level) == saker_scope_cgroup);
}

/* Runs when the group exists and before mkdir(2) returns. What is made below a container's group is the container's. */
SEC("raw_tp/cgroup_mkdir")
int BPF_PROG(container_begins, struct cgroup *group, const char *path)
{
	struct saker_container_id id = {}, *of_parent;
	__u64 number = BPF_CORE_READ(group, kn, id), parent;
	__u32 zero = 0, level = BPF_CORE_READ(group, level), at;
	struct group_name *name = bpf_map_lookup_elem(&group_names, &zero);
	long len;

	if (!name || !group_counts(group))
		return 0;
	len = bpf_probe_read_kernel_str(name->text, SAKER_GROUP_NAME_MAX, BPF_CORE_READ(group, kn, name));
	at = len > 1 ? find_container_id(name, len - 1) : 0;
	if (at) {
		at--;
		MASK(at, SAKER_GROUP_NAME_MAX - 1);
		__builtin_memcpy(id.text, name->text + at, SAKER_ID_SHOWN);
	} else {
		parent = level > 0 ? cgroup_ancestor_id(group, level - 1) : 0;
		of_parent = bpf_map_lookup_elem(&containers, &parent);
		if (!of_parent)
			return 0;
		id = *of_parent;
	}
	if (bpf_map_update_elem(&containers, &number, &id, BPF_ANY))
		count_as(SAKER_COUNT_CONTAINERS_FULL);
	return 0;
}

SEC("raw_tp/cgroup_rmdir")
int BPF_PROG(container_ends, struct cgroup *group)
{
	__u64 number = BPF_CORE_READ(group, kn, id);

	if (group_counts(group))
		bpf_map_delete_elem(&containers, &number);
	return 0;
}

#endif
