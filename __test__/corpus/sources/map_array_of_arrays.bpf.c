// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a value that is an array of arrays: 6 bytes, all of which the program writes. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8[2][3]);
} table SEC(".maps");

SEC("xdp")
int fill(void *ctx)
{
	__u32 key = 0;
	__u8(*value)[2][3] = bpf_map_lookup_elem(&table, &key);

	if (value)
		(*value)[1][2] = 1;
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
