/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which system call a task is in, in which ABI, and its arguments: out of the registers that the kernel saved at entry.
 * The caller cannot change those while the call runs; they are what the kernel itself acts on. */
#ifndef SAKER_CALL_H
#define SAKER_CALL_H

#include "../include/saker_calls.h"

/* Number to call, for the two ABIs of this architecture. Calls that an ABI lacks land behind the last number. */
#define SAKER_CALL_ABSENT(name) (SAKER_CALL_NUMBERS + SAKER_CALL_##name)
#define SAKER_CALL_INDEX(name, number) [(number) <= 0 ? SAKER_CALL_ABSENT(name) : (number)] = SAKER_CALL_##name,

#if defined(__TARGET_ARCH_x86)
#define SAKER_NATIVE_CALL(name, x86_64, x32, i386, arm64, arm) SAKER_CALL_INDEX(name, x86_64)
#define SAKER_X32_CALL(name, x86_64, x32, i386, arm64, arm) SAKER_CALL_INDEX(name, x32)
#define SAKER_COMPAT_CALL(name, x86_64, x32, i386, arm64, arm) SAKER_CALL_INDEX(name, i386)
#define SAKER_NATIVE_NUMBER(name, x86_64, x32, i386, arm64, arm) [SAKER_CALL_##name] = x86_64,
#elif defined(__TARGET_ARCH_arm64)
#define SAKER_NATIVE_CALL(name, x86_64, x32, i386, arm64, arm) SAKER_CALL_INDEX(name, arm64)
#define SAKER_COMPAT_CALL(name, x86_64, x32, i386, arm64, arm) SAKER_CALL_INDEX(name, arm)
#else
#error "no table of system calls for this architecture"
#endif

#define SAKER_CALL_TABLE (SAKER_CALL_NUMBERS + SAKER_CALL_COUNT)
static const __u8 saker_native_calls[SAKER_CALL_TABLE] = { SAKER_CALLS(SAKER_NATIVE_CALL) };
static const __u8 saker_compat_calls[SAKER_CALL_TABLE] = { SAKER_CALLS(SAKER_COMPAT_CALL) };

#if defined(__TARGET_ARCH_x86)
#define SAKER_X32_BIT 0x40000000
static const __u8 saker_x32_calls[SAKER_CALL_TABLE] = { SAKER_CALLS(SAKER_X32_CALL) };
static const __s16 saker_native_numbers[SAKER_CALL_COUNT] = { SAKER_CALLS(SAKER_NATIVE_NUMBER) };
#endif

struct call {
	const struct pt_regs *regs;
	__u32 number; /* in the caller's ABI; x32 calls bear the number of their x86-64 twin */
	__u8 id; /* enum saker_call */
	bool compat; /* 32-bit ABI */
	bool narrow; /* pointers in structures have 32 bits: compat and x32 */
};

#define SAKER_PF_IO_WORKER 0x10
#define SAKER_PF_KTHREAD 0x200000

#if defined(__TARGET_ARCH_x86)

/* Names of the functions in the call tables: native calls, and those that are others in the 32-bit ABI. */
#define NATIVE_CALL "__x64_sys_"
#define COMPAT_ONLY_CALL "__ia32_compat_sys_"
#define COMPAT_SAME_CALL "__ia32_sys_" /* does the same, gets its arguments otherwise */

/* TS_COMPAT: set at a 32-bit entry (int 0x80, sysenter), whatever the program's own ABI; still set at sys_exit. */
static __always_inline bool in_compat_call(struct task_struct *task)
{
	return BPF_CORE_READ(task, thread_info.status) & 0x2;
}

static __always_inline long saved_call_number(const struct pt_regs *regs)
{
	return (int)BPF_CORE_READ(regs, orig_ax);
}

static __always_inline u64 saved_call_arg(const struct call *call, int n)
{
	const struct pt_regs *regs = call->regs;

	if (call->compat)
		switch (n) {
		case 0:
			return (u32)BPF_CORE_READ(regs, bx);
		case 1:
			return (u32)BPF_CORE_READ(regs, cx);
		case 2:
			return (u32)BPF_CORE_READ(regs, dx);
		case 3:
			return (u32)BPF_CORE_READ(regs, si);
		case 4:
			return (u32)BPF_CORE_READ(regs, di);
		default:
			return (u32)BPF_CORE_READ(regs, bp);
		}
	switch (n) {
	case 0:
		return BPF_CORE_READ(regs, di);
	case 1:
		return BPF_CORE_READ(regs, si);
	case 2:
		return BPF_CORE_READ(regs, dx);
	case 3:
		return BPF_CORE_READ(regs, r10);
	case 4:
		return BPF_CORE_READ(regs, r8);
	default:
		return BPF_CORE_READ(regs, r9);
	}
}

