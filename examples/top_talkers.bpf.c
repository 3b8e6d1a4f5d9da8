// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Bytes that the sockets of one cgroup exchange with each address. Judges nothing: every packet
 * passes, and one whose IP header cannot be read is not counted.
 * Minimum kernel: 5.8 (CAP_BPF; links to cgroups are older). */
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

struct peer {
	__u8 address[16]; /* of IPv6; an address of IPv4 as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2) */
};

/* Sums since the object was opened: bytes from the IP header on. */
struct exchanged {
	__u64 sent;
	__u64 received;
};

/* peer → sums; both programs write. Who was silent for longest makes room for others. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 10240);
	__type(key, struct peer);
	__type(value, struct exchanged);
} peers SEC(".maps");

enum verdict {
	DROP = 0,
	PASS = 1,
};

/* The offset of the address within the header of its family: the sender's or the receiver's. */
struct place {
	__u32 v4;
	__u32 v6;
};

static const struct place source = {
	offsetof(struct iphdr, saddr),
	offsetof(struct ipv6hdr, saddr),
};

static const struct place destination = {
	offsetof(struct iphdr, daddr),
	offsetof(struct ipv6hdr, daddr),
};

static __always_inline int read_peer(struct __sk_buff *skb, const struct place *place,
				     struct peer *peer)
{
	if (skb->protocol == bpf_htons(ETH_P_IPV6))
		return bpf_skb_load_bytes(skb, place->v6, peer->address, 16);
	peer->address[10] = 0xff;
	peer->address[11] = 0xff;
	return bpf_skb_load_bytes(skb, place->v4, peer->address + 12, 4);
}

/* The sums of a peer, zero to begin with; NULL when there is no memory for them. */
static __always_inline struct exchanged *sums_of(const struct peer *peer)
{
	struct exchanged *sums = bpf_map_lookup_elem(&peers, peer);
	struct exchanged none = {};

	if (sums)
		return sums;
	/* Another CPU may be faster: its entry is as good, so EEXIST is no failure. */
	bpf_map_update_elem(&peers, peer, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&peers, peer);
}

SEC("cgroup_skb/egress")
int count_sent(struct __sk_buff *skb)
{
	struct peer peer = {};
	struct exchanged *sums;

	if (read_peer(skb, &destination, &peer))
		return PASS;
	sums = sums_of(&peer);
	if (sums)
		__sync_fetch_and_add(&sums->sent, skb->len);
	return PASS;
}

SEC("cgroup_skb/ingress")
int count_received(struct __sk_buff *skb)
{
	struct peer peer = {};
	struct exchanged *sums;

	if (read_peer(skb, &source, &peer))
		return PASS;
	sums = sums_of(&peer);
	if (sums)
		__sync_fetch_and_add(&sums->received, skb->len);
	return PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
