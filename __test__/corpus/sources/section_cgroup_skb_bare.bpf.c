// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a cgroup_skb section that names no direction. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("cgroup_skb")
int named(void *ctx)
{
	return 1;
}

char _license[] SEC("license") = "Dual MIT/GPL";
