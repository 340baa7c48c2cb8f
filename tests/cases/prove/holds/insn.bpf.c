// SPDX-License-Identifier: GPL-2.0-only
/* Instructions by their definition: a wrong result would be 99, which XDP does not accept. */
#include "case.h"
#define GOOD "r0 = 2; exit; 1: r0 = 99; exit;"
#define CASE(name, text) SEC("xdp") ASM int name(struct xdp_md *ctx) { asm volatile(text GOOD); }
// expect: mov32_clears_the_upper_half holds
CASE(mov32_clears_the_upper_half, "r1 = -1; w1 = w1; r1 >>= 32; if r1 != 0 goto 1f;")
// expect: mov_extends_its_constant holds
CASE(mov_extends_its_constant, "r1 = -1; r2 = r1; r2 >>= 32; w3 = -1; if r2 != r3 goto 1f;")
// expect: mov32_does_not_extend holds
CASE(mov32_does_not_extend, "w1 = -1; r1 >>= 32; if r1 != 0 goto 1f;")
// expect: add32_wraps holds
CASE(add32_wraps, "w1 = -1; w1 += 1; if r1 != 0 goto 1f;")
// expect: sub_below_zero holds
CASE(sub_below_zero, "r1 = 0; r1 -= 1; if r1 != -1 goto 1f;")
// expect: negative32 holds
CASE(negative32, "w1 = 1; w1 = -w1; r1 >>= 31; if r1 != 1 goto 1f;")
// expect: shift32_takes_five_bits holds
CASE(shift32_takes_five_bits, "w1 = 1; w2 = 33; w1 <<= w2; if r1 != 2 goto 1f;")
// expect: shift_signed32 holds
CASE(shift_signed32, "w1 = -8; w1 s>>= 1; w2 = -4; if r1 != r2 goto 1f;")
// expect: shift_signed_keeps_the_sign holds
CASE(shift_signed_keeps_the_sign, "r1 = -8; r1 s>>= 1; if r1 != -4 goto 1f;")
// expect: and_extends_its_constant holds
CASE(and_extends_its_constant, "r1 = -1; r1 &= -16; if r1 != -16 goto 1f;")
// expect: or_extends_its_constant holds
CASE(or_extends_its_constant, "r1 = 0; r1 |= -16; if r1 != -16 goto 1f;")
// expect: division_is_unsigned holds
CASE(division_is_unsigned, "r1 = -8; r2 = 2; r1 /= r2; r1 >>= 62; if r1 != 1 goto 1f;")
// expect: division32_forgets_the_upper_half holds
CASE(division32_forgets_the_upper_half, "r1 = 0x500000006 ll; w2 = 2; w1 /= w2; if r1 != 3 goto 1f;")
// expect: division32_by_zero holds
CASE(division32_by_zero, "r1 = -1; w2 = 0; w1 /= w2; if r1 != 0 goto 1f;")
// expect: little_endian_truncates holds
CASE(little_endian_truncates, "r1 = -1; r1 = le16 r1; if r1 != 0xffff goto 1f;")
// expect: big_endian32_truncates holds
CASE(big_endian32_truncates, "r1 = 0x1122334455667788 ll; r1 = be32 r1; r2 = 0x88776655 ll; if r1 != r2 goto 1f;")
// expect: big_endian64 holds
CASE(big_endian64, "r1 = 1; r1 = be64 r1; r1 >>= 56; if r1 != 1 goto 1f;")
// expect: jump_extends_its_constant holds
CASE(jump_extends_its_constant, "r1 = -1; if r1 == -1 goto +2; goto 1f; r0 = 0;")
// expect: jump32_sees_half holds
CASE(jump32_sees_half, "r1 = 0x500000007 ll; if w1 != 7 goto 1f;")
// expect: jump32_signed holds
CASE(jump32_signed, "w1 = -1; if w1 s>= 0 goto 1f; if r1 s< 0 goto 1f;")
// expect: jump_unsigned_of_negative holds
CASE(jump_unsigned_of_negative, "r1 = -1; if r1 < 5 goto 1f;")
// expect: byte_load_clears holds
CASE(byte_load_clears, "r1 = -1; *(u64 *)(r10 - 8) = r1; r1 = *(u8 *)(r10 - 8); if r1 != 255 goto 1f;")
// expect: half_load_clears holds
CASE(half_load_clears, "r1 = -1; *(u64 *)(r10 - 8) = r1; r1 = *(u16 *)(r10 - 8); if r1 != 0xffff goto 1f;")
// expect: little_end_first holds
CASE(little_end_first, "r1 = 0x11223344; *(u32 *)(r10 - 8) = r1; r1 = *(u8 *)(r10 - 8); if r1 != 0x44 goto 1f; r1 = *(u8 *)(r10 - 5); if r1 != 0x11 goto 1f;")
// expect: byte_store_leaves_the_rest holds
CASE(byte_store_leaves_the_rest, "r1 = 0x11223344; *(u32 *)(r10 - 8) = r1; r1 = 0; *(u8 *)(r10 - 7) = r1; r1 = *(u32 *)(r10 - 8); if r1 != 0x11220044 goto 1f;")
// expect: words_meet_in_a_double_word holds
CASE(words_meet_in_a_double_word, "r1 = 1; *(u32 *)(r10 - 8) = r1; r1 = 2; *(u32 *)(r10 - 4) = r1; r1 = *(u64 *)(r10 - 8); r2 = 0x200000001 ll; if r1 != r2 goto 1f;")
// expect: atomic_add holds
CASE(atomic_add, "r1 = 5; *(u64 *)(r10 - 8) = r1; r2 = 2; lock *(u64 *)(r10 - 8) += r2; r1 = *(u64 *)(r10 - 8); if r1 != 7 goto 1f;")
// expect: atomic_add32_wraps_alone holds
CASE(atomic_add32_wraps_alone, "r1 = -1; *(u64 *)(r10 - 8) = r1; w2 = 1; lock *(u32 *)(r10 - 8) += w2; r1 = *(u32 *)(r10 - 8); if r1 != 0 goto 1f; r1 = *(u32 *)(r10 - 4); r1 += 1; r1 >>= 32; if r1 != 1 goto 1f;")
// expect: atomic_and holds
CASE(atomic_and, "r1 = 6; *(u64 *)(r10 - 8) = r1; r2 = 3; lock *(u64 *)(r10 - 8) &= r2; r1 = *(u64 *)(r10 - 8); if r1 != 2 goto 1f;")
// expect: atomic_or holds
CASE(atomic_or, "r1 = 6; *(u64 *)(r10 - 8) = r1; r2 = 3; lock *(u64 *)(r10 - 8) |= r2; r1 = *(u64 *)(r10 - 8); if r1 != 7 goto 1f;")
// expect: atomic_xor holds
CASE(atomic_xor, "r1 = 6; *(u64 *)(r10 - 8) = r1; r2 = 3; lock *(u64 *)(r10 - 8) ^= r2; r1 = *(u64 *)(r10 - 8); if r1 != 5 goto 1f;")
// expect: registers_survive_a_helper holds
CASE(registers_survive_a_helper, "r6 = 1; r7 = 2; r8 = 3; r9 = 4; call 5; r6 += r7; r6 += r8; r6 += r9; if r6 != 10 goto 1f;")
