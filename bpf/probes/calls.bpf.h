/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/* The system-call plan, all of it: one program at the exit of every system call. It needs none at the entry, because the
 * registers that the caller entered with are kept until it leaves (on arm64 the first argument in orig_x0), and what they
 * point to has just been read by the kernel, so it is resident; at the entry it often is not, and a program cannot wait for
 * it. The tracepoint sees calls of all ABIs (int 0x80, x32) and those that were under way when it was attached. Misses:
 * io_uring, which makes no system calls; calls that do not return (none of ours). */
#define SAKER_NET_KINDS (1 << SAKER_NET_CONNECT | 1 << SAKER_NET_SEND | 1 << SAKER_NET_BIND)

SEC("tp_btf/sys_exit")
int BPF_PROG(calls__sys, struct pt_regs *regs, long ret)
{
	struct call call = { .regs = regs };

#if defined(__TARGET_ARCH_x86)
	if (!call_of_any_abi(regs->orig_ax))
#else
	if (!call_of_any_abi(regs->syscallno))
#endif
		return 0;
	if (!current_observed())
		return 0;
	identify_call(&call, (void *)bpf_get_current_task());
	if (is_change_call(call.id))
		return saker_sys_kinds & 1 << SAKER_PROCESS_CHANGE ? on_change_exit(&call, ret) : 0;
	if (is_open_call(call.id) && saker_sys_kinds & 1 << SAKER_FILE_OPEN)
		return on_open_exit(&call, ret);
	if (call.id == SAKER_CALL_EXECVE || call.id == SAKER_CALL_EXECVEAT)
		return saker_sys_kinds & 1 << SAKER_PROCESS_EXEC_FAILED ? on_exec_exit(SAKER_SLOT_SYS_EXIT, &call, ret)
									: 0;
	if (saker_sys_kinds & SAKER_NET_KINDS)
		return on_net_exit(&call, ret);
	return 0;
}
