// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The rows of the ring buffer: it is drained after the harness has filled it, or while it does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <bpf/libbpf.h>
#include "../../bpf/event.h"
#include "peer.h"

#define LATENCIES 4000000 /* that are kept of one live measurement */

/* What a live consumer has seen. */
struct live {
	bool ended;
	uint64_t records, first, last, kept;
	uint32_t *latencies;
};

static int on_event(void *context, void *data, size_t size)
{
	const struct event_16 *event = data;

	*(uint64_t *)context += event->number;
	return 0;
}

int run_ring(uint32_t iterations, struct result *result)
{
	struct ring_buffer *rings = ring_buffer__new(ring, on_event, &result->sum, NULL);
	int records;

	if (!rings)
		return -errno;
	result->started = now();
	records = ring_buffer__consume(rings);
	result->ended = now();
	ring_buffer__free(rings);
	return records < 0 ? records : records == (int)iterations ? 0 : -ENODATA;
}

static int on_live_event(void *context, void *data, size_t size)
{
	const struct event_16 *event = data;
	struct live *live = context;

	if (event->number == LAST_EVENT) {
		live->ended = true;
		return -1;
	}
	live->last = now();
	if (!live->records++)
		live->first = live->last;
	if (live->kept < LATENCIES)
		live->latencies[live->kept++] = live->last - event->time_ns;
	return 0;
}

static int compare(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

static uint64_t nanoseconds(struct timeval time)
{
	return time.tv_sec * 1000000000ULL + time.tv_usec * 1000ULL;
}

static void tell(struct live *live, const struct rusage *before, const struct rusage *after)
{
	uint64_t cpu = nanoseconds(after->ru_utime) + nanoseconds(after->ru_stime) -
		       nanoseconds(before->ru_utime) - nanoseconds(before->ru_stime);
	uint64_t kept = live->kept;

	qsort(live->latencies, kept, sizeof(*live->latencies), compare);
	printf("{\"records\":%llu,\"elapsedNs\":%llu,\"cpuNs\":%llu,\"switches\":%ld,"
	       "\"p50Ns\":%u,\"p99Ns\":%u}\n",
	       (unsigned long long)live->records, (unsigned long long)(live->last - live->first),
	       (unsigned long long)cpu, after->ru_nvcsw - before->ru_nvcsw,
	       kept ? live->latencies[kept / 2] : 0, kept ? live->latencies[kept * 99 / 100] : 0);
}

int run_live(void)
{
	struct live live = {.latencies = malloc(LATENCIES * sizeof(*live.latencies))};
	struct ring_buffer *rings = ring_buffer__new(ring, on_live_event, &live, NULL);
	struct rusage before, after;
	int result = 0;

	if (!rings || !live.latencies)
		return -ENOMEM;
	printf("ready\n");
	getrusage(RUSAGE_SELF, &before);
	while (!live.ended && (result >= 0 || result == -EINTR))
		result = ring_buffer__poll(rings, -1);
	getrusage(RUSAGE_SELF, &after);
	ring_buffer__free(rings);
	if (live.ended)
		tell(&live, &before, &after);
	free(live.latencies);
	return live.ended ? 0 : result;
}
