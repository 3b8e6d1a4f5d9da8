// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a symbol of the kernel that does not exist, beside a program that needs none. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern const void corpus_absent_symbol __ksym;

SEC("xdp")
int wants_symbol(void *ctx)
{
	return (long)&corpus_absent_symbol & 1;
}

SEC("xdp")
int beside(void *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
