// SPDX-License-Identifier: GPL-2.0-only
/* Memory: out of bounds, null, uninitialised, misaligned; each has one thing wrong. */
#include "case.h"
struct pair { __u32 a, b; __u64 c; };
MAP(hash, BPF_MAP_TYPE_HASH, 10, __u32, struct pair);
MAP(array, BPF_MAP_TYPE_ARRAY, 16, __u32, __u64);
MAP(percpu, BPF_MAP_TYPE_PERCPU_ARRAY, 1, __u32, __u64[32]);
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __uint(map_flags, BPF_F_RDONLY_PROG); __type(key, __u32); __type(value, __u64); } readonly SEC(".maps");
static const __u32 table[4] = { 1, 2, 3, 4 };
#define OPAQUE(x) asm volatile("" : "+r"(x))
// expect: no_check fails memory
SEC("xdp") int no_check(struct xdp_md *ctx) { PACKET(ctx); return data[0] & 1; }
// expect: one_too_many fails memory
SEC("xdp") int one_too_many(struct xdp_md *ctx) { PACKET(ctx); if (data + 13 > end) return XDP_DROP; return data[13] & 1; }
// expect: wrong_compare fails memory
SEC("xdp") int wrong_compare(struct xdp_md *ctx) { PACKET(ctx); if (data + 14 >= end) return data[13] & 1; return XDP_PASS; }
// expect: before_start fails memory
SEC("xdp") int before_start(struct xdp_md *ctx) { PACKET(ctx); if (data + 4 > end) return XDP_DROP; return *(data - 1) & 1; }
// expect: header_length fails memory
SEC("xdp") int header_length(struct xdp_md *ctx) { PACKET(ctx); if (data + 34 > end) return XDP_DROP; return data[14 + (data[14] & 15) * 4] & 1; }
// expect: loop_past_end fails memory
SEC("xdp") int loop_past_end(struct xdp_md *ctx)
{
	PACKET(ctx);
	int sum = 0;
	if (data + 16 > end) return XDP_DROP;
#pragma clang loop unroll(disable)
	for (int i = 0; i <= 16; i++) sum += data[i];
	return sum & 1;
}
// expect: cgroup_write fails memory
SEC("cgroup_skb/egress") int cgroup_write(struct __sk_buff *skb) { PACKET(skb); if (data + 20 > end) return 1; data[0] = 0; return 1; }
// expect: null_value fails null
SEC("xdp") int null_value(struct xdp_md *ctx) { __u32 k = 1; struct pair *v = bpf_map_lookup_elem(&hash, &k); return v->a & 1; }
// expect: null_on_one_way fails null
SEC("xdp") int null_on_one_way(struct xdp_md *ctx)
{
	__u32 k = 1; struct pair *v = bpf_map_lookup_elem(&hash, &k);
	if (!v && ctx->rx_queue_index != 7) return XDP_PASS;
	return v->b & 1;
}
// expect: null_array_key fails null
SEC("xdp") int null_array_key(struct xdp_md *ctx) { __u32 k = ctx->rx_queue_index & 31; __u64 *v = bpf_map_lookup_elem(&array, &k); return *v & 1; }
// expect: null_store fails null
SEC("xdp") int null_store(struct xdp_md *ctx) { __u32 k = 1; struct pair *v = bpf_map_lookup_elem(&hash, &k); v->c = 1; return XDP_PASS; }
// expect: value_end fails memory
SEC("xdp") int value_end(struct xdp_md *ctx) { __u32 k = 0, i = ctx->rx_queue_index; __u64 *v = bpf_map_lookup_elem(&percpu, &k); if (!v || i > 32) return XDP_PASS; return v[i] & 1; }
// expect: value_size fails memory
SEC("xdp") int value_size(struct xdp_md *ctx) { __u32 k = 1; __u64 *v = bpf_map_lookup_elem(&hash, &k); return v ? v[2] & 1 : 0; }
// expect: value_negative fails memory
SEC("xdp") int value_negative(struct xdp_md *ctx) { __u32 k = 0; int i = ctx->rx_queue_index; __u64 *v = bpf_map_lookup_elem(&percpu, &k); if (!v || i > 31) return XDP_PASS; return v[i] & 1; }
// expect: readonly_map fails memory
SEC("xdp") int readonly_map(struct xdp_md *ctx) { __u32 k = 0; __u64 *v = bpf_map_lookup_elem(&readonly, &k); if (v) *v = 1; return XDP_PASS; }
// expect: rodata_past fails memory
SEC("xdp") int rodata_past(struct xdp_md *ctx) { const volatile __u32 *t = table; __u32 i = ctx->rx_queue_index; if (i > 4) return XDP_PASS; return t[i] & 1; }
// expect: rodata_write fails memory
SEC("xdp") int rodata_write(struct xdp_md *ctx) { volatile __u32 *t = (volatile __u32 *)table; OPAQUE(t); t[0] = 1; return XDP_PASS; }
// expect: ctx_write fails memory
SEC("xdp") int ctx_write(struct xdp_md *ctx) { ctx->rx_queue_index = 1; return XDP_PASS; }
// expect: ctx_past fails memory
SEC("xdp") int ctx_past(struct xdp_md *ctx) { return *(volatile __u32 *)((void *)ctx + sizeof(*ctx)) & 1; }
// expect: number_as_pointer fails memory
SEC("xdp") int number_as_pointer(struct xdp_md *ctx) { __u64 p = 0x123456789; OPAQUE(p); return *(__u8 *)p & 1; }
// expect: stack_below fails memory
SEC("xdp") ASM int stack_below(struct xdp_md *ctx) { asm volatile("r0 = 1; *(u64 *)(r10 - 520) = r0; exit"); }
// expect: stack_above fails memory
SEC("xdp") ASM int stack_above(struct xdp_md *ctx) { asm volatile("r0 = 1; *(u64 *)(r10 + 0) = r0; exit"); }
// expect: stack_uninit fails init
SEC("xdp") ASM int stack_uninit(struct xdp_md *ctx) { asm volatile("r0 = *(u64 *)(r10 - 8); r0 &= 1; exit"); }
// expect: stack_half fails init
SEC("xdp") ASM int stack_half(struct xdp_md *ctx) { asm volatile("r0 = 1; *(u32 *)(r10 - 8) = r0; r0 = *(u64 *)(r10 - 8); r0 &= 1; exit"); }
// expect: register_uninit fails init
SEC("xdp") ASM int register_uninit(struct xdp_md *ctx) { asm volatile("r0 = r7; r0 &= 1; exit"); }
// expect: argument_uninit fails init
SEC("xdp") ASM int argument_uninit(struct xdp_md *ctx) { asm volatile("r0 = r2; r0 &= 1; exit"); }
// expect: no_result fails init
SEC("xdp") ASM int no_result(struct xdp_md *ctx) { asm volatile("exit"); }
// expect: clobbered fails init
SEC("xdp") ASM int clobbered(struct xdp_md *ctx) { asm volatile("r3 = 1; call 7; r0 = r3; r0 &= 1; exit"); }
// expect: stack_misaligned fails align
SEC("xdp") ASM int stack_misaligned(struct xdp_md *ctx) { asm volatile("r1 = 1; *(u64 *)(r10 - 12) = r1; r0 = 1; exit"); }
// expect: key_uninit fails init
SEC("xdp") ASM int key_uninit(struct xdp_md *ctx) { asm volatile("r1 = hash ll; r2 = r10; r2 += -4; call 1; r0 = 0; exit"); }
// expect: key_too_short fails memory
SEC("xdp") ASM int key_too_short(struct xdp_md *ctx) { asm volatile("r1 = hash ll; r2 = r10; r2 += -2; r3 = 1; *(u16 *)(r2 + 0) = r3; call 1; r0 = 0; exit"); }
// expect: buffer_too_short fails memory
SEC("xdp") ASM int buffer_too_short(struct xdp_md *ctx) { asm volatile("r1 = r10; r1 += -8; r2 = 16; call 16; r0 = 0; exit"); }
/* A read by a helper behind the end of an object is no fault, but what it gives is anything. */
// expect: probe_outside fails return
SEC("xdp") int probe_outside(struct xdp_md *ctx)
{
	__u32 k = 0, x = 0; __u64 *v = bpf_map_lookup_elem(&percpu, &k);
	if (v && !bpf_probe_read_kernel(&x, 4, (void *)v + 256) && x) return 99;
	return XDP_PASS;
}
