// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: legacy definitions that leave sizes to the loader, where the kernel takes only one. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct bpf_map_def {
	unsigned int type;
	unsigned int key_size;
	unsigned int value_size;
	unsigned int max_entries;
	unsigned int map_flags;
};

SEC("maps")
struct bpf_map_def events = {
	.type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
	.max_entries = 2,
};

SEC("maps")
struct bpf_map_def counters = {
	.type = BPF_MAP_TYPE_ARRAY,
	.value_size = 8,
	.max_entries = 4,
};

SEC("xdp")
int report(void *ctx)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&counters, &key);

	if (value)
		bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, value, sizeof(*value));
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
