/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The system calls that the programs know, by number in each ABI: the one place where such numbers are written.
 * Sources: arch/x86/entry/syscalls/syscall_{64,32}.tbl, include/uapi/asm-generic/unistd.h, arch/arm/tools/syscall.tbl.
 *
 * Columns: name, x86-64, x32's own number (bit 30 apart; 0: that of x86-64), i386, arm64, arm. -1: the ABI has no such call. */
#ifndef SAKER_CALLS_H
#define SAKER_CALLS_H

#define SAKER_CALLS(X)                                                                                                 \
	X(OPEN, 2, 0, 5, -1, 5)                                                                                        \
	X(CREAT, 85, 0, 8, -1, 8)                                                                                      \
	X(OPENAT, 257, 0, 295, 56, 322)                                                                                \
	X(OPENAT2, 437, 0, 437, 437, 437)                                                                              \
	X(EXECVE, 59, 520, 11, 221, 11)                                                                                \
	X(EXECVEAT, 322, 545, 358, 281, 387)                                                                           \
	X(CONNECT, 42, 0, 362, 203, 283)                                                                               \
	X(BIND, 49, 0, 361, 200, 282)                                                                                  \
	X(SENDTO, 44, 0, 369, 206, 290)                                                                                \
	X(SEND, -1, 0, -1, -1, 289)                                                                                    \
	X(SENDMSG, 46, 518, 370, 211, 296)                                                                             \
	X(SENDMMSG, 307, 538, 345, 269, 374)                                                                           \
	X(SOCKETCALL, -1, 0, 102, -1, 102)                                                                             \
	X(IO_URING_ENTER, 426, 0, 426, 426, 426)                                                                       \
	X(CHDIR, 80, 0, 12, 49, 12)                                                                                    \
	X(FCHDIR, 81, 0, 133, 50, 133)                                                                                 \
	X(CHROOT, 161, 0, 61, 51, 61)                                                                                  \
	X(SETNS, 308, 0, 346, 268, 375)                                                                                \
	X(UNSHARE, 272, 0, 310, 97, 337)                                                                               \
	X(SETSID, 112, 0, 66, 157, 66)                                                                                 \
	X(SETPGID, 109, 0, 57, 154, 57)                                                                                \
	X(CAPSET, 126, 0, 185, 91, 185)                                                                                \
	X(SETUID, 105, 0, 213, 146, 213)                                                                               \
	X(SETGID, 106, 0, 214, 144, 214)                                                                               \
	X(SETREUID, 113, 0, 203, 145, 203)                                                                             \
	X(SETREGID, 114, 0, 204, 143, 204)                                                                             \
	X(SETRESUID, 117, 0, 208, 147, 208)                                                                            \
	X(SETRESGID, 119, 0, 210, 149, 210)                                                                            \
	X(SETFSUID, 122, 0, 215, 151, 215)                                                                             \
	X(SETFSGID, 123, 0, 216, 152, 216)                                                                             \
	X(SETUID16, -1, 0, 23, -1, 23)                                                                                 \
	X(SETGID16, -1, 0, 46, -1, 46)                                                                                 \
	X(SETREUID16, -1, 0, 70, -1, 70)                                                                               \
	X(SETREGID16, -1, 0, 71, -1, 71)                                                                               \
	X(SETRESUID16, -1, 0, 164, -1, 164)                                                                            \
	X(SETRESGID16, -1, 0, 170, -1, 170)                                                                            \
	X(SETFSUID16, -1, 0, 138, -1, 138)                                                                             \
	X(SETFSGID16, -1, 0, 139, -1, 139)

/* Calls that no program looks for: only user space names them, as what made a new process. Same columns. */
#define SAKER_FORK_CALLS(X)                                                                                            \
	X(CLONE, 56, 0, 120, 220, 120)                                                                                 \
	X(FORK, 57, 0, 2, -1, 2)                                                                                       \
	X(VFORK, 58, 0, 190, -1, 190)                                                                                  \
	X(CLONE3, 435, 0, 435, 435, 435)

/* Numbers at and above this are none of ours. */
#define SAKER_CALL_NUMBERS 576

/* From CHDIR on: calls that change the caller (process.change); up to SETNS, where it stands. */
enum saker_call {
	SAKER_CALL_NONE = 0,
#define SAKER_CALL_NAME(name, x86_64, x32, i386, arm64, arm) SAKER_CALL_##name,
	SAKER_CALLS(SAKER_CALL_NAME)
#undef SAKER_CALL_NAME
		SAKER_CALL_COUNT,
};

/* socketcall(2): its first argument (linux/net.h). */
enum saker_socketcall {
	SAKER_SYS_BIND = 2,
	SAKER_SYS_CONNECT = 3,
	SAKER_SYS_SEND = 9,
	SAKER_SYS_SENDTO = 11,
	SAKER_SYS_SENDMSG = 16,
	SAKER_SYS_SENDMMSG = 20,
};

/* Operations of io_uring (linux/io_uring.h): hdr.arg of a record with SAKER_F_IO_URING. */
enum saker_io_uring_op {
	SAKER_URING_SENDMSG = 9,
	SAKER_URING_CONNECT = 16,
	SAKER_URING_OPENAT = 18,
	SAKER_URING_SEND = 26,
	SAKER_URING_OPENAT2 = 28,
	SAKER_URING_SEND_ZC = 47,
	SAKER_URING_SENDMSG_ZC = 48,
	SAKER_URING_BIND = 56,
};

#endif
