/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks of unix sockets: whom a program talks to, by the name of the socket at the other end.
 *
 * unix_stream_connect   connecting a stream or a sequence of packets
 * unix_may_send         connecting a datagram socket, and each send to an address
 *
 * A socket with a path is the file that bind(2) made, wherever it is now; an abstract name is its bytes. Who has no name
 * (socketpair, unbound) can only be talked to by those who were given the socket, and is not asked about.
 */
#ifndef CORDON_BPF_UNIX_H
#define CORDON_BPF_UNIX_H

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

#endif
