/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* net.connect, net.send and net.bind: the calls that name the far or the near end of a socket, every address family. Where
 * the kernel's socket knows the ends they are read from it (a call that succeeded, a connected send); where it does not, from
 * the kernel's copy of the address, and only where there is none from the caller's memory, flagged as a claim. */

#define SAKER_EINPROGRESS 115
#define SAKER_EIOCBQUEUED 529
#define SAKER_SOCK_STREAM 1

/* One call, whatever way it was taken; its address lies in the slot's scratch, behind the record. */
struct net_facts {
	s64 ret;
	struct sock *sk; /* NULL: no socket behind the descriptor */
	u64 bytes;
	u32 addr_len; /* 0: no address passed */
	u32 flags; /* enum saker_flag */
	s32 fd;
	u32 kind;
};

#define SAKER_NET_RECORD_MAX 256

static __always_inline union socket_address *address_of_slot(__u32 slot)
{
	char *scratch = small_record(slot);

	return scratch ? (void *)(scratch + SAKER_NET_RECORD_MAX) : NULL;
}

static __always_inline bool is_ip(u16 family)
{
	return family == SAKER_AF_INET || family == SAKER_AF_INET6;
}

/* The end that the call names: what the socket says of it if the call has come that far, else what the address says. */
static __always_inline void read_named_end(struct saker_net_call *event, const struct net_facts *net,
					   union socket_address *addr)
{
	bool reached = net->ret >= 0 || net->ret == -SAKER_EINPROGRESS;

	if (net->addr_len < sizeof(u16))
		return;
	event->addr_family = addr->family;
	if (!is_ip(addr->family))
		return;
	if (net->kind == SAKER_NET_BIND) {
		if (!reached || !net->sk)
			read_address(event->local_addr, &event->local_port, addr);
	} else if (net->kind == SAKER_NET_CONNECT) {
		if (!reached || !net->sk)
			read_address(event->remote_addr, &event->remote_port, addr);
	} else if (event->type != SAKER_SOCK_STREAM || !event->remote_port) {
		read_address(event->remote_addr, &event->remote_port, addr);
	} else {
		return;
	}
}

static __always_inline u32 append_unix_end(struct saker_net_call *event, const struct net_facts *net,
					   union socket_address *addr)
{
	struct sock *sk = net->sk;
	u32 len = 0;

	if (event->family != SAKER_AF_UNIX)
		return 0;
	if (net->kind == SAKER_NET_BIND && net->ret >= 0)
		return append_unix_name_of(&event->hdr, sk);
	if (net->kind == SAKER_NET_SEND ? !net->addr_len : net->ret >= 0)
		len = append_unix_name_of(&event->hdr, unix_peer_of(sk));
	if (!len && net->addr_len > sizeof(u16) && addr->family == SAKER_AF_UNIX)
		len = append_unix_name(&event->hdr, addr->un.path, net->addr_len);
	return len;
}

/* Counts, filters, fills and sends; the caller has put the address, if any, behind the slot's record. */
static __always_inline int emit_net(__u32 slot, const struct net_facts *net, u32 number, u32 flags)
{
	struct saker_net_call *event = small_record(slot);
	union socket_address *addr = address_of_slot(slot);
	struct sock *sk = net->sk;
	u16 family, type;

	family = sk ? BPF_CORE_READ(sk, __sk_common.skc_family) : 0;
	type = sk ? BPF_CORE_READ(sk, sk_type) : 0;
	if (!wanted(net->kind, net_class(family, type, net->ret)))
		return 0;
	if (!event || !addr)
		return drop(net->kind, SAKER_LOST_SCRATCH);
	__builtin_memset(event, 0, sizeof(*event));
	stamp_current(&event->hdr, net->kind, sizeof(*event));
	event->hdr.arg = number;
	event->hdr.flags = flags | net->flags;
	event->ret = net->ret;
	event->bytes = net->bytes;
	event->fd = net->fd;
	if (sk)
		read_socket(event, sk);
	read_named_end(event, net, addr);
	event->unix_path_len = append_unix_end(event, net, addr);
	return emit_small(slot);
}

/* Reads the caller's address into the slot's scratch. */
static __always_inline void read_claimed_address(__u32 slot, struct net_facts *net, u64 from, u64 len)
{
	union socket_address *addr = address_of_slot(slot);

	net->addr_len = 0;
	if (!addr || !from || !len)
		return;
	if (len > sizeof(*addr))
		len = sizeof(*addr);
	__builtin_memset(addr, 0, sizeof(*addr));
	OPAQUE(len);
	if (len > sizeof(*addr))
		return;
	if (bpf_probe_read_user(addr, len, (void *)from)) {
		net->flags |= SAKER_F_FAULT;
		return;
	}
	net->addr_len = len;
}

