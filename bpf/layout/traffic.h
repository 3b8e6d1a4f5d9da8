// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What egress_filter.bpf.c counts, as user space reads it. */
#pragma once

#include <linux/types.h>

/* Key of the map `traffic`. As seen from the cgroup: egress leaves it, ingress enters it. */
enum direction {
	EGRESS = 0,
	INGRESS = 1,
};

/* Value of the map `traffic`: sums of one direction on one CPU since the program was loaded.
 * All fields are in host byte order. A packet is what the hook sees: with segmentation offload one
 * packet stands for many on the wire, and its headers are counted once. */
struct traffic {
	__u64 packets;	       /* packets seen, dropped ones included */
	__u64 bytes;	       /* bytes of these packets, from the IP header on */
	__u64 dropped_packets; /* packets that the program dropped */
	__u64 dropped_bytes;   /* bytes of these packets, from the IP header on */
};
_Static_assert(sizeof(struct traffic) == 32, "user space reads struct traffic as 4 x u64");
