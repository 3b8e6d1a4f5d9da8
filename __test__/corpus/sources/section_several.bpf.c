// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: three programs in one section, the second of which is not at its start. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int first(void *ctx)
{
	return 0;
}

SEC("tc")
int second(void *ctx)
{
	return 1;
}

SEC("tc")
int third(void *ctx)
{
	return 2;
}

char _license[] SEC("license") = "Dual MIT/GPL";
