// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a section of a cgroup with a number behind a known name. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("cgroup/sock1")
int named(void *ctx)
{
	return 1;
}

char _license[] SEC("license") = "Dual MIT/GPL";
