// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a probe of user space, defined statically, which aya cannot load, beside a program that
 * it can. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("usdt/libc.so.6:libc:setjmp")
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
