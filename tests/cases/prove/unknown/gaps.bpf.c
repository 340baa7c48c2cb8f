// SPDX-License-Identifier: GPL-2.0-only
/* What is not modelled, or not bounded, is never said to hold. */
#include "case.h"
struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 4); __type(key, __u32); __type(value, __u32); } jumps SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_STACK_TRACE); __uint(max_entries, 4); __uint(key_size, 4); __uint(value_size, 80); } stacks SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_QUEUE); __uint(max_entries, 4); __uint(value_size, 4); } queue SEC(".maps");
#define OPAQUE(x) asm volatile("" : "+r"(x))
// expect: tail_call unknown helper
SEC("xdp") int tail_call(struct xdp_md *ctx) { bpf_tail_call(ctx, &jumps, 1); return XDP_PASS; }
// expect: stack_id unknown helper
SEC("kprobe/x") int stack_id(struct pt_regs *ctx) { return bpf_get_stackid(ctx, &stacks, 0) > 0; }
// expect: queue_pop unknown helper
SEC("xdp") int queue_pop(struct xdp_md *ctx) { __u32 v = 0; bpf_map_pop_elem(&queue, &v); return XDP_PASS; }
// expect: adjust_head unknown helper
SEC("xdp") int adjust_head(struct xdp_md *ctx) { return bpf_xdp_adjust_head(ctx, 4) ? XDP_DROP : XDP_PASS; }
// expect: endless unknown loop
SEC("xdp") ASM int endless(struct xdp_md *ctx) { asm volatile("r0 = 0; r1 = *(u32 *)(r1 + 16); 1: r1 += 2; if r1 != 7 goto 1b; exit"); }
// expect: long_loop unknown loop
SEC("xdp") int long_loop(struct xdp_md *ctx)
{
	__u32 n = ctx->rx_queue_index, sum = 0;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < n; i++) { sum++; OPAQUE(sum); }
	return sum == n ? XDP_PASS : XDP_DROP;
}
// expect: ctx_pointer unknown pointer
SEC("tc") int ctx_pointer(struct __sk_buff *skb) { return skb->sk ? 0 : 2; }
// expect: struct_section unknown section
SEC("sk_msg") int struct_section(struct sk_msg_md *msg) { return 1; }
// expect: sock_ops unknown section
SEC("sockops") int sock_ops(struct bpf_sock_ops *ops) { return 1; }
/* An or with a pointer is arithmetic on an address we do not know; kernels refuse it as well. */
// expect: pointer_or unknown replay
SEC("xdp") int pointer_or(struct xdp_md *ctx) { volatile __u8 b[12] = { 0 }; b[ctx->rx_queue_index & 7] = 1; b[ctx->ingress_ifindex & 7] = 2; return (b[ctx->rx_queue_index & 7] == 2 || (ctx->rx_queue_index & 7) != (ctx->ingress_ifindex & 7)) ? XDP_PASS : 99; }
// expect: cgroup_lsm unknown section
SEC("lsm_cgroup/socket_create") int BPF_PROG(cgroup_lsm, int family, int type, int protocol, int kern) { return 1; }
struct pair { __u32 a, b; };
MAP(filled, BPF_MAP_TYPE_HASH, 100, __u32, struct pair);
static long fill(__u32 i, void *unused) { struct pair p = { i, i }; bpf_map_update_elem(&filled, &i, &p, 0); return 0; }
/* What a summarised loop wrote is forgotten: nothing is concluded from the contents before. */
// expect: filled_by_loop unknown replay
SEC("xdp") int filled_by_loop(struct xdp_md *ctx)
{
	__u32 k = 5; struct pair *v = bpf_map_lookup_elem(&filled, &k);
	if (!v || v->a != 1) return XDP_PASS;
	bpf_loop(1000, fill, NULL, 0);
	v = bpf_map_lookup_elem(&filled, &k);
	return v && v->a != 1 ? 99 : XDP_PASS;
}
static long count(__u32 i, __u32 *n) { *n += 1; return 0; }
// expect: long_count unknown replay
SEC("xdp") int long_count(struct xdp_md *ctx) { __u32 n = 0; bpf_loop(1000, count, &n, 0); return n == 999 ? 99 : XDP_PASS; }
