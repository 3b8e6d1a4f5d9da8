// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Traffic of one cgroup: counts both directions and drops egress to one TCP and UDP port.
 * Fails closed: while a port is denied, an IP packet that cannot be read up to its ports is dropped
 * and counted. Protocols without such ports pass, tunnels too: no port is looked for inside one.
 * Minimum kernel: 5.8 (CAP_BPF; bounded loops and links to cgroups are older). */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "layout/traffic.h"

/* Host byte order; 0 denies nothing, then the program only counts. */
const volatile __u16 denied_port = 0;

/* direction → sums of one CPU; both programs write, user space adds up the CPUs. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32); /* enum direction: the kernel takes only an integer for an array */
	__type(value, struct traffic);
} traffic SEC(".maps");

/* What a program of this type returns to the kernel. */
enum verdict {
	DROP = 0,
	PASS = 1,
};

/* Extension headers that we walk in one packet. RFC 8200 §4.1 allows five of these four kinds:
 * each once, destination options twice. */
#define MAX_EXTENSIONS 8

/* Offset of a fragment: RFC 791 §3.1, RFC 8200 §4.5. Not in the kernel's public headers. */
#define IPV4_FRAGMENT_OFFSET 0x1fff
#define IPV6_FRAGMENT_OFFSET 0xfff8

/* IPv6 extension headers that no public kernel header names (the registry of RFC 7045 §4):
 * https://www.iana.org/assignments/ipv6-parameters */
#define PROTOCOL_HIP	139
#define PROTOCOL_SHIM6	140
#define PROTOCOL_TEST_1 253
#define PROTOCOL_TEST_2 254

/* The next header. */
struct cursor {
	__u32 offset; /* in bytes, from the start of the IP header */
	__u8 protocol;
};

/* The start of all extension headers that we walk. */
struct extension {
	__u8 next;
	__u8 length;	 /* in units of 8 bytes, without the first 8; not in a fragment header */
	__be16 fragment; /* in a fragment header: offset and flags */
	__u32 rest;
};
_Static_assert(sizeof(struct extension) == 8, "extension headers are multiples of 8 bytes");
_Static_assert(offsetof(struct tcphdr, dest) == offsetof(struct udphdr, dest),
	       "one read serves TCP and UDP");

static __always_inline bool is_walked_extension(__u8 protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
	       protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_DSTOPTS;
}

static __always_inline bool is_other_extension(__u8 protocol)
{
	return protocol == IPPROTO_ESP || protocol == IPPROTO_AH || protocol == IPPROTO_MH ||
	       protocol == PROTOCOL_HIP || protocol == PROTOCOL_SHIM6 ||
	       protocol == PROTOCOL_TEST_1 || protocol == PROTOCOL_TEST_2;
}

static __always_inline bool has_ports(__u8 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
}

/* Headers are copied, not read in place: a large datagram of a raw socket can have all that follows
 * its IP header outside of the linear part of the packet. */
static __always_inline int find_transport_v4(struct __sk_buff *skb, struct cursor *at)
{
	struct iphdr ip;
	int error = bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip));

	if (error)
		return error;
	if (ip.version != 4 || ip.ihl * 4 < sizeof(ip) ||
	    ip.frag_off & bpf_htons(IPV4_FRAGMENT_OFFSET))
		return -EBADMSG;
	at->offset = ip.ihl * 4;
	at->protocol = ip.protocol;
	return 0;
}

/* Only the first fragment has the ports, and only its next header counts (RFC 8200 §4.5). */
static __always_inline int skip_extension(struct __sk_buff *skb, struct cursor *at)
{
	struct extension extension;
	int error = bpf_skb_load_bytes(skb, at->offset, &extension, sizeof(extension));

	if (error)
		return error;
	if (at->protocol != IPPROTO_FRAGMENT)
		at->offset += (extension.length + 1) * 8;
	else if (extension.fragment & bpf_htons(IPV6_FRAGMENT_OFFSET))
		return -EBADMSG;
	else
		at->offset += sizeof(extension);
	at->protocol = extension.next;
	return 0;
}

static __always_inline int find_transport_v6(struct __sk_buff *skb, struct cursor *at)
{
	struct ipv6hdr ip;
	int error = bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip));

	if (error)
		return error;
	if (ip.version != 6)
		return -EBADMSG;
	at->offset = sizeof(ip);
	at->protocol = ip.nexthdr;
	for (int i = 0; i < MAX_EXTENSIONS && is_walked_extension(at->protocol); i++) {
		error = skip_extension(skb, at);
		if (error)
			return error;
	}
	return is_walked_extension(at->protocol) || is_other_extension(at->protocol) ? -EBADMSG : 0;
}

/* By the packet, never by skb->family: an IPv6 socket sends IPv4 to ::ffff:a.b.c.d. */
static __always_inline enum verdict judge(struct __sk_buff *skb)
{
	struct cursor at = {};
	__be16 port;
	int error;

	if (!denied_port)
		return PASS;
	if (skb->protocol == bpf_htons(ETH_P_IP))
		error = find_transport_v4(skb, &at);
	else if (skb->protocol == bpf_htons(ETH_P_IPV6))
		error = find_transport_v6(skb, &at);
	else
		return PASS;
	if (error || at.offset > skb->len)
		return DROP;
	if (!has_ports(at.protocol))
		return PASS;
	at.offset += offsetof(struct udphdr, dest);
	if (bpf_skb_load_bytes(skb, at.offset, &port, sizeof(port)))
		return DROP;
	return port == bpf_htons(denied_port) ? DROP : PASS;
}

/* Atomic though the sums are per CPU: egress runs in process context too, where a softirq on the
 * same CPU that sends (an ACK, a retransmit) can interrupt a plain increment, and one count is
 * lost. */
static __always_inline void count(struct __sk_buff *skb, enum direction direction,
				  enum verdict verdict)
{
	__u32 key = direction;
	struct traffic *sums = bpf_map_lookup_elem(&traffic, &key);

	if (!sums) /* never: both directions are below max_entries */
		return;
	__sync_fetch_and_add(&sums->packets, 1);
	__sync_fetch_and_add(&sums->bytes, skb->len);
	if (verdict == DROP) {
		__sync_fetch_and_add(&sums->dropped_packets, 1);
		__sync_fetch_and_add(&sums->dropped_bytes, skb->len);
	}
}

SEC("cgroup_skb/egress")
int egress_filter(struct __sk_buff *skb)
{
	enum verdict verdict = judge(skb);

	count(skb, EGRESS, verdict);
	return verdict;
}

SEC("cgroup_skb/ingress")
int ingress_count(struct __sk_buff *skb)
{
	count(skb, INGRESS, PASS);
	return PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
