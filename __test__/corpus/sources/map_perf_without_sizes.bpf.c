// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a perf event array that states no sizes: they are 4 bytes each. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
} events SEC(".maps");

SEC("xdp")
int report(void *ctx)
{
	__u32 value = 1;

	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &value, sizeof(value));
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
