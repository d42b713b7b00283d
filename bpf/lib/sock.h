/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sockets: from descriptors, their ends as the kernel knows them, and addresses as callers pass them. */
#ifndef SAKER_SOCK_H
#define SAKER_SOCK_H

#define SAKER_AF_UNIX 1
#define SAKER_AF_INET 2
#define SAKER_AF_INET6 10
#define SAKER_SOCK_DGRAM 2
#define SAKER_IPPROTO_TCP 6
#define SAKER_SOCKFS_MAGIC 0x534f434b
#define SAKER_UNIX_PATH_MAX 108
#define SAKER_SS_INET6_LEN 28

/* The kernel's copy of a socket address, or ours of the caller's. */
union socket_address {
	u16 family;
	struct {
		u16 family;
		u16 port;
		u32 addr;
	} in;
	struct {
		u16 family;
		u16 port;
		u32 flow;
		u8 addr[16];
	} in6;
	struct {
		u16 family;
		char path[SAKER_UNIX_PATH_MAX];
	} un;
	u64 words[14];
};

static __always_inline u16 from_network(u16 port)
{
	return __builtin_bswap16(port);
}

static __always_inline struct sock *sock_of_file(struct file *file)
{
	struct socket *socket;

	/* Only files of sockfs have a socket behind them; a socket's name in a file system is another thing. */
	if (!file || BPF_CORE_READ(file, f_inode, i_sb, s_magic) != SAKER_SOCKFS_MAGIC)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(socket, sk);
}

static __always_inline struct sock *sock_of_fd(struct task_struct *task, u32 fd)
{
	return sock_of_file(file_of_fd(task, fd));
}

static __always_inline void map_ipv4(unsigned char *into, u32 addr)
{
	__builtin_memset(into, 0, 10);
	into[10] = into[11] = 0xff;
	__builtin_memcpy(into + 12, &addr, sizeof(addr));
}

/* Both ends, as the socket has them now. */
static __always_inline void read_ends(struct saker_net_call *event, struct sock *sk)
{
	struct sock_common *common = &sk->__sk_common;

	if (event->family != SAKER_AF_INET && event->family != SAKER_AF_INET6)
		return;
	event->local_port = BPF_CORE_READ(common, skc_num);
	if (!event->local_port) /* a connection that ended has given its port back, and still says which it was */
		event->local_port = from_network(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	event->remote_port = from_network(BPF_CORE_READ(common, skc_dport));
	if (event->family == SAKER_AF_INET) {
		map_ipv4(event->local_addr, BPF_CORE_READ(common, skc_rcv_saddr));
		map_ipv4(event->remote_addr, BPF_CORE_READ(common, skc_daddr));
		return;
	}
	if (!bpf_core_field_exists(common->skc_v6_daddr)) /* a kernel without IPv6 */
		return;
	bpf_core_read(event->local_addr, sizeof(event->local_addr), &common->skc_v6_rcv_saddr);
	bpf_core_read(event->remote_addr, sizeof(event->remote_addr), &common->skc_v6_daddr);
}

static __always_inline void read_socket(struct saker_net_call *event, struct sock *sk)
{
	struct sock_common *common = &sk->__sk_common;

	event->family = BPF_CORE_READ(common, skc_family);
	event->type = BPF_CORE_READ(sk, sk_type);
	event->protocol = BPF_CORE_READ(sk, sk_protocol);
	event->net_ns = BPF_CORE_READ(common, skc_net.net, ns.inum);
	event->sock_cookie = BPF_CORE_READ(common, skc_cookie.counter);
	if (event->protocol == SAKER_IPPROTO_TCP)
		event->state = BPF_CORE_READ(common, skc_state);
	read_ends(event, sk);
}

/* One end as an address says it. */
static __always_inline void read_address(unsigned char *addr, unsigned short *port, const union socket_address *from)
{
	if (from->family == SAKER_AF_INET) {
		map_ipv4(addr, from->in.addr);
		*port = from_network(from->in.port);
	} else if (from->family == SAKER_AF_INET6) {
		__builtin_memcpy(addr, from->in6.addr, sizeof(from->in6.addr));
		*port = from_network(from->in6.port);
	}
}

/* Appends the name of a Unix socket: a path, or "@name" for an abstract one, whose first byte is NUL. `len` counts the
 * family's two bytes; a path may or may not end in NUL, an abstract name has none. */
static __always_inline u32 append_unix_name(struct saker_event_header *hdr, const char *path, u32 address_len)
{
	u64 len = address_len - sizeof(u16), at = hdr->size;
	char *record = (char *)hdr;

	if (address_len <= sizeof(u16))
		return 0; /* not bound */
	OPAQUE(len);
	OPAQUE(at);
	if (len > SAKER_UNIX_PATH_MAX || at > SAKER_SMALL_MAX - 128)
		return 0;
	MASK(len, 127);
	MASK(at, SAKER_SMALL_MAX - 1);
	if (bpf_probe_read_kernel(record + at, len, path))
		return 0;
	record[at + len] = 0;
	if (!record[at])
		record[at] = '@';
	else
		len = bpf_probe_read_kernel_str(record + at, SAKER_UNIX_PATH_MAX + 1, record + at) - 1;
	hdr->size = at + len + 1;
	return len + 1;
}

/* The name that the kernel keeps for a Unix socket. */
static __always_inline u32 append_unix_name_of(struct saker_event_header *hdr, struct sock *sk)
{
	struct unix_address *address;

	if (!bpf_core_type_exists(
		    struct unix_sock)) /* a module, in some kernels: its types are not in the kernel's BTF */
		return 0;
	address = BPF_CORE_READ((struct unix_sock *)sk, addr);
	if (!address)
		return 0;
	return append_unix_name(hdr,
				(void *)address + bpf_core_field_offset(struct unix_address, name) +
					bpf_core_field_offset(struct sockaddr_un, sun_path),
				BPF_CORE_READ(address, len));
}

static __always_inline struct sock *unix_peer_of(struct sock *sk)
{
	return bpf_core_type_exists(struct unix_sock) ? BPF_CORE_READ((struct unix_sock *)sk, peer) : NULL;
}

static __always_inline u32 net_class(u16 family, u16 type, s64 ret)
{
	u32 class = 0;

	if (ret < 0 && ret != -115 /* EINPROGRESS */)
		class |= SAKER_CLASS_NET_FAILED;
	class |= (family == SAKER_AF_INET    ? 1
		  : family == SAKER_AF_INET6 ? 2
		  : family == SAKER_AF_UNIX  ? 3
					     : 0)
		 << SAKER_CLASS_NET_FAMILY_SHIFT;
	if (type == SAKER_SOCK_DGRAM)
		class |= SAKER_CLASS_NET_DGRAM;
	return class;
}

#endif
