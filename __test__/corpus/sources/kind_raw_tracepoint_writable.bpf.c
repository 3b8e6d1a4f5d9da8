// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a writable raw tracepoint, which aya cannot load, beside a program that it can. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tracepoint.w/bpf_test_finish")
int unsupported(void *ctx)
{
	return 0;
}

SEC("xdp")
int beside(void *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
