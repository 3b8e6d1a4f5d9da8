// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: variables in .data, .bss and .rodata, and a call; what broken objects are made of. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

const volatile int limit = 3;
int initial = 5;
int total;

static __noinline int step(int by)
{
	total += by;
	return total;
}

SEC("xdp")
int sum(void *ctx)
{
	return step(initial) > limit;
}

char _license[] SEC("license") = "Dual MIT/GPL";
