/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The only place where the layout of records is written. Shared by the BPF programs and the C++ addon; the TypeScript
 * decoder's offsets are generated from the compiled object's BTF (sensor/events/layout.generated.ts).
 *
 * Rules: natural alignment, no implicit padding, strings last. A record is a fixed struct followed by its strings, one
 * after the other in the order of their *_len fields; each length counts the closing NUL (0: the string is absent). */
#ifndef SAKER_EVENT_H
#define SAKER_EVENT_H

#ifdef __cplusplus
#define SAKER_ASSERT static_assert
#else
#define SAKER_ASSERT _Static_assert
#endif
#define SAKER_AT(type, member, offset) SAKER_ASSERT(__builtin_offsetof(type, member) == (offset), #type "." #member)
#define SAKER_SIZE(type, size) SAKER_ASSERT(sizeof(type) == (size), #type)

#define SAKER_LAYOUT_VERSION 1
#define SAKER_PATH_MAX 4096
#define SAKER_ARGS_MAX 4096
#define SAKER_COMM_LEN 16

/* State records (below SAKER_KIND_FIRST_DATA) are the process table: never filtered, and in a ring of their own. */
enum saker_kind {
	SAKER_NO_KIND = 0,
	SAKER_PROCESS_FORK = 1, /* a new process (not a thread); the header is the child's */
	SAKER_PROCESS_EXEC = 2, /* an exec that succeeded; the header is the new program's */
	SAKER_PROCESS_EXIT = 3, /* the last thread of a process left */
	SAKER_CGROUP_MKDIR = 4,
	SAKER_CGROUP_RMDIR = 5,
	SAKER_PROCESS_SEEN = 6, /* one running process: of the start-up scan, or as it was moved into the scope */
	SAKER_NET_VERDICT = 7,  /* enforcement decided about a flow (bpf/enforce) */
	SAKER_PROCESS_LEFT = 8, /* a process was moved to a group outside the scope: nothing more is told of it */
	SAKER_PROCESS_CHANGE = 9, /* credentials, folder, session, process group or namespaces are others now */
	SAKER_CONTAINER_FACTS = 10, /* never made by the kernel: in captures, what a container was made of */
	SAKER_KIND_FIRST_DATA = 16,
	SAKER_PROCESS_EXEC_FAILED = 16, /* an exec that failed: filename and arguments are the caller's claim */
	SAKER_FILE_OPEN = 17,
	SAKER_NET_CONNECT = 18,
	SAKER_NET_SEND = 19,  /* sendto, sendmsg, sendmmsg (one for each message) */
	SAKER_NET_BIND = 20,
	SAKER_KIND_MAX = 32,
};

/* Header flags. */
enum saker_flag {
	SAKER_F_TRUNCATED = 1 << 0, /* a string was cut at its limit */
	SAKER_F_CLAIM = 1 << 1, /* strings are the caller's words, not what a kernel object says */
	SAKER_F_COMPAT = 1 << 2, /* made by a 32-bit system call (int 0x80, compat) */
	SAKER_F_IO_URING = 1 << 3, /* made by io_uring: hdr.arg is then its opcode, not a system call's number */
	SAKER_F_PARTIAL = 1 << 4, /* something could not be read: fields are zero, strings absent */
	SAKER_F_FAULT = 1 << 5, /* the caller's memory could not be read: its strings are absent */
	SAKER_F_OUTSIDE = 1 << 6, /* an ancestor outside the scope: no record will tell of its end */
};

/* 48 bytes. ts_ns and start_ns are CLOCK_BOOTTIME nanoseconds. */
struct saker_event_header {
	unsigned long long ts_ns; /* taken after the reserve: the reader's cut in time relies on it */
	unsigned long long start_ns; /* group_leader->start_boottime; with tgid: the process */
	unsigned long long cgroup_id; /* cgroup v2 id of the subject */
	unsigned int tgid;
	unsigned int tid;
	unsigned int uid;  /* effective, initial user namespace */
	unsigned int arg;  /* number of the system call that did it, in the caller's ABI; kinds say if otherwise */
	unsigned short size;  /* bytes used from the header's start; the ring's slot may be larger */
	unsigned char kind;
	unsigned char generation; /* low 8 bits of the rule set's generation under which it was made */
	unsigned short cpu;
	unsigned short flags;
};
SAKER_SIZE(struct saker_event_header, 48);

