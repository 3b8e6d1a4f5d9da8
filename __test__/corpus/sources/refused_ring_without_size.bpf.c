// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a ring buffer that its own loader gives a size. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 0);
} ring SEC(".maps");

SEC("xdp")
int drop(void *ctx)
{
	bpf_ringbuf_discard(bpf_ringbuf_reserve(&ring, 8, 0), 0);
	return XDP_DROP;
}

char _license[] SEC("license") = "Dual MIT/GPL";
