// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Corpus: variables of the kernel's configuration, beside a program that needs none. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern int LINUX_KERNEL_VERSION __kconfig;
extern _Bool CONFIG_BPF __kconfig;

SEC("xdp")
int wants_config(void *ctx)
{
	return LINUX_KERNEL_VERSION > 0 && CONFIG_BPF;
}

SEC("xdp")
int beside(void *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
