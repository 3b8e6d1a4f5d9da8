// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: maps in the layout of gobpf, with room for a namespace; of the second one, whoever opens
 * the object says where it is pinned, if at all. */
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

enum { PIN_CUSTOM_NS = 3 };

SEC("maps/counters")
struct bpf_map_def counters = {
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = 4,
	.value_size = 8,
	.max_entries = 4,
};

SEC("maps/flows")
struct bpf_map_def flows = {
	.type = BPF_MAP_TYPE_HASH,
	.key_size = 16,
	.value_size = 8,
	.max_entries = 64,
	.map_flags = BPF_F_NO_PREALLOC,
	.pinning = PIN_CUSTOM_NS,
	.namespace = "elsewhere",
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
