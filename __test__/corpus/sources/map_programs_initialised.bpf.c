// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: an array of programs whose entry 1 is filled in C. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int target(void *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(__u32));
	__array(values, int(void *));
} jumps SEC(".maps") = {
	.values = {[1] = (void *)&target},
};

SEC("xdp")
int target(void *ctx)
{
	return XDP_DROP;
}

SEC("xdp")
int jump(void *ctx)
{
	bpf_tail_call(ctx, &jumps, 1);
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
