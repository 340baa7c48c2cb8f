/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the hooks of sockets say of an address: the one form in which a destination, a local address or a peer is judged
 * (struct destination), made from the forms the kernel has.
 */
#ifndef CORDON_BPF_DESTINATION_H
#define CORDON_BPF_DESTINATION_H

#include "ask.h"

static __always_inline void destination_v4(struct destination *to, __be32 addr, __be16 port)
{
	if (!addr)
		addr = bpf_htonl(0x7f000001);
	to->addr[0] = 0;
	to->addr[1] = bpf_htonl(0xffff) | (u64)addr << 32;
	to->port = bpf_ntohs(port);
}

/* `addr` is on the stack. `local4`: the socket's own address is an IPv4 one, so "any" is 127.0.0.1. */
static __always_inline void destination_v6(struct destination *to, const u64 *addr, __be16 port, bool local4)
{
	to->addr[0] = addr[0];
	to->addr[1] = addr[1];
	to->port = bpf_ntohs(port);
	if (!addr[0] && !addr[1])
		to->addr[1] = local4 ? bpf_htonl(0xffff) | (u64)bpf_htonl(0x7f000001) << 32 : (u64)bpf_htonl(1) << 32;
	else if (!addr[0] && addr[1] == bpf_htonl(0xffff))
		to->addr[1] = bpf_htonl(0xffff) | (u64)bpf_htonl(0x7f000001) << 32;
}

static __always_inline bool family_local(u32 family)
{
	return family == AF_UNIX || family == AF_NETLINK || family == AF_ALG;
}

/* An address of vsock. */
static __noinline int destination_vsock(struct destination *to, u64 name, u32 len)
{
	struct name_vsock address = {};

	to->protocol = CORDON_IPPROTO_VSOCK;
	to->unknown = 1;
	if (len < sizeof(address) || bpf_probe_read_kernel(&address, sizeof(address), (void *)name) ||
	    address.family != AF_VSOCK)
		return 1;
	to->addr[0] = VSOCK_ADDR_HIGH;
	to->addr[1] = VSOCK_ADDR_LOW | (u64)bpf_htonl(address.cid) << 32;
	to->port = address.port;
	to->unknown = 0;
	return 1;
}

/* Does this protocol send to the address it was given, and only there? */
static __always_inline bool protocol_plain(u32 type, u32 protocol)
{
	if (type == SOCK_STREAM)
		return protocol == IPPROTO_TCP;
	return type == SOCK_DGRAM && (protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE ||
				      protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6);
}

static __always_inline bool protocol_udp(u32 protocol)
{
	return protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE;
}

/* A source route or a routing header that the socket puts on everything. */
static __noinline bool socket_rerouted(struct sock *sk, u32 family)
{
	struct inet_sock *inet = (struct inet_sock *)sk;
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	struct ip_options_rcu *opt4;
	struct ipv6_txoptions *opt6;

	/* Of TCP by its type: reading by helper is dear. */
	opt4 = tcp ? tcp->inet_conn.icsk_inet.inet_opt : BPF_CORE_READ(inet, inet_opt);
	if (opt4 && BPF_CORE_READ(opt4, opt.srr))
		return true;
	if (family != AF_INET6)
		return false;
	opt6 = BPF_CORE_READ(inet, pinet6, opt);
	return opt6 && BPF_CORE_READ(opt6, srcrt);
}

/* What is the same for every request about this socket. */
static __always_inline void destination_begin(struct destination *to, struct sock *sk, u32 family)
{
	to->family = family;
	to->unknown = 1;
	if (!sk || (family != AF_INET && family != AF_INET6))
		return;
	to->type = sk->sk_type;
	to->protocol = sk->sk_protocol;
	to->unknown = !protocol_plain(to->type, to->protocol) || socket_rerouted(sk, family);
}

/* Nothing. But what it is given is one thing for the verifier from here on, however it was come by: it follows one way, not one
 * for each form of an address. */
__noinline int destination_merge(struct destination *to)
{
	asm volatile("" : "+r"(to) : : "memory");
	return 0;
}

/* The socket whose file is written to; NULL: none is. */
static __always_inline struct socket *destination_file(struct file *file, int mask)
{
	if (!(mask & MAY_WRITE) || (file->f_inode->i_mode & S_IFMT) != S_IFSOCK)
		return NULL;
	return bpf_sock_from_file(file);
}

/* Ask the core about a destination or a socket. Not 0: refuse. */
static __noinline int net_ask(const struct destination *to, u64 current, u32 op)
{
	struct request *request = ask_request();

	if (request)
		request->to = *to;
	return cordon_ask(current, op, 0);
}

/* Is nothing asked of this task, whatever the object? */
#define net_idle(subject, op) ((subject) && !((subject)->active >> (op) & 1))

#endif
