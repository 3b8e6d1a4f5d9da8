// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a section that is optional to libbpf: it is listed, and loads when it is asked to. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("?xdp")
int named(void *ctx)
{
	return 2;
}

char _license[] SEC("license") = "Dual MIT/GPL";
