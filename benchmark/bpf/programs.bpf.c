// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What the row `load` opens and loads: four programs, one map, one knob; they are never attached.
 * Minimum kernel: 5.8. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "flow.h"

/* Packets longer shorter than this are not counted. In bytes. */
const volatile __u32 minimum_length = 0;

/* program → sums of one CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct flow);
} bench_sums SEC(".maps");

static __always_inline int count(struct __sk_buff *skb, __u32 program)
{
	struct flow *sums = bpf_map_lookup_elem(&bench_sums, &program);

	if (!sums || skb->len < minimum_length)
		return 1;
	if (!sums->first_seen_ns)
		sums->first_seen_ns = bpf_ktime_get_ns();
	sums->packets++;
	sums->bytes += skb->len;
	sums->mark = skb->mark;
	return 1;
}

SEC("cgroup_skb/egress")
int bench_egress(struct __sk_buff *skb)
{
	return count(skb, 0);
}

SEC("cgroup_skb/ingress")
int bench_ingress(struct __sk_buff *skb)
{
	return count(skb, 1);
}

SEC("cgroup_skb/egress")
int bench_egress_2(struct __sk_buff *skb)
{
	return count(skb, 2);
}

SEC("cgroup_skb/ingress")
int bench_ingress_2(struct __sk_buff *skb)
{
	return count(skb, 3);
}

char _license[] SEC("license") = "Dual MIT/GPL";
