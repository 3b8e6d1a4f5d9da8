// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: a CO-RE relocation in a section whose name is repaired: .BTF.ext names it, too. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

SEC("tc")
int size_of_pid(void *ctx)
{
	struct task_struct *task = 0;

	/* FIELD_BYTE_SIZE, and FIELD_EXISTS: nothing is read. */
	return __builtin_preserve_field_info(task->pid, 1) +
	       __builtin_preserve_field_info(task->pid, 2) - 5;
}

char _license[] SEC("license") = "Dual MIT/GPL";