/* Credentials, ids and namespaces of a process: the common part of fork, exec, scan and change records. */
struct saker_identity {
	unsigned long long parent_start_ns; /* real_parent's group leader */
	unsigned long long pidns_start_ns; /* start of the init of the innermost pid namespace */
	unsigned long long cap_inheritable;
	unsigned long long cap_permitted;
	unsigned long long cap_effective;
	unsigned int parent_tgid;
	unsigned int exec_count; /* low 32 bits of self_exec_id: with tgid and start_ns the exec id */
	unsigned int uid, gid, euid, egid, suid, sgid, fsuid, fsgid; /* initial user namespace */
	unsigned int loginuid;  /* 4294967295: unset */
	unsigned int session_id; /* audit session; 4294967295: unset */
	unsigned int vpid;  /* in the innermost pid namespace */
	unsigned int sid, pgid, vpgid; /* session, process group: host numbers; vpgid in the innermost namespace */
	unsigned int tty;  /* device of the controlling terminal, as /proc numbers it; 0 none */
	unsigned int pid_ns, mnt_ns, net_ns, user_ns, cgroup_ns; /* namespace inode numbers */
	char comm[SAKER_COMM_LEN];
};
SAKER_SIZE(struct saker_identity, 144);

struct saker_process_fork {
	struct saker_event_header hdr; /* the child's */
	struct saker_identity id;
};
SAKER_SIZE(struct saker_process_fork, 192);

enum saker_exe_flag {
	SAKER_EXE_WRITABLE = 1 << 0, /* by the caller's fsuid, at exec */
	SAKER_EXE_UPPER_LAYER = 1 << 1, /* overlayfs: written in the container */
	SAKER_EXE_LOWER_LAYER = 1 << 2, /* overlayfs: from the image */
	SAKER_EXE_MEMFD = 1 << 3,
	SAKER_EXE_DELETED = 1 << 4, /* no link left */
};

/* SAKER_PROCESS_EXEC and SAKER_PROCESS_SEEN (whose ts_ns is the scan's). */
struct saker_process_exec {
	struct saker_event_header hdr;
	struct saker_identity id;
	unsigned long long exe_ino;
	unsigned long long exe_ctime_ns; /* since the epoch */
	unsigned long long exe_mtime_ns; /* since the epoch */
	unsigned int exe_dev;   /* as stat numbers it */
	unsigned int exe_flags; /* enum saker_exe_flag */
	unsigned int exe_mode;
	unsigned int exe_uid;   /* owner of the executable */
	unsigned int interpreted;  /* 1: a script; exe is its interpreter, filename the script */
	unsigned int args_total;	 /* bytes of the whole argument area, before any cut */
	unsigned short exe_path_len;  /* resolved, from the process's root; memfd: "memfd:NAME" */
	unsigned short filename_len;  /* as handed to execve */
	unsigned short cwd_len; /* resolved */
	unsigned short args_len;	 /* argv[0], argv[1] ..., each closed by NUL */
	unsigned short env_len; /* likewise; absent unless asked for */
	unsigned short cgroup_len;  /* SAKER_PROCESS_SEEN only: path of its cgroup */
	unsigned int __pad;
	char strings[];
};
SAKER_AT(struct saker_process_exec, strings, 256);

struct saker_process_exec_failed {
	struct saker_event_header hdr;
	long long ret;    /* -errno */
	unsigned short filename_len;  /* the caller's */
	unsigned short args_len;	 /* the caller's */
	unsigned int __pad;
	char strings[];
};
SAKER_AT(struct saker_process_exec_failed, strings, 64);

struct saker_process_exit {
	struct saker_event_header hdr;
	unsigned long long reaper_start_ns; /* who adopts its children */
	unsigned int reaper_tgid;
	unsigned int exit_code; /* as wait(2) gives it */
};
SAKER_SIZE(struct saker_process_exit, 64);

/* The header is that of the process moved; its cgroup_id, where to. */
struct saker_process_left {
	struct saker_event_header hdr;
};
SAKER_SIZE(struct saker_process_left, 48);

/* As things are after the change. The header is of the thread that changed, id has its credentials and namespaces: threads of
 * a process may differ in them. The folder is that of the process (its first thread). */
