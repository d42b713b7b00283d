/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the programs read of an arm64 kernel. */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__ /* the name that bpf_tracing.h looks for: registers are named as in the kernel */

#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp, pc, pstate;
};

struct pt_regs {
	__u64 regs[31];
	__u64 sp, pc, pstate;
	__u64 orig_x0;
	__s32 syscallno;
};

struct thread_info {
	unsigned long flags;
};
#pragma clang attribute pop

#include "../kernel_types.h"

#endif
