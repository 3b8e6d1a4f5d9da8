// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The rows of the benchmark. Each adds up what it has read, or counts what it has done. */
#include <errno.h>
#include <stdbool.h>
#include <time.h>
#include "peer.h"

static struct flow_key batch_keys[CHUNK];
static struct flow batch_values[CHUNK];

uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

static int run_fill(uint32_t iterations, struct result *result)
{
	struct flow each_cpu[MAXIMUM_CPUS];
	int error = 0;

	for (uint32_t i = 0; i < ENTRIES && !error; i++)
		error = commands->update(flows, &keys[i], &values[i]);
	for (uint32_t i = 0; i < CPU_ENTRIES && !error; i++) {
		for (int cpu = 0; cpu < cpus; cpu++)
			each_cpu[cpu] = values[i];
		error = commands->update(cpu_flows, &keys[i], each_cpu);
	}
	for (uint32_t i = 0; i < TOTALS && !error; i++) {
		uint64_t total = i + 1;

		error = commands->update(totals, &i, &total);
	}
	return error;
}

static int run_lookup(uint32_t iterations, struct result *result)
{
	struct flow flow;
	int error = 0;

	for (uint32_t i = 0; i < iterations && !error; i++) {
		error = commands->lookup(flows, &sample_keys[i % SAMPLES], &flow);
		result->sum += flow.packets;
	}
	return error;
}

static int run_update(uint32_t iterations, struct result *result)
{
	int error = 0;

	for (uint32_t i = 0; i < iterations && !error; i++) {
		uint32_t sample = i % SAMPLES;

		error = commands->update(flows, &sample_keys[sample], &sample_values[sample]);
		result->sum++;
	}
	return error;
}

static int run_delete(uint32_t iterations, struct result *result)
{
	int error = 0;

	for (uint32_t i = 0; i < iterations && !error; i++)
		error = commands->update(doomed, &sample_keys[i], &sample_values[i]);
	result->started = now();
	for (uint32_t i = 0; i < iterations && !error; i++) {
		error = commands->remove(doomed, &sample_keys[i]);
		result->sum++;
	}
	return error;
}

static int run_array(uint32_t iterations, struct result *result)
{
	int error = 0;

	for (uint32_t i = 0; i < iterations && !error; i++) {
		uint32_t index = i % TOTALS;
		uint64_t total;

		error = commands->lookup(totals, &index, &total);
		result->sum += total;
	}
	return error;
}

/* What a global variable costs by a system call: an element of an array is what it is. */
static int run_global_read(uint32_t iterations, struct result *result)
{
	uint32_t index = 0;
	uint64_t total;
	int error = 0;

	for (uint32_t i = 0; i < iterations && !error; i++) {
		error = commands->lookup(totals, &index, &total);
		result->sum += total;
	}
	return error;
}

static int run_global_write(uint32_t iterations, struct result *result)
{
	uint32_t index = 0;
	uint64_t total = 1;
	int error = 0;

	for (uint32_t i = 0; i < iterations && !error; i++) {
		error = commands->update(totals, &index, &total);
		result->sum++;
	}
	return error;
}

static int run_per_cpu(uint32_t iterations, struct result *result)
{
	struct flow each_cpu[MAXIMUM_CPUS];
	int error = 0;

	for (uint32_t i = 0; i < iterations && !error; i++) {
		error = commands->lookup(cpu_flows, &cpu_sample_keys[i % SAMPLES], each_cpu);
		for (int cpu = 0; cpu < cpus; cpu++)
			result->sum += each_cpu[cpu].packets;
	}
	return error;
}

static int walk(struct result *result)
{
	struct flow_key key, next;
	struct flow flow;
	int error = commands->next_key(flows, NULL, &next);

	while (!error) {
		key = next;
		error = commands->lookup(flows, &key, &flow);
		if (error)
			return error;
		result->sum += flow.packets + key.protocol;
		error = commands->next_key(flows, &key, &next);
	}
	return error == -ENOENT ? 0 : error;
}

static int run_iterate(uint32_t iterations, struct result *result)
{
	int error = 0;

	for (uint32_t done = 0; done < iterations && !error; done += ENTRIES)
		error = walk(result);
	return error;
}

static int walk_in_batches(struct result *result)
{
	uint32_t cursor[4];
	bool first = true;
	int error;

	do {
		uint32_t count = CHUNK;

		error = commands->lookup_batch(flows, first ? NULL : cursor, cursor, batch_keys,
					       batch_values, &count);
		if (error && error != -ENOENT)
			return error;
		for (uint32_t i = 0; i < count; i++)
			result->sum += batch_values[i].packets + batch_keys[i].protocol;
		first = false;
	} while (!error);
	return 0;
}

static int run_batch_lookup(uint32_t iterations, struct result *result)
{
	int error = 0;

	for (uint32_t done = 0; done < iterations && !error; done += ENTRIES)
		error = walk_in_batches(result);
	return error;
}

static int run_batch_update(uint32_t iterations, struct result *result)
{
	int error = 0;

	for (uint32_t done = 0; done < iterations && !error; done += CHUNK) {
		uint32_t count = CHUNK, first = done % ENTRIES;

		error = commands->update_batch(flows, &keys[first], &values[first], &count);
		result->sum += count;
	}
	return error;
}

static int run_load(uint32_t iterations, struct result *result)
{
	int error = 0;

	for (uint32_t i = 0; i < iterations && !error; i++) {
		error = load_object(object_path);
		result->sum++;
	}
	return error;
}

const struct row rows[] = {
	{"fill", run_fill},
	{"lookup", run_lookup},
	{"update", run_update},
	{"delete", run_delete},
	{"array-lookup", run_array},
	{"per-cpu-lookup", run_per_cpu},
	{"global-read", run_global_read},
	{"global-write", run_global_write},
	{"iterate", run_iterate},
	{"batch-lookup", run_batch_lookup},
	{"batch-update", run_batch_update},
	{"ring-16", run_ring},
	{"ring-64", run_ring},
	{"ring-512", run_ring},
	{"live", NULL}, /* which has an answer of its own */
	{"load", run_load},
};
const size_t row_count = sizeof(rows) / sizeof(*rows);