/* Whether what the record says of the named end is the caller's word: the socket did not take it on. */
static __always_inline bool end_is_claimed(const struct net_facts *net)
{
	if (!net->addr_len)
		return false;
	if (net->kind == SAKER_NET_SEND)
		return true;
	return !net->sk || (net->ret < 0 && net->ret != -SAKER_EINPROGRESS);
}

static __always_inline int emit_net_call(struct net_facts *net, u64 addr, u32 addr_len, u32 number, u32 flags)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	net->sk = sock_of_fd(task, net->fd);
	read_claimed_address(SAKER_SLOT_SYS_NET, net, addr, addr_len);
	if (end_is_claimed(net))
		net->flags |= SAKER_F_CLAIM;
	return emit_net(SAKER_SLOT_SYS_NET, net, number, flags);
}

/* --- a call under way, by thread (function plan) --------------------------------------------------------------------- */

/* A call under way, by thread: the function of the call begins it, the security hook adds socket and the kernel's copy of the
 * address, the return ends it. */
struct net_in_flight {
	struct sock *sk;
	u64 user_addr; /* until the kernel's copy is here */
	u64 bytes;
	u32 addr_len;
	s32 fd;
	u16 family; /* of the socket: freed meanwhile by another thread, it may be another by now */
	u8 kind;
	u8 uring_op;
	u8 copied;
	u8 __pad[3];
	union socket_address addr;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct net_in_flight);
} net_in_flight SEC(".maps");

static __always_inline void begin_net(const struct net_in_flight *call)
{
	__u32 tid = bpf_get_current_pid_tgid();

	if (bpf_map_update_elem(&net_in_flight, &tid, call, BPF_ANY))
		drop_unseen(call->kind, SAKER_LOST_IN_FLIGHT);
}

static __always_inline int on_net_begin(u32 kind, int fd, const void *addr, u32 addr_len, u64 bytes)
{
	struct net_in_flight call = {};

	if (!current_observed())
		return 0;
	call.kind = kind;
	call.fd = fd;
	call.user_addr = (u64)addr;
	call.addr_len = addr ? addr_len : 0;
	call.bytes = bytes;
	begin_net(&call);
	return 0;
}

static __always_inline void keep_address(struct net_in_flight *call, struct sock *sk, const void *addr, u32 addr_len)
{
	u64 len = addr_len;

	call->sk = sk;
	call->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	call->copied = true;
	if (len > sizeof(call->addr))
		len = sizeof(call->addr);
	OPAQUE(len);
	if (!addr || len > sizeof(call->addr) || bpf_probe_read_kernel(&call->addr, len, addr))
		len = 0;
	call->addr_len = len;
}

static __always_inline int on_net_address(u32 kind, struct socket *sock, const void *addr, u32 addr_len, u64 bytes)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct net_in_flight *call = bpf_map_lookup_elem(&net_in_flight, &tid);

	if (!call || call->kind != kind)
		return 0;
	keep_address(call, BPF_CORE_READ(sock, sk), addr, addr_len);
	call->bytes = bytes;
	return 0;
}

/* Ends the thread's call. The address goes to the slot's scratch, everything else into *net. */
static __always_inline bool take_net(__u32 slot, u32 kind, struct net_facts *net, u8 *uring_op)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct net_in_flight *call = bpf_map_lookup_elem(&net_in_flight, &tid);
	union socket_address *addr = address_of_slot(slot);
	struct sock *sk;

	if (!call || call->kind != kind || !addr)
		return false;
	*uring_op = call->uring_op;
	net->kind = kind;
	net->fd = call->fd;
	net->bytes = call->bytes;
	sk = call->sk;
	if (call->copied) {
		__builtin_memcpy(addr, &call->addr, sizeof(*addr));
		net->addr_len = call->addr_len;
	} else if (
		!*uring_op) { /* refused before the security hook: a bad descriptor, an address that cannot be read */
		read_claimed_address(slot, net, call->user_addr, call->addr_len);
		sk = sock_of_fd((void *)bpf_get_current_task(), call->fd);
		net->flags |= SAKER_F_CLAIM;
	}
	if (call->copied && BPF_CORE_READ(sk, __sk_common.skc_family) != call->family) {
		sk = NULL;
		net->flags |= SAKER_F_PARTIAL;
	}
	net->sk = sk;
	bpf_map_delete_elem(&net_in_flight, &tid);
	return true;
}

static __always_inline int on_net_done(__u32 slot, u32 kind, int ret)
{
	struct net_facts net = { .ret = ret };
	struct call call;
	u8 uring_op;

	if (!take_net(slot, kind, &net, &uring_op))
		return 0;
	current_call(&call);
	return emit_net(slot, &net, call.number, call.compat ? SAKER_F_COMPAT : 0);
}
