/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The headers of one packet, wherever they lie (data may be in pages: everything is read through the helper). */
#ifndef SAKER_ENFORCE_PACKET_H
#define SAKER_ENFORCE_PACKET_H

#define SAKER_ETH_P_IP 0x0800
#define SAKER_ETH_P_IPV6 0x86dd
#define SAKER_EXTENSIONS 8 /* headers of IPv6 before the transport's that are followed */

struct packet {
	__u32 peer[4];
	__u32 local[4];
	__u32 l4;	  /* offset of the transport header; 0: not in this packet */
	__u32 fragment; /* id of the datagram it is a part of; 0 may be one, see below */
	__u16 peer_port;	 /* host order */
	__u16 local_port;
	__u8 protocol;      /* 0: neither TCP nor UDP */
	__u8 later_fragment; /* not the first: without ports */
	__u8 more_fragments;
	__u8 plain;	    /* no options, no extension headers */
};

struct ipv4_header {
	__u8 version_ihl, tos;
	__u16 total_length, id, fragment;
	__u8 ttl, protocol;
	__u16 checksum;
	__u32 source, destination;
};

struct ipv6_header {
	__u32 version_class_flow;
	__u16 payload_length;
	__u8 next, hop_limit;
	__u32 source[4], destination[4];
};

struct tcp_header {
	__u16 source, destination;
	__u32 seq, ack;
	__u8 offset, flags;
	__u16 window, checksum, urgent;
};

struct udp_header {
	__u16 source, destination, length, checksum;
};

static __always_inline int parse_ipv4(struct __sk_buff *skb, __u32 l3, struct packet *p)
{
	struct ipv4_header ip;

	if (bpf_skb_load_bytes(skb, l3, &ip, sizeof(ip)))
		return -1;
	p->peer[2] = p->local[2] = bpf_htonl(0xffff);
	p->peer[3] = ip.destination;
	p->local[3] = ip.source;
	p->protocol = ip.protocol;
	p->later_fragment = (ip.fragment & bpf_htons(0x1fff)) != 0;
	p->more_fragments = (ip.fragment & bpf_htons(0x2000)) != 0;
	p->fragment = ip.id;
	p->plain = ip.version_ihl == 0x45;
	p->l4 = l3 + (ip.version_ihl & 15) * 4;
	return 0;
}

/* What skip_extensions() found, in one number. */
#define FOUND_NEXT(found) ((found) & 0xff)
#define FOUND_LATER_FRAGMENT 0x100
#define FOUND_MORE_FRAGMENTS 0x200
#define FOUND_L4(found) ((found) >> 16 & 0xffff)
#define FOUND_FRAGMENT(found) ((found) >> 32)

/* From the first header after that of IPv6, of type `next`, to the one that is no extension. A global function: its ways
 * through the headers would multiply those of its callers. */
__noinline __u64 skip_extensions(struct __sk_buff *skb, __u32 at, __u32 next)
{
	struct {
		__u8 next, length;
		__u16 offset;
		__u32 id;
	} extension;
	__u64 fragment = 0;
	__u32 flags = 0, i;

	for (i = 0; i < SAKER_EXTENSIONS; i++) {
		if (next != 0 && next != 43 && next != 44 && next != 51 && next != 60)
			break;
		if (flags & FOUND_LATER_FRAGMENT || bpf_skb_load_bytes(skb, at, &extension, sizeof(extension)))
			break;
		if (next == 44) { /* fragment */
			flags |= extension.offset & bpf_htons(0xfff8) ? FOUND_LATER_FRAGMENT : 0;
			flags |= extension.offset & bpf_htons(1) ? FOUND_MORE_FRAGMENTS : 0;
			fragment = extension.id;
			at += 8;
		} else {
			at += next == 51 ? (extension.length + 2) * 4 : (extension.length + 1) * 8;
		}
		next = extension.next;
	}
	return fragment << 32 | (__u64)(at & 0xffff) << 16 | flags | (next & 0xff);
}

static __always_inline int parse_ipv6(struct __sk_buff *skb, __u32 l3, struct packet *p)
{
	struct ipv6_header ip;
	__u64 found;

	if (bpf_skb_load_bytes(skb, l3, &ip, sizeof(ip)))
		return -1;
	__builtin_memcpy(p->peer, ip.destination, 16);
	__builtin_memcpy(p->local, ip.source, 16);
	found = skip_extensions(skb, l3 + sizeof(ip), ip.next);
	p->plain = FOUND_L4(found) == l3 + sizeof(ip);
	p->protocol = FOUND_NEXT(found);
	p->later_fragment = !!(found & FOUND_LATER_FRAGMENT);
	p->more_fragments = !!(found & FOUND_MORE_FRAGMENTS);
	p->fragment = FOUND_FRAGMENT(found);
	p->l4 = FOUND_L4(found);
	return 0;
}

/* 0: TCP or UDP over IP, with ports unless it is a later fragment. 1: something else. -1: not understood. */
static __always_inline int parse_packet(struct __sk_buff *skb, __u32 l3, struct packet *p)
{
	__u16 port[2];
	int failed;

	if (skb->protocol == bpf_htons(SAKER_ETH_P_IP))
		failed = parse_ipv4(skb, l3, p);
	else if (skb->protocol == bpf_htons(SAKER_ETH_P_IPV6))
		failed = parse_ipv6(skb, l3, p);
	else
		return 1;
	if (failed)
		return -1;
	if (p->protocol != SAKER_IPPROTO_TCP && p->protocol != SAKER_IPPROTO_UDP)
		return 1;
	if (p->later_fragment)
		return 0;
	if (bpf_skb_load_bytes(skb, p->l4, port, sizeof(port)))
		return -1;
	p->local_port = bpf_ntohs(port[0]);
	p->peer_port = bpf_ntohs(port[1]);
	return 0;
}

#endif
