/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every verdict is told: the first one of a flow at once, then sums every SAKER_REPORT_PERIOD_NS while it goes on. What is
 * left when it stops, and flows that were too many at once, is told by `reports_flush`, which user space runs now and then. */
#ifndef SAKER_ENFORCE_REPORT_H
#define SAKER_ENFORCE_REPORT_H

#define SAKER_IPPROTO_TCP 6
#define SAKER_IPPROTO_UDP 17

struct report_key {
	__u64 start_ns;
	__u32 tgid;
	__u32 set;
	__u32 addr[4];
	__u16 clause;
	__u16 port;
	__u8 udp;
	__u8 layer;
	__u8 mode;
	__u8 __pad;
};

struct report {
	struct saker_net_verdict record; /* ts_ns: when it was last sent */
	__u64 sent; /* its count then */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH); /* one forgotten costs a count in an alert; `hits` has them all */
	__uint(max_entries, 8192);
	__type(key, struct report_key);
	__type(value, struct report);
} reports SEC(".maps");

struct report_window {
	__u64 since_ns;
	__u64 told;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct report_window);
} report_windows SEC(".maps");

static __always_inline bool may_tell_now(__u64 now)
{
	__u32 zero = 0;
	struct report_window *window = bpf_map_lookup_elem(&report_windows, &zero);

	if (!window)
		return true;
	if (now - window->since_ns > SAKER_REPORT_WINDOW_NS) {
		window->since_ns = now;
		window->told = 0;
	}
	return window->told++ < SAKER_REPORTS_IN_WINDOW;
}

const volatile struct report no_report; /* what a new element begins as */

/* Who does what, for a verdict and its report. */
struct attempt {
	struct question q;
	__u64 start_ns;
	__u64 cookie;
	__u32 local[4];
	__u32 tgid;
	__u32 uid;
	__u32 exec_count;
	__u16 local_port;
	__u8 layer;
};

static __always_inline void send_report(const struct saker_net_verdict *record)
{
	struct saker_counters *counters = counters_of(SAKER_NET_VERDICT);
	struct saker_net_verdict *to;

	if (!counters)
		return;
	__sync_fetch_and_add(&counters->seen, 1);
	to = bpf_ringbuf_reserve(&state_ring, sizeof(*to), 0);
	if (!to) {
		__sync_fetch_and_add(&counters->lost[SAKER_LOST_RING_FULL], 1);
		return;
	}
	__builtin_memcpy(to, record, sizeof(*to));
	to->hdr.ts_ns = bpf_ktime_get_boot_ns(); /* after the reserve: the reader's cut in time relies on it */
	bpf_ringbuf_submit(to, 0);
	__sync_fetch_and_add(&counters->sent, 1);
}

/* Counts one decision of clause `number` (plus one), and tells of it when its time has come. */
static __noinline int report(const struct attempt *a, __u32 number, __u32 mode, __u32 outcome)
{
	__u32 clause = number - 1, hit = (a->q.set & 1) * SAKER_CLAUSES + (clause & (SAKER_CLAUSES - 1));
	__u64 now = bpf_ktime_get_boot_ns(), *hits_of = bpf_map_lookup_elem(&hits, &hit);
	struct saker_clause *about = clause_at(a->q.set, clause);
	struct saker_control *state = control();
	struct report_key key = {
		.start_ns = a->start_ns,
		.tgid = a->tgid,
		.set = a->q.set,
		.addr = { a->q.peer[0], a->q.peer[1], a->q.peer[2], a->q.peer[3] },
		.clause = clause,
		.port = a->q.port,
		.udp = a->q.udp,
		.layer = a->layer,
		.mode = mode,
	};
	struct report *known;

	if (hits_of)
		++*hits_of;
	known = bpf_map_lookup_elem(&reports, &key);
	if (known) {
		__sync_fetch_and_add(&known->record.count, 1);
		if (now - known->record.hdr.ts_ns < SAKER_REPORT_PERIOD_NS)
			return 0;
		known->record.hdr.ts_ns = now;
		known->record.outcome = outcome;
		known->sent = known->record.count;
		send_report(&known->record);
		return 0;
	}
	/* Filled in place: the stack has no room for a whole one. */
	if (bpf_map_update_elem(&reports, &key, (void *)&no_report, BPF_ANY))
		return 0;
	known = bpf_map_lookup_elem(&reports, &key);
	if (!known)
		return 0;
	known->record.hdr.ts_ns = now;
	known->record.hdr.start_ns = a->start_ns;
	known->record.hdr.cgroup_id = a->q.cgroup;
	known->record.hdr.tgid = a->tgid;
	known->record.hdr.uid = a->uid;
	known->record.hdr.size = sizeof(known->record);
	known->record.hdr.kind = SAKER_NET_VERDICT;
	known->record.hdr.generation = state ? state->generation : 0;
	known->record.hdr.cpu = bpf_get_smp_processor_id();
	known->record.first_ns = now;
	known->record.count = 1;
	known->record.sock_cookie = a->cookie;
	__builtin_memcpy(known->record.local_addr, a->local, 16);
	__builtin_memcpy(known->record.remote_addr, a->q.peer, 16);
	known->record.set = a->q.set;
	known->record.exec_count = a->exec_count;
	known->record.clause = clause;
	known->record.rule = about ? about->rule : 0xffff;
	known->record.local_port = a->local_port;
	known->record.remote_port = a->q.port;
	known->record.protocol = a->q.udp ? SAKER_IPPROTO_UDP : SAKER_IPPROTO_TCP;
	known->record.direction = 1;
	known->record.layer = a->layer;
	known->record.mode = mode;
	known->record.reply = about ? about->drop : 0;
	known->record.outcome = outcome;
	if (!may_tell_now(now)) {
		count_as(SAKER_COUNT_TOLD_LATER);
		return 0;
	}
	known->sent = 1;
	send_report(&known->record);
	return 0;
}

struct bpf_iter__bpf_map_elem {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	struct report_key *key;
	struct report *value;
};

/* Tells the sums that no later packet would. */
SEC("iter/bpf_map_elem")
int reports_flush(struct bpf_iter__bpf_map_elem *ctx)
{
	struct report *value = ctx->value;
	struct saker_net_verdict record;

	if (!ctx->key || !value || value->record.count == value->sent)
		return 0;
	__builtin_memcpy(&record, &value->record, sizeof(record));
	value->record.hdr.ts_ns = bpf_ktime_get_boot_ns();
	value->sent = record.count;
	send_report(&record);
	return 0;
}

#endif
