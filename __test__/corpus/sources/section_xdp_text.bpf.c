// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a section that begins with a known name, as samples of the kernel have it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp_redirect_map")
int named(void *ctx)
{
	return 2;
}

char _license[] SEC("license") = "Dual MIT/GPL";
