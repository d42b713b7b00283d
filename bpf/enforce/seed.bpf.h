/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sockets older than the sensor: every file of every process in scope is looked at once, after the hooks are attached. Two
 * passes, because a TCP connection does not say which side opened it: what shares its port with a listener came in. */
#ifndef SAKER_ENFORCE_SEED_H
#define SAKER_ENFORCE_SEED_H

#define SAKER_TCP_LISTEN 10

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

struct listener_key {
	__u32 net_ns;
	__u32 port;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct listener_key);
	__type(value, __u32);
} listeners SEC(".maps");

static __always_inline bool is_internet(struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	return family == SAKER_AF_INET || family == SAKER_AF_INET6;
}

static __always_inline void listener_key_of(struct sock *sk, struct listener_key *key)
{
	key->net_ns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	key->port = BPF_CORE_READ(sk, __sk_common.skc_num);
}

SEC("iter/task_file")
int seed_listeners(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file; /* read once: what the verifier knows belongs to the value read */
	struct socket *socket;
	struct listener_key key;
	__u32 one = 1;

	if (!task || !file || !task_in_scope(task))
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket || !socket->sk || !is_internet(socket->sk) ||
	    BPF_CORE_READ(socket->sk, __sk_common.skc_state) != SAKER_TCP_LISTEN)
		return 0;
	listener_key_of(socket->sk, &key);
	bpf_map_update_elem(&listeners, &key, &one, BPF_ANY);
	return 0;
}

/* A socket that bears a mark keeps it, unless its process has left and the set of its mark is not the one in force: then
 * whoever holds it now answers for it. */
SEC("iter/task_file")
int seed_sockets(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct saker_facts *of, *of_owner;
	struct saker_stamp *stamp;
	struct listener_key key;
	struct socket *socket;
	struct sock *sk;
	__u32 tgid;

	if (!task || !file || !task_in_scope(task))
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket || !(sk = socket->sk) || !is_internet(sk))
		return 0;
	stamp = bpf_sk_storage_get(&stamps, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!stamp) {
		count_as(SAKER_COUNT_STAMP_FAILED);
		return 0;
	}
	if (stamp->tgid) {
		tgid = stamp->tgid;
		of_owner = bpf_map_lookup_elem(&facts, &tgid);
		if (of_owner && of_owner->start_ns == stamp->start_ns)
			return 0;
	} else if (!(stamp->flags & STAMP_CONNECTED)) {
		listener_key_of(sk, &key);
		if (BPF_CORE_READ(sk, __sk_common.skc_state) != SAKER_TCP_LISTEN &&
		    !bpf_map_lookup_elem(&listeners, &key))
			stamp->flags |= STAMP_CONNECTED;
	}
	tgid = BPF_CORE_READ(task, tgid);
	of = bpf_map_lookup_elem(&facts, &tgid);
	stamp->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	stamp->exec_count = BPF_CORE_READ(task, self_exec_id);
	stamp->uid = BPF_CORE_READ(task, cred, euid.val);
	stamp->cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	stamp->side = of ? of->side[(__u32)word(SAKER_WORD_NOW) & 1] : 0;
	stamp->tgid = tgid;
	return 0;
}

#endif
