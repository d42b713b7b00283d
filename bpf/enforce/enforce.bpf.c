// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Programs that decide about flows, apart from those that only watch. One object; the parts in the order of their use:
// facts and container (who is who) → stamp (identity into the socket) → attempt (calls) → traffic (packets) → report (records).
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#include "../lib/config.h"
#include "../lib/compat.h"
#include "../lib/call.h"
#include "../lib/scratch.h"
#include "../lib/task.h"
#include "../lib/path.h"

#include "layout.h"
#include "maps.h"
#include "decide.h"
#include "facts.bpf.h"
#include "container.bpf.h"
#include "stamp.bpf.h"
#include "report.h"
#include "attempt.bpf.h"
#include "packet.h"
#include "reply.h"
#include "traffic.bpf.h"
#include "seed.bpf.h"

char _license[] SEC("license") = "Dual BSD/GPL";
