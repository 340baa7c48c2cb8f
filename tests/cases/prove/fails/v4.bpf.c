// SPDX-License-Identifier: GPL-2.0-only
// only: clang-19 -mcpu=v4
/* Signs and bits that are taken for something else. r6: a number of the context. */
#include "case.h"
#define CASE(name, text) SEC("xdp") ASM int name(struct xdp_md *ctx) { asm volatile("r6 = *(u32 *)(r1 + 12);" text "r0 = 2; exit; 1: r0 = 99; exit;"); }
// expect: move_signed_byte fails return
CASE(move_signed_byte, "r1 = r6; r1 = (s8)r1; if r6 > 255 goto +1; if r1 != r6 goto 1f;")
// expect: load_signed_half fails return
CASE(load_signed_half, "*(u64 *)(r10 - 8) = r6; r1 = *(s16 *)(r10 - 8); if r1 s< 0 goto 1f;")
// expect: signed_remainder_is_positive fails return
CASE(signed_remainder_is_positive, "r1 = (s32)r6; r1 s%= 8; if r1 s< 0 goto 1f;")
// expect: signed_division_is_smaller fails return
CASE(signed_division_is_smaller, "w1 = w6; w1 s/= -1; w2 = w1; w2 = -w2; if w6 == 0 goto +2; if w1 == w6 goto 1f;")
// expect: bits_test_misses_one fails return
CASE(bits_test_misses_one, "if r6 & 0x7ffffff0 goto +1; if r6 > 15 goto 1f;")
// expect: far_jump_to_wrong fails return
CASE(far_jump_to_wrong, "if r6 != 77 goto +1; gotol 1f;")
