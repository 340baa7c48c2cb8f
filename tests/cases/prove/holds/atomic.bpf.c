// SPDX-License-Identifier: GPL-2.0-only
// only: clang-19
/* Atomic operations that give something back. */
#include "case.h"
#define GOOD "r0 = 2; exit; 1: r0 = 99; exit;"
#define CASE(name, text) SEC("xdp") ASM int name(struct xdp_md *ctx) { asm volatile(text GOOD); }
// expect: atomic_fetch_or holds
CASE(atomic_fetch_or, "r1 = 6; *(u64 *)(r10 - 8) = r1; r2 = 3; r2 = atomic_fetch_or((u64 *)(r10 - 8), r2); if r2 != 6 goto 1f; r1 = *(u64 *)(r10 - 8); if r1 != 7 goto 1f;")
// expect: atomic_fetch_add32_clears holds
CASE(atomic_fetch_add32_clears, "w1 = -2; *(u32 *)(r10 - 8) = r1; r2 = -1; w2 = atomic_fetch_add((u32 *)(r10 - 8), w2); if r2 != r1 goto 1f;")
// expect: exchange holds
CASE(exchange, "r1 = 6; *(u64 *)(r10 - 8) = r1; r2 = 3; r2 = xchg_64(r10 - 8, r2); if r2 != 6 goto 1f; r1 = *(u64 *)(r10 - 8); if r1 != 3 goto 1f;")
// expect: compare_exchange_equal holds
CASE(compare_exchange_equal, "r1 = 6; *(u64 *)(r10 - 8) = r1; r0 = 6; r2 = 3; r0 = cmpxchg_64(r10 - 8, r0, r2); if r0 != 6 goto 1f; r1 = *(u64 *)(r10 - 8); if r1 != 3 goto 1f;")
// expect: compare_exchange_unequal holds
CASE(compare_exchange_unequal, "r1 = 6; *(u64 *)(r10 - 8) = r1; r0 = 5; r2 = 3; r0 = cmpxchg_64(r10 - 8, r0, r2); if r0 != 6 goto 1f; r1 = *(u64 *)(r10 - 8); if r1 != 6 goto 1f;")
// expect: compare_exchange32_clears_r0 holds
CASE(compare_exchange32_clears_r0, "w1 = -1; *(u32 *)(r10 - 8) = r1; r0 = -1; w2 = 3; w0 = cmpxchg32_32(r10 - 8, w0, w2); if r0 != r1 goto 1f; r1 = *(u32 *)(r10 - 8); if r1 != 3 goto 1f;")
