// SPDX-License-Identifier: GPL-2.0-only
/* An XDP filter: SSH only from addresses in a map. */
#include "case.h"
#define ETH_IP __builtin_bswap16(0x0800)
MAP(admins, BPF_MAP_TYPE_HASH, 1024, __u32, __u8);

SEC("xdp") int xdp_ssh(struct xdp_md *ctx)
{
	PACKET(ctx);
	if (data + 14 + 20 + 20 > end)
		return XDP_PASS;
	if (*(__u16 *)(data + 12) != ETH_IP || data[23] != 6 || (data[14] & 15) != 5)
		return XDP_PASS;
	if (*(__u16 *)(data + 36) != __builtin_bswap16(22))
		return XDP_PASS;
	__u32 source = *(__u32 *)(data + 26);
	return bpf_map_lookup_elem(&admins, &source) ? XDP_PASS : XDP_DROP;
}
