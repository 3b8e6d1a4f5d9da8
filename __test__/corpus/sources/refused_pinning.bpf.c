// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a map that is pinned in a way that Cilium's agent alone knows. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum { CILIUM_PIN_REPLACE = 1 << 4 };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, CILIUM_PIN_REPLACE);
} counters SEC(".maps");

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
