/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sends on packet sockets (AF_PACKET), as their hook sees them: the frame is in the program's memory and names its destination
 * by itself, so the destination is unknown, every forbid holds and no permit does. With one exception: when each frame will be
 * judged on its way by the program at its device (frame.h), nothing is asked here and only the sender is noted. That is so
 *
 *     for a subject whom an enforced rule permits packet sockets by name (CORDON_OP_FRAME)
 *     in the network namespace in which every device has the program, as the daemon said (cordon_state.frames), and no device
 *         has come since: the kernel counts that
 *     on a socket that does not go past the devices' programs (PACKET_QDISC_BYPASS)
 *
 * socket_setsockopt   that option would be set, possibly between the question and the frame: it leads to an unknown destination
 *
 * On kernels before 6.6, which have no link of a program to a device, and whose sockets do not tell of that option, the
 * destination stays unknown.
 */
#ifndef CORDON_BPF_PACKET_H
#define CORDON_BPF_PACKET_H

#include "destination.h"

/* A network namespace and its devices, as cordon_state has them. */
static __always_inline u64 packet_devices(struct net *net)
{
	u64 inode = BPF_CORE_READ(net, ns.inum);

	return inode << 32 | BPF_CORE_READ(net, dev_base_seq);
}

/* Does the socket say that its frames pass the programs of its device? */
static __always_inline bool packet_passes(struct sock *sk)
{
	struct packet_sock *packet = (void *)sk;

	if (!bpf_core_enum_value_exists(enum packet_sock_flags, PACKET_SOCK_QDISC_BYPASS))
		return false;
	return !(BPF_CORE_READ(packet, flags) >> bpf_core_enum_value(enum packet_sock_flags, PACKET_SOCK_QDISC_BYPASS) & 1);
}

/* Is what the running task sends on a packet socket judged frame by frame? */
static __noinline int packet_frames(struct sock *sk, u64 current)
{
	u64 frames = *(volatile u64 *)&cordon_state.frames;
	u64 at = (u64)sk;

	if (!frames || !packet_passes((void *)at) || packet_devices(BPF_CORE_READ((struct sock *)at, __sk_common.skc_net.net)) != frames)
		return 0;
	return ask_request() && !cordon_ask(current, CORDON_OP_FRAME, 0);
}

SEC("lsm/socket_setsockopt")
int BPF_PROG(cordon_socket_setsockopt, struct socket *sock, int level, int optname, int ret)
{
	struct destination to = { .family = AF_PACKET, .unknown = 1 };
	u64 current = policy_current();

	if (ret)
		return ret;
	if (!current || level != SOL_PACKET || optname != PACKET_QDISC_BYPASS)
		return 0;
	return net_ask(&to, current, CORDON_OP_REACH) ? -EPERM : 0;
}

#endif
