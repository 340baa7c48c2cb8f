// SPDX-License-Identifier: GPL-2.0-only
/* Tail calls: what is held when another program goes on, results of what returns nothing, maps that hold no programs. */
#include "case.h"
struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 4); __type(key, __u32); __type(value, __u32); } jumps SEC(".maps");
RING(ring);
MAP(numbers, BPF_MAP_TYPE_ARRAY, 4, __u32, __u32);
struct locked { struct bpf_spin_lock lock; __u32 n; };
MAP(lock_map, BPF_MAP_TYPE_ARRAY, 1, __u32, struct locked);
// expect: record_held fails leak
SEC("xdp") int record_held(struct xdp_md *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&ring, 8, 0);
	if (!record)
		return XDP_DROP;
	*record = 1;
	bpf_tail_call(ctx, &jumps, 0);
	bpf_ringbuf_submit(record, 0);
	return XDP_PASS;
}
// expect: lock_held fails call
SEC("tc") int lock_held(struct __sk_buff *skb)
{
	__u32 k = 0;
	struct locked *v = bpf_map_lookup_elem(&lock_map, &k);
	if (!v)
		return 0;
	bpf_spin_lock(&v->lock);
	bpf_tail_call(skb, &jumps, 0);
	bpf_spin_unlock(&v->lock);
	return 0;
}
// expect: its_result fails init
SEC("xdp") int its_result(struct xdp_md *ctx) { return bpf_tail_call(ctx, &jumps, 1) ? XDP_PASS : XDP_DROP; }
// expect: result_of_a_lock fails init
SEC("tc") int result_of_a_lock(struct __sk_buff *skb)
{
	__u32 k = 0;
	struct locked *v = bpf_map_lookup_elem(&lock_map, &k);
	if (!v)
		return 0;
	bpf_spin_lock(&v->lock);
	return ((int (*)(void *))BPF_FUNC_spin_unlock)(&v->lock);
}
// expect: no_programs fails call
SEC("xdp") int no_programs(struct xdp_md *ctx) { bpf_tail_call(ctx, &numbers, 1); return XDP_PASS; }
// expect: no_context fails call
SEC("xdp") int no_context(struct xdp_md *ctx) { __u64 other = 0; bpf_tail_call(&other, &jumps, 1); return XDP_PASS; }
// expect: wrong_after fails return
LSM(file_open, wrong_after, struct file *file) { bpf_tail_call(ctx, &jumps, 0); return 1; }
// expect: weaker_after fails weaken
LSM(file_open, weaker_after, struct file *file, int ret) { bpf_tail_call(ctx, &jumps, 0); return ret > 0; }
