// SPDX-License-Identifier: GPL-2.0-only
/* Maps: null checks, bounds of values, what is written can be read. */
#include "case.h"
struct pair { __u32 a, b; __u64 c; };
MAP(hash, BPF_MAP_TYPE_HASH, 10, __u32, struct pair);
MAP(array, BPF_MAP_TYPE_ARRAY, 16, __u32, __u64);
MAP(one, BPF_MAP_TYPE_ARRAY, 1, __u32, struct pair);
MAP(percpu, BPF_MAP_TYPE_PERCPU_ARRAY, 1, __u32, __u64[32]);
MAP(lru, BPF_MAP_TYPE_LRU_HASH, 10, __u64, __u64);
struct lpm_key { __u32 len; __u32 addr; };
struct { __uint(type, BPF_MAP_TYPE_LPM_TRIE); __uint(max_entries, 10); __uint(map_flags, BPF_F_NO_PREALLOC); __type(key, struct lpm_key); __type(value, __u32); } lpm SEC(".maps");
struct inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, __u32); __type(value, __u64); };
struct { __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS); __uint(max_entries, 4); __type(key, __u32); __array(values, struct inner); } outer SEC(".maps");
// expect: checked holds
SEC("xdp") int checked(struct xdp_md *ctx) { __u32 k = ctx->rx_queue_index; struct pair *v = bpf_map_lookup_elem(&hash, &k); return v ? v->a & 1 : XDP_PASS; }
// expect: array_never_null holds
SEC("xdp") int array_never_null(struct xdp_md *ctx) { __u32 k = 3; __u64 *v = bpf_map_lookup_elem(&array, &k); return *v & 1; }
// expect: array_bounded_key holds
SEC("xdp") int array_bounded_key(struct xdp_md *ctx) { __u32 k = ctx->rx_queue_index & 15; __u64 *v = bpf_map_lookup_elem(&array, &k); return *v & 1; }
// expect: same_key_same_row holds
SEC("xdp") int same_key_same_row(struct xdp_md *ctx)
{
	__u32 k = ctx->rx_queue_index, j = k;
	struct pair *v = bpf_map_lookup_elem(&hash, &k);
	if (!v) return XDP_PASS;
	struct pair *w = bpf_map_lookup_elem(&hash, &j);
	if (!w) return 99;
	v->a = 7;
	return w->a == 7 ? XDP_PASS : 99;
}
// expect: update_then_lookup holds
SEC("xdp") int update_then_lookup(struct xdp_md *ctx)
{
	__u32 k = ctx->rx_queue_index;
	struct pair p = { 1, 2, 3 };
	if (bpf_map_update_elem(&hash, &k, &p, BPF_ANY)) return XDP_PASS;
	struct pair *v = bpf_map_lookup_elem(&hash, &k);
	return v && v->b == 2 && v->c == 3 ? XDP_PASS : 99;
}
// expect: delete_then_lookup holds
SEC("xdp") int delete_then_lookup(struct xdp_md *ctx)
{
	__u32 k = ctx->rx_queue_index;
	if (bpf_map_delete_elem(&hash, &k)) return XDP_PASS;
	return bpf_map_lookup_elem(&hash, &k) ? 99 : XDP_PASS;
}
// expect: update_of_other_key holds
SEC("xdp") int update_of_other_key(struct xdp_md *ctx)
{
	__u32 k = 1, j = 2;
	struct pair p = { 1, 2, 3 }, *v = bpf_map_lookup_elem(&hash, &j);
	if (!v) return XDP_PASS;
	__u32 before = v->a;
	bpf_map_update_elem(&hash, &k, &p, BPF_ANY);
	v = bpf_map_lookup_elem(&hash, &j);
	return v && v->a == before ? XDP_PASS : 99;
}
// expect: noexist holds
SEC("xdp") int noexist(struct xdp_md *ctx)
{
	__u32 k = 1;
	struct pair p = { 0 };
	if (!bpf_map_lookup_elem(&hash, &k)) return XDP_PASS;
	return bpf_map_update_elem(&hash, &k, &p, BPF_NOEXIST) ? XDP_PASS : 99;
}
// expect: value_loop holds
SEC("xdp") int value_loop(struct xdp_md *ctx)
{
	__u32 k = 0; __u64 sum = 0, *v = bpf_map_lookup_elem(&percpu, &k);
	if (!v) return XDP_PASS;
#pragma clang loop unroll(disable)
	for (int i = 0; i < 32; i++) sum |= v[i];
	return sum ? XDP_PASS : XDP_DROP;
}
// expect: value_index holds
SEC("xdp") int value_index(struct xdp_md *ctx)
{
	__u32 k = 0, i = ctx->rx_queue_index; __u64 *v = bpf_map_lookup_elem(&percpu, &k);
	if (!v || i >= 32) return XDP_PASS;
	v[i] = 5;
	return v[i] == 5 ? XDP_PASS : 99;
}
// expect: atomic_add holds
SEC("xdp") int atomic_add(struct xdp_md *ctx) { __u32 k = 0; struct pair *v = bpf_map_lookup_elem(&one, &k); if (v) __sync_fetch_and_add(&v->c, 1); return XDP_PASS; }
// expect: lru_lookup holds
SEC("xdp") int lru_lookup(struct xdp_md *ctx) { __u64 k = 1, *v = bpf_map_lookup_elem(&lru, &k); return v ? *v & 1 : 0; }
// expect: lpm_lookup holds
SEC("xdp") int lpm_lookup(struct xdp_md *ctx) { struct lpm_key k = { 32, ctx->rx_queue_index }; __u32 *v = bpf_map_lookup_elem(&lpm, &k); return v ? XDP_DROP : XDP_PASS; }
// expect: map_in_map holds
SEC("xdp") int map_in_map(struct xdp_md *ctx)
{
	__u32 k = 1; void *in = bpf_map_lookup_elem(&outer, &k);
	if (!in) return XDP_PASS;
	__u64 *v = bpf_map_lookup_elem(in, &k);
	return v ? *v & 1 : XDP_PASS;
}
__u64 counter;
const volatile __u32 limit = 5;
static const __u32 table[4] = { 1, 2, 3, 4 };
// expect: global holds
SEC("xdp") int global(struct xdp_md *ctx) { counter++; return XDP_PASS; }
// expect: rodata_constant holds
SEC("xdp") int rodata_constant(struct xdp_md *ctx) { const volatile __u32 *t = table; return t[2] == 3 ? XDP_PASS : 99; }
// expect: rodata_table holds
SEC("xdp") int rodata_table(struct xdp_md *ctx) { return table[ctx->rx_queue_index & 3] <= 4 ? XDP_PASS : 99; }
STORAGE(retried, BPF_MAP_TYPE_TASK_STORAGE, struct pair);
struct retry { struct pair *found; };
static long retry(__u32 i, struct retry *r)
{
	r->found = bpf_task_storage_get(&retried, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	return r->found != NULL;
}
/* A loop that is summarised: what it finds may be used, once it is known to be there. */
// expect: retry_storage holds
LSM(file_open, retry_storage, struct file *file)
{
	struct retry r = { NULL };
	bpf_loop(1000, retry, &r, 0);
	if (!r.found) return -12;
	r.found->a = 1;
	return r.found->b == 3 ? -1 : 0;
}
