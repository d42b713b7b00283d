/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What io_uring does of net.connect, net.send and net.bind; sendmsg apart, whose function the calls share (net_send). */

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
