/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Turns a packet that is stopped into the answer its sender would have had from a closed port, and sends it back: TCP RST,
 * ICMP "port unreachable". Without an answer a client hangs for seconds to minutes. */
#ifndef SAKER_ENFORCE_REPLY_H
#define SAKER_ENFORCE_REPLY_H

#define SAKER_ETH_HLEN 14
#define SAKER_TCP_FIN 1
#define SAKER_TCP_SYN 2
#define SAKER_TCP_RST 4
#define SAKER_TCP_ACK 16
#define SAKER_IPPROTO_ICMP 1
#define SAKER_IPPROTO_ICMPV6 58
#define SAKER_REPLY_TTL 64

struct ethernet_header {
	__u8 destination[6], source[6];
	__u16 protocol;
};

struct icmp_header {
	__u8 type, code;
	__u16 checksum;
	__u32 unused;
};

static __always_inline __u16 fold(__s64 sum)
{
	__u64 s = (__u64)sum & 0xffffffffULL;

	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	return ~s;
}

static __always_inline int load_ethernet(struct __sk_buff *skb, struct ethernet_header *eth)
{
	struct ethernet_header from;

	if (bpf_skb_load_bytes(skb, 0, &from, sizeof(from)))
		return -1;
	__builtin_memcpy(eth->destination, from.source, 6);
	__builtin_memcpy(eth->source, from.destination, 6);
	eth->protocol = from.protocol;
	return 0;
}

static __always_inline void answer_ipv4(struct ipv4_header *to, const struct ipv4_header *of, __u32 length,
					__u8 protocol)
{
	__builtin_memset(to, 0, sizeof(*to));
	to->version_ihl = 0x45;
	to->total_length = bpf_htons(length);
	to->fragment = bpf_htons(0x4000);
	to->ttl = SAKER_REPLY_TTL;
	to->protocol = protocol;
	to->source = of->destination;
	to->destination = of->source;
	to->checksum = fold(bpf_csum_diff(NULL, 0, (void *)to, sizeof(*to), 0));
}

static __always_inline void answer_ipv6(struct ipv6_header *to, const struct ipv6_header *of, __u32 length,
					__u8 protocol)
{
	to->version_class_flow = bpf_htonl(0x60000000);
	to->payload_length = bpf_htons(length);
	to->next = protocol;
	to->hop_limit = SAKER_REPLY_TTL;
	__builtin_memcpy(to->source, of->destination, 16);
	__builtin_memcpy(to->destination, of->source, 16);
}

/* RFC 9293 §3.10.7.1: a segment with ACK is answered by its own acknowledgement number, one without by what it ends at. */
static __always_inline void answer_tcp(struct tcp_header *to, const struct tcp_header *of, __u32 payload)
{
	__builtin_memset(to, 0, sizeof(*to));
	to->source = of->destination;
	to->destination = of->source;
	to->offset = 0x50;
	if (of->flags & SAKER_TCP_ACK) {
		to->seq = of->ack;
		to->flags = SAKER_TCP_RST;
	} else {
		payload += !!(of->flags & SAKER_TCP_SYN) + !!(of->flags & SAKER_TCP_FIN);
		to->ack = bpf_htonl(bpf_ntohl(of->seq) + payload);
		to->flags = SAKER_TCP_RST | SAKER_TCP_ACK;
	}
}

struct pseudo4 {
	__u32 source, destination;
	__u8 zero, protocol;
	__u16 length;
};

struct pseudo6 {
	__u32 source[4], destination[4];
	__u32 length;
	__u8 zero[3], protocol;
};

static __always_inline __s64 sum_pseudo4(const struct ipv4_header *ip, __u16 length)
{
	struct pseudo4 pseudo = { ip->source, ip->destination, 0, ip->protocol, bpf_htons(length) };

	return bpf_csum_diff(NULL, 0, (void *)&pseudo, sizeof(pseudo), 0);
}

static __always_inline __s64 sum_pseudo6(const struct ipv6_header *ip, __u32 length)
{
	struct pseudo6 pseudo = { .length = bpf_htonl(length), .protocol = ip->next };

	__builtin_memcpy(pseudo.source, ip->source, 16);
	__builtin_memcpy(pseudo.destination, ip->destination, 16);
	return bpf_csum_diff(NULL, 0, (void *)&pseudo, sizeof(pseudo), 0);
}

/* The packet becomes `size` bytes of `answer`. */
static __always_inline int become(struct __sk_buff *skb, void *answer, __u32 size)
{
	return bpf_skb_change_tail(skb, size, 0) || bpf_skb_store_bytes(skb, 0, answer, size, BPF_F_INVALIDATE_HASH);
}

