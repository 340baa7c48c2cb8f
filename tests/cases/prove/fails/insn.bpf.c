// SPDX-License-Identifier: GPL-2.0-only
/* What an instruction does not do, although one may think so. r6, r7: two numbers of the context. */
#include "case.h"
#define CASE(name, text) SEC("xdp") ASM int name(struct xdp_md *ctx) { asm volatile("r6 = *(u32 *)(r1 + 12); r7 = *(u32 *)(r1 + 16);" text "r0 = 2; exit; 1: r0 = 99; exit;"); }
// expect: add32_carries fails return
CASE(add32_carries, "r1 = r6; w1 += w7; r2 = r6; r2 += r7; if r1 != r2 goto 1f;")
// expect: jump32_as_jump fails return
CASE(jump32_as_jump, "r6 <<= 1; r1 = r6; if w1 == 0 goto +1; goto +1; if r6 != 0 goto 1f;")
// expect: shift_by_too_much fails return
CASE(shift_by_too_much, "r1 = 1; r1 <<= r6; if r6 < 64 goto +1; if r1 != 0 goto 1f;")
// expect: signed_compare_of_big fails return
CASE(signed_compare_of_big, "r6 <<= 32; r6 |= r7; if r6 s< 0 goto 1f;")
// expect: division_by_itself fails return
CASE(division_by_itself, "r1 = r6; r1 /= r6; if r1 != 1 goto 1f;")
// expect: negation_changes fails return
CASE(negation_changes, "w1 = w6; w1 = -w1; if w6 == 0 goto +1; if w1 == w6 goto 1f;")
// expect: byte_is_not_signed fails return
CASE(byte_is_not_signed, "*(u64 *)(r10 - 8) = r6; r1 = *(u8 *)(r10 - 8); if r1 > 127 goto 1f;")
// expect: swap_is_no_identity fails return
CASE(swap_is_no_identity, "r1 = r6; r1 = be32 r1; if r1 != r6 goto 1f;")
// expect: atomic_add_overflows fails return
CASE(atomic_add_overflows, "*(u32 *)(r10 - 8) = r6; w1 = 1; lock *(u32 *)(r10 - 8) += w1; r1 = *(u32 *)(r10 - 8); if r1 < r6 goto 1f;")
// expect: arithmetic_shift_of_half fails return
CASE(arithmetic_shift_of_half, "w1 = w6; w1 s>>= 31; if r1 != 0 goto 1f;")
// expect: atomic_misaligned fails align
CASE(atomic_misaligned, "r1 = 0; *(u64 *)(r10 - 16) = r1; *(u64 *)(r10 - 8) = r1; lock *(u64 *)(r10 - 12) += r1;")
// expect: atomic_uninit fails init
CASE(atomic_uninit, "r1 = 0; lock *(u64 *)(r10 - 8) += r1;")
// expect: atomic_below_the_stack fails memory
CASE(atomic_below_the_stack, "r1 = 0; lock *(u64 *)(r10 - 520) += r1;")
