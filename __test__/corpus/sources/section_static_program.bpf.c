// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a program that is static, in a section of its own kind, beside a global one; it is kept
 * by an attribute. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static SEC("xdp") __attribute__((used)) int hidden(void *ctx)
{
	return XDP_DROP;
}

SEC("xdp")
int beside(void *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
