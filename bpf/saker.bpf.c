// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// All observing programs in one object, so that they share their maps. User space loads the subset that this kernel takes
// (bpf/README.md lists programs and plans).
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "lib/config.h"
#include "lib/compat.h"
#include "lib/call.h"
#include "lib/scratch.h"
#include "lib/emit.h"
#include "lib/task.h"
#include "lib/path.h"
#include "lib/sock.h"

#include "probes/process_exec.bpf.h"
#include "probes/process_seen.bpf.h"
#include "probes/process_fork.bpf.h"
#include "probes/cgroup_change.bpf.h"
#include "probes/file_open.h"
#include "probes/file_open_calls.bpf.h"
#include "probes/file_open_uring.bpf.h"
#include "probes/file_open.bpf.h"
#include "probes/net_call.h"
#include "probes/net_calls.bpf.h"
#include "probes/net_connect.bpf.h"
#include "probes/net_send.bpf.h"
#include "probes/net_uring.bpf.h"
#include "probes/process_exec_failed.bpf.h"
#include "probes/process_change.bpf.h"
#include "probes/process_scan.bpf.h"
#include "probes/calls.bpf.h"

/* A call whose return was skipped (a kretprobe that was missed) leaves its entry behind: it goes with the thread. */
static __always_inline void forget_calls_of_current(void)
{
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&opens_in_flight, &tid);
	bpf_map_delete_elem(&net_in_flight, &tid);
}

#include "probes/process_exit.bpf.h"

char _license[] SEC("license") = "Dual BSD/GPL";
