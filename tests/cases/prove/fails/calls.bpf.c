// SPDX-License-Identifier: GPL-2.0-only
/* Stack, functions, callbacks: one thing wrong each. */
#include "case.h"
#define A(ctx) ((ctx)->rx_queue_index)
#define B(ctx) ((ctx)->ingress_ifindex)
#define SAY(c) return (c) ? XDP_PASS : 99
#define OPAQUE(x) asm volatile("" : "+r"(x))
#define NOINLINE static __attribute__((noinline))
struct pair { __u32 a, b; __u64 c; };
MAP(hash, BPF_MAP_TYPE_HASH, 10, __u32, struct pair);
NOINLINE struct pair *get(__u32 k) { return bpf_map_lookup_elem(&hash, &k); }
// expect: callee_gives_null fails null
SEC("xdp") int callee_gives_null(struct xdp_md *ctx) { return get(A(ctx))->b & 1; }
NOINLINE int use(struct pair *v) { return v->a & 1; }
// expect: callee_trusts fails null
SEC("xdp") int callee_trusts(struct xdp_md *ctx) { __u32 k = 1; return use(bpf_map_lookup_elem(&hash, &k)); }
NOINLINE int bounded(__u32 n) { return n > 8 ? 8 : n; }
// expect: callee_bounds_too_late fails init
SEC("xdp") ASM int callee_bounds_too_late(struct xdp_md *ctx) { asm volatile("r1 = 0; *(u64 *)(r10 - 8) = r1; r2 = r10; r2 += -9; r0 = *(u8 *)(r2 + 0); r0 &= 1; exit"); }
// expect: index_leaves_the_stack fails memory
SEC("xdp") ASM int index_leaves_the_stack(struct xdp_md *ctx) { asm volatile("r1 = *(u32 *)(r1 + 12); r1 &= 15; r2 = 0; *(u64 *)(r10 - 8) = r2; *(u64 *)(r10 - 16) = r2; r3 = r10; r3 += -15; r3 += r1; r0 = *(u8 *)(r3 + 0); exit"); }
NOINLINE int caller_sees(int n) { return n; }
// expect: argument_after_call fails init
SEC("xdp") ASM int argument_after_call(struct xdp_md *ctx) { asm volatile("r2 = 1; call 5; r0 = r2; exit"); }
NOINLINE int deep2(int n) { return n == 12345 ? 99 : 1; }
NOINLINE int deep1(int n) { return deep2(n + 1); }
// expect: deep_in_callees fails return
SEC("xdp") int deep_in_callees(struct xdp_md *ctx) { return deep1(A(ctx)); }
__attribute__((noinline)) int global_function(int n) { return n > 3 ? 3 : n; }
// expect: global_out_of_range fails return
SEC("xdp") int global_out_of_range(struct xdp_md *ctx) { return global_function(A(ctx)); }
// expect: only_one_way_written fails init
SEC("xdp") ASM int only_one_way_written(struct xdp_md *ctx) { asm volatile("r1 = *(u32 *)(r1 + 12); if r1 == 0 goto 1f; r2 = 1; *(u64 *)(r10 - 8) = r2; 1: r0 = *(u64 *)(r10 - 8); r0 &= 1; exit"); }
// expect: pointer_overwritten fails memory
SEC("xdp") ASM int pointer_overwritten(struct xdp_md *ctx) { asm volatile("*(u64 *)(r10 - 8) = r1; r2 = 5; *(u64 *)(r10 - 8) = r2; r2 = *(u64 *)(r10 - 8); r2 <<= 20; r0 = *(u32 *)(r2 + 12); r0 &= 1; exit"); }
// expect: frame_pointer_below fails memory
SEC("xdp") ASM int frame_pointer_below(struct xdp_md *ctx) { asm volatile("r1 = r10; r1 += -512; r0 = 1; *(u8 *)(r1 - 1) = r0; exit"); }
// expect: misaligned_half fails align
SEC("xdp") ASM int misaligned_half(struct xdp_md *ctx) { asm volatile("r1 = 1; *(u16 *)(r10 - 3) = r1; r0 = 1; exit"); }
// expect: misaligned_context fails align
SEC("xdp") ASM int misaligned_context(struct xdp_md *ctx) { asm volatile("r0 = *(u32 *)(r1 + 14); r0 = 1; exit"); }
static long inner(__u32 i, __u32 *n) { *n += 1; return 0; }
// expect: loop_counts_one_less fails return
SEC("xdp") int loop_counts_one_less(struct xdp_md *ctx) { __u32 n = 0; bpf_loop(4, inner, &n, 0); SAY(n == 3); }
struct scan { __u64 t[2]; __u32 at; };
static long past(__u32 i, __u64 *v) { v[i] = 1; return 0; }
// expect: callback_past_the_value fails memory
SEC("xdp") int callback_past_the_value(struct xdp_md *ctx) { __u32 k = 0; struct pair *v = bpf_map_lookup_elem(&hash, &k); if (!v) return 0; bpf_loop(3, past, v, 0); return 0; }
// expect: loop_number_of_turns fails return
SEC("xdp") int loop_number_of_turns(struct xdp_md *ctx)
{
	__u32 w = A(ctx), n = 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < 31; i++) { OPAQUE(w); n += w & 1; w >>= 1; }
	SAY(n != 31);
}
__u32 shared_array[8];
// expect: global_array fails memory
SEC("xdp") int global_array(struct xdp_md *ctx) { __u32 i = A(ctx); if (i > 8) return XDP_DROP; shared_array[i] = 3; return XDP_PASS; }
static __u32 hidden = 5;
// expect: global_is_not_its_first_value fails return
SEC("xdp") int global_is_not_its_first_value(struct xdp_md *ctx) { __u32 h = *(volatile __u32 *)&hidden; hidden = h + 1; SAY(h < 100); }
const volatile __u32 setting = 3;
// expect: setting_is_anything fails return
SEC("xdp") int setting_is_anything(struct xdp_md *ctx) { return setting; }
