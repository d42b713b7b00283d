// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Puts records into four rings in the order, with the times and in the states
 * that a test asks for. Run by BPF_PROG_TEST_RUN: attached to nothing. */
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "../../../bpf/include/saker_event.h"

enum { ORDERS_MAX = 64, SLOT = 128 };

struct order {
	__u64 ts_ns;
	__u32 tid;  /* the test's name for it */
	__u16 size; /* as the header claims */
	__u8 ring;
	__u8 discard;
};

struct orders {
	__u32 count;
	__u32 __pad;
	struct order order[ORDERS_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct orders);
} wanted SEC(".maps");

#define RING(name)                                                                                                     \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_RINGBUF);                                                                    \
		__uint(max_entries, 1 << 16);                                                                          \
	} name SEC(".maps")

RING(ring_0);
RING(ring_1);
RING(ring_2);
RING(ring_3);

static void *reserve(__u8 ring)
{
	switch (ring) {
	case 0:
		return bpf_ringbuf_reserve(&ring_0, SLOT, 0);
	case 1:
		return bpf_ringbuf_reserve(&ring_1, SLOT, 0);
	case 2:
		return bpf_ringbuf_reserve(&ring_2, SLOT, 0);
	default:
		return bpf_ringbuf_reserve(&ring_3, SLOT, 0);
	}
}

SEC("tc")
int put(struct __sk_buff *unused)
{
	__u32 zero = 0;
	struct orders *orders = bpf_map_lookup_elem(&wanted, &zero);

	if (!orders)
		return 1;
	for (int i = 0; i < ORDERS_MAX && i < orders->count; i++) {
		struct order *order = &orders->order[i];
		struct saker_event_header *record;

		record = reserve(order->ring);
		if (!record)
			return 1;
		__builtin_memset(record, 0xee, SLOT);
		record->ts_ns = order->ts_ns;
		record->tid = order->tid;
		record->size = order->size;
		if (order->discard)
			bpf_ringbuf_discard(record, 0);
		else
			bpf_ringbuf_submit(record, 0);
	}
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
