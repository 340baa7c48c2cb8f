/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * On their way to a device (tc egress, by a link to each device): what cgroup_skb (wire.h) does not see.
 *
 * What a tunnel makes of a packet (vxlan, geneve, gre, ipip, sit, WireGuard, IPsec, L2TP): the packet that goes into it was judged as its
 * sender's; what comes out is the kernel's, and is judged as nobody's packets are: for user 0 without program, service, login. The kernel
 * notes in it where the head of the other one is. L2TP does not: over IP it is known by its protocol, behind extension headers too. Where it
 * goes stands in its own head, wherever that is on this device.
 *
 * Frames of packet sockets, which have no socket of IP. The hook of sending notes the sender and asks nothing about the destination
 * (packet.h says when); here it is read from the frame and judged for his class, as a packet's is.
 *
 *     Ethernet, up to two VLAN tags, IPv4 or IPv6   by address, protocol and port, as in wire.h. The link's own address is
 *                                                   not judged: who is on the same link can be sent anything (CAVEATS.md)
 *     any other frame or link; ARP                  unknown destination: every forbid, no permit
 *     a checksum left to be filled in               unknown: the place it goes to is the sender's choice, and may be an address
 *     by somebody else than the running task, or under an earlier policy
 *                                                   refused: the note is about another send
 *     by somebody whom no rule about reach holds    passes
 *     by nobody (no hook saw it)                    decide() for user 0 without program, service, login
 *
 * What has neither passes: it has a socket of IP, and was judged (wire.h); or nobody's: forwarded packets, among them what a
 * tun device's owner writes, whose making is judged (number.h); ARP, ND, IGMP; PPPoE sockets have unknown destinations at
 * their own hook. A frame that goes through several devices (VLAN, bridge, bond) is judged at each. The first device meets it inside the
 * call that sends it; where an upper one was given a queue, a lower one may meet it while another task runs, and refuses it.
 *
 * A transmit ring is memory that the sender still writes to: what is judged is first copied (bpf_skb_pull_data), and what lies
 * further behind is unknown.
 *
 * AF_UNSPEC is the family of the packet with which the daemon runs this program by itself: it tells how often the devices of
 * its network namespace have changed.
 */
#ifndef CORDON_BPF_FRAME_H
#define CORDON_BPF_FRAME_H

#include "wire.h"

#define FRAME_PASS  -1 /* TCX_NEXT: other programs go on */
#define FRAME_DROP  2  /* TCX_DROP */
#define FRAME_HEAD  256u
#define FRAME_TYPE  12u /* where the frame's type stands */
#define FRAME_TAGS  2

/* The packet as the kernel has it, as a number: what is read there is read by helper. */
static __always_inline u64 frame_address(struct __sk_buff *skb)
{
	struct __sk_buff *at = skb;
	u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &at);
	return address;
}

/* How the packet was made. */
enum frame_made {
	FRAME_OWN,
	FRAME_TUNNEL, /* of another packet, by a tunnel of this machine */
	FRAME_L2TP,   /* the same over IP; perhaps so, where extension headers come first */
};

/* The protocol that its head names, where the kernel has that. */
static __always_inline u32 frame_next(struct __sk_buff *skb, struct sk_buff *kernel)
{
	u64 head = (u64)BPF_CORE_READ(kernel, head) + BPF_CORE_READ(kernel, network_header);
	u8 next = NEXT_NONE;

	if (skb->protocol == bpf_htons(ETH_P_IP))
		bpf_probe_read_kernel(&next, sizeof(next), (void *)(head + __builtin_offsetof(struct header4, protocol)));
	else if (skb->protocol == bpf_htons(ETH_P_IPV6))
		bpf_probe_read_kernel(&next, sizeof(next), (void *)(head + __builtin_offsetof(struct header6, next)));
	return next;
}

/* A tunnel notes where the head of the packet inside is (skb_reset_inner_headers(), include/linux/skbuff.h); what is sent otherwise has no
 * inner head: alloc_skb() clears it. L2TP over IP has none either (net/l2tp/l2tp_core.c). A frame of a packet socket is its sender's, whatever
 * protocol he wrote into it. */
static __always_inline u32 frame_made(struct __sk_buff *skb)
{
	struct sk_buff *kernel = (void *)frame_address(skb);
	struct bpf_sock *sk = skb->sk;
	u32 next;

	if (BPF_CORE_READ(kernel, inner_network_header))
		return FRAME_TUNNEL;
	if (sk && sk->family == AF_PACKET)
		return FRAME_OWN;
	next = frame_next(skb, kernel);
	return next == IPPROTO_L2TP || (skb->protocol == bpf_htons(ETH_P_IPV6) && wire_extends(next)) ? FRAME_L2TP : FRAME_OWN;
}

