/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Writing into a ring buffer so that no record is lost unseen: what finds no room is counted, per
 *CPU.
 *
 *	struct {
 *		__uint(type, BPF_MAP_TYPE_RINGBUF);
 *		__uint(max_entries, 256 * 1024);
 *	} events SEC(".maps");
 *	RING_LOST(events);
 *
 *	struct event *event = ring_reserve(&events, &events_lost, sizeof(*event));
 *
 * User space adds the CPUs up: ring.countLostIn(map) of ayajs, or any other reader of a per-CPU
 *array. Minimum kernel: 5.8 (ring buffer). Include linux/bpf.h or vmlinux.h, and bpf/bpf_helpers.h,
 *before. */
#pragma once

/* Declares the counter of a ring: the map <ring>_lost with one element. The kernel keeps 15
 * characters of a map's name, so that of the ring should have at most 10. */
#define RING_LOST(ring)                                                                            \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                                           \
		__uint(max_entries, 1);                                                            \
		__type(key, __u32);                                                                \
		__type(value, __u64);                                                              \
	} ring##_lost SEC(".maps")

/* States the type of a ring's records, as in RING_RECORD(events, struct event): a pointer that
 * nobody uses, because compilers describe only types that a map, a function or a variable mentions.
 * Where several kinds share one ring, RING_RECORD(name, type) with any name mentions each of them.
 */
#define RING_RECORD(ring, type) const type *ring##_record __attribute__((unused))

/* Counts one record that could not be written. Atomic though it is per CPU: a program can be
 * interrupted by another one on the same CPU, and a plain increment would then lose a count of what
 * is lost. */
static __always_inline void ring_count_lost(void *lost)
{
	__u32 key = 0;
	__u64 *count = bpf_map_lookup_elem(lost, &key);

	if (count)
		__sync_fetch_and_add(count, 1);
}

/* bpf_ringbuf_reserve, which counts when there is no room. `size` must be a constant. The record
 * must be submitted or discarded; fill every byte of it, the kernel does not.
 *
 * Compare the record with NULL right after the call, and call nothing in between: the verifier of
 * Linux 5.10 takes the record for lost otherwise ("Unreleased reference"). */
static __always_inline void *ring_reserve(void *ring, void *lost, __u64 size)
{
	void *record = bpf_ringbuf_reserve(ring, size, 0);

	if (!record)
		ring_count_lost(lost);
	return record;
}

/* bpf_ringbuf_output, which counts when there is no room. Returns 0 or a negative error, as it
 * does. */
static __always_inline long ring_output(void *ring, void *lost, void *data, __u64 size, __u64 flags)
{
	long error = bpf_ringbuf_output(ring, data, size, flags);

	if (error)
		ring_count_lost(lost);
	return error;
}
