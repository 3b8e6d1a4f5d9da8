// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Tries each feature of kernel-features.json on the running kernel, as root, without ayajs. Prints
 * `name yes` or `name <errno>` for each. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

/* Newer than the headers of Debian 12. */
enum {
	F_BEFORE = 1 << 3,
	F_PREORDER = 1 << 6,
	F_LINK = 1 << 13,
	ATTR_SIZE = 64, /* of attach, link_create and query below */
};

/* The arms of union bpf_attr that grew, as newer kernels have them. */
union attr {
	__u8 bytes[ATTR_SIZE];
	struct {
		__u32 target_fd, prog_fd, attach_type, flags;
	} attach;
	struct {
		__u32 prog_fd, target_fd, attach_type, flags, relative_fd;
	} link_create;
	struct {
		__u32 target_fd, attach_type, query_flags, attach_flags;
		__u64 prog_ids;
		__u32 prog_cnt, pad;
		__u64 prog_attach_flags, link_ids, link_attach_flags, revision;
	} query;
};
_Static_assert(sizeof(union attr) == ATTR_SIZE, "the kernel takes sizes without holes");

static char cgroup_path[64];
static int cgroup = -1;

/* The result, or -errno. */
static int bpf(int command, void *attr, unsigned int size)
{
	int result = syscall(SYS_bpf, command, attr, size);

	return result < 0 ? -errno : result;
}

/* A program that returns `value`. */
static int load(int type, int attach_type, int btf_id, int value)
{
	struct bpf_insn code[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = value},
				  {.code = BPF_JMP | BPF_EXIT}};
	union bpf_attr attr = {
		.prog_type = type,
		.insns = (__u64)(long)code,
		.insn_cnt = 2,
		.license = (__u64)(long)"GPL",
		.expected_attach_type = attach_type,
		.attach_btf_id = btf_id,
	};

	return bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

static int load_skb(void)
{
	return load(BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS, 0, 1);
}

static int link_cgroup(int flags, int relative_fd)
{
	union attr attr = {
		.link_create = {load_skb(), cgroup, BPF_CGROUP_INET_INGRESS, flags, relative_fd}};

	return bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
}

static int info(int fd, void *to, unsigned int size)
{
	union bpf_attr attr = {.info = {.bpf_fd = fd, .info_len = size, .info = (__u64)(long)to}};

	return bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
}

static int create_map(int type, int key_size, int value_size, int max_entries, int flags)
{
	union bpf_attr attr = {.map_type = type,
			       .key_size = key_size,
			       .value_size = value_size,
			       .max_entries = max_entries,
			       .map_flags = flags};

	return bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
}

/* Each probe returns 0 or more when the kernel has the feature, else -errno. */

static int cgroup_link(void)
{
	return link_cgroup(0, 0);
}

static int cgroup_link_info(void)
{
	struct bpf_link_info link = {};
	int error = info(link_cgroup(0, 0), &link, sizeof(link));

	return error ? error : link.cgroup.cgroup_id ? 0 : -ENODATA;
}

static int cgroup_order(void)
{
	return link_cgroup(F_BEFORE | F_LINK, link_cgroup(0, 0));
}

static int cgroup_preorder(void)
{
	union attr attr = {.attach = {cgroup, load_skb(), BPF_CGROUP_INET_INGRESS,
				      BPF_F_ALLOW_MULTI | F_PREORDER}};

	return bpf(BPF_PROG_ATTACH, &attr, sizeof(attr));
}

static int query(union attr *attr)
{
	static __u32 ids[64];

	attr->query.target_fd = cgroup;
	attr->query.attach_type = BPF_CGROUP_INET_INGRESS;
	attr->query.prog_ids = (__u64)(long)ids;
	attr->query.prog_cnt = 64;
	return bpf(BPF_PROG_QUERY, attr, sizeof(*attr));
}

/* Kernels without it take an expected revision and ignore it: trying that tells nothing. */
static int cgroup_revision(void)
{
	union attr attr = {};
	int error = query(&attr);

	return error ? error : attr.query.revision ? 0 : -ENODATA;
}

