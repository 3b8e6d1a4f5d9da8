// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a congestion control, which aya cannot load, beside a program that it can. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct tcp_congestion_ops {
	unsigned int (*ssthresh)(void *sk);
	char name[16];
};

SEC("struct_ops/ssthresh")
unsigned int ssthresh(unsigned long long *ctx)
{
	return 2;
}

SEC(".struct_ops")
struct tcp_congestion_ops corpus_ops = {
	.ssthresh = (void *)ssthresh,
	.name = "corpus",
};

SEC("xdp")
int beside(void *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
