// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Key and value of the measured maps, as every contender reads them. No padding: none of them can
 * win by not copying it. */
#pragma once

#include <linux/types.h>

struct flow_key {
	__be32 saddr;
	__be32 daddr;
	__be16 sport;
	__be16 dport;
	__u32 protocol; /* IPPROTO_… */
};
_Static_assert(sizeof(struct flow_key) == 16, "contenders write struct flow_key as 16 bytes");

struct flow {
	__u64 packets;
	__u64 bytes;
	__u64 first_seen_ns;
	__u32 flags;
	__u32 mark;
};
_Static_assert(sizeof(struct flow) == 32, "contenders read struct flow as 32 bytes");