/* THREAD_SIZE of every x86-64 kernel without KASAN; used only where bpf_task_pt_regs (5.15) is missing. */
#define SAKER_THREAD_SIZE (16 << 10)

/* open(2) flags as x86 numbers them. */
static __always_inline u32 portable_open_flags(u32 flags, bool compat)
{
	return flags;
}

#else

#define NATIVE_CALL "__arm64_sys_" /* of both ABIs where both do the same */
#define COMPAT_ONLY_CALL "__arm64_compat_sys_"

static __always_inline bool in_compat_call(struct task_struct *task)
{
	return BPF_CORE_READ(task, thread_info.flags) & (1 << 22); /* TIF_32BIT */
}

static __always_inline long saved_call_number(const struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, syscallno);
}

static __always_inline u64 saved_call_arg(const struct call *call, int n)
{
	const struct pt_regs *regs = call->regs;
	u64 value;

	switch (n) {
	case 0:
		value = BPF_CORE_READ(regs, orig_x0);
		break; /* regs[0] is the result by now */
	case 1:
		value = BPF_CORE_READ(regs, regs[1]);
		break;
	case 2:
		value = BPF_CORE_READ(regs, regs[2]);
		break;
	case 3:
		value = BPF_CORE_READ(regs, regs[3]);
		break;
	case 4:
		value = BPF_CORE_READ(regs, regs[4]);
		break;
	default:
		value = BPF_CORE_READ(regs, regs[5]);
		break;
	}
	return call->compat ? (u32)value : value;
}

#define SAKER_THREAD_SIZE (16 << 10)

/* arm numbers four of open(2)'s flags otherwise (arch/arm64/include/uapi/asm/fcntl.h); records carry x86's numbers. */
static __always_inline u32 portable_open_flags(u32 flags, bool compat)
{
	u32 same = flags & ~(0040000 | 0100000 | 0200000 | 0400000);

	if (flags & 0040000) /* O_DIRECTORY */
		same |= 0200000;
	if (flags & 0100000) /* O_NOFOLLOW */
		same |= 0400000;
	if (flags & 0200000) /* O_DIRECT */
		same |= 0040000;
	if (flags & 0400000) /* O_LARGEFILE */
		same |= 0100000;
	return same;
}

#endif

static __always_inline __u8 look_up_call(const __u8 *table, u32 number)
{
	u64 index = number;

	OPAQUE(index);
	return index < SAKER_CALL_NUMBERS ? table[index] : SAKER_CALL_NONE;
}

/* Whether `number` is one of ours in any ABI: loads from a table, so that every other system call is let go at once. */
static __always_inline bool call_of_any_abi(u32 number)
{
#if defined(__TARGET_ARCH_x86)
	number &= ~SAKER_X32_BIT;
	if (look_up_call(saker_x32_calls, number))
		return true;
#endif
	return look_up_call(saker_native_calls, number) || look_up_call(saker_compat_calls, number);
}

/* Completes `call` from call->regs. call->id is SAKER_CALL_NONE when the task is in no call of ours. */
static __always_inline void identify_call(struct call *call, struct task_struct *task)
{
	u32 number = saved_call_number(call->regs);

	call->compat = in_compat_call(task);
	call->narrow = call->compat;
	call->number = number;
	call->id = SAKER_CALL_NONE;
	if (call->compat) {
		call->id = look_up_call(saker_compat_calls, number);
		return;
	}
#if defined(__TARGET_ARCH_x86)
	if (number & SAKER_X32_BIT) {
		u64 id;

		number &= ~SAKER_X32_BIT;
		id = look_up_call(saker_x32_calls, number) ?: look_up_call(saker_native_calls, number);
		OPAQUE(id);
		if (id >= SAKER_CALL_COUNT)
			return;
		call->narrow = true;
		call->number = saker_native_numbers[id];
		call->id = id;
		return;
	}
#endif
	call->id = look_up_call(saker_native_calls, number);
}

/* The registers that `current` entered the kernel with. */
static __always_inline const struct pt_regs *current_regs(void)
{
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return (void *)bpf_task_pt_regs((void *)bpf_get_current_task_btf());
	return BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), stack) + SAKER_THREAD_SIZE -
	       bpf_core_type_size(struct pt_regs);
}

/* The call that `current` is in; an io_uring worker is in none. */
static __always_inline void current_call(struct call *call)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	call->regs = current_regs();
	if (BPF_CORE_READ(task, flags) & (SAKER_PF_IO_WORKER | SAKER_PF_KTHREAD)) {
		call->id = SAKER_CALL_NONE;
		call->number = 0;
		call->compat = call->narrow = false;
		return;
	}
	identify_call(call, task);
}

#endif
