// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a hash of maps whose entries 0 and 2 are filled in C. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} inner_a SEC(".maps"), inner_b SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 3);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = {
	.values = {[0] = &inner_a, [2] = &inner_b},
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
