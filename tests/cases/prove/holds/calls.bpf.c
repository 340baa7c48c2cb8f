// SPDX-License-Identifier: GPL-2.0-only
/* Stack, functions, callbacks. */
#include "case.h"
#define A(ctx) ((ctx)->rx_queue_index)
#define B(ctx) ((ctx)->ingress_ifindex)
#define SAY(c) return (c) ? XDP_PASS : 99
#define OPAQUE(x) asm volatile("" : "+r"(x))
#define NOINLINE static __attribute__((noinline))
struct pair { __u32 a, b; __u64 c; };
MAP(hash, BPF_MAP_TYPE_HASH, 10, __u32, struct pair);
NOINLINE void fill(char *p, int n) { for (int i = 0; i < 8; i++) p[i] = n; }
// expect: callee_fills holds
SEC("xdp") int callee_fills(struct xdp_md *ctx) { char b[8]; fill(b, 7); SAY(b[5] == 7); }
NOINLINE int look(__u32 *k) { struct pair *v = bpf_map_lookup_elem(&hash, k); return v ? v->a & 1 : 2; }
// expect: callee_looks_up holds
SEC("xdp") int callee_looks_up(struct xdp_md *ctx) { __u32 k = A(ctx); return look(&k); }
NOINLINE struct pair *get(__u32 k) { return bpf_map_lookup_elem(&hash, &k); }
// expect: callee_gives_a_pointer holds
SEC("xdp") int callee_gives_a_pointer(struct xdp_md *ctx) { struct pair *v = get(A(ctx)); return v ? v->b & 1 : 0; }
NOINLINE int bounded(__u32 n) { return n > 7 ? 7 : n; }
// expect: callee_bounds holds
SEC("xdp") int callee_bounds(struct xdp_md *ctx) { volatile __u8 t[8] = { 0 }; return t[bounded(A(ctx))]; }
NOINLINE int put(struct pair *v, __u32 n) { if (!v) return 0; v->a = n; return 1; }
// expect: callee_checks_null holds
SEC("xdp") int callee_checks_null(struct xdp_md *ctx) { __u32 k = 1; return put(bpf_map_lookup_elem(&hash, &k), 5); }
NOINLINE int d3(int n) { return n + 1; }
NOINLINE int d2(int n) { return d3(n) + 1; }
NOINLINE int d1(int n) { return d2(n) + 1; }
// expect: four_deep holds
SEC("xdp") int four_deep(struct xdp_md *ctx) { int n = A(ctx), m = n; OPAQUE(m); SAY(d1(m) == n + 3); }
// expect: same_function_twice holds
SEC("xdp") int same_function_twice(struct xdp_md *ctx) { int a = d3(A(ctx)), b = d3(A(ctx)); SAY(a == b); }
__attribute__((noinline)) int global_function(int n) { return n > 3 ? 3 : n < 0 ? 0 : n; }
// expect: global_in_range holds
SEC("xdp") int global_in_range(struct xdp_md *ctx) { return global_function(A(ctx)); }
NOINLINE void own(__u32 v) { volatile __u32 x = v; (void)x; }
// expect: frames_are_apart holds
SEC("xdp") int frames_are_apart(struct xdp_md *ctx) { volatile __u32 x = 5; own(9); SAY(x == 5); }
// expect: whole_stack holds
SEC("xdp") ASM int whole_stack(struct xdp_md *ctx) { asm volatile("r0 = 2; *(u64 *)(r10 - 512) = r0; r0 = *(u64 *)(r10 - 512); exit"); }
// expect: pointer_on_the_stack holds
SEC("xdp") ASM int pointer_on_the_stack(struct xdp_md *ctx) { asm volatile("*(u64 *)(r10 - 8) = r1; r1 = 0; r2 = *(u64 *)(r10 - 8); r0 = *(u32 *)(r2 + 12); r0 &= 1; exit"); }
// expect: both_ways_written holds
SEC("xdp") ASM int both_ways_written(struct xdp_md *ctx) { asm volatile("r1 = *(u32 *)(r1 + 12); if r1 == 0 goto 1f; r2 = 1; *(u64 *)(r10 - 8) = r2; goto 2f; 1: r2 = 0; *(u64 *)(r10 - 8) = r2; 2: r0 = *(u64 *)(r10 - 8); exit"); }
// expect: either_buffer holds
SEC("xdp") int either_buffer(struct xdp_md *ctx) { volatile __u32 a = 1, b = 1, *p = &a; if (A(ctx)) p = &b; *p = 2; SAY(a + b == 3); }
// expect: copy_by_bytes holds
SEC("xdp") int copy_by_bytes(struct xdp_md *ctx)
{
	__u64 from = (__u64)A(ctx) << 32 | B(ctx), to;
	volatile __u8 *p = (void *)&from, *q = (void *)&to;
	for (int i = 0; i < 8; i++) q[i] = p[i];
	OPAQUE(to);
	SAY(*(volatile __u64 *)&to == *(volatile __u64 *)&from);
}
static long inner(__u32 i, __u32 *n) { *n += 1; return 0; }
static long outer(__u32 i, __u32 *n) { bpf_loop(3, inner, n, 0); return 0; }
// expect: loop_in_loop holds
SEC("xdp") int loop_in_loop(struct xdp_md *ctx) { __u32 n = 0; bpf_loop(4, outer, &n, 0); SAY(n == 12); }
// expect: loop_of_nothing holds
SEC("xdp") int loop_of_nothing(struct xdp_md *ctx) { __u32 n = 7; bpf_loop(0, inner, &n, 0); SAY(n == 7); }
struct scan { __u8 t[16]; __u32 at; };
static long find(__u32 i, struct scan *s) { if (i < 16 && s->t[i]) { s->at = i; return 1; } return 0; }
// expect: callback_finds holds
SEC("xdp") int callback_finds(struct xdp_md *ctx) { struct scan s = { { 0 } }; s.t[A(ctx) & 15] = 1; s.at = 99; bpf_loop(16, find, &s, 0); SAY(s.at == (A(ctx) & 15)); }
// expect: while_doubling holds
SEC("xdp") int while_doubling(struct xdp_md *ctx)
{
	__u32 n = 1, steps = 0;
#pragma clang loop unroll(disable)
	while (n < 200) { n *= 2; steps++; OPAQUE(n); }
	SAY(steps == 8);
}
// expect: loop_stops_early holds
SEC("xdp") int loop_stops_early(struct xdp_md *ctx)
{
	__u32 w = A(ctx), i;
#pragma clang loop unroll(disable)
	for (i = 0; i < 32; i++) { OPAQUE(w); if (w & 1) break; w >>= 1; }
	SAY(!A(ctx) ? i == 32 : i < 32);
}
__u32 shared_array[8];
// expect: global_array holds
SEC("xdp") int global_array(struct xdp_md *ctx) { __u32 i = A(ctx); if (i >= 8) return XDP_DROP; shared_array[i] = 3; SAY(shared_array[i] == 3); }
static __u32 hidden = 5;
// expect: global_is_anything holds
SEC("xdp") int global_is_anything(struct xdp_md *ctx) { __u32 h = *(volatile __u32 *)&hidden; hidden = h + 1; return h == 5 ? 1 : 2; }
