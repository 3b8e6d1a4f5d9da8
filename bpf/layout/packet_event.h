// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What packet_events.bpf.c writes into its ring buffer, as user space reads it. */
#pragma once

#include <linux/types.h>

/* As seen from the cgroup: a packet leaves it, or enters it. */
enum packet_direction {
	PACKET_EGRESS = 0,
	PACKET_INGRESS = 1,
};

/* One packet. All fields are in host byte order. */
struct packet_event {
	__u64 time_ns;	 /* when the program saw it: nanoseconds since boot, without suspend */
	__u32 length;	 /* bytes, from the IP header on */
	__u32 direction; /* enum packet_direction */
};
_Static_assert(sizeof(struct packet_event) == 16,
	       "user space reads struct packet_event as 16 bytes");
