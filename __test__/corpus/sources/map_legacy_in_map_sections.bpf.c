// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a map of maps in the layout of the kernel's samples, each map in a section of its own:
 * the inner map by its place among all. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct bpf_map_def {
	unsigned int type;
	unsigned int key_size;
	unsigned int value_size;
	unsigned int max_entries;
	unsigned int map_flags;
	unsigned int inner_map_idx;
	unsigned int numa_node;
};

SEC("maps/outer")
struct bpf_map_def outer = {
	.type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
	.key_size = 4,
	.value_size = 4,
	.max_entries = 2,
	.inner_map_idx = 1,
};

SEC("maps/inner")
struct bpf_map_def inner = {
	.type = BPF_MAP_TYPE_HASH,
	.key_size = 4,
	.value_size = 8,
	.max_entries = 8,
};

SEC("xdp")
int nested(void *ctx)
{
	__u32 key = 0;
	void *inner_map = bpf_map_lookup_elem(&outer, &key);
	__u64 *value;

	if (!inner_map)
		return XDP_PASS;
	value = bpf_map_lookup_elem(inner_map, &key);
	return value && *value ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
