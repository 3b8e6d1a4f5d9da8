// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: the section name of a classifier for tcx links. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tcx/ingress")
int named(void *ctx)
{
	return -1;
}

char _license[] SEC("license") = "Dual MIT/GPL";
