// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: no program has a section that says its kind, and one calls a function that is defined
 * nowhere. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int nowhere_defined(void *ctx);

int calls(void *ctx)
{
	return nowhere_defined(ctx);
}

int stands_alone(void *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
