// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a section with a number behind a known name, as samples of the kernel have it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("socket1")
int named(void *ctx)
{
	return 0;
}

char _license[] SEC("license") = "Dual MIT/GPL";
