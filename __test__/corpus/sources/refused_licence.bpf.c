// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a licence without the NUL at its end. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int pass(void *ctx)
{
	return 2;
}

char _license[3] SEC("license") = "GPL";
