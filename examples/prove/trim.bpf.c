// SPDX-License-Identifier: GPL-2.0-only
/* A socket filter: packets are cut to a length from a map. */
#include "case.h"
MAP(limits, BPF_MAP_TYPE_ARRAY, 1, __u32, __u32);
SEC("socket") int trim(struct __sk_buff *skb)
{
	__u32 zero = 0, *limit = bpf_map_lookup_elem(&limits, &zero);
	if (!limit)
		return 0;
	__u64 most = *limit;
	return skb->len > most ? most : skb->len;
}
