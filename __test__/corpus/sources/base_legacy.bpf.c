// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: legacy maps, two programs in one section and labels in the code; what objects of old LLVM
 * are made of. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct bpf_map_def {
	unsigned int type;
	unsigned int key_size;
	unsigned int value_size;
	unsigned int max_entries;
	unsigned int map_flags;
};

SEC("maps")
struct bpf_map_def counters = {
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = 4,
	.value_size = 8,
	.max_entries = 4,
};

SEC("maps")
struct bpf_map_def flows = {
	.type = BPF_MAP_TYPE_HASH,
	.key_size = 4,
	.value_size = 8,
	.max_entries = 64,
};

SEC("xdp")
int first(void *ctx)
{
	__u32 key = 1;
	__u64 *value = bpf_map_lookup_elem(&counters, &key);

	/* Old LLVM left the labels of jumps in the symbol table. */
	asm volatile("LBB0_1:");
	return value ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int second(void *ctx)
{
	__u32 key = 2;
	__u64 *value = bpf_map_lookup_elem(&flows, &key);

	asm volatile("LBB1_1:");
	return value ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "Dual MIT/GPL";
