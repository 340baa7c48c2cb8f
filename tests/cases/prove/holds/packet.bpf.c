// SPDX-License-Identifier: GPL-2.0-only
/* Packets: every access stands behind a comparison with the end. */
#include "case.h"
// expect: plain_byte holds
SEC("xdp") int plain_byte(struct xdp_md *ctx) { PACKET(ctx); if (data + 1 > end) return XDP_DROP; return data[0] & 1; }
// expect: last_byte holds
SEC("xdp") int last_byte(struct xdp_md *ctx) { PACKET(ctx); if (data + 14 > end) return XDP_DROP; return data[13] & 1; }
// expect: other_way holds
SEC("xdp") int other_way(struct xdp_md *ctx) { PACKET(ctx); if (end >= data + 20) return data[19] & 1; return XDP_PASS; }
// expect: word_read holds
SEC("xdp") int word_read(struct xdp_md *ctx) { PACKET(ctx); if (data + 8 > end) return XDP_DROP; return *(__u64 *)data == 0 ? XDP_PASS : XDP_DROP; }
// expect: variable_offset holds
SEC("xdp") int variable_offset(struct xdp_md *ctx)
{
	PACKET(ctx);
	if (data + 34 > end) return XDP_DROP;
	unsigned ihl = (data[14] & 15) * 4;
	__u8 *p = data + 14 + ihl;
	if (p + 4 > end) return XDP_DROP;
	return p[3] & 1;
}
// expect: length_first holds
SEC("xdp") int length_first(struct xdp_md *ctx) { PACKET(ctx); long n = end - data; if (n < 6) return XDP_DROP; if (data + 6 > end) return XDP_ABORTED; return data[5] & 1; }
// expect: loop_constant holds
SEC("xdp") int loop_constant(struct xdp_md *ctx)
{
	PACKET(ctx);
	int sum = 0;
	if (data + 16 > end) return XDP_DROP;
#pragma clang loop unroll(disable)
	for (int i = 0; i < 16; i++) sum += data[i];
	return sum & 1;
}
// expect: loop_checked holds
SEC("xdp") int loop_checked(struct xdp_md *ctx)
{
	PACKET(ctx);
	int sum = 0;
#pragma clang loop unroll(disable)
	for (int i = 0; i < 24; i++) {
		if (data + i + 1 > end) break;
		sum += data[i];
	}
	return sum & 1;
}
// expect: packet_write holds
SEC("xdp") int packet_write(struct xdp_md *ctx) { PACKET(ctx); if (data + 12 > end) return XDP_DROP; __u8 x = data[0]; data[0] = data[6]; data[6] = x; return XDP_TX; }
// expect: tc_mark holds
SEC("tc") int tc_mark(struct __sk_buff *skb) { skb->mark = 7; return 0; }
// expect: tc_packet holds
SEC("tc") int tc_packet(struct __sk_buff *skb) { PACKET(skb); if (data + 14 > end) return 0; return data[12] == 8 ? 0 : 2; }
// expect: tc_unspec holds
SEC("tc") int tc_unspec(struct __sk_buff *skb) { return -1; }
// expect: socket_len holds
SEC("socket") int socket_len(struct __sk_buff *skb) { return skb->len > 100 ? 0 : skb->len; }
// expect: skb_bytes holds
SEC("socket") int skb_bytes(struct __sk_buff *skb) { __u32 w = 0; if (bpf_skb_load_bytes(skb, 12, &w, 4)) return 0; return w; }
// expect: cgroup_egress holds
SEC("cgroup_skb/egress") int cgroup_egress(struct __sk_buff *skb) { PACKET(skb); if (data + 20 > end) return 0; return data[9] != 6; }
// expect: ports_in_order holds
SEC("xdp") int ports_in_order(struct xdp_md *ctx)
{
	PACKET(ctx);
	if (data + 54 > end) return XDP_PASS;
	if (data[12] != 8 || data[13]) return XDP_PASS;
	if (data[23] != 6) return XDP_PASS;
	return *(__u16 *)(data + 36) == __builtin_bswap16(22) ? XDP_DROP : XDP_PASS;
}
// expect: connect4 holds
SEC("cgroup/connect4") int connect4(struct bpf_sock_addr *ctx) { return ctx->user_ip4 != 0x0100007f; }
// expect: connect4_write holds
SEC("cgroup/connect4") int connect4_write(struct bpf_sock_addr *ctx) { ctx->user_port = __builtin_bswap16(8080); return 1; }
// expect: sock_create_family holds
SEC("cgroup/sock_create") int sock_create_family(struct bpf_sock *sk) { return sk->family == 2; }
// expect: device holds
SEC("cgroup/dev") int device(struct bpf_cgroup_dev_ctx *ctx) { return ctx->major == 1; }
// expect: pull_and_copy holds
SEC("tc") int pull_and_copy(struct __sk_buff *skb) { __u16 type = 0; if (bpf_skb_pull_data(skb, 40) || bpf_skb_load_bytes(skb, 12, &type, 2)) return 2; return type == 8 ? 0 : 2; }
// expect: frame_socket holds
SEC("tc") int frame_socket(struct __sk_buff *skb) { struct bpf_sock *sk = skb->sk; if (!sk || sk->family != 17) return -1; sk = bpf_sk_fullsock(sk); return sk ? 2 : -1; }
// expect: copy_is_the_packet holds
SEC("tc") int copy_is_the_packet(struct __sk_buff *skb)
{
	PACKET(skb);
	__u8 b[4];
	if (data + 16 > end) return 0;
	return bpf_skb_load_bytes(skb, 12, b, 4) || b[1] != data[13] || b[3] != data[15] ? 99 : 0;
}
// expect: copy_of_what_was_written holds
SEC("tc") int copy_of_what_was_written(struct __sk_buff *skb)
{
	PACKET(skb);
	__u8 b = 0;
	if (data + 16 > end) return 0;
	data[14] = 3;
	return bpf_skb_load_bytes(skb, 14, &b, 1) || b != 3 ? 99 : 0;
}
// expect: one_of_two_places holds
SEC("cgroup_skb/egress") int one_of_two_places(struct __sk_buff *skb)
{
	PACKET(skb);
	__u32 at = skb->protocol == 8 ? 20 : skb->mark;
	__u8 b = 0;
	if (data + 24 > end || skb->protocol != 8) return 1;
	return bpf_skb_load_bytes(skb, at, &b, 1) || b != data[20] ? 99 : 1;
}
// expect: xdp_copy_is_the_packet holds
SEC("xdp") int xdp_copy_is_the_packet(struct xdp_md *ctx)
{
	PACKET(ctx);
	__u8 b[2];
	if (data + 16 > end) return XDP_PASS;
	return bpf_xdp_load_bytes(ctx, 14, b, 2) || b[1] != data[15] ? 99 : XDP_PASS;
}
// expect: one_cookie_of_a_packet holds
SEC("cgroup_skb/egress") int one_cookie_of_a_packet(struct __sk_buff *skb) { __u64 a = bpf_get_socket_cookie(skb); return bpf_get_socket_cookie(skb) == a ? 1 : 99; }
// expect: full_as_long_as_it_lives holds
SEC("cgroup_skb/egress") int full_as_long_as_it_lives(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	if (!sk) return 1;
	return !bpf_sk_fullsock(sk) == !bpf_sk_fullsock(sk) ? 1 : 99;
}
// expect: two_copies_agree holds
SEC("tc") int two_copies_agree(struct __sk_buff *skb)
{
	PACKET(skb);
	__u16 b = 0, c = 0;
	__u32 at = skb->mark;
	if (at > 30 || data + 40 > end) return 0;
	return bpf_skb_load_bytes(skb, at, &b, 2) || bpf_skb_load_bytes(skb, at + 1, &c, 2) || (b >> 8) != (c & 255) ? 99 : 0;
}
