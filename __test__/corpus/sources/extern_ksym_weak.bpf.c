// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: weak symbols of a kernel that has neither: both addresses are 0. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern const void corpus_absent_symbol __ksym __weak;
extern int corpus_absent_function(int) __ksym __weak;

SEC("xdp")
int absent(void *ctx)
{
	if (&corpus_absent_symbol)
		return XDP_DROP;
	if (corpus_absent_function)
		return corpus_absent_function(1);
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
