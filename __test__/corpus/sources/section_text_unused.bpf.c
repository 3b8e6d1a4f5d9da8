// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a function in .text that nobody calls, and which calls one that is defined nowhere. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int nowhere_defined(void *ctx);

int unused(void *ctx)
{
	return nowhere_defined(ctx);
}

SEC("xdp")
int beside(void *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
