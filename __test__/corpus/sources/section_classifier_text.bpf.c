// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a classifier section with text behind the slash. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("classifier/egress")
int named(void *ctx)
{
	return 0;
}

char _license[] SEC("license") = "Dual MIT/GPL";
