// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a map of maps whose own loader knows what is in it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} outer SEC(".maps");

SEC("xdp")
int look(void *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&outer, &key) ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
