/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The way out of every program: wanted() counts what was seen and discards what no rule can match, emit() sends a record
 * or counts it as lost, drop() counts one that cannot be made. So seen = filtered + sent + the sum of lost, always. */
#ifndef SAKER_EMIT_H
#define SAKER_EMIT_H

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20); /* user space sets the size before loading */
} state_ring SEC(".maps");

/* One ring for each eight CPUs. User space sets the number of rings before loading, makes them after it and puts them in:
 * a record without a ring is lost to SAKER_LOST_RING_FULL. */
struct data_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct data_ring);
} data_rings SEC(".maps");

#define SAKER_CPUS_PER_RING 8

#define COUNT(counter) ((void)__sync_fetch_and_add(&(counter), 1))

/* Counts an event that a program is about to record; false when no rule can match its class. */
static __always_inline bool wanted(__u32 kind, __u32 class)
{
	struct saker_counters *counters = counters_of(kind);
	struct saker_control *now = control();

	if (!counters || !now || kind >= SAKER_KIND_MAX)
		return false;
	COUNT(counters->seen);
	if (kind < SAKER_KIND_FIRST_DATA || now->classes[kind] >> (class & (SAKER_CLASS_COUNT - 1)) & 1)
		return true;
	COUNT(counters->filtered);
	return false;
}

/* An event that wanted() has let pass, or that was never counted as seen, cannot be recorded. */
static __always_inline int drop(__u32 kind, enum saker_loss why)
{
	struct saker_counters *counters = counters_of(kind);

	if (counters && why < SAKER_LOSS_MAX)
		COUNT(counters->lost[why]);
	return 0;
}

static __always_inline int drop_unseen(__u32 kind, enum saker_loss why)
{
	struct saker_counters *counters = counters_of(kind);

	if (counters)
		COUNT(counters->seen);
	return drop(kind, why);
}

/* The ring's memory comes in sizes that the verifier must know: the next constant that holds the record. Only `size` bytes
 * are written, and the reader copies only hdr.size. The clock is read after the reserve: the reader's cut in time needs that. */
#define SEND_AS(bytes)                                                                                                 \
	if (limit >= (bytes) && size <= (bytes)) {                                                                     \
		to = bpf_ringbuf_reserve(ring, bytes, 0);                                                              \
		if (!to)                                                                                               \
			return -1;                                                                                     \
		bpf_probe_read_kernel(to, size, from);                                                                 \
		to->ts_ns = bpf_ktime_get_boot_ns();                                                                   \
		bpf_ringbuf_submit(to, 0);                                                                             \
		return 0;                                                                                              \
	}

static __always_inline int send_record(void *ring, const void *from, __u64 size, __u32 limit)
{
	struct saker_event_header *to;

	OPAQUE(size);
	if (size < sizeof(*to))
		return -1;
	SEND_AS(64)
	SEND_AS(128)
	SEND_AS(160)
	SEND_AS(192)
	SEND_AS(256)
	SEND_AS(384)
	SEND_AS(512)
	SEND_AS(768)
	SEND_AS(1024)
	SEND_AS(1536)
	SEND_AS(2048)
	SEND_AS(3072)
	SEND_AS(4096)
	SEND_AS(6144)
	SEND_AS(8192)
	SEND_AS(SAKER_MEDIUM_MAX)
	SEND_AS(16384)
	SEND_AS(SAKER_LARGE_MAX)
	return -1;
}

static __always_inline void *ring_of(__u32 kind)
{
	__u32 ring;

	if (kind < SAKER_KIND_FIRST_DATA)
		return &state_ring;
	ring = bpf_get_smp_processor_id() / SAKER_CPUS_PER_RING;
	if (ring >= saker_data_rings)
		ring = 0;
	return bpf_map_lookup_elem(&data_rings, &ring);
}

static __always_inline int emit_record(struct saker_event_header *hdr, __u32 limit)
{
	__u32 kind = hdr->kind;
	struct saker_counters *counters = counters_of(kind);
	void *ring = ring_of(kind);

	if (!counters)
		return 0;
	if (!ring || send_record(ring, hdr, hdr->size, limit))
		COUNT(counters->lost[SAKER_LOST_RING_FULL]);
	else
		COUNT(counters->sent);
	return 0;
}

/* One function for each size of scratch: not inlined, and global, so the verifier goes through each only once. */
__noinline int emit_small(__u32 slot)
{
	struct saker_event_header *hdr = small_record(slot);

	return hdr ? emit_record(hdr, SAKER_SMALL_MAX) : 0;
}

__noinline int emit_medium(__u32 slot)
{
	struct saker_event_header *hdr = medium_record(slot);

	return hdr ? emit_record(hdr, SAKER_MEDIUM_MAX) : 0;
}

__noinline int emit_large(__u32 slot)
{
	struct saker_event_header *hdr = large_record(slot);

	return hdr ? emit_record(hdr, SAKER_LARGE_MAX) : 0;
}

#endif
