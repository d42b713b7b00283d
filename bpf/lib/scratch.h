/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where records are built: per CPU, and one slot for each program. A program of fexit or kprobe type can be preempted by
 * another one on its CPU; by itself it cannot, the kernel skips that run and counts it (recursion_misses). Programs that
 * stand in for each other (fexit and kretprobe of one function) share a slot. */
#ifndef SAKER_SCRATCH_H
#define SAKER_SCRATCH_H

/* Slots of three sizes, in this order; paths are walked only by the last two groups. */
enum saker_slot {
	SAKER_SLOT_EXEC, /* large */
	SAKER_SLOT_SCAN,
	SAKER_SLOT_ENTRY,
	SAKER_SLOT_LARGE_END,

	SAKER_SLOT_OPEN = SAKER_SLOT_LARGE_END, /* medium, with a path */
	SAKER_SLOT_OPEN_FILP,
	SAKER_SLOT_OPEN_URING,
	SAKER_SLOT_OPEN_URING_COMPLETE,
	SAKER_SLOT_SYS_EXIT,
	SAKER_SLOT_CHANGE_PWD,
	SAKER_SLOT_CHANGE_ROOT,
	SAKER_SLOT_PATH_END,

	SAKER_SLOT_CGROUP_MKDIR = SAKER_SLOT_PATH_END, /* medium */
	SAKER_SLOT_CGROUP_RMDIR,
	SAKER_SLOT_EXECVE,
	SAKER_SLOT_EXECVEAT,
	SAKER_SLOT_COMPAT_EXECVE,
	SAKER_SLOT_COMPAT_EXECVEAT,
	SAKER_SLOT_MEDIUM_END,

	SAKER_SLOT_FORK = SAKER_SLOT_MEDIUM_END, /* small */
	SAKER_SLOT_EXIT,
	SAKER_SLOT_LEFT,
	SAKER_SLOT_CHANGE_CREDENTIALS,
	SAKER_SLOT_CHANGE_SETSID,
	SAKER_SLOT_CHANGE_SETPGID,
	SAKER_SLOT_CHANGE_COMPAT_SETPGID,
	SAKER_SLOT_CHANGE_SETNS,
	SAKER_SLOT_CHANGE_COMPAT_SETNS,
	SAKER_SLOT_CHANGE_UNSHARE,
	SAKER_SLOT_CHANGE_COMPAT_UNSHARE,
	SAKER_SLOT_SYS_NET,
	SAKER_SLOT_CONNECT,
	SAKER_SLOT_CONNECT_URING,
	SAKER_SLOT_BIND,
	SAKER_SLOT_BIND_URING,
	SAKER_SLOT_SENDTO,
	SAKER_SLOT_SENDMSG,
	SAKER_SLOT_SEND_URING,
	SAKER_SLOT_SEND_ZC_URING,
	SAKER_SLOT_END,
};

#define SAKER_LARGE_MAX                                                                                                \
	(256 + 6 * SAKER_PATH_MAX) /* exec: executable, filename, folder, arguments, environment, cgroup */
#define SAKER_MEDIUM_MAX (128 + 3 * SAKER_PATH_MAX) /* open: path, name, base */
#define SAKER_SMALL_MAX 512

struct large_record {
	struct saker_event_header hdr;
	char rest[SAKER_LARGE_MAX - sizeof(struct saker_event_header)];
};

struct medium_record {
	struct saker_event_header hdr;
	char rest[SAKER_MEDIUM_MAX - sizeof(struct saker_event_header)];
};

struct small_record {
	struct saker_event_header hdr;
	char rest[SAKER_SMALL_MAX - sizeof(struct saker_event_header)];
	char slack[128]; /* so that a masked offset plus a masked length stay inside */
};

#define SAKER_SCRATCH(name, entries, value_type)                                                                       \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                                                               \
		__uint(max_entries, entries);                                                                          \
		__type(key, __u32);                                                                                    \
		__type(value, value_type);                                                                             \
	} name SEC(".maps")

SAKER_SCRATCH(scratch_large, SAKER_SLOT_LARGE_END, struct large_record);
SAKER_SCRATCH(scratch_medium, SAKER_SLOT_MEDIUM_END - SAKER_SLOT_LARGE_END, struct medium_record);
SAKER_SCRATCH(scratch_small, SAKER_SLOT_END - SAKER_SLOT_MEDIUM_END, struct small_record);

static __always_inline void *large_record(__u32 slot)
{
	return bpf_map_lookup_elem(&scratch_large, &slot);
}

static __always_inline void *medium_record(__u32 slot)
{
	__u32 index = slot - SAKER_SLOT_LARGE_END;

	return bpf_map_lookup_elem(&scratch_medium, &index);
}

static __always_inline void *small_record(__u32 slot)
{
	__u32 index = slot - SAKER_SLOT_MEDIUM_END;

	return bpf_map_lookup_elem(&scratch_small, &index);
}

/* Strings are appended in the order of their *_len fields; hdr.size counts what is used so far. Each append_ returns the bytes
 * appended, closing NUL included, or 0. `room` is the constant size of the record's scratch. */

/* Where the next string goes; NULL, and flagged, when the longest one would find no room. */
static __always_inline char *next_string(struct saker_event_header *hdr, __u32 room)
{
	u64 at = hdr->size;

	OPAQUE(at);
	if (at <= room - SAKER_PATH_MAX)
		return (char *)hdr + at;
	hdr->flags |= SAKER_F_TRUNCATED;
	return NULL;
}

/* Counts what was read to there; nothing, or an error, is flagged. */
static __always_inline __u32 appended(struct saker_event_header *hdr, long len, enum saker_flag otherwise)
{
	if (len <= 0) {
		hdr->flags |= otherwise;
		return 0;
	}
	hdr->size += len;
	return len;
}

static __always_inline __u32 append_bytes(struct saker_event_header *hdr, __u32 room, const void *from, __u64 len)
{
	char *to = next_string(hdr, room);

	OPAQUE(len);
	if (!to || len > SAKER_PATH_MAX)
		return 0;
	return appended(hdr, bpf_probe_read_kernel(to, len, from) ?: (long)len, SAKER_F_PARTIAL);
}

static __always_inline __u32 append_kernel_text(struct saker_event_header *hdr, __u32 room, const void *from)
{
	char *to = next_string(hdr, room);

	return to ? appended(hdr, bpf_probe_read_kernel_str(to, SAKER_PATH_MAX, from), SAKER_F_PARTIAL) : 0;
}

/* An empty string reads as 0 bytes on 5.10, 6.1 and 6.12 and as 1, with its NUL, on 6.18 (measured). */
static __always_inline long read_user_text(char *into, __u32 room, const void *from)
{
	long len = bpf_probe_read_user_str(into, room, from);

	if (len)
		return len;
	into[0] = 0;
	return 1;
}

/* Text out of the caller's memory. What the kernel itself has just read there is resident, so a fault means that the
 * caller passed a bad address or swapped the page away since. */
static __always_inline __u32 append_user_text(struct saker_event_header *hdr, __u32 room, const void *from)
{
	char *to = next_string(hdr, room);

	return to ? appended(hdr, read_user_text(to, SAKER_PATH_MAX, from), SAKER_F_FAULT) : 0;
}

#endif
