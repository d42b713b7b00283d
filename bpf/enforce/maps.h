/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The maps of enforcement. Each dimension is an outer map of two slots: a set is built in the idle slots and takes force by
 * one store to SAKER_WORD_NOW, which a decision reads once. */
#ifndef SAKER_ENFORCE_MAPS_H
#define SAKER_ENFORCE_MAPS_H

/* Shapes of the inner maps, by size: BTF leaves a structure used only here undefined. */
#define SHAPE(name, kind, entries, key, value, flags)                                                                  \
	struct name {                                                                                                  \
		__uint(type, BPF_MAP_TYPE_##kind);                                                                     \
		__uint(max_entries, entries);                                                                          \
		__uint(key_size, key);                                                                                 \
		__uint(value_size, value);                                                                             \
		__uint(map_flags, flags);                                                                              \
	}
SHAPE(rows_shape, ARRAY, SAKER_ROWS, 4, sizeof(struct saker_row_bits), 0);
SHAPE(clauses_shape, ARRAY, SAKER_CLAUSES, 4, sizeof(struct saker_clause), 0);
SHAPE(ports_shape, ARRAY, 1, 4, sizeof(struct saker_ports), 0);
SHAPE(groups_shape, HASH, 1, sizeof(struct saker_container_id), 4, 0);
SHAPE(remotes_shape, LPM_TRIE, 1, sizeof(struct saker_remote_key), 4, BPF_F_NO_PREALLOC);
SHAPE(subjects_shape, LPM_TRIE, 1, sizeof(struct saker_subject_key), sizeof(struct saker_subject_rows),
      BPF_F_NO_PREALLOC);

#define SLOTS(name, shape)                                                                                             \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);                                                              \
		__uint(max_entries, 2);                                                                                \
		__type(key, __u32);                                                                                    \
		__array(values, struct shape);                                                                         \
	} name SEC(".maps")
SLOTS(rows, rows_shape);
SLOTS(clauses, clauses_shape);
SLOTS(ports, ports_shape);
SLOTS(groups, groups_shape);
SLOTS(remotes, remotes_shape);
SLOTS(subjects, subjects_shape);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SAKER_WORD_MAX);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} words SEC(".maps");

/* Attempts that a clause decided, by set & 1 and clause: what `saker status` shows for a rule. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2 * SAKER_CLAUSES);
	__type(key, __u32);
	__type(value, __u64);
} hits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SAKER_COUNT_MAX);
	__type(key, __u32);
	__type(value, __u64);
} enforce_counters SEC(".maps");

/* Processes, by tgid. A plain hash: one that evicts would forget whoever is quiet longest. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536); /* user space sets it before loading */
	__type(key, __u32);
	__type(value, struct saker_facts);
} facts SEC(".maps");

/* Control groups of containers, by cgroup v2 id. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384); /* user space sets it before loading */
	__type(key, __u64);
	__type(value, struct saker_container_id);
} containers SEC(".maps");

/* Destinations that no rule may cut: user space fills it before the first set takes force. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct saker_remote_key);
	__type(value, struct saker_guard);
} guards SEC(".maps");

/* The observing object's ring: user space puts it in place of this one. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} state_ring SEC(".maps");

static __always_inline __u64 word(__u32 index)
{
	volatile __u64 *value = bpf_map_lookup_elem(&words, &index);

	return value ? *value : 0;
}

static __always_inline void set_word(__u32 index, __u64 to)
{
	volatile __u64 *value = bpf_map_lookup_elem(&words, &index);

	if (value)
		*value = to;
}

static __always_inline void count_as(__u32 what)
{
	__u64 *value = bpf_map_lookup_elem(&enforce_counters, &what);

	if (value)
		++*value;
}

#endif
