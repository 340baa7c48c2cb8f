// SPDX-License-Identifier: GPL-2.0-only
/* Instructions, stack, calls and loops. 99 is a value no hook accepts: reaching it would fail "return". */
#include "case.h"
#define A(ctx) ((ctx)->rx_queue_index)
#define B(ctx) ((ctx)->ingress_ifindex)
#define SAY(c) return (c) ? XDP_PASS : 99
#define OPAQUE(x) asm volatile("" : "+r"(x))
// expect: add_wraps holds
SEC("xdp") int add_wraps(struct xdp_md *ctx) { __u32 a = A(ctx), b = a; OPAQUE(b); b += 0xffffffff; SAY(b + 1 == a); }
// expect: div_zero holds
SEC("xdp") int div_zero(struct xdp_md *ctx) { __u64 r = 5, z = 0; OPAQUE(z); asm volatile("%0 /= %1" : "+r"(r) : "r"(z)); SAY(r == 0); }
// expect: mod_zero holds
SEC("xdp") int mod_zero(struct xdp_md *ctx) { __u64 r = 5, z = 0; OPAQUE(r); OPAQUE(z); SAY(r % z == 5); }
// expect: shift_masked holds
SEC("xdp") int shift_masked(struct xdp_md *ctx) { __u64 r = 1, n = 65; OPAQUE(n); asm volatile("%0 <<= %1" : "+r"(r) : "r"(n)); SAY(r == 2); }
// expect: arsh holds
SEC("xdp") int arsh(struct xdp_md *ctx) { __s64 a = A(ctx); a = -a; OPAQUE(a); a >>= 40; SAY(a == 0 || a == -1); }
// expect: mod_bound holds
SEC("xdp") int mod_bound(struct xdp_md *ctx) { __u32 a = A(ctx); OPAQUE(a); a %= 10; SAY(a < 10); }
// expect: mul_even holds
SEC("xdp") int mul_even(struct xdp_md *ctx) { __u64 a = A(ctx); OPAQUE(a); a *= 6; SAY(!(a & 1)); }
// expect: swap_twice holds
SEC("xdp") int swap_twice(struct xdp_md *ctx) { __u32 a = A(ctx), b = __builtin_bswap32(a); OPAQUE(b); SAY(__builtin_bswap32(b) == a); }
// expect: xor_swap holds
SEC("xdp") int xor_swap(struct xdp_md *ctx) { __u64 a = A(ctx), b = B(ctx), x = a, y = b; OPAQUE(x); x ^= y; OPAQUE(x); y ^= x; OPAQUE(y); x ^= y; SAY(x == b && y == a); }
// expect: sign_extend holds
SEC("xdp") int sign_extend(struct xdp_md *ctx) { __s32 a = A(ctx); __s64 w = a; OPAQUE(w); SAY((w < 0) == (a < 0)); }
// expect: alu32_clears holds
SEC("xdp") int alu32_clears(struct xdp_md *ctx) { __u64 r = ~0ull; OPAQUE(r); __u32 w = r; OPAQUE(w); SAY((__u64)w == 0xffffffff); }
// expect: stack_fill holds
SEC("xdp") int stack_fill(struct xdp_md *ctx)
{
	volatile __u8 b[64];
#pragma clang loop unroll(disable)
	for (int i = 0; i < 64; i++) b[i] = i;
	SAY(b[63] == 63);
}
// expect: stack_index holds
SEC("xdp") int stack_index(struct xdp_md *ctx) { volatile __u32 b[8] = { 0 }; b[A(ctx) & 7] = 3; SAY(b[A(ctx) & 7] == 3); }
// expect: bytes_of_word holds
SEC("xdp") int bytes_of_word(struct xdp_md *ctx) { volatile union { __u32 w; __u8 b[4]; } u; u.w = 0x04030201; SAY(u.b[0] == 1 && u.b[3] == 4); }
static __attribute__((noinline)) int add(int a, int b) { return a + b; }
// expect: call holds
SEC("xdp") int call(struct xdp_md *ctx) { int r = add(A(ctx), 1); SAY(r == (int)A(ctx) + 1); }
static __attribute__((noinline)) void set(__u64 *p, __u64 v) { *p = v; }
// expect: call_by_pointer holds
SEC("xdp") int call_by_pointer(struct xdp_md *ctx) { __u64 x = 0; set(&x, 42); SAY(x == 42); }
static __attribute__((noinline)) int twice(int a) { return add(a, a); }
// expect: call_nested holds
SEC("xdp") int call_nested(struct xdp_md *ctx) { int a = A(ctx); SAY(twice(a) == 2 * a); }
// expect: loop_variable holds
SEC("xdp") int loop_variable(struct xdp_md *ctx)
{
	__u32 n = A(ctx) & 31, sum = 0;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < n; i++) { sum++; OPAQUE(sum); }
	SAY(sum == n);
}
// expect: loop_nested holds
SEC("xdp") int loop_nested(struct xdp_md *ctx)
{
	__u32 sum = 0;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < 6; i++) {
#pragma clang loop unroll(disable)
		for (__u32 j = 0; j < 7; j++) { sum++; OPAQUE(sum); }
	}
	SAY(sum == 42);
}
// expect: first_bit holds
SEC("xdp") int first_bit(struct xdp_md *ctx)
{
	__u32 w = A(ctx), n = 0, v = w;
	if (!w) return XDP_PASS;
	if (!(v & 0xffff)) { n += 16; v >>= 16; }
	if (!(v & 0xff)) { n += 8; v >>= 8; }
	if (!(v & 0xf)) { n += 4; v >>= 4; }
	if (!(v & 3)) { n += 2; v >>= 2; }
	if (!(v & 1)) n++;
	SAY(w >> n & 1);
}
static long step(__u32 i, __u32 *sum) { *sum += i; return 0; }
// expect: bpf_loop_sum holds
SEC("xdp") int bpf_loop_sum(struct xdp_md *ctx) { __u32 sum = 0; bpf_loop(10, step, &sum, 0); SAY(sum == 45); }
static long stop_at(__u32 i, __u32 *at) { *at = i; return i == 3; }
// expect: bpf_loop_stops holds
SEC("xdp") int bpf_loop_stops(struct xdp_md *ctx) { __u32 at = 0; long n = bpf_loop(60, stop_at, &at, 0); SAY(at == 3 && n == 4); }
// expect: bpf_loop_variable holds
SEC("xdp") int bpf_loop_variable(struct xdp_md *ctx) { __u32 sum = 0, n = A(ctx) & 15; long r = bpf_loop(n, step, &sum, 0); SAY(r == n); }
// expect: random holds
SEC("xdp") int random(struct xdp_md *ctx) { return bpf_get_prandom_u32() % 5; }
// expect: switch_dense holds
SEC("xdp") int switch_dense(struct xdp_md *ctx) { switch (A(ctx)) { case 1: return 1; case 2: return 2; case 7: return 3; case 9: return 4; default: return 0; } }
// expect: fetch_add holds
SEC("xdp") int fetch_add(struct xdp_md *ctx) { __u64 x = 5; __u64 *p = &x; __u64 old = __sync_fetch_and_add(p, 2); SAY(old == 5 && *(volatile __u64 *)p == 7); }
