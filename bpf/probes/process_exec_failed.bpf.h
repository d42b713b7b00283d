/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* process.exec_failed: an execve or execveat that returned. Nothing was run, so all there is are the caller's words. */

#define SAKER_ARGUMENTS_MAX 128
#define SAKER_EXEC_ARGS_AT 64 /* where the strings begin */

/* Appends one argument. Returns 1 when there is none left, or no room. */
__noinline int append_argument(__u32 slot, u64 array, u32 index, u32 narrow)
{
	struct saker_event_header *hdr = medium_record(slot);
	u64 at, pointer = 0, room;
	u32 thin = 0;
	long len;

	if (!hdr)
		return 1;
	if (narrow) {
		len = bpf_probe_read_user(&thin, sizeof(thin), (void *)array + index * sizeof(thin));
		pointer = thin;
	} else {
		len = bpf_probe_read_user(&pointer, sizeof(pointer), (void *)array + index * sizeof(pointer));
	}
	if (len) {
		hdr->flags |= SAKER_F_FAULT;
		return 1;
	}
	if (!pointer)
		return 1;
	at = hdr->size;
	/* hdr.size less the fixed part and the file's name is what the arguments have taken so far */
	room = SAKER_ARGS_MAX + ((struct saker_process_exec_failed *)hdr)->filename_len + SAKER_EXEC_ARGS_AT;
	if (at + 1 >= room) {
		hdr->flags |= SAKER_F_TRUNCATED;
		return 1;
	}
	room -= at;
	OPAQUE(at);
	OPAQUE(room);
	if (at > SAKER_MEDIUM_MAX - SAKER_ARGS_MAX || room > SAKER_ARGS_MAX)
		return 1;
	len = read_user_text((char *)hdr + at, room, (void *)pointer);
	if (len <= 0) {
		hdr->flags |= SAKER_F_FAULT;
		return 1;
	}
	hdr->size = at + len;
	return 0;
}

static __always_inline int on_exec_exit(__u32 slot, const struct call *call, long ret)
{
	struct saker_process_exec_failed *event;
	u64 array;
	int i, at;

	if (ret >= 0 || !wanted(SAKER_PROCESS_EXEC_FAILED, 0))
		return 0;
	event = medium_record(slot);
	if (!event)
		return drop(SAKER_PROCESS_EXEC_FAILED, SAKER_LOST_SCRATCH);
	stamp_current(&event->hdr, SAKER_PROCESS_EXEC_FAILED, sizeof(*event));
	stamp_call(&event->hdr, call);
	event->hdr.flags |= SAKER_F_CLAIM;
	event->ret = ret;
	event->__pad = 0;
	at = call->id == SAKER_CALL_EXECVEAT;
	event->filename_len = append_user_text(&event->hdr, SAKER_MEDIUM_MAX,
					       (void *)(at ? saved_call_arg(call, 1) : saved_call_arg(call, 0)));
	array = at ? saved_call_arg(call, 2) : saved_call_arg(call, 1);
	for (i = 0; i < SAKER_ARGUMENTS_MAX; i++)
		if (append_argument(slot, array, i, call->narrow))
			break;
	if (i == SAKER_ARGUMENTS_MAX)
		event->hdr.flags |= SAKER_F_TRUNCATED;
	event->args_len = event->hdr.size - sizeof(*event) - event->filename_len;
	return emit_medium(slot);
}

static __always_inline int on_exec_function(__u32 slot, long ret)
{
	struct call call;

	if (ret >= 0 || !current_observed())
		return 0;
	current_call(&call);
	return on_exec_exit(slot, &call, ret);
}

/* The functions of the system calls themselves: they stand in the call table, so no compiler inlines them, and all ways to fail
 * end in them. bprm_execve, one level down, is not reached by ENOENT since 6.8 (the file is opened before it), and
 * do_execveat_common is cut up by the compiler (".isra.0"). The program still has the arguments, in its saved registers.
 * Misses: execs by the kernel itself (usermode helpers), which have no caller. */
#define EXEC_FAILED(name, function, slot)                                                                              \
	SEC("fexit/" function)                                                                                         \
	int BPF_PROG(process_exec_failed__fn_##name, const struct pt_regs *regs, long ret)                             \
	{                                                                                                              \
		return on_exec_function(slot, ret);                                                                    \
	}                                                                                                              \
	SEC("kretprobe/" function)                                                                                     \
	int BPF_KRETPROBE(process_exec_failed__fnk_##name, long ret)                                                   \
	{                                                                                                              \
		return on_exec_function(slot, ret);                                                                    \
	}

EXEC_FAILED(execve, NATIVE_CALL "execve", SAKER_SLOT_EXECVE)
EXEC_FAILED(execveat, NATIVE_CALL "execveat", SAKER_SLOT_EXECVEAT)
EXEC_FAILED(compat_execve, COMPAT_ONLY_CALL "execve", SAKER_SLOT_COMPAT_EXECVE)
EXEC_FAILED(compat_execveat, COMPAT_ONLY_CALL "execveat", SAKER_SLOT_COMPAT_EXECVEAT)
