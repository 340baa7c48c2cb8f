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
 */
#ifndef CORDON_BPF_UNIX_H
#define CORDON_BPF_UNIX_H

#include "destination.h"
#include "names.h"

/* Not 0: refuse. */
static __noinline int unix_ask(u64 other)
{
	struct unix_sock *peer = (struct unix_sock *)other;
	struct unix_address *address = BPF_CORE_READ(peer, addr);
	u64 dentry = (u64)BPF_CORE_READ(peer, path.dentry), name, current = policy_current();
	struct request *request;
	char first = 0;
	int len;

	if (!current)
		return 0;
	if (dentry)
		return name_ask(CORDON_OP_CONNECT, dentry, (u64)BPF_CORE_READ(peer, path.mnt), 0);
	if (!address)
		return 0;
	name = (u64)address + bpf_core_field_offset(struct unix_address, name) + sizeof(u16);
	len = BPF_CORE_READ(address, len) - (int)sizeof(u16);
	if (len < 1)
		return 0;
	/* Bound by a path that is gone: nobody finds it by a name. */
	if (!bpf_probe_read_kernel(&first, sizeof(first), (void *)name) && first)
		return 0;
	request = ask_request();
	if (request) {
		request->abstract = name + 1;
		request->abstract_len = len - 1;
		request->ops = OP_BIT(CORDON_OP_CONNECT);
	}
	return cordon_ask(current, CORDON_OP_CONNECT, 0);
}

SEC("lsm/unix_stream_connect")
int BPF_PROG(cordon_unix_stream_connect, struct sock *sock, struct sock *other, struct sock *fresh, int ret)
{
	if (ret)
		return ret;
	return unix_ask((u64)other) ? -EACCES : 0;
}

SEC("lsm/unix_may_send")
int BPF_PROG(cordon_unix_may_send, struct socket *sock, struct socket *other, int ret)
{
	if (ret)
		return ret;
	return unix_ask((u64)BPF_CORE_READ(other, sk)) ? -EACCES : 0;
}

/* Did this socket bind the name it has? Else it was accepted, and the name is the listener's. */
static __always_inline bool unix_bound(const struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_hash) > UNIX_HASH_MOD || BPF_CORE_READ(sk, __sk_common.skc_bind_node.pprev);
}

/* A send. Not 0: refuse. */
static __always_inline int unix_send(const struct socket *socket)
{
	struct sock *sk = socket->sk;
	u64 current = policy_current();
	struct subject *subject;
	struct sock *peer;

	if (!current || !sk || sk->__sk_common.skc_family != AF_UNIX || sk->sk_type == SOCK_DGRAM)
		return 0;
	subject = ask_subject(current);
	if (net_idle(subject, CORDON_OP_CONNECT))
		return 0;
	peer = BPF_CORE_READ((struct unix_sock *)sk, peer);
	return peer && !unix_bound(peer) ? unix_ask((u64)peer) : 0;
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
	if (!(mask & MAY_WRITE) || (file->f_inode->i_mode & S_IFMT) != S_IFSOCK)
		return 0;
	sock = bpf_sock_from_file(file);
	return sock && unix_send(sock) ? -EACCES : 0;
}

#endif
