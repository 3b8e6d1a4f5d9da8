// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: an array of programs that states the type of its values, a function, and no size. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, int());
} jumps SEC(".maps");

SEC("xdp")
int jump(void *ctx)
{
	bpf_tail_call(ctx, &jumps, 1);
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
