// SPDX-License-Identifier: GPL-2.0-only
/* A cgroup's connections: the mask of the own network is in the order of the machine. */
#include "case.h"
MAP(allowed, BPF_MAP_TYPE_HASH, 64, __u16, __u8);
SEC("cgroup/connect4") int cgroup_ports(struct bpf_sock_addr *ctx)
{
	__u16 port = ctx->user_port;
	if ((ctx->user_ip4 & 0xff000000) == 0x7f000000)
		return 1;
	return bpf_map_lookup_elem(&allowed, &port) != NULL;
}
