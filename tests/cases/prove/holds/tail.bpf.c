// SPDX-License-Identifier: GPL-2.0-only
/* Tail calls: an end of the program, or nothing. */
#include "case.h"
struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 4); __type(key, __u32); __type(value, __u32); } jumps SEC(".maps");
RING(ring);
struct locked { struct bpf_spin_lock lock; __u32 n; };
MAP(lock_map, BPF_MAP_TYPE_ARRAY, 1, __u32, struct locked);
// expect: next holds
SEC("xdp") int next(struct xdp_md *ctx) { bpf_tail_call(ctx, &jumps, 1); return XDP_PASS; }
// expect: any_index holds
SEC("tc") int any_index(struct __sk_buff *skb) { bpf_tail_call(skb, &jumps, skb->mark); return 2; }
// expect: several holds
SEC("xdp") int several(struct xdp_md *ctx) { for (int i = 0; i < 4; i++) bpf_tail_call(ctx, &jumps, i); return XDP_DROP; }
// expect: by_packet holds
SEC("xdp") int by_packet(struct xdp_md *ctx) { PACKET(ctx); if (data + 14 > end) return XDP_DROP; bpf_tail_call(ctx, &jumps, data[13]); return XDP_ABORTED; }
// expect: given_back holds
SEC("xdp") int given_back(struct xdp_md *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&ring, 8, 0);
	if (!record)
		return XDP_DROP;
	*record = 1;
	bpf_ringbuf_submit(record, 0);
	bpf_tail_call(ctx, &jumps, 0);
	return XDP_PASS;
}
// expect: refused_before holds
LSM(file_open, refused_before, struct file *file, int ret) { if (!ret) bpf_tail_call(ctx, &jumps, 0); return ret; }
