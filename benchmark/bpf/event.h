// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The records of the measured ring buffer. The larger ones begin as the smaller ones do. No
 * padding. */
#pragma once

#include <linux/types.h>

/* The number of the record after which a live consumer has had everything. */
#define LAST_EVENT 0xffffffff

/* time_ns: CLOCK_MONOTONIC, when it was reserved; number: 0, 1, … since the harness has begun
 * again; length: of the packet */
#define EVENT_16                                                                                   \
	__u64 time_ns;                                                                             \
	__u32 number;                                                                              \
	__u32 length;

#define EVENT_64                                                                                   \
	EVENT_16                                                                                   \
	__u64 bytes;                                                                               \
	__u32 saddr;                                                                               \
	__u32 daddr;                                                                               \
	__u16 sport;                                                                               \
	__u16 dport;                                                                               \
	__u32 protocol;                                                                            \
	__u32 mark;                                                                                \
	__u32 priority;                                                                            \
	__u32 ifindex;                                                                             \
	__u32 queue;                                                                               \
	__u32 packets;                                                                             \
	__u32 flags;

struct event_16 {
	EVENT_16
};
_Static_assert(sizeof(struct event_16) == 16, "its name tells its size");

struct event_64 {
	EVENT_64
};
_Static_assert(sizeof(struct event_64) == 64, "its name tells its size");

struct event_512 {
	EVENT_64
	__u8 payload[448];
};
_Static_assert(sizeof(struct event_512) == 512, "its name tells its size");
