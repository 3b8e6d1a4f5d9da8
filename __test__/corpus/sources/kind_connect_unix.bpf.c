// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a hook of Unix sockets, which aya cannot load, beside a program that it can. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("cgroup/connect_unix")
int unsupported(void *ctx)
{
	return 1;
}

SEC("xdp")
int beside(void *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
