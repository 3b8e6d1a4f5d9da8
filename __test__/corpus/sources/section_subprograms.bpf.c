// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: static functions in sections of their own, called from two programs. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static __noinline __attribute__((section("helpers"))) int add(int a, int b)
{
	asm volatile("" : "+r"(a), "+r"(b));
	return a + b;
}

static __noinline __attribute__((section("more_helpers"))) int twice(int a)
{
	asm volatile("" : "+r"(a));
	return add(a, a);
}

SEC("xdp")
int one_call(void *ctx)
{
	return add(1, 1);
}

SEC("xdp")
int nested_calls(void *ctx)
{
	return twice(1);
}

char _license[] SEC("license") = "Dual MIT/GPL";
