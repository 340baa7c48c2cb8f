// SPDX-License-Identifier: GPL-2.0-only
/* bpf_iter_num: what is true of loops over numbers. SAY: anything else is no verdict of the hook. */
#include "case.h"
#define A(ctx) ((ctx)->rx_queue_index)
#define SAY(c) return (c) ? XDP_PASS : 99
#define OPAQUE(x) asm volatile("" : "+r"(x))
#define NOINLINE static __attribute__((noinline))
// expect: sums holds
SEC("xdp") int sums(struct xdp_md *ctx) { int i = 0, sum = 0; FOR(i, 1, 5) sum += i; SAY(sum == 10); }
// expect: in_range holds
SEC("xdp") int in_range(struct xdp_md *ctx) { int i = 0; __u8 a[8] = { 0 }; FOR(i, 0, A(ctx) & 7) a[i & 15] = 1; SAY(a[7] == 0); }
// expect: negative holds
SEC("xdp") int negative(struct xdp_md *ctx) { int i = 0, sum = 0; FOR(i, -3, 2) sum += i; SAY(sum == -5 && i == 1); }
// expect: empty holds
SEC("xdp") int empty(struct xdp_md *ctx) { int i = 7; FOR(i, 3, 3) i = 9; SAY(i == 7); }
// expect: backwards holds
SEC("xdp") int backwards(struct xdp_md *ctx)
{
	struct bpf_iter_num it;
	int r = bpf_iter_num_new(&it, 3, 2), *p = bpf_iter_num_next(&it);
	bpf_iter_num_destroy(&it);
	SAY(r == -22 && !p);
}
// expect: the_most holds
SEC("xdp") int the_most(struct xdp_md *ctx)
{
	struct bpf_iter_num it;
	int r = bpf_iter_num_new(&it, -1, (1 << 23) - 1), *p = bpf_iter_num_next(&it), n = p ? *p : 0;
	bpf_iter_num_destroy(&it);
	SAY(!r && n == -1);
}
// expect: too_many holds
SEC("xdp") int too_many(struct xdp_md *ctx)
{
	struct bpf_iter_num it;
	int r = bpf_iter_num_new(&it, -1, 1 << 23), *p = bpf_iter_num_next(&it);
	bpf_iter_num_destroy(&it);
	SAY(r == -7 && !p);
}
// expect: extremes holds
SEC("xdp") int extremes(struct xdp_md *ctx)
{
	struct bpf_iter_num it;
	int r = bpf_iter_num_new(&it, -2147483647 - 1, 2147483647);
	bpf_iter_num_destroy(&it);
	SAY(r == -7);
}
// expect: null_stays holds
SEC("xdp") int null_stays(struct xdp_md *ctx)
{
	struct bpf_iter_num it;
	bpf_iter_num_new(&it, 0, 1);
	int *a = bpf_iter_num_next(&it), *b = bpf_iter_num_next(&it), *c = bpf_iter_num_next(&it);
	bpf_iter_num_destroy(&it);
	SAY(a && !b && !c);
}
// expect: leaves_early holds
SEC("xdp") int leaves_early(struct xdp_md *ctx) { int i = 0, n = A(ctx) & 15; FOR(i, 0, 16) { if (i == n) break; } SAY(i == n); }
// expect: in_each_other holds
SEC("xdp") int in_each_other(struct xdp_md *ctx) { int i = 0, k = 0, n = 0; FOR(i, 0, 3) { FOR(k, 0, i) { n++; } } SAY(n == 3); }
// expect: again holds
SEC("xdp") int again(struct xdp_md *ctx)
{
	struct bpf_iter_num it;
	int n = 0;
	bpf_iter_num_new(&it, 0, 2);
	while (bpf_iter_num_next(&it)) n++;
	bpf_iter_num_destroy(&it);
	bpf_iter_num_new(&it, 0, 3);
	while (bpf_iter_num_next(&it)) n++;
	bpf_iter_num_destroy(&it);
	SAY(n == 5);
}
// expect: made_elsewhere holds
NOINLINE void begin(struct bpf_iter_num *it, int n) { bpf_iter_num_new(it, 0, n); }
SEC("xdp") int made_elsewhere(struct xdp_md *ctx)
{
	struct bpf_iter_num it;
	int n = 0;
	begin(&it, 4);
	while (bpf_iter_num_next(&it)) n++;
	bpf_iter_num_destroy(&it);
	SAY(n == 4);
}
// expect: on_one_way holds
SEC("xdp") int on_one_way(struct xdp_md *ctx)
{
	struct bpf_iter_num it;
	int some = A(ctx) & 1, n = 0;
	if (some) bpf_iter_num_new(&it, 0, 2);
	OPAQUE(n);
	if (some) { while (bpf_iter_num_next(&it)) n++; bpf_iter_num_destroy(&it); }
	SAY(n == 2 * some);
}
