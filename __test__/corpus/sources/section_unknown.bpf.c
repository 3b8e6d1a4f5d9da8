// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a section of a name that nobody knows: its program is listed, and cannot be loaded. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("mystery")
int unknown(void *ctx)
{
	return 0;
}

SEC("xdp")
int beside(void *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
