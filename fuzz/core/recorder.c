// SPDX-License-Identifier: MIT OR Apache-2.0
/* Loaded before a loader's own libraries (LD_PRELOAD), writes down what it has the kernel make: a
 * line of JSON for each map and program, at the end of the file that AYAJS_RECORD names. Both
 * libbpf and aya call syscall(3). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#define LOAD_IMMEDIATE (BPF_LD | BPF_DW | BPF_IMM)

typedef long (*syscall_function)(long number, ...);

static syscall_function next_syscall(void)
{
	static syscall_function next;

	if (!next)
		next = (syscall_function)dlsym(RTLD_NEXT, "syscall");
	return next;
}

/* A descriptor is another number in each process: a map is known by its name. */
static void map_name(int map, char name[BPF_OBJ_NAME_LEN])
{
	struct bpf_map_info info = {0};
	union bpf_attr attr = {0};

	attr.info.bpf_fd = map;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	next_syscall()(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
	memcpy(name, info.name, BPF_OBJ_NAME_LEN);
}

static void record_instructions(FILE *out, const struct bpf_insn *all, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		const struct bpf_insn *one = &all[i];
		const int is_map =
			one->code == LOAD_IMMEDIATE &&
			(one->src_reg == BPF_PSEUDO_MAP_FD || one->src_reg == BPF_PSEUDO_MAP_VALUE);
		char name[BPF_OBJ_NAME_LEN];

		fprintf(out, "%s[%u,%u,%u,%d,", i ? "," : "", one->code, one->dst_reg, one->src_reg,
			one->off);
		if (is_map) {
			map_name(one->imm, name);
			fprintf(out, "0,\"%.16s\"]", name);
		} else {
			fprintf(out, "%d]", one->imm);
		}
	}
}

static void record_program(FILE *out, const union bpf_attr *attr, size_t size)
{
	const size_t named = offsetof(union bpf_attr, prog_name) + BPF_OBJ_NAME_LEN;

	fprintf(out, "{\"program\":\"%.16s\",\"type\":%u,\"attachType\":%u,\"flags\":%u,",
		size >= named ? attr->prog_name : "", attr->prog_type, attr->expected_attach_type,
		attr->prog_flags);
	fprintf(out, "\"instructions\":[");
	record_instructions(out, (const struct bpf_insn *)(uintptr_t)attr->insns, attr->insn_cnt);
	fprintf(out, "]}\n");
}

static void record_map(FILE *out, const union bpf_attr *attr)
{
	fprintf(out, "{\"map\":\"%.16s\",\"type\":%u,\"keySize\":%u,\"valueSize\":%u,",
		attr->map_name, attr->map_type, attr->key_size, attr->value_size);
	fprintf(out, "\"maxEntries\":%u,\"flags\":%u,\"extra\":%llu,\"inner\":%d}\n",
		attr->max_entries, attr->map_flags, (unsigned long long)attr->map_extra,
		attr->inner_map_fd > 0);
}

static void record(long command, const union bpf_attr *attr, size_t size)
{
	const char *path = getenv("AYAJS_RECORD");
	FILE *out;

	if (!path || (command != BPF_PROG_LOAD && command != BPF_MAP_CREATE))
		return;
	out = fopen(path, "ae");
	if (!out)
		abort();
	if (command == BPF_PROG_LOAD)
		record_program(out, attr, size);
	else
		record_map(out, attr);
	fclose(out);
}

long syscall(long number, ...)
{
	va_list words;
	long word[6];

	va_start(words, number);
	for (int i = 0; i < 6; i++)
		word[i] = va_arg(words, long);
	va_end(words);
	if (number == SYS_bpf) {
		const int before = errno;

		record(word[0], (const union bpf_attr *)word[1], word[2]);
		errno = before;
	}
	return next_syscall()(number, word[0], word[1], word[2], word[3], word[4], word[5]);
}
