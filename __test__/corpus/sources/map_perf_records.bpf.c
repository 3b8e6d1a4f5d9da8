// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: an array of perf events whose value says what its records are, as cilium/ebpf has it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct record {
	__u64 time;
	__u32 process;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct record);
} events SEC(".maps");

SEC("xdp")
int report(void *ctx)
{
	struct record record = {.time = bpf_ktime_get_ns()};

	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &record, sizeof(record));
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
