/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The function plan of net.connect and net.bind. */

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