static int cgroup_program_flags(void)
{
	static __u32 flags[64];
	union attr attr = {.query = {.prog_attach_flags = (__u64)(long)flags}};

	return query(&attr);
}

static int ring_buffer(void)
{
	return create_map(BPF_MAP_TYPE_RINGBUF, 0, 0, getpagesize(), 0);
}

static int user_ring_buffer(void)
{
	return create_map(BPF_MAP_TYPE_USER_RINGBUF, 0, 0, getpagesize(), 0);
}

static int verified_instructions(void)
{
	struct bpf_prog_info program = {};
	int error = info(load_skb(), &program, sizeof(program));

	return error ? error : program.verified_insns ? 0 : -ENODATA;
}

static int test_run_cgroup_skb(void)
{
	static __u8 packet[64];
	union bpf_attr attr = {.test = {.prog_fd = load_skb(),
					.data_in = (__u64)(long)packet,
					.data_size_in = sizeof(packet)}};

	return bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
}

static int lirc_mode2(void)
{
	return load(BPF_PROG_TYPE_LIRC_MODE2, 0, 0, 1);
}

static int cap_bpf(void)
{
	int result = prctl(PR_CAPBSET_READ, CAP_BPF);

	return result < 0 ? -errno : 0;
}

/* What follows a type in BTF, in bytes: a fixed part, and one per member. */
static const struct {
	int fixed, member;
} tails[] = {
	[BTF_KIND_INT] = {4, 0},      [BTF_KIND_ARRAY] = {12, 0},   [BTF_KIND_STRUCT] = {0, 12},
	[BTF_KIND_UNION] = {0, 12},   [BTF_KIND_ENUM] = {0, 8},	    [BTF_KIND_FUNC_PROTO] = {0, 8},
	[BTF_KIND_VAR] = {4, 0},      [BTF_KIND_DATASEC] = {0, 12}, [BTF_KIND_DECL_TAG] = {4, 0},
	[BTF_KIND_TYPE_TAG] = {0, 0}, [BTF_KIND_ENUM64] = {0, 12},
};

/* The kernel's id of a function; -errno without BTF or without the function. */
static int function_id(const char *name)
{
	static char btf[16 << 20];
	struct btf_header *header = (void *)btf;
	int file = open("/sys/kernel/btf/vmlinux", O_RDONLY);
	long size = 0, part;

	if (file < 0)
		return -errno;
	while ((part = read(file, btf + size, sizeof(btf) - size)) > 0)
		size += part;
	const char *strings = btf + header->hdr_len + header->str_off;
	char *at = btf + header->hdr_len + header->type_off, *end = at + header->type_len;
	for (int id = 1; at < end; id++) {
		struct btf_type *type = (void *)at;
		unsigned int kind = BTF_INFO_KIND(type->info);

		if (kind == BTF_KIND_FUNC && !strcmp(strings + type->name_off, name))
			return id;
		if (kind >= sizeof(tails) / sizeof(*tails))
			return -EBADMSG;
		at += sizeof(*type) + tails[kind].fixed +
		      BTF_INFO_VLEN(type->info) * tails[kind].member;
	}
	return -ENOENT;
}

static int fentry(void)
{
	int id = function_id("do_nanosleep");

	return id < 0 ? id : load(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, id, 0);
}

static int lsm(void)
{
	int id = function_id("bpf_lsm_file_open");

	return id < 0 ? id : load(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, id, 0);
}

static int lsm_cgroup(void)
{
	int id = function_id("bpf_lsm_socket_create");

	return id < 0 ? id : load(BPF_PROG_TYPE_LSM, BPF_LSM_CGROUP, id, 1);
}

/* Looks up one entry of an empty or fixed map: the end (ENOENT) is a right answer. */
static int look_up_batch(int map)
{
	static __u8 keys[64], values[1 << 16], position[64];
	union bpf_attr attr = {.batch = {.map_fd = map,
					 .out_batch = (__u64)(long)position,
					 .keys = (__u64)(long)keys,
					 .values = (__u64)(long)values,
					 .count = 1}};
	int result = map < 0 ? map : bpf(BPF_MAP_LOOKUP_BATCH, &attr, sizeof(attr));

	return result == -ENOENT ? 0 : result;
}

