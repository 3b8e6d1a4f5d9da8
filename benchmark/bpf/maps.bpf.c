// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The maps that all contenders of the benchmark open from their pins, in turns. No program uses
 * them: nothing but the contender that is measured touches them. Minimum kernel: 5.8. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "flow.h"

/* Filled once: looked up, updated in place, iterated, read and written in batches. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct flow_key);
	__type(value, struct flow);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} flows SEC(".maps");

/* Filled before, and emptied by, each measurement of deleting. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct flow_key);
	__type(value, struct flow);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} doomed SEC(".maps");

/* As `flows`, but with a value for each CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct flow_key);
	__type(value, struct flow);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} cpu_flows SEC(".maps");

/* index → index + 1 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} totals SEC(".maps");

char _license[] SEC("license") = "Dual MIT/GPL";
