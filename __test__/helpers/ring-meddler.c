// SPDX-License-Identifier: MIT OR Apache-2.0
/* Does to a pinned ring buffer what whoever has it can do: maps it, and writes to the position of
 * its reader. Arguments: the path of the pin, its size in bytes, "add" or "set", and a number. With
 * "map" instead it prints the errors of mapping each part writable. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_pin(const char *path)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uintptr_t)path;
	return (int)syscall(SYS_bpf, BPF_OBJ_GET, &attr, sizeof(attr));
}

static int map_error(int ring, size_t length, long offset)
{
	void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, ring, offset);
	int error = memory == MAP_FAILED ? errno : 0;

	if (!error)
		munmap(memory, length);
	return error;
}

/* A mapping for reading that is made writable afterwards. */
static int protect_error(int ring, size_t length, long offset)
{
	void *memory = mmap(NULL, length, PROT_READ, MAP_SHARED, ring, offset);
	int error = errno;

	if (memory == MAP_FAILED)
		return error;
	error = mprotect(memory, length, PROT_READ | PROT_WRITE) ? errno : 0;
	munmap(memory, length);
	return error;
}

int main(int count, char **words)
{
	const long page = sysconf(_SC_PAGESIZE);
	const int ring = count > 3 ? open_pin(words[1]) : -1;
	const size_t rest = ring < 0 ? 0 : (size_t)page + 2 * strtoull(words[2], NULL, 10);
	volatile uint64_t *position;

	if (ring < 0)
		return 2;
	if (strcmp(words[3], "map") == 0) {
		printf("%d %d %d %d\n", map_error(ring, page, 0), map_error(ring, rest, page),
		       map_error(ring, page + rest, 0), protect_error(ring, rest, page));
		return 0;
	}
	if (count < 5)
		return 2;
	position = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, ring, 0);
	if (position == MAP_FAILED)
		return 3;
	*position = strtoull(words[4], NULL, 10) + (strcmp(words[3], "add") == 0 ? *position : 0);
	return 0;
}
