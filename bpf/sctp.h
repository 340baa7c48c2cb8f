/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What setsockopt(2) does on an SCTP socket that elsewhere bind(2) and connect(2) do, past their hooks.
 *
 * sctp_bind_connect   SCTP_SOCKOPT_BINDX_ADD: the address, when it is one; several are unknown
 *                     SCTP_SOCKOPT_CONNECTX: begins an association, which is a packet to each address: unknown, as all that SCTP
 *                     reaches
 *
 * The kernel calls it for other reasons, too: for an address that the peer announces, in whatever task's time its packet
 * comes; for the peer that a message begins an association with, which socket_sendmsg has judged. These pass.
 */
#ifndef CORDON_BPF_SCTP_H
#define CORDON_BPF_SCTP_H

#include "net.h"

#define SCTP_SOCKOPT_BINDX_ADD 100 /* include/uapi/linux/sctp.h */
#define SCTP_SOCKOPT_CONNECTX  110
#define ONE_ADDRESS_MAX	       28 /* struct sockaddr_in6; two of IPv4 are longer */

SEC("lsm/sctp_bind_connect")
int BPF_PROG(cordon_sctp_bind_connect, struct sock *sk, int optname, struct sockaddr *address, int len, int ret)
{
	u64 current = policy_current();
	struct destination to = {};

	if (ret)
		return ret;
	if (!current || (optname != SCTP_SOCKOPT_BINDX_ADD && optname != SCTP_SOCKOPT_CONNECTX))
		return 0;
	if (optname == SCTP_SOCKOPT_BINDX_ADD && (u32)len <= ONE_ADDRESS_MAX)
		return bind_decide(sk, (u64)address, len, current) ? -EPERM : 0;
	to.family = sk->__sk_common.skc_family;
	to.type = sk->sk_type;
	to.protocol = sk->sk_protocol;
	to.unknown = 1;
	return net_ask(&to, current, optname == SCTP_SOCKOPT_CONNECTX ? CORDON_OP_REACH : CORDON_OP_BIND) ? -EPERM : 0;
}

#endif
