/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A rule set as data: every dimension maps a value to a row of bits, the clauses that permit it; AND them, and the first
 * clause left decides. Two searches in one pass, because a clause in audit mode must not hide one that enforces. */
#ifndef SAKER_ENFORCE_DECIDE_H
#define SAKER_ENFORCE_DECIDE_H

struct question {
	__u64 cgroup;
	__u32 set;
	__u32 peer[4]; /* network order, IPv4 mapped */
	__u32 udp; /* 1 or 0 */
	__u32 port; /* host order */
};

/* Clause numbers plus one, 0: none. In the low half the one that enforces, in the high half the one in audit mode. */
#define ENFORCING_OF(verdict) ((verdict) & 0xffff)
#define AUDIT_OF(verdict) ((verdict) >> 16)

static __always_inline struct saker_row_bits *row_at(void *all, __u32 row)
{
	return bpf_map_lookup_elem(all, &row);
}

static __always_inline __u32 row_or(const __u32 *row, __u32 other)
{
	return row ? *row : other;
}

static __always_inline int first_bit(__u64 bits, __u32 word)
{
	return bits ? word * 64 + __builtin_ctzll(bits) + 1 : 0;
}

/* A global function of scalars: the verifier goes through it once, by itself, and its callers know nothing of the result.
 * (Inlined, the ways through the loop multiply those through the caller, and 6.18 gives up.) `who` is set << 32 | row of the
 * subject, `where` udp << 16 | port. */
__noinline int decide(__u64 who, __u64 cgroup, __u64 peer_high, __u64 peer_low, __u32 where)
{
	__u32 slot = who >> 32 & 1, zero = 0, at = where & 0x1ffff, of_group = SAKER_ROW_HOST, i;
	__u64 enforcing = 0, audit = 0;
	__u32 enforcing_word = 0, audit_word = 0;
	void *all = bpf_map_lookup_elem(&rows, &slot);
	void *trie = bpf_map_lookup_elem(&remotes, &slot);
	void *by_port = bpf_map_lookup_elem(&ports, &slot);
	void *by_container = bpf_map_lookup_elem(&groups, &slot);
	struct saker_container_id *container = bpf_map_lookup_elem(&containers, &cgroup);
	struct saker_remote_key key = { 128, { peer_high, peer_high >> 32, peer_low, peer_low >> 32 } };
	struct saker_row_bits *subject, *group, *remote, *port, *mode;
	struct saker_ports *table;

	count_as(SAKER_COUNT_JUDGED);
	if (!all || !trie || !by_port || !by_container || !(table = bpf_map_lookup_elem(by_port, &zero)))
		goto unready;
	OPAQUE(at); /* or clang drops the mask below, and the verifier sees no bound */
	port = row_at(all, table->row[at & 0x1ffff]);
	subject = row_at(all, who);
	remote = row_at(all, row_or(bpf_map_lookup_elem(trie, &key), SAKER_ROW_NONE));
	if (container)
		of_group = row_or(bpf_map_lookup_elem(by_container, container), SAKER_ROW_CONTAINER);
	group = row_at(all, of_group);
	mode = row_at(all, SAKER_ROW_ENFORCING);
	if (!port || !subject || !remote || !group || !mode)
		goto unready;
	_Pragma("clang loop unroll(disable)") for (i = 0; i < SAKER_ROW_WORDS; i++)
	{
		__u64 bits = port->w[i] & subject->w[i] & remote->w[i] & group->w[i];

		if (!bits)
			continue;
		if (!enforcing && (bits & mode->w[i])) {
			enforcing = bits & mode->w[i];
			enforcing_word = i;
		}
		if (!audit && (bits & ~mode->w[i])) {
			audit = bits & ~mode->w[i];
			audit_word = i;
		}
	}
	return first_bit(enforcing, enforcing_word) | first_bit(audit, audit_word) << 16;
unready:
	count_as(SAKER_COUNT_UNREADY);
	return 0;
}

/* Of two verdicts on the same flow the one that blocks; of two that block, the earlier clause. */
__noinline int stricter(__u32 a, __u32 b)
{
	__u32 ea = ENFORCING_OF(a), eb = ENFORCING_OF(b), aa = AUDIT_OF(a), ab = AUDIT_OF(b);

	return (ea && (!eb || ea < eb) ? ea : eb) | (aa && (!ab || aa < ab) ? aa : ab) << 16;
}

static __always_inline struct saker_clause *clause_at(__u32 set, __u32 number)
{
	__u32 slot = set & 1;
	void *all = bpf_map_lookup_elem(&clauses, &slot);

	return all ? bpf_map_lookup_elem(all, &number) : NULL;
}

static __always_inline bool sensor_is_alive(void)
{
	return !word(SAKER_WORD_OFF) && bpf_ktime_get_ns() < word(SAKER_WORD_ALIVE_UNTIL);
}

static __always_inline bool guarded(const struct question *q)
{
	struct saker_remote_key key = { 128, { q->peer[0], q->peer[1], q->peer[2], q->peer[3] } };
	struct saker_guard *guard = bpf_map_lookup_elem(&guards, &key);
	__u32 i;

	if (!guard)
		return false;
	if (guard->any)
		return true;
	for (i = 0; i < sizeof(guard->port) / sizeof(guard->port[0]); i++)
		if (i < guard->count && guard->port[i] == q->port)
			return true;
	return false;
}

#endif