/* Is it one whose addresses are where they are expected, and stay what they are? */
static __always_inline bool frame_plain(struct __sk_buff *skb)
{
	struct sk_buff *kernel = (void *)frame_address(skb);
	u32 type = BPF_CORE_READ(kernel, dev, type);

	return (type == ARPHRD_ETHER || type == ARPHRD_LOOPBACK) &&
	       BPF_CORE_READ_BITFIELD_PROBED(kernel, ip_summed) != CHECKSUM_PARTIAL;
}

/* The type behind the tags; w->at is where its packet begins. 0: it ends before. */
static __always_inline u32 frame_type(struct __sk_buff *skb, struct wire *w)
{
	__be16 type = 0;
	int i;

	w->at = FRAME_TYPE;
	for (i = 0; i <= FRAME_TAGS; i++) {
		if (bpf_skb_load_bytes(skb, w->at, &type, sizeof(type)))
			return 0;
		w->at += sizeof(type);
		if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD))
			return type;
		w->at += sizeof(type);
	}
	return 0;
}

/* The same of a tunnel's packet: the kernel wrote its head, and knows where. */
static __always_inline u32 frame_tunnel_type(struct __sk_buff *skb, struct wire *w)
{
	struct sk_buff *kernel = (void *)frame_address(skb);

	w->at = BPF_CORE_READ(kernel, network_header) - (u32)((u64)BPF_CORE_READ(kernel, data) - (u64)BPF_CORE_READ(kernel, head));
	return skb->protocol;
}

/* Where the frame goes. Always 0. */
static __noinline int frame_read(struct __sk_buff *skb, struct wire *w)
{
	u32 type;

	w->to.family = AF_PACKET;
	w->to.unknown = 1;
	if ((!w->tunnel && !frame_plain(skb)) || bpf_skb_pull_data(skb, skb->len < FRAME_HEAD ? skb->len : FRAME_HEAD))
		return 0;
	type = w->tunnel ? frame_tunnel_type(skb, w) : frame_type(skb, w);
	if (type != bpf_htons(ETH_P_IP) && type != bpf_htons(ETH_P_IPV6))
		return 0;
	wire_read(skb, w, type);
	if (w->at > FRAME_HEAD - sizeof(struct header_tcp))
		w->to.unknown = 1;
	return 0;
}

/* Whose frame it is. 0, a reason, or WIRE_NO_RULE. */
static __always_inline int frame_whose(struct wire *w, struct note *note)
{
	u64 version, then, class, pid;

	if (!note)
		return 0;
	version = *(volatile u64 *)&note->version;
	then = *(volatile u64 *)&note->current;
	class = *(volatile u64 *)&note->class;
	pid = *(volatile u64 *)&note->pid;
	if ((version & 1) || *(volatile u64 *)&note->version != version || then != w->current)
		return CORDON_REASON_SENDER;
	if (pid >> 32 != (u32)BPF_CORE_READ(bpf_get_current_task_btf(), tgid))
		return CORDON_REASON_SENDER;
	w->class = class;
	return class ? 0 : WIRE_NO_RULE;
}

/* A frame of a packet socket: whose it is, as frame_whose() says; WIRE_NO_RULE: it is none. */
static __always_inline int frame_sender(struct __sk_buff *skb, struct wire *w, struct note **ret_note)
{
	struct bpf_sock *sk = skb->sk;

	if (!sk)
		return WIRE_NO_RULE;
	if (sk->family == AF_UNSPEC)
		cordon_state.devices = packet_devices(BPF_CORE_READ(bpf_get_current_task_btf(), nsproxy, net_ns));
	if (sk->family != AF_PACKET || !w->current)
		return WIRE_NO_RULE;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return CORDON_REASON_SENDER; /* none of that family is otherwise */
	*ret_note = wire_note(skb, sk);
	return frame_whose(w, *ret_note);
}

SEC("?tc")
int cordon_frame(struct __sk_buff *skb)
{
	struct wire w = { .current = policy_current() };
	struct note *note = NULL;
	int whose = 0;

	w.tunnel = w.current ? frame_made(skb) : FRAME_OWN;
	if (!w.tunnel)
		whose = frame_sender(skb, &w, &note);
	if (whose == WIRE_NO_RULE)
		return FRAME_PASS;
	frame_read(skb, &w);
	if (w.tunnel == FRAME_L2TP && w.next != IPPROTO_L2TP && !wire_extends(w.next))
		return FRAME_PASS;
	return wire_judge(note, &w, whose) == WIRE_PASS ? FRAME_PASS : FRAME_DROP;
}

#endif
