// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Fills the ring buffer that all contenders of the benchmark drain, in turns: one record a run. The
 * harness runs the programs on a packet (BPF_PROG_TEST_RUN); they are never attached. They return 1
 * when the record was written, and 0 when there was no room. Minimum kernel: 5.8. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <ayajs/ring.bpf.h>
#include "event.h"

/* Has room for the largest round of the benchmark. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 32 * 1024 * 1024);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} ring SEC(".maps");

RING_RECORD(ring_16, struct event_16);
RING_RECORD(ring_64, struct event_64);
RING_RECORD(ring_512, struct event_512);

/* Read and written by those who have global variables. */
__u32 measured_global = 1;

/* 0 → the number of the next record, set to 0 by the harness before it begins again. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} next_event SEC(".maps");

static __always_inline __u32 next_number(void)
{
	__u32 key = 0;
	__u32 *next = bpf_map_lookup_elem(&next_event, &key);

	return next ? (*next)++ : 0;
}

#define FILL_16(event, skb, the_number)                                                            \
	do {                                                                                       \
		(event)->time_ns = bpf_ktime_get_ns();                                             \
		(event)->number = (the_number);                                                    \
		(event)->length = (skb)->len;                                                      \
	} while (0)

#define FILL_64(event, skb, the_number)                                                            \
	do {                                                                                       \
		FILL_16(event, skb, the_number);                                                   \
		(event)->bytes = (__u64)(event)->number * 1500;                                    \
		(event)->saddr = 0x0a000000 + (event)->number;                                     \
		(event)->daddr = 0xc0a80001;                                                       \
		(event)->sport = (event)->number;                                                  \
		(event)->dport = 443;                                                              \
		(event)->protocol = 6;                                                             \
		(event)->mark = (skb)->mark;                                                       \
		(event)->priority = (skb)->priority;                                               \
		(event)->ifindex = (skb)->ifindex;                                                 \
		(event)->queue = 0;                                                                \
		(event)->packets = (event)->number + 1;                                            \
		(event)->flags = 1;                                                                \
	} while (0)

SEC("cgroup_skb/egress")
int write_event_16(struct __sk_buff *skb)
{
	struct event_16 *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);

	if (!event)
		return 0;
	FILL_16(event, skb, next_number());
	bpf_ringbuf_submit(event, 0);
	return 1;
}

SEC("cgroup_skb/egress")
int write_event_64(struct __sk_buff *skb)
{
	struct event_64 *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);

	if (!event)
		return 0;
	FILL_64(event, skb, next_number());
	bpf_ringbuf_submit(event, 0);
	return 1;
}

SEC("cgroup_skb/egress")
int write_event_512(struct __sk_buff *skb)
{
	struct event_512 *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);

	if (!event)
		return 0;
	FILL_64(event, skb, next_number());
	__builtin_memset(event->payload, 0x5a, sizeof(event->payload));
	bpf_ringbuf_submit(event, 0);
	return 1;
}

SEC("cgroup_skb/egress")
int write_event_end(struct __sk_buff *skb)
{
	struct event_64 *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);

	if (!event)
		return 0;
	FILL_64(event, skb, LAST_EVENT);
	bpf_ringbuf_submit(event, 0);
	return 1;
}

char _license[] SEC("license") = "Dual MIT/GPL";