struct saker_process_change {
	struct saker_event_header hdr; /* arg: the system call that did it */
	struct saker_identity id;
	unsigned short cwd_len; /* resolved; absent when it is as before */
	unsigned short __pad;
	unsigned int __pad2;
	char strings[];
};
SAKER_AT(struct saker_process_change, strings, 200);

struct saker_cgroup_change { /* SAKER_CGROUP_MKDIR, SAKER_CGROUP_RMDIR */
	struct saker_event_header hdr; /* of whoever made the change */
	unsigned long long id; /* cgroup v2 id of the group made or removed */
	unsigned int level;
	unsigned short path_len; /* from the root of the v2 hierarchy */
	unsigned short __pad;
	char strings[];
};
SAKER_AT(struct saker_cgroup_change, strings, 64);

/* Written by user space, into captures. Its time is 0. */
struct saker_container_facts {
	struct saker_event_header hdr;
	unsigned short id_len; /* the whole id */
	unsigned short facts_len; /* JSON, whose characters are bytes */
	unsigned int __pad;
	char strings[];
};
SAKER_AT(struct saker_container_facts, strings, 56);

enum saker_file_flag {
	SAKER_FILE_CREATED = 1 << 0,
	SAKER_FILE_UPPER_LAYER = 1 << 1,
	SAKER_FILE_LOWER_LAYER = 1 << 2,
	SAKER_FILE_DIRECTORY = 1 << 3,
	SAKER_FILE_MEMFD = 1 << 4,
};

struct saker_file_open {
	struct saker_event_header hdr; /* arg: open, openat, openat2, creat by number */
	long long ret; /* fd number, or -errno; io_uring by its functions: 0 or -errno */
	unsigned long long ino; /* 0 when the call failed */
	unsigned long long resolve; /* openat2: RESOLVE_* */
	unsigned int dev; /* as stat numbers it */
	unsigned int open_flags; /* O_*, as the caller passed them (x86 values) */
	unsigned int mode; /* as passed */
	int dirfd; /* -100: AT_FDCWD */
	unsigned int file_flags; /* enum saker_file_flag */
	unsigned short path_len; /* what was opened, resolved from the process's root; failed call: absent */
	unsigned short name_len; /* the caller's text, where it differs from path; failed call: always */
	unsigned short base_len; /* folder a relative name starts from; absent for an absolute one */
	unsigned short __pad;
	unsigned int __pad2;
	char strings[];
};
SAKER_AT(struct saker_file_open, strings, 104);

/* SAKER_NET_CONNECT, SAKER_NET_SEND, SAKER_NET_BIND. IPv4 addresses are IPv4-mapped (::ffff:a.b.c.d), network order;
 * ports are host order. For bind, local is the socket's own address (of port 0: the port the kernel chose), or, when it
 * failed, what was asked for. */
struct saker_net_call {
	struct saker_event_header hdr; /* arg: connect, sendto, sendmsg, sendmmsg, bind by number (or socketcall) */
	long long ret; /* 0, bytes sent, or -errno */
	unsigned char local_addr[16];
	unsigned char remote_addr[16];
	unsigned long long sock_cookie; /* 0: not known */
	unsigned long long bytes; /* send: asked for */
	int fd; /* -1: not known (io_uring) */
	unsigned int net_ns; /* of the socket */
	unsigned short local_port;
	unsigned short remote_port;
	unsigned short family; /* AF_*: of the socket */
	unsigned short addr_family; /* AF_* of the address passed; 0: none (a connected send) */
	unsigned short type; /* SOCK_* */
	unsigned short protocol; /* IPPROTO_* */
	unsigned short state; /* TCP_* after the call; 0: not TCP */
	unsigned short unix_path_len; /* AF_UNIX: peer's (or bound) path; abstract names begin with '@' */
	char strings[];
};
SAKER_AT(struct saker_net_call, strings, 128);

/* SAKER_NET_VERDICT. The header is the process the socket belongs to (tid 0; arg 0), which need not be the one that ran. */
enum saker_verdict_layer {
	SAKER_LAYER_CONNECT = 1, /* cgroup connect4/6: the caller is told */
	SAKER_LAYER_SENDMSG = 2, /* cgroup sendmsg4/6: a datagram of an unconnected socket */
	SAKER_LAYER_TC = 3, /* a packet, at the host end of its veth or at an interface */
	SAKER_LAYER_CGROUP_SKB = 4, /* a packet, in the cgroup: where nothing is answered (reply: drop) */
};

