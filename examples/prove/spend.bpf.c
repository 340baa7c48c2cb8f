// SPDX-License-Identifier: GPL-2.0-only
/* A tc program: a budget of bytes for each mark. */
#include "case.h"
struct budget { __u64 left, dropped; };
MAP(budgets, BPF_MAP_TYPE_HASH, 64, __u32, struct budget);
SEC("tc") int spend(struct __sk_buff *skb)
{
	__u32 mark = skb->mark;
	struct budget *b = bpf_map_lookup_elem(&budgets, &mark);
	if (!b)
		return 0;
	if (b->left < skb->len) {
		b->dropped++;
		return 2;
	}
	b->left -= skb->len;
	return 0;
}
