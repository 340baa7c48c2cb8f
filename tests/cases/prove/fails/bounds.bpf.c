// SPDX-License-Identifier: GPL-2.0-only
/* A comparison or an operation that says too little of an index into a value of 48 bytes. */
#include "case.h"
MAP(hash, BPF_MAP_TYPE_HASH, 10, __u32, __u8[48]);
MAP(words, BPF_MAP_TYPE_HASH, 10, __u32, __u64[6]);
#define VALUE(m) "r2 = 0; *(u32 *)(r10 - 4) = r2; r2 = r10; r2 += -4; r1 = " #m " ll; call 1; if r0 == 0 goto 1f; r6 = r0;" \
	"r1 = *(u64 *)(r6 + 0); r2 = *(u64 *)(r6 + 8);"
#define USE "r6 += r1; r0 = *(u8 *)(r6 + 0); 1: r0 = 0; exit;"
#define CASE(name, text) SEC("socket") ASM int name(struct __sk_buff *skb) { asm volatile(VALUE(hash) text USE); }
// expect: unchecked fails memory
CASE(unchecked, "")
// expect: one_too_many fails memory
CASE(one_too_many, "if r1 > 48 goto 1f;")
// expect: other_branch fails memory
CASE(other_branch, "if r1 < 48 goto 1f;")
// expect: signed_only_above fails memory
CASE(signed_only_above, "if r1 s> 47 goto 1f;")
// expect: signed_only_below fails memory
CASE(signed_only_below, "if r1 s< 0 goto 1f;")
// expect: unequal fails memory
CASE(unequal, "if r1 == 48 goto 1f;")
// expect: jump32_upper_half fails memory
CASE(jump32_upper_half, "if w1 > 47 goto 1f;")
// expect: jump32_signed fails memory
CASE(jump32_signed, "w1 = w1; if w1 s> 47 goto 1f;")
// expect: mask fails memory
CASE(mask, "r1 &= 63;")
// expect: mask_sign_extended fails memory
CASE(mask_sign_extended, "r1 &= -32;")
// expect: remainder fails memory
SEC("socket") int remainder(struct __sk_buff *skb) { __u32 k = 0; __u64 n; __u8 *v = bpf_map_lookup_elem(&hash, &k); if (!v) return 0; n = *(__u64 *)v; asm volatile("" : "+r"(n)); return v[n % 49]; }
// expect: remainder_of_zero fails memory
SEC("socket") int remainder_of_zero(struct __sk_buff *skb) { __u32 k = 0; __u64 n, d; __u8 *v = bpf_map_lookup_elem(&hash, &k); if (!v) return 0; n = *(__u64 *)v; d = v[8] & 31; asm volatile("" : "+r"(n)); return v[n % d]; }
// expect: quotient fails memory
CASE(quotient, "w1 = w1; r1 /= 0x4000000;")
// expect: shifted_down fails memory
CASE(shifted_down, "r1 >>= 58;")
// expect: shifted_down_signed fails memory
CASE(shifted_down_signed, "r1 s>>= 59;")
// expect: shift_of_the_wrong_width fails memory
CASE(shift_of_the_wrong_width, "r1 >>= 27;")
// expect: difference fails memory
CASE(difference, "r1 &= 63; r3 = 47; r3 -= r1; r1 = r3;")
// expect: product fails memory
CASE(product, "r1 &= 7; r1 *= 7;")
// expect: product_wraps fails memory
CASE(product_wraps, "if r2 > 47 goto 1f; r3 = r1; r3 *= 2; if r3 > 47 goto 1f;")
// expect: inclusive_or fails memory
CASE(inclusive_or, "r1 &= 31; r1 |= 32;")
// expect: sum fails memory
CASE(sum, "r1 &= 31; r2 &= 31; r1 += r2;")
// expect: sum_wraps fails memory
CASE(sum_wraps, "r3 = r1; r3 += r2; if r3 > 47 goto 1f;")
// expect: below_or_equal_another fails memory
CASE(below_or_equal_another, "if r2 > 48 goto 1f; if r1 > r2 goto 1f;")
// expect: signed_below_another fails memory
CASE(signed_below_another, "if r2 s> 47 goto 1f; if r1 s> r2 goto 1f;")
// expect: changed_after_check fails memory
CASE(changed_after_check, "if r1 > 47 goto 1f; r1 += 1;")
// expect: checked_before_copy fails memory
CASE(checked_before_copy, "r3 = r1; if r3 > 47 goto 1f; r1 = r2;")
// expect: spill_overwritten fails memory
CASE(spill_overwritten, "if r1 > 47 goto 1f; *(u64 *)(r10 - 16) = r1; *(u8 *)(r10 - 16) = r2; r1 = *(u64 *)(r10 - 16);")
// expect: spill_wider fails memory
CASE(spill_wider, "*(u64 *)(r10 - 16) = r1; w1 = w1; if r1 > 47 goto 1f; r1 = *(u64 *)(r10 - 16);")
// expect: sign_extended fails memory
CASE(sign_extended, "r1 <<= 56; r1 s>>= 56; if r1 s> 47 goto 1f;")
// expect: checked_plus_one fails memory
CASE(checked_plus_one, "r3 = r1; r3 += 1; if r3 > 48 goto 1f;")
// expect: before_the_value fails memory
CASE(before_the_value, "r1 &= 31; r6 -= r1; r1 = 0;")
// expect: fixed_behind fails memory
SEC("socket") ASM int fixed_behind(struct __sk_buff *skb) { asm volatile(VALUE(hash) "r1 &= 31; r6 += r1; r0 = *(u8 *)(r6 + 17); 1: r0 = 0; exit;"); }
// expect: fixed_before fails memory
SEC("socket") ASM int fixed_before(struct __sk_buff *skb) { asm volatile(VALUE(hash) "r1 &= 31; r1 += 15; r6 += r1; r0 = *(u8 *)(r6 - 16); 1: r0 = 0; exit;"); }
// expect: whole_words fails memory
SEC("socket") ASM int whole_words(struct __sk_buff *skb) { asm volatile(VALUE(words) "r1 &= 7; r1 <<= 3; r6 += r1; r0 = *(u64 *)(r6 + 0); 1: r0 = 0; exit;"); }
// expect: straddles_the_end fails memory
SEC("socket") ASM int straddles_the_end(struct __sk_buff *skb) { asm volatile(VALUE(words) "r0 = *(u64 *)(r6 + 41); 1: r0 = 0; exit;"); }
// expect: counted_past fails memory
SEC("socket") ASM int counted_past(struct __sk_buff *skb) { asm volatile(VALUE(hash) "r1 = 0; 2: r2 = r6; r2 += r1; r0 = *(u8 *)(r2 + 0); r1 += 1; if r1 != 49 goto 2b; 1: r0 = 0; exit;"); }
