// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The C peer of the benchmark: `peer libbpf|raw PINS OBJECT`, then one `ROW ITERATIONS BEFORE` a
 * line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "peer.h"

const struct commands *commands;
const char *object_path;
int flows, doomed, cpu_flows, totals, ring, cpus;
struct flow_key keys[ENTRIES];
struct flow values[ENTRIES];
struct flow_key sample_keys[SAMPLES], cpu_sample_keys[SAMPLES];
struct flow sample_values[SAMPLES];

static void prepare(void)
{
	for (uint32_t i = 0; i < ENTRIES; i++) {
		keys[i] = make_key(i);
		values[i] = make_flow(i);
	}
	for (uint32_t i = 0; i < SAMPLES; i++) {
		sample_keys[i] = keys[i * STEP % ENTRIES];
		sample_values[i] = values[i * STEP % ENTRIES];
		cpu_sample_keys[i] = keys[i * STEP % CPU_ENTRIES];
	}
}

static const struct row *find_row(const char *name, size_t row_count)
{
	for (size_t i = 0; i < row_count; i++)
		if (strcmp(name, rows[i].name) == 0)
			return &rows[i];
	return NULL;
}

static void measure(const struct row *row, uint32_t iterations, uint32_t before)
{
	struct result result = {};
	int error = before ? row->run(before, &result) : 0;

	result = (struct result){.started = now()};
	if (!error)
		error = row->run(iterations, &result);
	if (!result.ended)
		result.ended = now();
	if (error)
		printf("error %s\n", strerror(-error));
	else
		printf("%llu %llu\n", (unsigned long long)(result.ended - result.started),
		       (unsigned long long)result.sum);
}

static void answer_live(void)
{
	int error = run_live();

	if (error)
		printf("error %s\n", strerror(-error));
}

static int open_map(const char *pins, const char *name)
{
	char path[4096];
	int map;

	snprintf(path, sizeof(path), "%s/%s", pins, name);
	map = commands->open(path);
	if (map >= 0)
		return map;
	printf("error %s: %s\n", path, strerror(-map));
	exit(1);
}

static void introduce(bool raw, size_t row_count)
{
	if (raw)
		printf("{\"version\":\"\",\"rows\":[");
	else
		printf("{\"version\":\"%u.%u\",\"rows\":[", libbpf_major_version(),
		       libbpf_minor_version());
	for (size_t i = 0; i < row_count; i++)
		printf("%s\"%s\"", i ? "," : "", rows[i].name);
	printf("]}\n");
}

int main(int argc, char **argv)
{
	char name[32];
	uint32_t iterations, before;
	size_t count = row_count;
	bool raw = argc > 1 && strcmp(argv[1], "raw") == 0;

	if (argc != 4)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	cpus = libbpf_num_possible_cpus();
	if (cpus < 1 || cpus > MAXIMUM_CPUS)
		return 1;
	commands = raw ? &by_syscall : &by_libbpf;
	count -= raw ? LIBRARY_ROWS : 0;
	object_path = argv[3];
	prepare();
	flows = open_map(argv[2], "flows");
	doomed = open_map(argv[2], "doomed");
	cpu_flows = open_map(argv[2], "cpu_flows");
	totals = open_map(argv[2], "totals");
	ring = open_map(argv[2], "ring");
	introduce(raw, count);
	while (scanf("%31s %u %u", name, &iterations, &before) == 3) {
		const struct row *row = find_row(name, count);

		if (!row)
			printf("error no row %s\n", name);
		else if (row->run)
			measure(row, iterations, before);
		else
			answer_live();
	}
	return 0;
}
