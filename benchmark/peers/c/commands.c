// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The commands on a map, once through libbpf and once as bare bpf(2). */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include "peer.h"

static int update_any(int map, const void *key, const void *value)
{
	return bpf_map_update_elem(map, key, value, BPF_ANY);
}

static int lookup_batch(int map, const void *in, void *out, void *keys, void *values,
			uint32_t *count)
{
	return bpf_map_lookup_batch(map, (void *)in, out, keys, values, count, NULL);
}

static int update_batch(int map, const void *keys, const void *values, uint32_t *count)
{
	return bpf_map_update_batch(map, keys, values, count, NULL);
}

const struct commands by_libbpf = {
	.open = bpf_obj_get,
	.lookup = bpf_map_lookup_elem,
	.update = update_any,
	.remove = bpf_map_delete_elem,
	.next_key = bpf_map_get_next_key,
	.lookup_batch = lookup_batch,
	.update_batch = update_batch,
};

static int bpf(enum bpf_cmd command, union bpf_attr *attr, size_t size)
{
	long result = syscall(SYS_bpf, command, attr, size);

	return result < 0 ? -errno : (int)result;
}

static int raw_open(const char *pin)
{
	union bpf_attr attr = {.pathname = (uintptr_t)pin};

	return bpf(BPF_OBJ_GET, &attr, sizeof(attr));
}

static int raw_element(enum bpf_cmd command, int map, const void *key, const void *other)
{
	union bpf_attr attr = {
		.map_fd = map,
		.key = (uintptr_t)key,
		.value = (uintptr_t)other, /* the same place as next_key */
	};

	return bpf(command, &attr, sizeof(attr));
}

static int raw_lookup(int map, const void *key, void *value)
{
	return raw_element(BPF_MAP_LOOKUP_ELEM, map, key, value);
}

static int raw_update(int map, const void *key, const void *value)
{
	return raw_element(BPF_MAP_UPDATE_ELEM, map, key, value);
}

static int raw_remove(int map, const void *key)
{
	return raw_element(BPF_MAP_DELETE_ELEM, map, key, NULL);
}

static int raw_next_key(int map, const void *key, void *next)
{
	return raw_element(BPF_MAP_GET_NEXT_KEY, map, key, next);
}

static int raw_lookup_batch(int map, const void *in, void *out, void *keys, void *values,
			    uint32_t *count)
{
	union bpf_attr attr = {
		.batch.map_fd = map,
		.batch.in_batch = (uintptr_t)in,
		.batch.out_batch = (uintptr_t)out,
		.batch.keys = (uintptr_t)keys,
		.batch.values = (uintptr_t)values,
		.batch.count = *count,
	};
	int error = bpf(BPF_MAP_LOOKUP_BATCH, &attr, sizeof(attr));

	*count = attr.batch.count;
	return error;
}

static int raw_update_batch(int map, const void *keys, const void *values, uint32_t *count)
{
	union bpf_attr attr = {
		.batch.map_fd = map,
		.batch.keys = (uintptr_t)keys,
		.batch.values = (uintptr_t)values,
		.batch.count = *count,
	};
	int error = bpf(BPF_MAP_UPDATE_BATCH, &attr, sizeof(attr));

	*count = attr.batch.count;
	return error;
}

const struct commands by_syscall = {
	.open = raw_open,
	.lookup = raw_lookup,
	.update = raw_update,
	.remove = raw_remove,
	.next_key = raw_next_key,
	.lookup_batch = raw_lookup_batch,
	.update_batch = raw_update_batch,
};
