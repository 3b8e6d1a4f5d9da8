// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: the section name that libbpf has for a classifier. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int named(void *ctx)
{
	return 0;
}

char _license[] SEC("license") = "Dual MIT/GPL";
