/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The judgement, and its first ring: the call itself, where the caller can be told at once. */
#ifndef SAKER_ENFORCE_ATTEMPT_H
#define SAKER_ENFORCE_ATTEMPT_H

#define SAKER_AF_INET 2
#define SAKER_AF_INET6 10
#define SAKER_ECONNREFUSED 111
#define SAKER_IPPROTO_MPTCP 262

const volatile __u32 saker_can_set_retval = 1; /* bpf_set_retval in these hooks: 5.18; found by loading */
const volatile __u32 saker_drops_silently = 0; /* the cgroup_skb programs are attached */

static __always_inline __u32 decide_as(const struct attempt *a, __u32 subject)
{
	const struct question *q = &a->q;

	return decide((__u64)q->set << 32 | subject, q->cgroup, (__u64)q->peer[1] << 32 | q->peer[0],
		      (__u64)q->peer[3] << 32 | q->peer[2], q->udp << 16 | q->port);
}

/* What the rules say of whoever the stamp names. The program that runs in that process now decides; where the process ran
 * another one when it took the socket, that one does too, and the stricter verdict counts. */
static __always_inline __u32 judge(struct attempt *a, const struct saker_stamp *stamp)
{
	__u32 tgid = stamp->tgid, set = a->q.set, verdict;
	struct saker_facts *of = bpf_map_lookup_elem(&facts, &tgid);
	__u64 then = stamp->side, side;

	a->tgid = tgid;
	a->start_ns = stamp->start_ns;
	a->uid = stamp->uid;
	a->exec_count = stamp->exec_count;
	a->q.cgroup = stamp->cgroup;
	if (of && of->start_ns == stamp->start_ns) {
		side = *(volatile __u64 *)&of->side[set & 1];
		if (side >> 32 == set) {
			verdict = decide_as(a, side);
			if (of->exec_count == stamp->exec_count || then >> 32 != set || then == side)
				return verdict;
			return stricter(verdict, decide_as(a, then));
		}
	}
	if (then >> 32 == set)
		return decide_as(a, then);
	count_as(SAKER_COUNT_UNKNOWN_SUBJECT);
	return decide_as(a, SAKER_ROW_UNKNOWN_SUBJECT);
}

/* Whether a verdict that blocks is carried out. */
static __always_inline bool may_block(const struct attempt *a)
{
	if (!sensor_is_alive()) {
		count_as(SAKER_COUNT_RELEASED);
		return false;
	}
	if (guarded(&a->q)) {
		count_as(SAKER_COUNT_GUARDED);
		return false;
	}
	return true;
}

static __always_inline void report_audit(const struct attempt *a, __u32 verdict)
{
	if (!AUDIT_OF(verdict))
		return;
	count_as(SAKER_COUNT_WOULD_BLOCK);
	report(a, AUDIT_OF(verdict), 0, SAKER_OUTCOME_REPORTED);
}

static __always_inline bool is_zero(const __u32 *addr)
{
	return !(addr[0] | addr[1] | addr[2] | addr[3]);
}

/* 1: go on, 0: refused. `peer` as the caller gave it: "any" means this host. */
static __always_inline int on_call(struct bpf_sock_addr *ctx, struct attempt *a)
{
	__u64 now = word(SAKER_WORD_NOW), tag;
	struct saker_stamp *stamp;
	struct saker_clause *by;
	__u32 protocol = ctx->protocol, verdict;
	bool tcp = protocol == SAKER_IPPROTO_TCP || protocol == SAKER_IPPROTO_MPTCP;

	if (!tcp && protocol != SAKER_IPPROTO_UDP)
		return 1;
	if (!ctx->sk)
		return 1;
	stamp = bpf_sk_storage_get(&stamps, ctx->sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!stamp) {
		count_as(SAKER_COUNT_STAMP_FAILED);
		return 1;
	}
	mark_socket(stamp, tcp ? STAMP_CONNECTED : 0, now);
	a->q.set = now;
	if (!a->q.set)
		return 1;
	a->q.udp = !tcp;
	a->q.port = bpf_ntohs(ctx->user_port);
	if (a->q.peer[2] == bpf_htonl(0xffff) && !a->q.peer[0] && !a->q.peer[1] && !a->q.peer[3])
		a->q.peer[3] = bpf_htonl(0x7f000001);
	if (is_zero(a->q.peer))
		a->q.peer[3] = bpf_htonl(1);
	tag = tag_of(now, stamp, &a->q);
	if (a->layer == SAKER_LAYER_SENDMSG && stamp->allowed == tag)
		return 1;
	a->cookie = bpf_get_socket_cookie(ctx);
	verdict = judge(a, stamp);
	report_audit(a, verdict);
	if (ENFORCING_OF(verdict) && may_block(a)) {
		by = clause_at(a->q.set, ENFORCING_OF(verdict) - 1);
		if (saker_drops_silently && by && by->drop)
			return 1; /* the packets go nowhere, and nobody is told */
		report(a, ENFORCING_OF(verdict), 1, SAKER_OUTCOME_REFUSED);
		count_as(SAKER_COUNT_BLOCKED_CALLS);
		if (saker_can_set_retval)
			bpf_set_retval(-SAKER_ECONNREFUSED);
		return 0;
	}
	/* Not when a blocking verdict was not carried out: its reasons may end before the generation does. */
	if (!ENFORCING_OF(verdict))
		stamp->allowed = tag;
	return 1;
}

static __always_inline int on_call4(struct bpf_sock_addr *ctx, __u8 layer)
{
	struct attempt a = { .q.peer = { 0, 0, bpf_htonl(0xffff), ctx->user_ip4 }, .layer = layer };

	return on_call(ctx, &a);
}

static __always_inline int on_call6(struct bpf_sock_addr *ctx, __u8 layer)
{
	struct attempt a = { .layer = layer };

	a.q.peer[0] = ctx->user_ip6[0];
	a.q.peer[1] = ctx->user_ip6[1];
	a.q.peer[2] = ctx->user_ip6[2];
	a.q.peer[3] = ctx->user_ip6[3];
	return on_call(ctx, &a);
}

/* connect() of any kind: the call, io_uring's, 32-bit ones, and sendto with MSG_FASTOPEN (which an LSM would not see). */
SEC("cgroup/connect4")
int judge_connect4(struct bpf_sock_addr *ctx)
{
	return on_call4(ctx, SAKER_LAYER_CONNECT);
}

SEC("cgroup/connect6")
int judge_connect6(struct bpf_sock_addr *ctx)
{
	return on_call6(ctx, SAKER_LAYER_CONNECT);
}

/* Runs for sends on unconnected UDP sockets only: the connected ones were judged when they connected, and are by packet. */
SEC("cgroup/sendmsg4")
int judge_sendmsg4(struct bpf_sock_addr *ctx)
{
	return on_call4(ctx, SAKER_LAYER_SENDMSG);
}

SEC("cgroup/sendmsg6")
int judge_sendmsg6(struct bpf_sock_addr *ctx)
{
	return on_call6(ctx, SAKER_LAYER_SENDMSG);
}

#endif
