/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the programs read of an x86-64 kernel. */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__ /* the name that bpf_tracing.h looks for: registers are named as in the kernel */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

struct thread_info {
	unsigned long flags;
	unsigned int status;
};
#pragma clang attribute pop

#include "../kernel_types.h"

#endif
