// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: functions of the kernel that do not exist, beside a program that needs none. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern void corpus_absent_lock(void) __ksym;
extern void corpus_absent_unlock(void) __ksym;

SEC("xdp")
int wants_function(void *ctx)
{
	corpus_absent_lock();
	corpus_absent_unlock();
	return XDP_PASS;
}

SEC("xdp")
int beside(void *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
