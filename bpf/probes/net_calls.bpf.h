/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The system-call plan of net.connect, net.send and net.bind: what the calls were passed. */

#define SAKER_MESSAGES_MAX 1024 /* UIO_MAXIOV: what sendmmsg takes at once */
#define SAKER_SEGMENTS_MAX 64

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