enum saker_verdict_outcome {
	SAKER_OUTCOME_REPORTED = 0, /* mode: audit: went its way */
	SAKER_OUTCOME_REFUSED = 1, /* the call failed at once */
	SAKER_OUTCOME_RESET = 2, /* the packet was answered by RST or ICMP */
	SAKER_OUTCOME_DROPPED = 3, /* the packet went nowhere, nobody was told */
};

struct saker_net_verdict {
	struct saker_event_header hdr;
	unsigned long long first_ns; /* CLOCK_BOOTTIME: the first attempt that `count` counts */
	unsigned long long count; /* attempts or packets since then: later records of the same flow hold the sum */
	unsigned long long sock_cookie;
	unsigned char local_addr[16]; /* zero: not chosen yet */
	unsigned char remote_addr[16];
	unsigned int set; /* number of the compiled set that decided */
	unsigned int exec_count; /* of the process, as in saker_identity */
	unsigned short clause; /* in the set */
	unsigned short rule; /* index of the rule in the set's rules */
	unsigned short local_port;
	unsigned short remote_port;
	unsigned char protocol; /* IPPROTO_TCP, IPPROTO_UDP */
	unsigned char direction; /* 1: out */
	unsigned char layer; /* enum saker_verdict_layer */
	unsigned char mode; /* 0 audit, 1 enforce */
	unsigned char reply; /* 0 reject, 1 drop */
	unsigned char outcome; /* enum saker_verdict_outcome */
	unsigned short __pad;
};
SAKER_SIZE(struct saker_net_verdict, 128);

/* Push-down: for each kind, a bitmap of the classes that some rule could match. A program computes the class of what it
 * saw and discards it when the bit is clear. What a class means is fixed here; sensor/engine computes the bitmaps. */
enum saker_class {
	/* SAKER_FILE_OPEN: 5 bits */
	SAKER_CLASS_OPEN_FAILED = 1 << 0,
	SAKER_CLASS_OPEN_READ = 1 << 1, /* O_RDONLY or O_RDWR */
	SAKER_CLASS_OPEN_WRITE = 1 << 2, /* O_WRONLY or O_RDWR */
	SAKER_CLASS_OPEN_CREATE = 1 << 3, /* O_CREAT or O_TMPFILE in flags */
	SAKER_CLASS_OPEN_DIRECTORY = 1 << 4, /* O_DIRECTORY in flags */
	/* net kinds: 4 bits; family is that of the socket */
	SAKER_CLASS_NET_FAILED = 1 << 0, /* ret < 0, EINPROGRESS is none */
	SAKER_CLASS_NET_FAMILY_SHIFT = 1, /* 0 other, 1 AF_INET, 2 AF_INET6, 3 AF_UNIX */
	SAKER_CLASS_NET_DGRAM = 1 << 3,
	/* SAKER_PROCESS_EXEC_FAILED: class 0 */
	SAKER_CLASS_COUNT = 64,
};

/* Why a record that should have been sent was not. */
enum saker_loss {
	SAKER_LOST_RING_FULL = 0,
	SAKER_LOST_SCRATCH = 1, /* no scratch memory: a bug, counted all the same */
	SAKER_LOST_IN_FLIGHT = 2, /* the table of calls under way was full */
	SAKER_LOST_UNREADABLE = 3, /* the kernel object could not be read */
	SAKER_LOSS_MAX = 8,
};

/* One per kind, in the per-CPU array `saker_counters`: seen = filtered + sent + sum(lost). In scope only. */
struct saker_counters {
	unsigned long long seen;
	unsigned long long filtered;
	unsigned long long sent;
	unsigned long long lost[SAKER_LOSS_MAX];
};

/* Written by user space while the programs run: array map `saker_control`, one element. */
struct saker_control {
	unsigned long long classes[SAKER_KIND_MAX]; /* push-down bitmaps; all ones: everything is wanted */
	unsigned int generation;
	unsigned int want_env; /* 1: exec records carry the environment */
};

#endif
