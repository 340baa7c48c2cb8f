// SPDX-License-Identifier: GPL-2.0-only
/* A tc program: the first of 64 rules that fits address and port decides; a port of zero, which means any, is compared. */
#include "case.h"
#define RULES 64
struct rule { __u32 address, mask, port, action; };
struct acl { struct rule rule[RULES]; };
MAP(acls, BPF_MAP_TYPE_ARRAY, 1, __u32, struct acl);
SEC("tc") int acl(struct __sk_buff *skb)
{
	PACKET(skb);
	__u32 zero = 0;
	struct acl *a = bpf_map_lookup_elem(&acls, &zero);
	if (!a || data + 54 > end)
		return 2;
	__u32 address = *(__u32 *)(data + 30), port = *(__u16 *)(data + 36);
#pragma clang loop unroll(full)
	for (int i = 0; i < RULES; i++) {
		struct rule *r = &a->rule[i];
		if ((address & r->mask) == r->address && r->port == port)
			return r->action ? 0 : 2;
	}
	return 2;
}
