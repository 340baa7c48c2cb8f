// SPDX-License-Identifier: GPL-2.0-only
/* bpf_iter_num: one thing wrong each. */
#include "case.h"
#define A(ctx) ((ctx)->rx_queue_index)
#define SAY(c) return (c) ? XDP_PASS : 99
#define NOINLINE static __attribute__((noinline))
// expect: wrong_sum fails return
SEC("xdp") int wrong_sum(struct xdp_md *ctx) { int i = 0, sum = 0; FOR(i, 1, 5) sum += i; SAY(sum == 15); }
// expect: the_end_is_not_given fails return
SEC("xdp") int the_end_is_not_given(struct xdp_md *ctx) { int i = 0, n = A(ctx) & 7; FOR(i, 0, n) { } SAY(!n || i == n); }
// expect: behind_the_array fails memory
SEC("xdp") int behind_the_array(struct xdp_md *ctx) { int i = 0, n = A(ctx) & 15; volatile __u8 a[8] = { 0 }; FOR(i, 0, n) a[8 * 64 * (i >> 3)] = 1; return XDP_PASS; }
// expect: not_destroyed fails leak
SEC("xdp") int not_destroyed(struct xdp_md *ctx) { struct bpf_iter_num it; bpf_iter_num_new(&it, 0, 2); bpf_iter_num_next(&it); return XDP_PASS; }
// expect: not_destroyed_on_one_way fails leak
SEC("xdp") int not_destroyed_on_one_way(struct xdp_md *ctx)
{
	struct bpf_iter_num it;
	bpf_iter_num_new(&it, 0, A(ctx));
	if (!bpf_iter_num_next(&it)) return XDP_DROP;
	bpf_iter_num_destroy(&it);
	return XDP_PASS;
}
// expect: not_destroyed_when_it_is_wrong fails leak
SEC("xdp") int not_destroyed_when_it_is_wrong(struct xdp_md *ctx)
{
	struct bpf_iter_num it;
	if (bpf_iter_num_new(&it, 0, A(ctx))) return XDP_DROP; /* a kernel wants it destroyed all the same */
	bpf_iter_num_destroy(&it);
	return XDP_PASS;
}
// expect: left_in_a_callee fails leak
NOINLINE void leaves(int n) { struct bpf_iter_num it; bpf_iter_num_new(&it, 0, n); }
SEC("xdp") int left_in_a_callee(struct xdp_md *ctx) { leaves(A(ctx)); return XDP_PASS; }
// expect: not_made fails call
SEC("xdp") int not_made(struct xdp_md *ctx) { struct bpf_iter_num it; bpf_iter_num_next(&it); bpf_iter_num_destroy(&it); return XDP_PASS; }
// expect: destroyed_only fails call
SEC("xdp") int destroyed_only(struct xdp_md *ctx) { struct bpf_iter_num it; bpf_iter_num_destroy(&it); return XDP_PASS; }
// expect: destroyed_twice fails call
SEC("xdp") int destroyed_twice(struct xdp_md *ctx) { struct bpf_iter_num it; bpf_iter_num_new(&it, 0, 2); bpf_iter_num_destroy(&it); bpf_iter_num_destroy(&it); return XDP_PASS; }
// expect: made_twice fails call
SEC("xdp") int made_twice(struct xdp_md *ctx) { struct bpf_iter_num it; bpf_iter_num_new(&it, 0, 2); bpf_iter_num_new(&it, 0, 2); bpf_iter_num_destroy(&it); return XDP_PASS; }
// expect: made_on_one_way fails call
SEC("xdp") int made_on_one_way(struct xdp_md *ctx) { struct bpf_iter_num it; if (A(ctx) & 1) bpf_iter_num_new(&it, 0, 2); bpf_iter_num_next(&it); bpf_iter_num_destroy(&it); return XDP_PASS; }
// expect: no_check_for_null fails null
SEC("xdp") int no_check_for_null(struct xdp_md *ctx)
{
	struct bpf_iter_num it;
	bpf_iter_num_new(&it, 0, A(ctx));
	int n = *bpf_iter_num_next(&it);
	bpf_iter_num_destroy(&it);
	return n & 1;
}
// expect: writes_the_number fails memory
SEC("xdp") int writes_the_number(struct xdp_md *ctx) { struct bpf_iter_num it; bpf_iter_num_new(&it, 0, 2); int *p = bpf_iter_num_next(&it); if (p) *p = 1; bpf_iter_num_destroy(&it); return XDP_PASS; }
// expect: behind_the_number fails memory
SEC("xdp") int behind_the_number(struct xdp_md *ctx) { struct bpf_iter_num it; bpf_iter_num_new(&it, 0, 2); int *p = bpf_iter_num_next(&it), n = p ? p[1] : 0; bpf_iter_num_destroy(&it); return n & 1; }
// expect: number_after_the_end fails init
SEC("xdp") int number_after_the_end(struct xdp_md *ctx) { struct bpf_iter_num it; bpf_iter_num_new(&it, 0, 2); int *p = bpf_iter_num_next(&it); bpf_iter_num_destroy(&it); return p ? *p & 1 : 0; }
// expect: reads_the_iterator fails init
SEC("xdp") int reads_the_iterator(struct xdp_md *ctx) { struct bpf_iter_num it; bpf_iter_num_new(&it, 0, 2); __u64 x = *(volatile __u64 *)&it; bpf_iter_num_destroy(&it); return x & 1; }
// expect: writes_the_iterator fails call
SEC("xdp") int writes_the_iterator(struct xdp_md *ctx) { struct bpf_iter_num it; bpf_iter_num_new(&it, 0, 2); *(volatile __u32 *)&it = 1; bpf_iter_num_destroy(&it); return XDP_PASS; }
// expect: writes_and_forgets_it fails leak
SEC("xdp") int writes_and_forgets_it(struct xdp_md *ctx) { struct bpf_iter_num it; bpf_iter_num_new(&it, 0, 2); *(volatile __u64 *)&it = 0; return XDP_PASS; }
MAP(cells, BPF_MAP_TYPE_ARRAY, 1, __u32, __u64);
// expect: in_a_map fails call
SEC("xdp") int in_a_map(struct xdp_md *ctx) { __u32 k = 0; void *v = bpf_map_lookup_elem(&cells, &k); if (!v) return XDP_DROP; bpf_iter_num_new(v, 0, 2); bpf_iter_num_destroy(v); return XDP_PASS; }
// expect: misaligned fails call
SEC("xdp") int misaligned(struct xdp_md *ctx) { __u64 room[2]; bpf_iter_num_new((void *)room + 4, 0, 2); bpf_iter_num_destroy((void *)room + 4); return XDP_PASS; }
// expect: null_iterator fails call
SEC("xdp") int null_iterator(struct xdp_md *ctx) { bpf_iter_num_next(NULL); return XDP_PASS; }