/* Global functions: each is verified once, by itself. 0: the packet is now the answer. */
__noinline int become_rst4(struct __sk_buff *skb, __u32 l4)
{
	struct {
		struct ethernet_header eth;
		struct ipv4_header ip;
		struct tcp_header tcp;
	} __attribute__((packed, aligned(4))) answer;
	struct ipv4_header ip;
	struct tcp_header tcp;
	__u32 end;

	if (load_ethernet(skb, &answer.eth) || bpf_skb_load_bytes(skb, SAKER_ETH_HLEN, &ip, sizeof(ip)) ||
	    bpf_skb_load_bytes(skb, l4, &tcp, sizeof(tcp)) || tcp.flags & SAKER_TCP_RST)
		return -1;
	end = l4 + (tcp.offset >> 4) * 4;
	struct ipv4_header to_ip;
	struct tcp_header to_tcp;
	answer_ipv4(&to_ip, &ip, sizeof(to_ip) + sizeof(to_tcp), SAKER_IPPROTO_TCP);
	answer_tcp(&to_tcp, &tcp, skb->len > end ? skb->len - end : 0);
	to_tcp.checksum =
		fold(bpf_csum_diff(NULL, 0, (void *)&to_tcp, sizeof(to_tcp), sum_pseudo4(&to_ip, sizeof(to_tcp))));
	answer.ip = to_ip;
	answer.tcp = to_tcp;
	return become(skb, &answer, sizeof(answer));
}

__noinline int become_rst6(struct __sk_buff *skb, __u32 l4)
{
	struct {
		struct ethernet_header eth;
		struct ipv6_header ip;
		struct tcp_header tcp;
	} __attribute__((packed, aligned(4))) answer;
	struct ipv6_header ip, to_ip;
	struct tcp_header tcp, to_tcp;
	__u32 end;

	if (load_ethernet(skb, &answer.eth) || bpf_skb_load_bytes(skb, SAKER_ETH_HLEN, &ip, sizeof(ip)) ||
	    bpf_skb_load_bytes(skb, l4, &tcp, sizeof(tcp)) || tcp.flags & SAKER_TCP_RST)
		return -1;
	end = l4 + (tcp.offset >> 4) * 4;
	answer_ipv6(&to_ip, &ip, sizeof(to_tcp), SAKER_IPPROTO_TCP);
	answer_tcp(&to_tcp, &tcp, skb->len > end ? skb->len - end : 0);
	to_tcp.checksum =
		fold(bpf_csum_diff(NULL, 0, (void *)&to_tcp, sizeof(to_tcp), sum_pseudo6(&to_ip, sizeof(to_tcp))));
	answer.ip = to_ip;
	answer.tcp = to_tcp;
	return become(skb, &answer, sizeof(answer));
}

/* ICMP carries the head of the datagram it is about: the sender's kernel finds the socket by it. */
__noinline int become_unreachable4(struct __sk_buff *skb)
{
	struct {
		struct ethernet_header eth;
		struct ipv4_header ip;
		struct icmp_header icmp;
		struct ipv4_header about;
		struct udp_header about_udp;
	} __attribute__((packed, aligned(4))) answer;
	struct {
		struct icmp_header icmp;
		struct ipv4_header about;
		struct udp_header about_udp;
	} body = {};
	struct ipv4_header to_ip;

	if (load_ethernet(skb, &answer.eth) ||
	    bpf_skb_load_bytes(skb, SAKER_ETH_HLEN, &body.about, sizeof(body.about)) ||
	    bpf_skb_load_bytes(skb, SAKER_ETH_HLEN + sizeof(body.about), &body.about_udp, sizeof(body.about_udp)))
		return -1;
	answer_ipv4(&to_ip, &body.about, sizeof(to_ip) + sizeof(body), SAKER_IPPROTO_ICMP);
	body.icmp.type = 3;
	body.icmp.code = 3;
	body.icmp.checksum = fold(bpf_csum_diff(NULL, 0, (void *)&body, sizeof(body), 0));
	answer.ip = to_ip;
	answer.icmp = body.icmp;
	answer.about = body.about;
	answer.about_udp = body.about_udp;
	return become(skb, &answer, sizeof(answer));
}

__noinline int become_unreachable6(struct __sk_buff *skb)
{
	struct {
		struct ethernet_header eth;
		struct ipv6_header ip;
		struct icmp_header icmp;
		struct ipv6_header about;
		struct udp_header about_udp;
	} __attribute__((packed, aligned(4))) answer;
	struct {
		struct icmp_header icmp;
		struct ipv6_header about;
		struct udp_header about_udp;
	} body = {};
	struct ipv6_header to_ip;

	if (load_ethernet(skb, &answer.eth) ||
	    bpf_skb_load_bytes(skb, SAKER_ETH_HLEN, &body.about, sizeof(body.about)) ||
	    bpf_skb_load_bytes(skb, SAKER_ETH_HLEN + sizeof(body.about), &body.about_udp, sizeof(body.about_udp)))
		return -1;
	answer_ipv6(&to_ip, &body.about, sizeof(body), SAKER_IPPROTO_ICMPV6);
	body.icmp.type = 1;
	body.icmp.code = 4;
	body.icmp.checksum =
		fold(bpf_csum_diff(NULL, 0, (void *)&body, sizeof(body), sum_pseudo6(&to_ip, sizeof(body))));
	answer.ip = to_ip;
	answer.icmp = body.icmp;
	answer.about = body.about;
	answer.about_udp = body.about_udp;
	return become(skb, &answer, sizeof(answer));
}

/* Whether the packet now is its own answer. */
static __always_inline bool become_answer(struct __sk_buff *skb, const struct packet *p)
{
	bool six = skb->protocol == bpf_htons(SAKER_ETH_P_IPV6);

	if (p->later_fragment)
		return false;
	if (p->protocol == SAKER_IPPROTO_TCP)
		return !(six ? become_rst6(skb, p->l4) : become_rst4(skb, p->l4));
	return p->plain && !(six ? become_unreachable6(skb) : become_unreachable4(skb));
}

#endif
