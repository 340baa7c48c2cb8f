// SPDX-License-Identifier: GPL-2.0-only
/* Wrong sums: 99 can be reached. */
#include "case.h"
#define A(ctx) ((ctx)->rx_queue_index)
#define B(ctx) ((ctx)->ingress_ifindex)
#define SAY(c) return (c) ? XDP_PASS : 99
#define OPAQUE(x) asm volatile("" : "+r"(x))
// expect: overflow fails return
SEC("xdp") int overflow(struct xdp_md *ctx) { __u32 a = A(ctx), b = a; OPAQUE(b); b += 1; SAY(b > a); }
// expect: signed_min fails return
SEC("xdp") int signed_min(struct xdp_md *ctx) { __s32 b = A(ctx); if (b < 0) asm volatile("%0 = -%0" : "+w"(b)); OPAQUE(b); SAY(b >= 0); }
// expect: truncated fails return
SEC("xdp") int truncated(struct xdp_md *ctx) { __u32 a = A(ctx); __u16 b = a; OPAQUE(b); SAY(b == a); }
// expect: off_by_one_scan fails return
SEC("xdp") int off_by_one_scan(struct xdp_md *ctx)
{
	__u32 w = A(ctx) & 0xff, found = 99;
	if (!w) return XDP_PASS;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < 7; i++) /* bit 7 is forgotten */
		if (w >> i & 1) { found = i; break; }
	SAY(found != 99);
}
// expect: rare_value fails return
SEC("xdp") int rare_value(struct xdp_md *ctx) { __u64 a = (__u64)A(ctx) << 32 | B(ctx); SAY(a != 0x123456789abcdef0ull); }
// expect: product fails return
SEC("xdp") int product(struct xdp_md *ctx) { __u64 a = A(ctx) & 0xff, b = B(ctx) & 0xff; OPAQUE(a); SAY(a * b != 143); }
// expect: alias fails return
SEC("xdp") int alias(struct xdp_md *ctx) { volatile __u8 b[8] = { 0 }; b[A(ctx) & 7] = 1; b[B(ctx) & 7] = 2; SAY(b[A(ctx) & 7] == 1); }
static __attribute__((noinline)) int pick(int a) { return a > 100 ? 99 : 1; }
// expect: in_callee fails return
SEC("xdp") int in_callee(struct xdp_md *ctx) { return pick(A(ctx)); }
static long step(__u32 i, __u32 *sum) { *sum += i; return 0; }
// expect: bpf_loop_sum fails return
SEC("xdp") int bpf_loop_sum(struct xdp_md *ctx) { __u32 sum = 0, n = A(ctx) & 15; bpf_loop(n, step, &sum, 0); SAY(sum != 45); }
