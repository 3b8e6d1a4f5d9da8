// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The row `load` and the data of all rows. */
#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include "peer.h"

int load_object(const char *path)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	int error = libbpf_get_error(object);

	if (error)
		return error;
	error = bpf_object__load(object);
	bpf_object__close(object);
	return error;
}

struct flow_key make_key(uint32_t number)
{
	return (struct flow_key){
		.saddr = htonl(0x0a000000 + number),
		.daddr = htonl(0xc0a80001),
		.sport = htons(1024 + number % 50000),
		.dport = htons(443),
		.protocol = 6,
	};
}

struct flow make_flow(uint32_t number)
{
	return (struct flow){
		.packets = number + 1,
		.bytes = (number + 1) * 1500ULL,
		.first_seen_ns = 1700000000000000000ULL + number,
		.flags = 1,
		.mark = number % 256,
	};
}
