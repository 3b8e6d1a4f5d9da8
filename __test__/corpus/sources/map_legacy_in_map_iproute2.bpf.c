// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a map of maps in the layout of iproute2: the inner map by its id. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct bpf_elf_map {
	__u32 type;
	__u32 size_key;
	__u32 size_value;
	__u32 max_elem;
	__u32 flags;
	__u32 id;
	__u32 pinning;
	__u32 inner_id;
	__u32 inner_idx;
};

SEC("maps")
struct bpf_elf_map inner = {
	.type = BPF_MAP_TYPE_ARRAY,
	.size_key = 4,
	.size_value = 8,
	.max_elem = 8,
	.id = 42,
	.inner_idx = 0,
};

SEC("maps")
struct bpf_elf_map outer = {
	.type = BPF_MAP_TYPE_HASH_OF_MAPS,
	.size_key = 4,
	.size_value = 4,
	.max_elem = 2,
	.id = 43,
	.inner_id = 42,
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
