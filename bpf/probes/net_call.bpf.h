/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* net.connect, net.send and net.bind: the calls that name the far or the near end of a socket, every address family. Where
 * the kernel's socket knows the ends they are read from it (a call that succeeded, a connected send); where it does not, from
 * the kernel's copy of the address, and only where there is none from the caller's memory, flagged as a claim. */

#define SAKER_EINPROGRESS 115
#define SAKER_EIOCBQUEUED 529
#define SAKER_SOCK_STREAM 1
#define SAKER_MESSAGES_MAX 1024 /* UIO_MAXIOV: what sendmmsg takes at once */
#define SAKER_SEGMENTS_MAX 64

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

/* --- system-call plan -------------------------------------------------------------------------------------------------- */

/* The arguments of a call that names an end, from its registers or (socketcall) from the array they point to. */
struct net_arguments {
	u64 addr;
	u64 bytes;
	u64 message; /* msghdr, or the array of them */
	u32 addr_len;
	s32 fd;
	u8 call; /* as if there were no socketcall */
	bool claimed;
};

static __always_inline u32 kind_of_call(u8 call)
{
	switch (call) {
	case SAKER_CALL_CONNECT:
		return SAKER_NET_CONNECT;
	case SAKER_CALL_BIND:
		return SAKER_NET_BIND;
	case SAKER_CALL_SENDTO:
	case SAKER_CALL_SEND:
	case SAKER_CALL_SENDMSG:
	case SAKER_CALL_SENDMMSG:
		return SAKER_NET_SEND;
	default:
		return SAKER_NO_KIND;
	}
}

static __always_inline u8 call_of_socketcall(u32 what)
{
	switch (what) {
	case SAKER_SYS_CONNECT:
		return SAKER_CALL_CONNECT;
	case SAKER_SYS_BIND:
		return SAKER_CALL_BIND;
	case SAKER_SYS_SEND:
		return SAKER_CALL_SEND;
	case SAKER_SYS_SENDTO:
		return SAKER_CALL_SENDTO;
	case SAKER_SYS_SENDMSG:
		return SAKER_CALL_SENDMSG;
	case SAKER_SYS_SENDMMSG:
		return SAKER_CALL_SENDMMSG;
	default:
		return SAKER_CALL_NONE;
	}
}

