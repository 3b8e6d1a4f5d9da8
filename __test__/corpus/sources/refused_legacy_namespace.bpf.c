// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a map in the layout of gobpf that is pinned in a namespace of gobpf's. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct bpf_map_def {
	unsigned int type;
	unsigned int key_size;
	unsigned int value_size;
	unsigned int max_entries;
	unsigned int map_flags;
	unsigned int pinning;
	char namespace[256];
};

enum { PIN_GLOBAL_NS = 2 };

SEC("maps/counters")
struct bpf_map_def counters = {
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = 4,
	.value_size = 8,
	.max_entries = 4,
	.pinning = PIN_GLOBAL_NS,
	.namespace = "somewhere",
};

SEC("xdp")
int count(void *ctx)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&counters, &key);

	if (value)
		*value += 1;
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
