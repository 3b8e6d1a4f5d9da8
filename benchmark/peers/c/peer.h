// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What the parts of the C peer share: the commands on a map by either way, and the data. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../../bpf/flow.h"

#define ENTRIES	     65536 /* of flows and doomed */
#define CPU_ENTRIES  4096
#define TOTALS	     1024
#define SAMPLES	     1024 /* different keys of one measurement */
#define STEP	     61	  /* from one of them to the next: odd, so that none comes twice */
#define CHUNK	     4096 /* entries of one batch */
#define MAXIMUM_CPUS 1024
#define LIBRARY_ROWS 5 /* the last ones, which are not for bare bpf(2) */

/* The commands on a map. Each returns 0 or a negative error number. */
struct commands {
	int (*open)(const char *pin);
	int (*lookup)(int map, const void *key, void *value);
	int (*update)(int map, const void *key, const void *value);
	int (*remove)(int map, const void *key);
	int (*next_key)(int map, const void *key, void *next);
	int (*lookup_batch)(int map, const void *in, void *out, void *keys, void *values,
			    uint32_t *count);
	int (*update_batch)(int map, const void *keys, const void *values, uint32_t *count);
};

extern const struct commands by_libbpf;
extern const struct commands by_syscall;

/* What a measurement gives: its time, and a sum over what it read, which keeps it honest. A row
 * that cleans up sets the end itself. */
struct result {
	uint64_t started, ended, sum;
};

struct row {
	const char *name;
	int (*run)(uint32_t iterations, struct result *result);
};

extern const struct row rows[];
extern const size_t row_count;

/* Set before the first row runs. */
extern const struct commands *commands;
extern const char *object_path;
extern int flows, doomed, cpu_flows, totals, ring, cpus;
extern struct flow_key keys[ENTRIES];
extern struct flow values[ENTRIES];

/* The ones that single operations use, close together, as those of a program at work are. */
extern struct flow_key sample_keys[SAMPLES], cpu_sample_keys[SAMPLES];
extern struct flow sample_values[SAMPLES];

/* In nanoseconds. */
uint64_t now(void);

struct flow_key make_key(uint32_t number);
struct flow make_flow(uint32_t number);

/* Opens the object, loads its programs and closes it; 0 or a negative error number. */
int load_object(const char *path);

/* Drains the ring: as many records as were asked for, no more and no fewer. */
int run_ring(uint32_t iterations, struct result *result);

/* Reads from the ring until the last record, and tells what it has seen. */
int run_live(void);
