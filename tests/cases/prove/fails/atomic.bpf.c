// SPDX-License-Identifier: GPL-2.0-only
// only: clang-19
/* Atomic operations that give something back. */
#include "case.h"
#define CASE(name, text) SEC("xdp") ASM int name(struct xdp_md *ctx) { asm volatile("r6 = *(u32 *)(r1 + 12); r7 = *(u32 *)(r1 + 16);" text "r0 = 2; exit; 1: r0 = 99; exit;"); }
// expect: exchange_loses fails return
CASE(exchange_loses, "*(u64 *)(r10 - 8) = r6; r7 = xchg_64(r10 - 8, r7); if r6 == r7 goto +1; goto +1; r1 = *(u64 *)(r10 - 8); r2 = 5; if r7 == r2 goto 1f;")
// expect: compare_exchange_may_fail fails return
CASE(compare_exchange_may_fail, "*(u64 *)(r10 - 8) = r6; r0 = r7; r1 = 9; r0 = cmpxchg_64(r10 - 8, r0, r1); r1 = *(u64 *)(r10 - 8); if r1 != 9 goto 1f;")
// expect: compare_exchange_without_r0 fails init
CASE(compare_exchange_without_r0, "r1 = 0; *(u64 *)(r10 - 8) = r1; r0 = cmpxchg_64(r10 - 8, r0, r1);")
