// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a modification of a return value, which aya cannot load, beside a program that it can. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("fmod_ret/bpf_modify_return_test")
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
