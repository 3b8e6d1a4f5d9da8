// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: compiled for machines of the other byte order. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int pass(void *ctx)
{
	return 2;
}

char _license[] SEC("license") = "Dual MIT/GPL";
