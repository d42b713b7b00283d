/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What user space sets before loading (read-only data), writes while running (saker_control) and reads (saker_counters). */
#ifndef SAKER_CONFIG_H
#define SAKER_CONFIG_H

#include "../include/saker_event.h"

/* The compiler must neither know a clamped value better than the verifier nor drop the clamp. */
#define OPAQUE(value) asm volatile("" : "+r"(value))

/* A clamp that stays where it is written: an and with 2^n - 1, right before the use. Older verifiers lose what a comparison
 * told them when the compiler keeps the value on the stack. */
#define MASK(value, mask) asm volatile("%0 &= %1" : "+r"(value) : "i"(mask))

const volatile __u64 saker_scope_cgroup; /* cgroup v2 id; 0: the whole system */
const volatile __u32 saker_scope_level; /* its depth below the root of the v2 hierarchy */
const volatile __u32
	saker_own_tgid; /* the sensor: its own opens and sends are no events, or they would feed themselves */
const volatile __u32 saker_data_rings = 1;
const volatile __u32
	saker_sys_kinds; /* bit per kind that the system-call plan serves; the function plan has the others */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct saker_control);
} saker_control SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SAKER_KIND_MAX);
	__type(key, __u32);
	__type(value, struct saker_counters);
} saker_counters SEC(".maps");

static __always_inline struct saker_control *control(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&saker_control, &zero);
}

static __always_inline struct saker_counters *counters_of(__u32 kind)
{
	return bpf_map_lookup_elem(&saker_counters, &kind);
}

#endif
