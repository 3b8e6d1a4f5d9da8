// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a section name with text behind the slash, as before libbpf 1.0. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tc/tail")
int named(void *ctx)
{
	return 0;
}

char _license[] SEC("license") = "Dual MIT/GPL";
