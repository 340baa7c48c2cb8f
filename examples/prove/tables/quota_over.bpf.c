// SPDX-License-Identifier: GPL-2.0-only
/* quota with a bug: what is asked for is added before it is compared, with one too many. */
#include "case.h"
struct quota { __u64 used, most; };
MAP(quotas, BPF_MAP_TYPE_HASH, 64, __u32, struct quota);
struct payer { __u32 mark, since; };
MAP(payers, BPF_MAP_TYPE_HASH, 64, __u32, struct payer);
SEC("tc") int quota(struct __sk_buff *skb)
{
	__u32 mark = skb->mark;
	struct payer *p = bpf_map_lookup_elem(&payers, &mark);
	if (p)
		mark = p->mark;
	struct quota *q = bpf_map_lookup_elem(&quotas, &mark);
	if (!q)
		return 2;
	if (q->used + skb->len > q->most + 1)
		return 2;
	q->used += skb->len;
	return 0;
}
