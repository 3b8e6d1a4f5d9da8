// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a variable that no configuration of a kernel has, beside a program that needs none. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern _Bool CONFIG_CORPUS_ABSENT __kconfig;

SEC("xdp")
int wants_config(void *ctx)
{
	return CONFIG_CORPUS_ABSENT;
}

SEC("xdp")
int beside(void *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
