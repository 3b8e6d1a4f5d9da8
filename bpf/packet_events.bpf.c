// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Packets of one cgroup as events: one record in a ring buffer for each packet that it sends or
 * receives. Drops no packet. What finds no room in the ring is counted: produced = delivered +
 * lost, always. Minimum kernel: 5.8 (ring buffer). */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <ayajs/ring.bpf.h>
#include "layout/packet_event.h"

/* struct packet_event for each packet; user space may set another size. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

/* 0 → events that found no room, on one CPU. */
RING_LOST(events);

RING_RECORD(events, struct packet_event);

/* 0 → packets that the programs have seen, on one CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} produced SEC(".maps");

/* What a program of this type returns to the kernel. */
#define PASS 1

/* Atomic as in ring.bpf.h, and for the same reason. */
static __always_inline void count_produced(void)
{
	__u32 key = 0;
	__u64 *count = bpf_map_lookup_elem(&produced, &key);

	if (count)
		__sync_fetch_and_add(count, 1);
}

static __always_inline int report(struct __sk_buff *skb, enum packet_direction direction)
{
	struct packet_event *event;

	/* Not between ring_reserve and the look at what it gave: the compiler would look twice,
	 * which Linux 5.10 refuses. */
	count_produced();
	event = ring_reserve(&events, &events_lost, sizeof(*event));
	if (!event)
		return PASS;
	event->time_ns = bpf_ktime_get_ns();
	event->length = skb->len;
	event->direction = direction;
	bpf_ringbuf_submit(event, 0);
	return PASS;
}

SEC("cgroup_skb/egress")
int report_egress(struct __sk_buff *skb)
{
	return report(skb, PACKET_EGRESS);
}

SEC("cgroup_skb/ingress")
int report_ingress(struct __sk_buff *skb)
{
	return report(skb, PACKET_INGRESS);
}

char _license[] SEC("license") = "Dual MIT/GPL";
