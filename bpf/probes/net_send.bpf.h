/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The function plan of net.send. */

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
