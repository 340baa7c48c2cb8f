// SPDX-License-Identifier: GPL-2.0-only
// only: clang-19 -mcpu=v4
/* Instructions of the fourth version, and a syntax that older assemblers lack. */
#include "case.h"
#define CASE(name, text) SEC("xdp") ASM int name(struct xdp_md *ctx) { asm volatile(text "r0 = 2; exit; 1: r0 = 99; exit;"); }
// expect: move_signed_byte holds
CASE(move_signed_byte, "r1 = 0x180; r1 = (s8)r1; if r1 != -128 goto 1f;")
// expect: move_signed_half holds
CASE(move_signed_half, "r1 = 0x7fff; r1 = (s16)r1; if r1 != 0x7fff goto 1f;")
// expect: move_signed_word holds
CASE(move_signed_word, "r1 = 0x80000000 ll; r1 = (s32)r1; if r1 s>= 0 goto 1f;")
// expect: move32_signed_byte holds
CASE(move32_signed_byte, "r1 = 0xff; w1 = (s8)w1; r1 >>= 31; if r1 != 1 goto 1f;")
// expect: load_signed_byte holds
CASE(load_signed_byte, "r1 = 0x80; *(u64 *)(r10 - 8) = r1; r1 = *(s8 *)(r10 - 8); if r1 != -128 goto 1f;")
// expect: load_signed_half holds
CASE(load_signed_half, "r1 = 0xfffe; *(u64 *)(r10 - 8) = r1; r1 = *(s16 *)(r10 - 8); if r1 != -2 goto 1f;")
// expect: load_signed_word holds
CASE(load_signed_word, "w1 = -5; *(u64 *)(r10 - 8) = r1; r1 = *(s32 *)(r10 - 8); if r1 != -5 goto 1f;")
// expect: signed_division holds
CASE(signed_division, "r1 = -7; r2 = 2; r1 s/= r2; if r1 != -3 goto 1f;")
// expect: signed_remainder holds
CASE(signed_remainder, "r1 = -7; r2 = 2; r1 s%= r2; if r1 != -1 goto 1f;")
// expect: signed_division_by_zero holds
CASE(signed_division_by_zero, "r1 = -7; r2 = 0; r1 s/= r2; if r1 != 0 goto 1f;")
// expect: signed_remainder_by_zero holds
CASE(signed_remainder_by_zero, "r1 = -7; r2 = 0; r1 s%= r2; if r1 != -7 goto 1f;")
// expect: smallest_by_minus_one holds
CASE(smallest_by_minus_one, "r1 = 1; r1 <<= 63; r2 = r1; r3 = -1; r1 s/= r3; if r1 != r2 goto 1f;")
// expect: smallest32_by_minus_one holds
CASE(smallest32_by_minus_one, "w1 = 0x80000000; w3 = -1; w1 s/= w3; w2 = 0x80000000; if r1 != r2 goto 1f;")
// expect: remainder_of_smallest holds
CASE(remainder_of_smallest, "r1 = 1; r1 <<= 63; r3 = -1; r1 s%= r3; if r1 != 0 goto 1f;")
// expect: signed_division32 holds
CASE(signed_division32, "w1 = -8; w1 s/= 2; w2 = -4; if r1 != r2 goto 1f;")
// expect: swap16 holds
CASE(swap16, "r1 = 0x551122; r1 = bswap16 r1; if r1 != 0x2211 goto 1f;")
// expect: swap64 holds
CASE(swap64, "r1 = 0x12; r1 = bswap64 r1; r1 >>= 56; if r1 != 0x12 goto 1f;")
// expect: far_jump holds
CASE(far_jump, "gotol +1; goto 1f;")
// expect: store_constant_extends holds
CASE(store_constant_extends, "*(u64 *)(r10 - 8) = -1; r1 = *(u64 *)(r10 - 8); if r1 != -1 goto 1f;")
// expect: remainder_bounds holds
CASE(remainder_bounds, "r1 = *(u32 *)(r1 + 12); r1 %= 10; if r1 > 9 goto 1f;")
// expect: bits_test holds
CASE(bits_test, "r1 = 5; if r1 & 2 goto 1f;")
// expect: bits_test_extends_its_constant holds
CASE(bits_test_extends_its_constant, "r1 = 1; r1 <<= 40; if r1 & -1 goto +1; goto 1f;")
// expect: bits_test32_sees_half holds
CASE(bits_test32_sees_half, "r1 = 1; r1 <<= 40; if w1 & -1 goto 1f;")
// expect: bits_unset holds
CASE(bits_unset, "r1 = *(u32 *)(r1 + 12); r3 = -32; if r1 & r3 goto +1; if r1 > 31 goto 1f;")
