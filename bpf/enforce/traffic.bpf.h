/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The second ring: every packet, by the stamp of the socket it comes from. Covers what the calls did not stop: connections
 * older than the rule or the sensor, sockets handed from one process to another, retransmits, data left after exit.
 *
 * At the host end of a veth skb->sk still is the sender's socket (it is gone once the packet has been routed), and the pod
 * cannot remove the program. Without a socket: forwarded packets, AF_PACKET, answers of the kernel: let pass. */
#ifndef SAKER_ENFORCE_TRAFFIC_H
#define SAKER_ENFORCE_TRAFFIC_H

#define SAKER_TC_NEXT -1 /* TC_ACT_UNSPEC, TCX_NEXT: whoever comes after us decides */
#define SAKER_TC_SHOT 2

enum traffic { TRAFFIC_PASS, TRAFFIC_REJECT, TRAFFIC_DROP };

/* Where the headers do not tell (a tunnel or tags of the pod's own, a fragment that is not the first), the socket's own idea of
 * its peer. False: it has none. */
static __always_inline bool peer_of_socket(struct bpf_sock *sk, struct packet *p)
{
	__u32 four = sk->dst_ip4, six = sk->dst_ip6[3];
	bool is_four = sk->family == SAKER_AF_INET;

	OPAQUE(four); /* each at its own constant offset: clang would join the two reads, which the verifier refuses */
	OPAQUE(six);
	p->protocol = sk->protocol == SAKER_IPPROTO_UDP ? SAKER_IPPROTO_UDP : SAKER_IPPROTO_TCP;
	p->later_fragment = 1; /* no answer can be made of it */
	p->peer_port = bpf_ntohs(sk->dst_port);
	p->peer[0] = is_four ? 0 : sk->dst_ip6[0];
	p->peer[1] = is_four ? 0 : sk->dst_ip6[1];
	p->peer[2] = is_four ? bpf_htonl(0xffff) : sk->dst_ip6[2];
	p->peer[3] = is_four ? four : six;
	return sk->protocol == SAKER_IPPROTO_TCP || sk->protocol == SAKER_IPPROTO_UDP;
}

/* Not inlined: its stack is free again when an answer is made. */
static __noinline enum traffic judge_packet(struct __sk_buff *skb, __u32 l3, struct packet *p, __u8 layer)
{
	struct attempt a = { .layer = layer };
	struct saker_stamp *stamp, nobody = {};
	struct bpf_sock *sk = skb->sk;
	struct saker_clause *by;
	__u64 now = word(SAKER_WORD_NOW), tag = 0;
	__u32 verdict;
	bool drop, silent;
	int parsed;

	if (!(__u32)now || !sk)
		return TRAFFIC_PASS;
	sk = bpf_sk_fullsock(sk);
	if (!sk || (sk->family != SAKER_AF_INET && sk->family != SAKER_AF_INET6))
		return TRAFFIC_PASS;
	parsed = parse_packet(skb, l3, p);
	if (parsed) {
		if (!peer_of_socket(sk, p))
			return TRAFFIC_PASS;
		count_as(SAKER_COUNT_UNPARSED);
	}
	stamp = bpf_sk_storage_get(&stamps, sk, NULL, 0);
	if (p->protocol == SAKER_IPPROTO_TCP && !(stamp && stamp->flags & STAMP_CONNECTED)) {
		if (!stamp)
			count_as(SAKER_COUNT_UNSTAMPED);
		return TRAFFIC_PASS;
	}
	/* Of a socket without a peer (its calls are judged) the datagram was judged by its first fragment. One datagram is
	 * remembered, which two threads that send at once would make use of. */
	if (!parsed && p->later_fragment && !(sk->dst_port && peer_of_socket(sk, p)))
		return stamp && stamp->denied_is_set && stamp->denied_fragment == p->fragment ? TRAFFIC_DROP
											      : TRAFFIC_PASS;
	__builtin_memcpy(a.q.peer, p->peer, 16);
	__builtin_memcpy(a.local, p->local, 16);
	a.q.set = now;
	a.q.udp = p->protocol == SAKER_IPPROTO_UDP;
	a.q.port = p->peer_port;
	a.local_port = p->local_port;
	if (stamp) {
		if (!stamp->tgid) /* dialled by a thread of the kernel: a later subflow of MPTCP */
			stamp->cgroup = bpf_skb_cgroup_id(skb);
		tag = tag_of(now, stamp, &a.q);
		if (stamp->allowed == tag)
			return TRAFFIC_PASS;
	} else {
		count_as(SAKER_COUNT_UNSTAMPED);
		nobody.cgroup = bpf_skb_cgroup_id(skb);
	}
	a.cookie = bpf_get_socket_cookie(skb);
	verdict = judge(&a, stamp ?: &nobody);
	by = ENFORCING_OF(verdict) ? clause_at(a.q.set, ENFORCING_OF(verdict) - 1) : NULL;
	drop = by && by->drop;
	/* In the cgroup nothing can be answered: it only does what tc need not do, so that tc has the rest to answer. */
	if (layer == SAKER_LAYER_CGROUP_SKB && !drop)
		return TRAFFIC_PASS;
	report_audit(&a, verdict);
	if (!ENFORCING_OF(verdict) || !may_block(&a)) {
		if (stamp && !ENFORCING_OF(verdict))
			stamp->allowed = tag;
		return TRAFFIC_PASS;
	}
	if (stamp && p->more_fragments) {
		stamp->denied_fragment = p->fragment;
		stamp->denied_is_set = 1;
	}
	count_as(SAKER_COUNT_BLOCKED_PACKETS);
	silent = drop || p->later_fragment || (a.q.udp && !p->plain);
	report(&a, ENFORCING_OF(verdict), 1, silent ? SAKER_OUTCOME_DROPPED : SAKER_OUTCOME_RESET);
	return silent ? TRAFFIC_DROP : TRAFFIC_REJECT;
}

/* `back`: flags of the redirect by which an answer reaches the sender. */
static __always_inline int on_frame(struct __sk_buff *skb, __u64 back)
{
	struct packet p = {};

	switch (judge_packet(skb, SAKER_ETH_HLEN, &p, SAKER_LAYER_TC)) {
	case TRAFFIC_PASS:
		return SAKER_TC_NEXT;
	case TRAFFIC_DROP:
		return SAKER_TC_SHOT;
	case TRAFFIC_REJECT:
		break;
	}
	if (become_answer(skb, &p))
		return bpf_redirect(skb->ifindex, back);
	count_as(SAKER_COUNT_REPLY_FAILED);
	return SAKER_TC_SHOT;
}

/* Ingress of the host end of a veth: what the pod sends. */
SEC("tc")
int saker_from_pod(struct __sk_buff *skb)
{
	return on_frame(skb, 0);
}

/* Egress of an interface of the node: what the host's own processes send. */
SEC("tc")
int saker_to_wire(struct __sk_buff *skb)
{
	return on_frame(skb, BPF_F_INGRESS);
}

/* reply: drop. Where the call lets pass, every packet of it ends here, loopback included. */
SEC("cgroup_skb/egress")
int drop_packet(struct __sk_buff *skb)
{
	struct packet p = {};

	return judge_packet(skb, 0, &p, SAKER_LAYER_CGROUP_SKB) == TRAFFIC_PASS;
}

#endif
