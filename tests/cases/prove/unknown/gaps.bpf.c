// SPDX-License-Identifier: GPL-2.0-only
/* What is not modelled, or not bounded, is never said to hold. */
#include "case.h"
struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 4); __type(key, __u32); __type(value, __u32); } jumps SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_QUEUE); __uint(max_entries, 4); __uint(value_size, 4); } queue SEC(".maps");
struct timed { struct bpf_timer t; };
MAP(timers, BPF_MAP_TYPE_ARRAY, 1, __u32, struct timed);
MAP(each, BPF_MAP_TYPE_PERCPU_ARRAY, 1, __u32, __u64);
MAP(xsks, BPF_MAP_TYPE_XSKMAP, 4, __u32, __u32);
struct { __uint(type, BPF_MAP_TYPE_LPM_TRIE); __uint(max_entries, 4); __uint(map_flags, BPF_F_NO_PREALLOC); __type(key, __u64); __type(value, __u64); } trie SEC(".maps");
#define OPAQUE(x) asm volatile("" : "+r"(x))
static __attribute__((noinline)) int jump(struct xdp_md *ctx) { bpf_tail_call(ctx, &jumps, 1); return 1; }
// expect: tail_call_in_a_function unknown tail
SEC("xdp") int tail_call_in_a_function(struct xdp_md *ctx) { return jump(ctx) ? XDP_PASS : XDP_DROP; }
// expect: timer unknown helper
SEC("tc") int timer(struct __sk_buff *skb) { __u32 k = 0; struct timed *v = bpf_map_lookup_elem(&timers, &k); if (v) bpf_timer_init(&v->t, &timers, 0); return 0; }
// expect: timer_start unknown helper
SEC("tc") int timer_start(struct __sk_buff *skb) { __u32 k = 0; struct timed *v = bpf_map_lookup_elem(&timers, &k); if (v) bpf_timer_start(&v->t, 1000, 0); return 0; }
static long visit(void *map, void *key, void *value, void *ctx) { return 0; }
// expect: for_each unknown modelled
SEC("tc") int for_each(struct __sk_buff *skb) { bpf_for_each_map_elem(&trie, visit, NULL, 0); return 0; }
// expect: socket_lookup unknown helper
SEC("tc") int socket_lookup(struct __sk_buff *skb) { struct bpf_sock_tuple t = { 0 }; struct bpf_sock *sk = bpf_sk_lookup_tcp(skb, &t, sizeof(t.ipv4), -1, 0); if (sk) bpf_sk_release(sk); return 0; }
// expect: dynptr unknown helper
SEC("xdp") int dynptr(struct xdp_md *ctx) { struct bpf_dynptr d; __u64 x = 0; bpf_dynptr_from_mem(&x, 8, 0, &d); return XDP_PASS; }
// expect: tail_shrinks unknown helper
SEC("xdp") int tail_shrinks(struct xdp_md *ctx) { bpf_xdp_adjust_tail(ctx, -4); return XDP_PASS; }
// expect: vlan_push unknown helper
SEC("tc") int vlan_push(struct __sk_buff *skb) { bpf_skb_vlan_push(skb, 8, 5); return 0; }
// expect: pull_and_look unknown linear
SEC("tc") int pull_and_look(struct __sk_buff *skb) { bpf_skb_pull_data(skb, 40); PACKET(skb); return data + 1 <= end ? data[0] & 1 : 0; }
// expect: store_and_look unknown linear
SEC("xdp") int store_and_look(struct xdp_md *ctx) { __u32 v = 5; bpf_xdp_store_bytes(ctx, 0, &v, 4); PACKET(ctx); return data + 1 <= end ? data[0] & 1 : 0; }
// expect: look_and_pull unknown linear
SEC("tc") int look_and_pull(struct __sk_buff *skb) { PACKET(skb); int r = data + 1 <= end ? data[0] & 1 : 0; bpf_skb_pull_data(skb, 40); return r; }
// expect: store_bytes unknown helper
SEC("tc") int store_bytes(struct __sk_buff *skb) { __u32 w = 0; bpf_skb_store_bytes(skb, 12, &w, 4, 0); return 0; }
// expect: user_ring unknown helper
SEC("tc") int user_ring(struct __sk_buff *skb) { bpf_user_ringbuf_drain(&queue, NULL, NULL, 0); return 0; }
// expect: other_processor unknown processor
SEC("tc") int other_processor(struct __sk_buff *skb) { __u32 k = 0; __u64 *v = bpf_map_lookup_percpu_elem(&each, &k, 3); return v && *v ? 2 : 0; }
// expect: bloom_peek unknown helper
SEC("tc") int bloom_peek(struct __sk_buff *skb) { __u32 v = 0; return bpf_map_peek_elem(&queue, &v) ? 0 : 2; }
// expect: metadata unknown pointer
SEC("xdp") int metadata(struct xdp_md *ctx) { __u8 *m = (void *)(long)ctx->data_meta, *d = (void *)(long)ctx->data; if (m + 4 > d) return XDP_PASS; return m[0] & 1; }
extern int bpf_some_kfunc(int) __ksym __weak;
// expect: kfunc unknown helper
SEC("tc") int kfunc(struct __sk_buff *skb) { return bpf_some_kfunc(1) ? 2 : 0; }
// expect: sysctl unknown section
SEC("cgroup/sysctl") int sysctl(struct bpf_sysctl *ctx) { return 1; }
// expect: sockopt unknown section
SEC("cgroup/getsockopt") int sockopt(struct bpf_sockopt *ctx) { return 1; }
// expect: flow unknown section
SEC("flow_dissector") int flow(struct __sk_buff *skb) { return 0; }
// expect: reuseport unknown section
SEC("sk_reuseport") int reuseport(struct sk_reuseport_md *ctx) { return 1; }
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
SEC("socket") int ctx_pointer(struct __sk_buff *skb) { return skb->sk ? 0 : 2; }
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
// expect: inside_of_a_socket unknown socket
SEC("xdp") int inside_of_a_socket(struct xdp_md *ctx) { __u32 k = 0; struct bpf_xdp_sock *s = bpf_map_lookup_elem(&xsks, &k); return s ? s->queue_id & 1 : XDP_PASS; }
/* Too long to be unrolled, and no invariant. */
// expect: long_iterator unknown loop
SEC("xdp") int long_iterator(struct xdp_md *ctx) { int i = 0, n = 0; FOR(i, 0, 100000) { n ^= i; OPAQUE(n); } return n & 1; }
/* The upper half of what an int function of the kernel returns is not known. */
// expect: upper_half unknown replay
SEC("xdp") ASM int upper_half(struct xdp_md *ctx)
{
	asm volatile("r1 = r10; r1 += -8; r2 = 0; r3 = 1; call %[make]; r6 = r0; r1 = r10; r1 += -8; call %[destroy]; r0 = 1; r6 >>= 32; if r6 == 0 goto 1f; r0 = 99; 1: exit"
		:: [make]"i"(bpf_iter_num_new), [destroy]"i"(bpf_iter_num_destroy));
}
