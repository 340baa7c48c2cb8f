// SPDX-License-Identifier: GPL-2.0-only
/* What a comparison or an operation says of an index: always inside of a value of 48 bytes. */
#include "case.h"
MAP(hash, BPF_MAP_TYPE_HASH, 10, __u32, __u8[48]);
MAP(words, BPF_MAP_TYPE_HASH, 10, __u32, __u64[6]);
/* r6: the value, not null; r1, r2: two numbers of 64 bits from it */
#define VALUE(m) "r2 = 0; *(u32 *)(r10 - 4) = r2; r2 = r10; r2 += -4; r1 = " #m " ll; call 1; if r0 == 0 goto 1f; r6 = r0;" \
	"r1 = *(u64 *)(r6 + 0); r2 = *(u64 *)(r6 + 8);"
#define USE "r6 += r1; r0 = *(u8 *)(r6 + 0); 1: r0 = 0; exit;"
#define CASE(name, text) SEC("socket") ASM int name(struct __sk_buff *skb) { asm volatile(VALUE(hash) text USE); }
// expect: jump_greater holds
CASE(jump_greater, "if r1 > 47 goto 1f;")
// expect: jump_greater_equal holds
CASE(jump_greater_equal, "if r1 >= 48 goto 1f;")
// expect: jump_less holds
CASE(jump_less, "if r1 < 48 goto +1; goto 1f;")
// expect: jump_less_equal holds
CASE(jump_less_equal, "if r1 <= 47 goto +1; goto 1f;")
// expect: signed_both_sides holds
CASE(signed_both_sides, "if r1 s< 0 goto 1f; if r1 s> 47 goto 1f;")
// expect: signed_other_way holds
CASE(signed_other_way, "if r1 s>= 48 goto 1f; if r1 s<= -1 goto 1f;")
// expect: equal holds
CASE(equal, "if r1 != 47 goto 1f;")
// expect: equal_one_of_two holds
CASE(equal_one_of_two, "if r1 == 5 goto +1; if r1 != 40 goto 1f;")
// expect: jump32 holds
CASE(jump32, "w1 = w1; if w1 > 47 goto 1f;")
// expect: jump32_after_load holds
CASE(jump32_after_load, "r1 = *(u32 *)(r6 + 0); if w1 >= 48 goto 1f;")
// expect: jump32_signed holds
CASE(jump32_signed, "w1 = w1; if w1 s< 0 goto 1f; if w1 s> 47 goto 1f;")
// expect: mask holds
CASE(mask, "r1 &= 31;")
// expect: mask32_clears holds
CASE(mask32_clears, "w1 &= 31;")
// expect: remainder holds
SEC("socket") int remainder(struct __sk_buff *skb) { __u32 k = 0; __u64 n; __u8 *v = bpf_map_lookup_elem(&hash, &k); if (!v) return 0; n = *(__u64 *)v; asm volatile("" : "+r"(n)); return v[n % 48]; }
// expect: quotient holds
CASE(quotient, "w1 = w1; r1 /= 0x6000000;")
// expect: shifted_down holds
CASE(shifted_down, "r1 >>= 59;")
// expect: shifted_down32 holds
CASE(shifted_down32, "w1 >>= 27;")
// expect: shifted_down_signed holds
CASE(shifted_down_signed, "r1 >>= 1; r1 s>>= 58;")
// expect: byte_shifted holds
CASE(byte_shifted, "r1 = *(u8 *)(r6 + 0); r1 >>= 3;")
// expect: difference holds
CASE(difference, "r1 &= 31; r3 = 47; r3 -= r1; r1 = r3;")
// expect: negated holds
CASE(negated, "r1 &= 31; r1 = -r1; r1 += 31;")
// expect: product holds
CASE(product, "r1 &= 7; r1 *= 6;")
// expect: exclusive_or holds
CASE(exclusive_or, "r1 &= 15; r1 ^= 31;")
// expect: inclusive_or holds
CASE(inclusive_or, "r1 &= 15; r1 |= 32;")
// expect: sum holds
CASE(sum, "r1 &= 15; r2 &= 31; r1 += r2;")
// expect: smaller_of_two holds
CASE(smaller_of_two, "r2 &= 31; if r1 <= r2 goto +1; r1 = r2;")
// expect: below_another holds
CASE(below_another, "if r2 > 48 goto 1f; if r1 >= r2 goto 1f;")
// expect: equal_to_another holds
CASE(equal_to_another, "if r2 > 47 goto 1f; if r1 != r2 goto 1f;")
// expect: signed_below_another holds
CASE(signed_below_another, "if r1 s< 0 goto 1f; if r2 s> 47 goto 1f; if r1 s> r2 goto 1f;")
// expect: spilled holds
CASE(spilled, "if r1 > 47 goto 1f; *(u64 *)(r10 - 16) = r1; r1 = 0; r1 = *(u64 *)(r10 - 16);")
// expect: spilled32 holds
CASE(spilled32, "if r1 > 47 goto 1f; *(u32 *)(r10 - 16) = r1; r1 = *(u32 *)(r10 - 16);")
// expect: checked_through_spill holds
CASE(checked_through_spill, "*(u64 *)(r10 - 16) = r1; if r1 > 47 goto 1f; r1 = *(u64 *)(r10 - 16);")
// expect: checked_through_copy holds
CASE(checked_through_copy, "r3 = r1; if r3 > 47 goto 1f;")
// expect: checked_plus_one holds
CASE(checked_plus_one, "r3 = r1; r3 += 1; if r3 > 48 goto 1f; if r3 == 0 goto 1f;")
// expect: sign_extended holds
CASE(sign_extended, "r1 <<= 56; r1 s>>= 56; if r1 s< 0 goto 1f; if r1 s> 47 goto 1f;")
// expect: big_endian holds
CASE(big_endian, "r1 = *(u16 *)(r6 + 0); r1 = be16 r1; r1 &= 31;")
// expect: swap_truncates holds
CASE(swap_truncates, "r1 = be16 r1; r1 >>= 11;")
// expect: back_from_the_end holds
CASE(back_from_the_end, "r1 &= 31; r6 += 47; r6 -= r1; r1 = 0;")
// expect: wraps_to_zero holds
CASE(wraps_to_zero, "w1 = 0x7fffffff; w1 += 0x7fffffff; w1 += 2;")
// expect: fixed_behind holds
SEC("socket") ASM int fixed_behind(struct __sk_buff *skb) { asm volatile(VALUE(hash) "r1 &= 31; r6 += r1; r0 = *(u8 *)(r6 + 16); 1: r0 = 0; exit;"); }
// expect: fixed_before holds
SEC("socket") ASM int fixed_before(struct __sk_buff *skb) { asm volatile(VALUE(hash) "r1 &= 31; r1 += 16; r6 += r1; r0 = *(u8 *)(r6 - 16); 1: r0 = 0; exit;"); }
// expect: whole_words holds
SEC("socket") ASM int whole_words(struct __sk_buff *skb) { asm volatile(VALUE(words) "r1 &= 5; r1 <<= 3; r6 += r1; r0 = *(u64 *)(r6 + 0); 1: r0 = 0; exit;"); }
// expect: last_word holds
SEC("socket") ASM int last_word(struct __sk_buff *skb) { asm volatile(VALUE(words) "r0 = *(u64 *)(r6 + 40); 1: r0 = 0; exit;"); }
// expect: counted_down holds
SEC("socket") ASM int counted_down(struct __sk_buff *skb) { asm volatile(VALUE(hash) "r1 = 48; 2: r1 += -1; r2 = r6; r2 += r1; r0 = *(u8 *)(r2 + 0); if r1 != 0 goto 2b; 1: r0 = 0; exit;"); }
