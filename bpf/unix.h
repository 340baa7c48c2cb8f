/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks of unix sockets: whom a program talks to, by the name of the socket at the other end.
 *
 * unix_stream_connect   connecting a stream or a sequence of packets
 * unix_may_send         connecting a datagram socket, and each send of one
 * socket_sendmsg        each send on a connection: it may be older than the policy, or somebody else's who handed it over
 * file_permission       the same by sendfile and splice, before 6.5 (as in net.h)
 *
 * The last two are attached while a policy has rules about connect (src/guard/demand.c), and ask in one direction: who has the end that was
 * connected talks to the name it was connected to. Who has the end that was accepted answers, whatever name the other has bound.
 *
 * A socket with a path is the file that bind(2) made, wherever it is now; an abstract name is its bytes. Who has no name
 * (socketpair, unbound) can only be talked to by those who were given the socket, and is not asked about.
 *
 * A name is given once, and a connection is to one socket for good: so what was permitted, silently, is kept with the task, as a
 * destination is, by the cookie of the socket that has the name, and the epoch of the trees (tree.h).
 */
#ifndef CORDON_BPF_UNIX_H
#define CORDON_BPF_UNIX_H

#include "destination.h"

/* The length of a socket's abstract name, with the 0 it begins with; 0: it has none. */
static __always_inline u32 unix_abstract(const struct unix_sock *other, u64 *ret_name)
{
	struct unix_address *address = BPF_CORE_READ(other, addr);
	u64 name = (u64)address + bpf_core_field_offset(struct unix_address, name) + sizeof(u16);
	char first = 0;
	int len;

	if (!address)
		return 0;
	len = BPF_CORE_READ(address, len) - (int)sizeof(u16);
	if (len < 1)
		return 0;
	/* Bound by a path that is gone: nobody finds it by a name. */
	if (!bpf_probe_read_kernel(&first, sizeof(first), (void *)name) && first)
		return 0;
	*ret_name = name;
	return len;
}

/* May the running task talk to this socket? Not 0: refuse. */
static __noinline int unix_ask(struct sock *other)
{
	u64 current = policy_current(), at[2] = { other->__sk_common.skc_cookie.counter, kept_epoch() };
	struct subject *subject = ask_subject(current);
	struct request *request;
	u64 dentry, name = 0;
	u32 len = 0;

	if (!current || net_idle(subject, CORDON_OP_CONNECT))
		return 0;
	if (subject && reached_before(subject, peer_key, at)) {
		count(cached);
		return 0;
	}
	dentry = (u64)BPF_CORE_READ((struct unix_sock *)other, path.dentry);
	if (!dentry)
		len = unix_abstract((struct unix_sock *)other, &name);
	if (!dentry && !len)
		return 0;
	request = ask_request();
	if (request) {
		request->dentry = dentry;
		if (dentry) {
			request->mount = (u64)BPF_CORE_READ((struct unix_sock *)other, path.mnt);
		} else {
			request->abstract = name + 1;
			request->abstract_len = len - 1;
		}
		request->ops = OP_BIT(CORDON_OP_CONNECT);
		request->to.addr[0] = bpf_get_socket_cookie(other);
		request->to.addr[1] = at[1];
	}
	return cordon_ask(current, CORDON_OP_CONNECT, 0);
}

SEC("lsm/unix_stream_connect")
int BPF_PROG(cordon_unix_stream_connect, struct sock *sock, struct sock *other, struct sock *fresh, int ret)
{
	if (ret)
		return ret;
	return unix_ask(other) ? -EACCES : 0;
}

SEC("lsm/unix_may_send")
int BPF_PROG(cordon_unix_may_send, struct socket *sock, struct socket *other, int ret)
{
	struct sock *sk = other->sk;

	if (ret)
		return ret;
	return sk && unix_ask(sk) ? -EACCES : 0;
}

/* Did this socket bind the name it has? Else it was accepted, and the name is the listener's. */
static __always_inline bool unix_bound(const struct sock *sk)
{
	return sk->__sk_common.skc_hash > UNIX_HASH_MOD || sk->__sk_common.skc_bind_node.pprev;
}

/* A send. Not 0: refuse. */
static __always_inline int unix_send(const struct socket *socket)
{
	struct sock *sk = socket->sk, *peer;
	struct unix_sock *end;

	if (!sk || sk->sk_type == SOCK_DGRAM)
		return 0;
	end = bpf_skc_to_unix_sock(sk); /* NULL: it is none */
	if (!end)
		return 0;
	peer = end->peer;
	return peer && !unix_bound(peer) ? unix_ask(peer) : 0;
}

SEC("lsm/socket_sendmsg")
int BPF_PROG(cordon_unix_send, struct socket *sock, struct msghdr *msg, int size, int ret)
{
	if (ret)
		return ret;
	return unix_send(sock) ? -EACCES : 0;
}

SEC("?lsm/file_permission")
int BPF_PROG(cordon_unix_write, struct file *file, int mask, int ret)
{
	struct socket *sock;

	if (ret)
		return ret;
	sock = destination_file(file, mask);
	return sock && unix_send(sock) ? -EACCES : 0;
}

#endif