static int batch_hash(void)
{
	return look_up_batch(create_map(BPF_MAP_TYPE_HASH, 8, 8, 4, 0));
}

static int batch_lpm_trie(void)
{
	return look_up_batch(create_map(BPF_MAP_TYPE_LPM_TRIE, 8, 8, 4, BPF_F_NO_PREALLOC));
}

static int batch_percpu_array(void)
{
	return look_up_batch(create_map(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 4, 0));
}

/* Takes an entry that is not there: ENOENT is a right answer. */
static int lookup_and_delete_hash(void)
{
	static __u8 key[8], value[8];
	int map = create_map(BPF_MAP_TYPE_HASH, 8, 8, 4, 0);
	union bpf_attr attr = {.map_fd = map, .key = (__u64)(long)key, .value = (__u64)(long)value};
	int result = map < 0 ? map : bpf(BPF_MAP_LOOKUP_AND_DELETE_ELEM, &attr, sizeof(attr));

	return result == -ENOENT ? 0 : result;
}

static int bloom_filter(void)
{
	return create_map(BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 4, 0);
}

/* A child that became nobody looks up in a map that it has open. */
static int handles_without_capabilities(void)
{
	static __u8 key[4], value[8];
	int map = create_map(BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0);
	union bpf_attr attr = {.map_fd = map, .key = (__u64)(long)key, .value = (__u64)(long)value};
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
			_exit(errno);
		_exit(bpf(BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)) < 0 ? errno : 0);
	}
	return child < 0 || waitpid(child, &status, 0) < 0 ? -errno : -WEXITSTATUS(status);
}

static const struct {
	const char *name;
	int (*run)(void);
} probes[] = {
	{"cap-bpf", cap_bpf},
	{"cgroup-link", cgroup_link},
	{"cgroup-link-info", cgroup_link_info},
	{"cgroup-order", cgroup_order},
	{"cgroup-preorder", cgroup_preorder},
	{"cgroup-revision", cgroup_revision},
	{"cgroup-program-flags", cgroup_program_flags},
	{"test-run-cgroup-skb", test_run_cgroup_skb},
	{"verified-instructions", verified_instructions},
	{"fentry", fentry},
	{"lsm", lsm},
	{"lsm-cgroup", lsm_cgroup},
	{"lirc-mode2", lirc_mode2},
	{"ring-buffer", ring_buffer},
	{"user-ring-buffer", user_ring_buffer},
	{"batch-hash", batch_hash},
	{"batch-lpm-trie", batch_lpm_trie},
	{"batch-percpu-array", batch_percpu_array},
	{"lookup-and-delete-hash", lookup_and_delete_hash},
	{"bloom-filter", bloom_filter},
	{"handles-without-capabilities", handles_without_capabilities},
};

/* The probes' own cgroup, in the cgroup v2 hierarchy: alone, or beside v1. */
static void make_cgroup(void)
{
	static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	struct statfs stat;

	for (int i = 0; i < 2 && cgroup < 0; i++) {
		if (statfs(mounts[i], &stat) || stat.f_type != CGROUP2_SUPER_MAGIC)
			continue;
		snprintf(cgroup_path, sizeof(cgroup_path), "%s/ayajs-probe-%d", mounts[i],
			 getpid());
		if (!mkdir(cgroup_path, 0755))
			cgroup = open(cgroup_path, O_RDONLY | O_DIRECTORY);
	}
}

int main(void)
{
	struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_MEMLOCK, &none); /* Before 5.11 maps count as locked memory. */
	make_cgroup();
	if (cgroup < 0) {
		fputs("kernel-probe: cannot make a cgroup (v2); it needs root\n", stderr);
		return 1;
	}
	for (size_t i = 0; i < sizeof(probes) / sizeof(*probes); i++) {
		int result = probes[i].run();

		if (result >= 0)
			printf("%s yes\n", probes[i].name);
		else
			printf("%s %d\n", probes[i].name, -result);
	}
	return rmdir(cgroup_path) ? 1 : 0;
}
