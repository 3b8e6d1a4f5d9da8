// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a function that is declared and defined nowhere. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int nowhere_defined(void *ctx);

SEC("xdp")
int calls(void *ctx)
{
	return nowhere_defined(ctx);
}

char _license[] SEC("license") = "Dual MIT/GPL";
