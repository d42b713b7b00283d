/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Identity lives in the socket: a packet is often sent by somebody else's task (acknowledgements, retransmits, what is left
 * after exit). Whoever creates, binds, connects or sends on a socket leaves its mark; the kernel clones it at the handshake. */
#ifndef SAKER_ENFORCE_STAMP_H
#define SAKER_ENFORCE_STAMP_H

enum stamp_flag {
	STAMP_CONNECTED =
		1 << 0, /* TCP: it dialled out. Without it the connection came in, and no egress rule is about it */
};

struct saker_stamp {
	__u64 start_ns;
	__u64 side; /* facts' side under the set of that moment: all that is known once the process has left */
	__u64 cgroup; /* of the process */
	__u64 allowed; /* tag of what was let pass last: generation, identity, peer, port, protocol. See tag_of() */
	__u32 tgid;
	__u32 exec_count;
	__u32 uid;
	__u32 flags;
	__u32 denied_fragment; /* id of the datagram whose first fragment was stopped */
	__u32 denied_is_set;
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct saker_stamp);
} stamps SEC(".maps");

const volatile __u64 saker_tag_key[2]; /* random, for each load */

#define ROTATE(x, n) ((x) << (n) | (x) >> (64 - (n)))
#define SIPROUND()                                                                                                     \
	do {                                                                                                           \
		v0 += v1;                                                                                              \
		v1 = ROTATE(v1, 13);                                                                                   \
		v1 ^= v0;                                                                                              \
		v0 = ROTATE(v0, 32);                                                                                   \
		v2 += v3;                                                                                              \
		v3 = ROTATE(v3, 16);                                                                                   \
		v3 ^= v2;                                                                                              \
		v0 += v3;                                                                                              \
		v3 = ROTATE(v3, 21);                                                                                   \
		v3 ^= v0;                                                                                              \
		v2 += v1;                                                                                              \
		v1 = ROTATE(v1, 17);                                                                                   \
		v1 ^= v2;                                                                                              \
		v2 = ROTATE(v2, 32);                                                                                   \
	} while (0)
#define SIPWORD(word)                                                                                                  \
	do {                                                                                                           \
		__u64 m = (word);                                                                                      \
		v3 ^= m;                                                                                               \
		SIPROUND();                                                                                            \
		v0 ^= m;                                                                                               \
	} while (0)

/* The verdict cache is one word, a keyed hash (SipHash-1-3) of all that the verdict rests on, and says "let pass". One
 * word because a socket's stamp is written on several CPUs at once: of a cache in several words one sender could fulfil
 * the key and another the verdict. Keyed because the sender chooses peer and port. */
static __always_inline __u64 tag_of(__u64 now, const struct saker_stamp *stamp, const struct question *q)
{
	__u64 v0 = saker_tag_key[0] ^ 0x736f6d6570736575ULL, v1 = saker_tag_key[1] ^ 0x646f72616e646f6dULL;
	__u64 v2 = saker_tag_key[0] ^ 0x6c7967656e657261ULL, v3 = saker_tag_key[1] ^ 0x7465646279746573ULL;

	SIPWORD(now);
	SIPWORD(stamp->start_ns);
	SIPWORD((__u64)stamp->tgid << 32 | stamp->exec_count);
	SIPWORD(stamp->cgroup);
	SIPWORD((__u64)q->peer[0] << 32 | q->peer[1]);
	SIPWORD((__u64)q->peer[2] << 32 | q->peer[3]);
	SIPWORD((__u64)q->udp << 16 | q->port);
	v2 ^= 0xff;
	SIPROUND();
	SIPROUND();
	SIPROUND();
	return v0 ^ v1 ^ v2 ^ v3;
}

/* The current process's mark on a socket. Worker threads of the kernel (MPTCP subflows, io_uring's do not count as such)
 * leave the mark that is there. */
static __always_inline void mark_socket(struct saker_stamp *stamp, __u32 flags, __u32 set)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct saker_facts *of = bpf_map_lookup_elem(&facts, &tgid);
	struct task_struct *task;

	stamp->flags |= flags;
	if (of) {
		stamp->start_ns = of->start_ns;
		stamp->exec_count = of->exec_count;
		stamp->side = of->side[set & 1];
	} else {
		task = (void *)bpf_get_current_task();
		if (BPF_CORE_READ(task, flags) & SAKER_PF_KTHREAD)
			return;
		stamp->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
		stamp->exec_count = BPF_CORE_READ(task, self_exec_id);
		stamp->side = 0;
	}
	stamp->tgid = tgid;
	stamp->cgroup = bpf_get_current_cgroup_id();
	stamp->uid = bpf_get_current_uid_gid();
}

SEC("cgroup/sock_create")
int stamp_create(struct bpf_sock *ctx)
{
	struct saker_stamp *stamp = bpf_sk_storage_get(&stamps, ctx, NULL, BPF_SK_STORAGE_GET_F_CREATE);

	if (stamp)
		mark_socket(stamp, 0, word(SAKER_WORD_NOW));
	else
		count_as(SAKER_COUNT_STAMP_FAILED);
	return 1;
}

static __always_inline int on_bound(struct bpf_sock *ctx)
{
	struct saker_stamp *stamp = bpf_sk_storage_get(&stamps, ctx, NULL, BPF_SK_STORAGE_GET_F_CREATE);

	if (stamp)
		mark_socket(stamp, 0, word(SAKER_WORD_NOW));
	return 1;
}

SEC("cgroup/post_bind4")
int stamp_bind4(struct bpf_sock *ctx)
{
	return on_bound(ctx);
}

SEC("cgroup/post_bind6")
int stamp_bind6(struct bpf_sock *ctx)
{
	return on_bound(ctx);
}

#endif