static __always_inline void read_net_arguments(struct net_arguments *args, const struct call *call)
{
	u32 in_memory[6] = {}; /* socketcall exists in 32-bit ABIs only */

	args->call = call->id;
	if (call->id == SAKER_CALL_SOCKETCALL) {
		args->call = call_of_socketcall(saved_call_arg(call, 0));
		args->claimed = true;
		bpf_probe_read_user(in_memory, sizeof(in_memory), (void *)saved_call_arg(call, 1));
		args->fd = in_memory[0];
		args->addr = args->message = in_memory[1];
		args->addr_len = args->bytes = in_memory[2];
		if (kind_of_call(args->call) == SAKER_NET_SEND) {
			args->addr = args->call == SAKER_CALL_SENDTO ? in_memory[4] : 0;
			args->addr_len = args->call == SAKER_CALL_SENDTO ? in_memory[5] : 0;
		}
		return;
	}
	args->fd = saved_call_arg(call, 0);
	args->addr = args->message = saved_call_arg(call, 1);
	args->addr_len = args->bytes = saved_call_arg(call, 2);
	if (kind_of_call(call->id) == SAKER_NET_SEND) {
		args->bytes = saved_call_arg(call, 2);
		args->addr = call->id == SAKER_CALL_SENDTO ? saved_call_arg(call, 4) : 0;
		args->addr_len = call->id == SAKER_CALL_SENDTO ? saved_call_arg(call, 5) : 0;
	}
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

struct message {
	u64 name;
	u64 segments;
	u64 segment_count;
	u32 name_len;
};

/* A msghdr of the caller's, in either width. */
static __always_inline long read_message(struct message *into, u64 from, bool narrow)
{
	struct {
		u32 name, name_len, iov, iov_len;
	} thin;
	struct {
		u64 name;
		u32 name_len, pad;
		u64 iov, iov_len;
	} wide;
	long err;

	if (narrow) {
		err = bpf_probe_read_user(&thin, sizeof(thin), (void *)from);
		into->name = thin.name;
		into->name_len = thin.name_len;
		into->segments = thin.iov;
		into->segment_count = thin.iov_len;
		return err;
	}
	err = bpf_probe_read_user(&wide, sizeof(wide), (void *)from);
	into->name = wide.name;
	into->name_len = wide.name_len;
	into->segments = wide.iov;
	into->segment_count = wide.iov_len;
	return err;
}

/* The sum of a message's segments, of the first SAKER_SEGMENTS_MAX if there are more. */
__noinline u64 message_bytes(u64 segments, u32 count, u32 narrow)
{
	u64 sum = 0, wide[2];
	u32 thin[2], i;

	for (i = 0; i < SAKER_SEGMENTS_MAX; i++) {
		if (i >= count)
			break;
		if (narrow) {
			if (bpf_probe_read_user(thin, sizeof(thin), (void *)segments + i * sizeof(thin)))
				break;
			sum += thin[1];
		} else {
			if (bpf_probe_read_user(wide, sizeof(wide), (void *)segments + i * sizeof(wide)))
				break;
			sum += wide[1];
		}
	}
	return sum;
}

#define SAKER_MESSAGE_NARROW (1U << 31)
#define SAKER_MESSAGE_CLAIMED (1U << 30)
#define SAKER_MESSAGE_COMPAT (1U << 29)

/* One message of sendmsg or sendmmsg. `how`: the call's number and what else is known of it. */
__noinline int emit_message(u64 message, s64 ret, u32 fd, u32 how)
{
	struct net_facts net = { .ret = ret, .fd = fd, .kind = SAKER_NET_SEND };
	u32 narrow = how & SAKER_MESSAGE_NARROW;
	struct message header = {};

	if (how & SAKER_MESSAGE_CLAIMED)
		net.flags |= SAKER_F_CLAIM;
	if (how & SAKER_MESSAGE_COMPAT)
		net.flags |= SAKER_F_COMPAT;
	if (read_message(&header, message, narrow))
		net.flags |= SAKER_F_FAULT;
	else
		net.bytes = message_bytes(header.segments, header.segment_count, narrow);
	return emit_net_call(&net, header.name, header.name_len, how & 0xffff, 0);
}

__noinline int emit_messages(u64 messages, s64 sent, u32 fd, u32 how)
{
	bool narrow = how & SAKER_MESSAGE_NARROW;
	u64 header = narrow ? 28 : 56, stride = narrow ? 32 : 64;
	u32 i, len;

	if (sent < 0)
		return emit_message(messages, sent, fd, how);
	for (i = 0; i < SAKER_MESSAGES_MAX; i++) {
		if (i >= sent)
			break;
		len = 0;
		bpf_probe_read_user(&len, sizeof(len), (void *)messages + header);
		emit_message(messages, len, fd, how);
		messages += stride;
	}
	return 0;
}

/* The exit of connect, bind, sendto, send, sendmsg, sendmmsg and (32-bit) socketcall. Of a datagram's destination the kernel
 * keeps nothing, so there the address is the caller's word; of socketcall, the descriptor too. Misses: write(2) and
 * splice(2) on sockets, which are no sends to Falco either. */
static __always_inline int on_net_exit(const struct call *call, long ret)
{
	struct net_arguments args = {};
	struct net_facts net = { .ret = ret };
	u32 how;

	read_net_arguments(&args, call);
	net.kind = kind_of_call(args.call);
	if (net.kind == SAKER_NO_KIND || !(saker_sys_kinds & 1 << net.kind))
		return 0;
	how = (call->narrow ? SAKER_MESSAGE_NARROW : 0) | (args.claimed ? SAKER_MESSAGE_CLAIMED : 0) |
	      (call->compat ? SAKER_MESSAGE_COMPAT : 0) | (call->number & 0xffff);
	if (args.call == SAKER_CALL_SENDMSG)
		return emit_message(args.message, ret, args.fd, how);
	if (args.call == SAKER_CALL_SENDMMSG)
		return emit_messages(args.message, ret, args.fd, how);
	net.fd = args.fd;
	net.bytes = net.kind == SAKER_NET_SEND ? args.bytes : 0;
	net.flags = args.claimed ? SAKER_F_CLAIM : 0;
	return emit_net_call(&net, args.addr, args.addr_len, call->number, call->compat ? SAKER_F_COMPAT : 0);
}

/* --- function plan ----------------------------------------------------------------------------------------------------- */

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

static __always_inline int on_uring_net_begin(u32 kind, struct io_kiocb *req)
{
	struct net_in_flight call = {};
	struct file *file;
	struct sock *sk;

	if (!current_observed())
		return 0;
	file = BPF_CORE_READ(req, file);
	sk = sock_of_file(file);
	call.kind = kind;
	call.uring_op = BPF_CORE_READ(req, opcode);
	call.fd = -1;
	call.sk = sk;
	begin_net(&call);
	return 0;
}

/* A request that is to be tried again, or that completes by itself later, is not over. */
static __always_inline int on_uring_net_done(__u32 slot, u32 kind, struct io_kiocb *req, int ret)
{
	struct net_facts net = {};
	u8 uring_op;
	s32 result;

	if (!take_net(slot, kind, &net, &uring_op) || ret == -SAKER_EAGAIN || ret == -SAKER_EIOCBQUEUED)
		return 0;
	if (!uring_result(req, &result))
		return drop_unseen(kind, SAKER_LOST_UNREADABLE);
	net.ret = result;
	return emit_net(slot, &net, uring_op, SAKER_F_IO_URING);
}

/* sendmsg's function is io_uring's too. It gets the message header when the kernel has copied it, so nothing is to be added. */
static __always_inline int on_sendmsg_begin(struct socket *sock, struct msghdr *msg)
{
	struct net_in_flight call = {};
	struct net_arguments args = {};
	struct call in;

	if (!current_observed())
		return 0;
	current_call(&in);
	call.kind = SAKER_NET_SEND;
	call.fd = -1;
	if (in.id == SAKER_CALL_SENDMSG || in.id == SAKER_CALL_SENDMMSG || in.id == SAKER_CALL_SOCKETCALL) {
		read_net_arguments(&args, &in);
		call.fd = args.fd;
	} else {
		call.uring_op = SAKER_URING_SENDMSG;
	}
	call.bytes = BPF_CORE_READ(msg, msg_iter.count);
	keep_address(&call, BPF_CORE_READ(sock, sk), BPF_CORE_READ(msg, msg_name), BPF_CORE_READ(msg, msg_namelen));
	begin_net(&call);
	return 0;
}

static __always_inline int on_sendmsg_done(int ret)
{
	struct net_facts net = { .ret = ret };
	struct call call;
	u8 uring_op;

	if (!take_net(SAKER_SLOT_SENDMSG, SAKER_NET_SEND, &net, &uring_op))
		return 0;
	if (uring_op)
		return ret == -SAKER_EAGAIN ? 0 : emit_net(SAKER_SLOT_SENDMSG, &net, uring_op, SAKER_F_IO_URING);
	current_call(&call);
	return emit_net(SAKER_SLOT_SENDMSG, &net, call.number, call.compat ? SAKER_F_COMPAT : 0);
}

/* connect(2) and socketcall of both ABIs meet in __sys_connect; security_socket_connect hands over the kernel's copy of the
 * address, whatever its family. tcp_connect would see TCP only; at the exit of a failed connect the socket's ends are already
 * reset. __sys_connect_file, which io_uring shares, has it all but the descriptor, but is in the same source file as its
 * caller: a compiler may inline it there, and then half of the calls would be missed without a sign. */
SEC("fentry/__sys_connect")
int BPF_PROG(net_connect__fn_begin, int fd, const void *addr, int addr_len)
{
	return on_net_begin(SAKER_NET_CONNECT, fd, addr, addr_len, 0);
}

SEC("fentry/security_socket_connect")
int BPF_PROG(net_connect__fn_address, struct socket *sock, const void *addr, int addr_len)
{
	return on_net_address(SAKER_NET_CONNECT, sock, addr, addr_len, 0);
}

SEC("fexit/__sys_connect")
int BPF_PROG(net_connect__fn_done, int fd, const void *addr, int addr_len, int ret)
{
	return on_net_done(SAKER_SLOT_CONNECT, SAKER_NET_CONNECT, ret);
}

SEC("kprobe/__sys_connect")
int BPF_KPROBE(net_connect__fnk_begin, int fd, const void *addr, int addr_len)
{
	return on_net_begin(SAKER_NET_CONNECT, fd, addr, addr_len, 0);
}

SEC("kprobe/security_socket_connect")
int BPF_KPROBE(net_connect__fnk_address, struct socket *sock, const void *addr, int addr_len)
{
	return on_net_address(SAKER_NET_CONNECT, sock, addr, addr_len, 0);
}

SEC("kretprobe/__sys_connect")
int BPF_KRETPROBE(net_connect__fnk_done, long ret)
{
	return on_net_done(SAKER_SLOT_CONNECT, SAKER_NET_CONNECT, ret);
}

/* io_uring calls this through a table, so it is never inlined. A connect that cannot be completed at once returns -EAGAIN and
 * comes back; from 6.3 on the second time it only asks for the result, and the address is that of the socket. */
SEC("fentry/io_connect")
int BPF_PROG(net_connect__fn_uring_begin, struct io_kiocb *req)
{
	return on_uring_net_begin(SAKER_NET_CONNECT, req);
}

SEC("fexit/io_connect")
int BPF_PROG(net_connect__fn_uring_done, struct io_kiocb *req, unsigned int issue_flags, int ret)
{
	return on_uring_net_done(SAKER_SLOT_CONNECT_URING, SAKER_NET_CONNECT, req, ret);
}

/* bind(2), as connect. Of a bind to port 0 the record of a success shows the port that the kernel chose. */
SEC("fentry/__sys_bind")
int BPF_PROG(net_bind__fn_begin, int fd, const void *addr, int addr_len)
{
	return on_net_begin(SAKER_NET_BIND, fd, addr, addr_len, 0);
}

SEC("fentry/security_socket_bind")
int BPF_PROG(net_bind__fn_address, struct socket *sock, const void *addr, int addr_len)
{
	return on_net_address(SAKER_NET_BIND, sock, addr, addr_len, 0);
}

SEC("fexit/__sys_bind")
int BPF_PROG(net_bind__fn_done, int fd, const void *addr, int addr_len, int ret)
{
	return on_net_done(SAKER_SLOT_BIND, SAKER_NET_BIND, ret);
}

SEC("kprobe/__sys_bind")
int BPF_KPROBE(net_bind__fnk_begin, int fd, const void *addr, int addr_len)
{
	return on_net_begin(SAKER_NET_BIND, fd, addr, addr_len, 0);
}

SEC("kprobe/security_socket_bind")
int BPF_KPROBE(net_bind__fnk_address, struct socket *sock, const void *addr, int addr_len)
{
	return on_net_address(SAKER_NET_BIND, sock, addr, addr_len, 0);
}

SEC("kretprobe/__sys_bind")
int BPF_KRETPROBE(net_bind__fnk_done, long ret)
{
	return on_net_done(SAKER_SLOT_BIND, SAKER_NET_BIND, ret);
}

SEC("fentry/io_bind") /* since 6.11 */
int BPF_PROG(net_bind__fn_uring_begin, struct io_kiocb *req)
{
	return on_uring_net_begin(SAKER_NET_BIND, req);
}

SEC("fexit/io_bind")
int BPF_PROG(net_bind__fn_uring_done, struct io_kiocb *req, unsigned int issue_flags, int ret)
{
	return on_uring_net_done(SAKER_SLOT_BIND_URING, SAKER_NET_BIND, req, ret);
}

/* sendto(2), send(2) and socketcall. security_socket_sendmsg is passed by every write to a socket: only those that began here
 * are looked at, so a plain write costs one failed look-up. */
SEC("fentry/__sys_sendto")
int BPF_PROG(net_send__fn_sendto_begin, int fd, const void *buffer, size_t len, unsigned int flags, const void *addr,
	     int addr_len)
{
	return on_net_begin(SAKER_NET_SEND, fd, addr, addr_len, len);
}

SEC("fentry/security_socket_sendmsg")
int BPF_PROG(net_send__fn_address, struct socket *sock, struct msghdr *msg, int size)
{
	return on_net_address(SAKER_NET_SEND, sock, BPF_CORE_READ(msg, msg_name), BPF_CORE_READ(msg, msg_namelen),
			      size);
}

SEC("fexit/__sys_sendto")
int BPF_PROG(net_send__fn_sendto_done, int fd, const void *buffer, size_t len, unsigned int flags, const void *addr,
	     int addr_len, int ret)
{
	return on_net_done(SAKER_SLOT_SENDTO, SAKER_NET_SEND, ret);
}

SEC("kprobe/__sys_sendto")
int BPF_KPROBE(net_send__fnk_sendto_begin, int fd, const void *buffer, size_t len, unsigned int flags, const void *addr)
{
	/* the sixth argument has no accessor here: the security hook brings the length */
	return on_net_begin(SAKER_NET_SEND, fd, addr, SAKER_SS_INET6_LEN, len);
}

SEC("kprobe/security_socket_sendmsg")
int BPF_KPROBE(net_send__fnk_address, struct socket *sock, struct msghdr *msg, int size)
{
	return on_net_address(SAKER_NET_SEND, sock, BPF_CORE_READ(msg, msg_name), BPF_CORE_READ(msg, msg_namelen),
			      size);
}

SEC("kretprobe/__sys_sendto")
int BPF_KRETPROBE(net_send__fnk_sendto_done, long ret)
{
	return on_net_done(SAKER_SLOT_SENDTO, SAKER_NET_SEND, ret);
}

/* sendmsg(2), sendmmsg(2) once for each message, socketcall, and io_uring's SENDMSG: two callers, one function of the kernel's
 * own copy of the message header. */
SEC("fentry/____sys_sendmsg")
int BPF_PROG(net_send__fn_sendmsg_begin, struct socket *sock, struct msghdr *msg)
{
	return on_sendmsg_begin(sock, msg);
}

SEC("fexit/____sys_sendmsg")
int BPF_PROG(net_send__fn_sendmsg_done, struct socket *sock, struct msghdr *msg, unsigned int flags, void *used_address,
	     unsigned int allowed_flags, int ret)
{
	return on_sendmsg_done(ret);
}

SEC("kprobe/____sys_sendmsg")
int BPF_KPROBE(net_send__fnk_sendmsg_begin, struct socket *sock, struct msghdr *msg)
{
	return on_sendmsg_begin(sock, msg);
}

SEC("kretprobe/____sys_sendmsg")
int BPF_KRETPROBE(net_send__fnk_sendmsg_done, long ret)
{
	return on_sendmsg_done(ret);
}

/* io_uring's SEND goes past both functions above, down to the security hook. */
SEC("fentry/io_send")
int BPF_PROG(net_send__fn_uring_begin, struct io_kiocb *req)
{
	return on_uring_net_begin(SAKER_NET_SEND, req);
}

SEC("fexit/io_send")
int BPF_PROG(net_send__fn_uring_done, struct io_kiocb *req, unsigned int issue_flags, int ret)
{
	return on_uring_net_done(SAKER_SLOT_SEND_URING, SAKER_NET_SEND, req, ret);
}
