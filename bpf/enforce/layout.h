/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What user space (sensor/enforce/tables.ts) and the enforcement programs share: shapes of maps and fixed numbers. A test
 * (test/unit/enforce/layout.test.ts) compares the two. */
#ifndef SAKER_ENFORCE_LAYOUT_H
#define SAKER_ENFORCE_LAYOUT_H

enum saker_limits {
	SAKER_CLAUSES = 1024,
	SAKER_ROW_WORDS = SAKER_CLAUSES / 64,
	SAKER_ROWS = 16384,
	SAKER_SUBJECT_BYTES = 256, /* of a path that are compared */
};

/* New flows that one CPU tells of in a window: whoever is blocked chooses how many there are, and their records share a ring
 * with those of processes. */
#define SAKER_REPORT_WINDOW_NS 100000000ULL
#define SAKER_REPORTS_IN_WINDOW 64
#define SAKER_REPORT_PERIOD_NS 10000000000ULL /* a flow that goes on being judged is told of this often */

/* Rows at fixed numbers. */
enum saker_row {
	SAKER_ROW_ENFORCING = 0, /* the clauses whose rules enforce */
	SAKER_ROW_UNKNOWN_SUBJECT = 1, /* the clauses that do not ask for the executable */
	SAKER_ROW_HOST = 2, /* for a cgroup that is no container's */
	SAKER_ROW_NONE = 3, /* no clause: the sensor itself */
	SAKER_ROW_CONTAINER = 4, /* for a container that no rule names */
	SAKER_ROW_ANY_SUBJECT = 5, /* every clause: whatever is asked of the executable may be true */
};

/* Elements of the array map `words`: user space maps it and stores single words; but for one, programs only read. */
enum saker_word {
	SAKER_WORD_NOW = 0, /* edits << 32 | set in force; its tables lie in slot set & 1. 0: off */
	SAKER_WORD_ALIVE_UNTIL =
		1, /* CLOCK_MONOTONIC; past it nothing is blocked. All ones: for ever (on_exit: keep) */
	SAKER_WORD_SET_0 = 2, /* the set whose tables lie in slot 0 and may be asked for an executable's row; 0: none */
	SAKER_WORD_SET_1 = 3,
	SAKER_WORD_SENSOR_GONE = 4, /* 1: the process that loaded this has ended. Programs write it */
	SAKER_WORD_OFF = 5, /* 1: nothing is blocked any more, whatever the others say; for good */
	SAKER_WORD_MAX = 8,
};

struct saker_row_bits {
	unsigned long long w[SAKER_ROW_WORDS]; /* a bit for each clause that the value permits */
};

struct saker_clause {
	unsigned long long need, ban; /* reserved: classes of ancestors wanted, and not wanted */
	unsigned int rule;
	unsigned int drop; /* 1: reply: drop */
};

struct saker_ports {
	unsigned short row[2 * 65536]; /* tcp, then udp */
};

struct saker_remote_key {
	unsigned int bits;
	unsigned int addr[4]; /* network order, IPv4 as ::ffff:a.b.c.d */
};

/* An exact path is its bytes with the closing NUL, a beginning its bytes without: the longest that fits is the right one. */
struct saker_subject_key {
	unsigned int bits;
	unsigned char path[SAKER_SUBJECT_BYTES];
};

/* `claimed`: for a path that its user can choose. The clauses that may hold, whether it is that program or another one. */
struct saker_subject_rows {
	unsigned int row;
	unsigned int claimed;
};

/* `side` is written whole: set << 32 | row of the executable under that set, for the slot set & 1. Inode and device are those
 * of the file that was executed: prctl(PR_SET_MM_EXE_FILE) changes what the kernel calls a process's executable. */
struct saker_facts {
	unsigned long long start_ns;
	unsigned long long side[2];
	unsigned long long inode;
	unsigned int device;
	unsigned int exec_count;
	unsigned int uid;
	unsigned int __pad;
};

/* As rules name a container: 12 characters, zeros behind. */
#define SAKER_ID_SHOWN 12
struct saker_container_id {
	char text[16];
};

/* What no rule may cut, by the longest prefix: user space adds the ports of the prefixes around it. */
struct saker_guard {
	unsigned short any; /* 1: every port */
	unsigned short count;
	unsigned short port[14];
};

enum saker_enforce_counter {
	SAKER_COUNT_JUDGED = 0, /* decisions that looked into the tables */
	SAKER_COUNT_BLOCKED_CALLS = 1,
	SAKER_COUNT_BLOCKED_PACKETS = 2,
	SAKER_COUNT_WOULD_BLOCK = 3, /* flows that a rule in audit mode matched */
	SAKER_COUNT_UNREADY = 4, /* tables missing: allowed */
	SAKER_COUNT_UNKNOWN_SUBJECT = 5, /* judged without knowing the executable */
	SAKER_COUNT_UNSTAMPED =
		6, /* packets of a socket nobody is known for: allowed unless a rule asks for no executable */
	SAKER_COUNT_UNPARSED = 7, /* packets whose headers were not understood: judged by the socket's own peer */
	SAKER_COUNT_RELEASED = 8, /* allowed because the sensor gave no sign of life */
	SAKER_COUNT_GUARDED = 9, /* allowed because the destination is on the guard list */
	SAKER_COUNT_FACTS_FULL = 10, /* no room for a process's facts: its executable is not known */
	SAKER_COUNT_REPLY_FAILED = 11, /* dropped without the RST or ICMP it should have had */
	SAKER_COUNT_STAMP_FAILED = 12, /* no memory for a socket's stamp */
	SAKER_COUNT_PATH_FAILED = 13, /* no whole path of an executable: it fulfils whatever rules ask of it */
	SAKER_COUNT_CONTAINERS_FULL = 14, /* no room for a container's group: it counts as the host's */
	SAKER_COUNT_TOLD_LATER = 15, /* verdicts on new flows that were too many to be told at once */
	SAKER_COUNT_MAX = 16,
};

#endif
