/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks of connections that come in.
 *
 * sock_graft                    inside accept(2), with the new socket: the first place that knows both who takes the
 *                               connection and who is at the other end. It cannot refuse. What it is answered is
 *                               noted with the socket, and the event is written
 * socket_recvmsg                receiving on it, by any call and from any ring
 * socket_getsockopt             TCP_ZEROCOPY_RECEIVE, which is receiving, too
 * file_permission               reading from a socket's file: the only hook that splice meets
 * net.h: socket_sendmsg, file_permission  sending on it
 *
 * So a connection that may not be taken has a descriptor and is of no use: nothing is read from it, nothing is sent.
 * It is asked about again after every change of the policy, then of whoever uses it; a socket that was never
 * accepted, and one that was before the guard came, is not asked about. Of unix sockets the end that connected is judged (unix.h).
 */
#ifndef CORDON_BPF_ACCEPT_H
#define CORDON_BPF_ACCEPT_H

#include "destination.h"
#include "note.h"

/* Who is at the other end. */
static __noinline int incoming_peer(struct destination *from, struct sock *sk)
{
	u32 family = sk->__sk_common.skc_family;
	u64 addr[2];

	destination_begin(from, sk, family);
	if (family == AF_INET) {
		destination_v4(from, sk->__sk_common.skc_daddr, sk->__sk_common.skc_dport);
	} else if (family == AF_INET6) {
		__builtin_memcpy(addr, &sk->__sk_common.skc_v6_daddr, sizeof(addr));
		destination_v6(from, addr, sk->__sk_common.skc_dport, false);
	} else if (family == AF_VSOCK) {
		from->type = sk->sk_type;
		/* struct vsock_sock: a sock, a pointer, the own address, the other's. Its type is in a module, so it is
		 * counted here; believed is only what says of itself that it is an address of vsock. */
		destination_vsock(from, (u64)sk + bpf_core_type_size(struct sock) + sizeof(u64) + sizeof(struct name_vsock),
				  sizeof(struct name_vsock));
	}
	return 0;
}

/* May the running task take this connection? Not 0: refuse. What is permitted is noted. */
static __noinline int incoming_ask(struct note *note, u64 current)
{
	struct subject *subject = ask_subject(current);

	if (!net_idle(subject, CORDON_OP_ACCEPT) && net_ask(&note->from, current, CORDON_OP_ACCEPT))
		return 1;
	note->accepted = current;
	return 0;
}

/* Not 0: the socket of this note was accepted, and the running task may not take it under this policy. */
static __always_inline int accepted_refused(struct note *note, u64 current)
{
	if (!note || !note->incoming || note->accepted == current)
		return 0;
	return incoming_ask(note, current);
}

/* There was no room to note that this connection was taken: it is of no use from now on. Of a range of sockets, so it may hit others
 * that have no note either. */
static __always_inline void incoming_lose(struct sock *sk)
{
	u64 cookie = sk->__sk_common.skc_cookie.counter; /* given when a slot was looked for */

	if (!notes_lost_first || cookie < notes_lost_first)
		notes_lost_first = cookie;
	if (cookie > notes_lost_last)
		notes_lost_last = cookie;
}

static __always_inline bool incoming_lost(u64 cookie, u64 current)
{
	return cookie && cookie >= *(volatile u64 *)&notes_lost_first && cookie <= *(volatile u64 *)&notes_lost_last &&
	       *(volatile u64 *)&cordon_state.no_accept != current;
}

SEC("lsm/sock_graft")
int BPF_PROG(cordon_sock_graft, struct sock *sk, struct socket *parent)
{
	struct destination from = {};
	u64 current = policy_current();
	struct note *note;

	if (family_local(sk->__sk_common.skc_family))
		return 0;
	incoming_peer(&from, sk);
	note = note_of(sk);
	if (!note) {
		incoming_lose(sk);
		return 0;
	}
	note->accepted = 0;
	note->from = from;
	note->incoming = 1;
	note->current = 0; /* nobody sent on it yet */
	if (current && *(volatile u64 *)&cordon_state.no_accept == current)
		note->accepted = current;
	else if (current)
		incoming_ask(note, current);
	return 0;
}

static __always_inline int incoming_used(struct socket *sock)
{
	u64 current = policy_current();
	struct sock *sk = sock->sk;
	struct note *note;
	u64 cookie;

	if (!current || !sk || family_local(sk->__sk_common.skc_family))
		return 0;
	cookie = sk->__sk_common.skc_cookie.counter;
	note = note_at(sk, cookie);
	if (!note && incoming_lost(cookie, current))
		return cordon_ask(current, ASK_NOTE, 0) ? -EPERM : 0;
	return accepted_refused(note, current) ? -EPERM : 0;
}

SEC("lsm/socket_recvmsg")
int BPF_PROG(cordon_socket_recvmsg, struct socket *sock, struct msghdr *msg, int size, int flags, int ret)
{
	return ret ? ret : incoming_used(sock);
}

SEC("lsm/socket_getsockopt")
int BPF_PROG(cordon_socket_getsockopt, struct socket *sock, int level, int optname, int ret)
{
	if (ret)
		return ret;
	return level == IPPROTO_TCP && optname == TCP_ZEROCOPY_RECEIVE ? incoming_used(sock) : 0;
}

SEC("lsm/file_permission")
int BPF_PROG(cordon_splice, struct file *file, int mask, int ret)
{
	struct socket *sock;

	if (ret)
		return ret;
	if (!(mask & MAY_READ) || (file->f_inode->i_mode & S_IFMT) != S_IFSOCK)
		return 0;
	sock = bpf_sock_from_file(file);
	return sock ? incoming_used(sock) : 0;
}

#endif
