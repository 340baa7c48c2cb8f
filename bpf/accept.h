/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks of connections that come in.
 *
 * socket_listen, socket_accept  the listener has a note, which the kernel copies into every connection that it makes from
 *                               then on, or does not make it (maps.h): not to be had is a refusal
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
 * accepted, and one that was before the guard came, is not asked about. Unix sockets are judged where they connect.
 */
#ifndef CORDON_BPF_ACCEPT_H
#define CORDON_BPF_ACCEPT_H

#include "destination.h"

/* The listener's note, so that its connections have theirs. */
static __always_inline int listener_note(struct socket *sock)
{
	struct sock *sk = sock->sk;

	if (!sk || family_local(sk->__sk_common.skc_family))
		return 0;
	return note_of(sk) ? 0 : -ENOMEM;
}

SEC("lsm/socket_listen")
int BPF_PROG(cordon_listener, struct socket *sock, int backlog, int ret)
{
	return ret ? ret : listener_note(sock);
}

SEC("lsm/socket_accept")
int BPF_PROG(cordon_acceptor, struct socket *sock, struct socket *fresh, int ret)
{
	return ret ? ret : listener_note(sock);
}

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
	if (!note)
		return 0;
	note->accepted = 0;
	note->from = from;
	note->incoming = 1;
	note->current = 0; /* the listener's is not its own */
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

	if (!current || !sk || family_local(sk->__sk_common.skc_family))
		return 0;
	return accepted_refused(bpf_sk_storage_get(&notes, sk, NULL, 0), current) ? -EPERM : 0;
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
