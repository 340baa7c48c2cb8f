/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks of sockets.
 *
 * socket_create    (family, type, protocol) of every socket a program makes; the kernel's own pass
 * socket_connect   the address it is given
 * socket_bind      the address it is given; any and port 0 as they are
 * socket_listen    without an address: bound to any address and some port
 * socket_sendmsg   the peer a socket has, and every address a message brings along
 * file_permission  writing to a socket's file: before 6.5 the only hook that sendfile and splice meet; later kernels take
 *                  them through socket_sendmsg, and it is not loaded (src/guard/object.c)
 *
 * Which address counts (each line is a way round a guard that looks only at what it is handed):
 *     the peer of a connected socket      always; TCP ignores the address of a message
 *     the message's address               datagrams, and streams with MSG_FASTOPEN, which is a connect
 *     an unfinished (corked) datagram     its address; that of later parts is ignored
 *     AF_UNSPEC in a message              on an IPv4 socket it is IPv4; on an IPv6 socket no address at all
 *     ::ffff:a.b.c.d                      a.b.c.d
 *     0.0.0.0 and ::                      this machine: 127.0.0.1 and ::1
 *     source routes and routing headers   another address on the wire: unknown. By option, by control message, by
 *                                         flow label
 *     raw sockets, MPTCP, SCTP, others    the program, or the peer, chooses further addresses: unknown
 * An unknown destination has the set meta.addr_unknown: every forbid, no permit.
 *
 * AF_UNIX (unix.h), AF_NETLINK and AF_ALG go nowhere else and are no destinations. connect(AF_UNSPEC) only takes a peer away.
 */
#ifndef CORDON_BPF_NET_H
#define CORDON_BPF_NET_H

#include "accept.h"
#include "packet.h"
#include "sender.h"

#define CONTROL_MAX 64u /* control messages of one message; more are not read: unknown */

struct control_context {
	u64 at, left;
	u32 unknown;
};

/* One control message of a send. */
static int control_step(u32 i, struct control_context *c)
{
	struct control_header header;

	if (c->left < sizeof(header))
		return 1;
	c->unknown = 1;
	if (i + 1 >= CONTROL_MAX || bpf_probe_read_kernel(&header, sizeof(header), (void *)c->at) ||
	    header.len < sizeof(header) || header.len > c->left)
		return 1;
	if (header.level == SOL_IP && header.type == IP_RETOPTS)
		return 1;
	if (header.level == SOL_IPV6 && (header.type == IPV6_RTHDR || header.type == IPV6_2292RTHDR ||
					 header.type == IPV6_2292PKTOPTIONS || header.type == IPV6_FLOWINFO))
		return 1;
	c->unknown = 0;
	header.len = (header.len + 7) & ~7ull;
	if (header.len >= c->left)
		return 1;
	c->at += header.len;
	c->left -= header.len;
	return 0;
}

static __noinline bool message_rerouted(struct msghdr *msg)
{
	struct control_context c = { .at = (u64)msg->msg_control, .left = msg->msg_controllen };

	bpf_loop(CONTROL_MAX, control_step, &c, 0);
	return c.unknown;
}

/* The address in kernel memory at `name`. 1 = a destination, 0 = none, unknown is marked in `to`. */
static __noinline int destination_name(struct destination *to, struct sock *sk, u64 name, u32 len, u32 connecting)
{
	struct name6 address = {};
	u32 family = sk->__sk_common.skc_family;
	u64 bound[2];

	to->unknown |= len < sizeof(struct name4);
	if (bpf_probe_read_kernel(&address, sizeof(struct name4), (void *)name))
		to->unknown = 1;
	if (address.family == AF_UNSPEC && connecting && len >= sizeof(address.family)) {
		to->unknown = 0;
		return 0;
	}
	if (address.family == AF_UNSPEC && family == AF_INET6 && len >= sizeof(address.family)) {
		to->unknown = 0;
		return 0;
	}
	if (address.family == AF_INET || (address.family == AF_UNSPEC && family == AF_INET)) {
		destination_v4(to, address.flowinfo, address.port); /* an IPv4 address stands where flowinfo does */
		return 1;
	}
	if (address.family != AF_INET6 || family != AF_INET6 || len < sizeof(address) ||
	    bpf_probe_read_kernel(&address, sizeof(address), (void *)name)) {
		to->unknown = 1;
		return 1;
	}
	/* A flow label may bring a routing header along (IPV6_FLOWLABEL_MGR). */
	if (address.flowinfo & bpf_htonl(0x000fffff))
		to->unknown = 1;
	__builtin_memcpy(bound, &sk->__sk_common.skc_v6_rcv_saddr, sizeof(bound));
	destination_v6(to, (u64 *)address.addr, address.port, !bound[0] && (u32)bound[1] == bpf_htonl(0xffff));
	return 1;
}

/* The peer the socket has. */
static __always_inline int destination_peer(struct destination *to, struct sock *sk)
{
	u64 addr[2];

	/* A stream that has no peer any more has no port and is closed (a peer may have port 0); a datagram socket is not
	 * "established". */
	if (to->type == SOCK_STREAM ? !sk->__sk_common.skc_dport && (sk->__sk_common.skc_state == TCP_CLOSE ||
								      sk->__sk_common.skc_state == TCP_LISTEN)
				    : sk->__sk_common.skc_state != TCP_ESTABLISHED)
		return 0;
	if (sk->__sk_common.skc_family == AF_INET) {
		destination_v4(to, sk->__sk_common.skc_daddr, sk->__sk_common.skc_dport);
		return 1;
	}
	__builtin_memcpy(addr, &sk->__sk_common.skc_v6_daddr, sizeof(addr));
	destination_v6(to, addr, sk->__sk_common.skc_dport, false);
	return 1;
}

/* The address of a datagram that is being put together. */
static __noinline int destination_cork(struct destination *to, struct sock *sk)
{
	struct inet_sock *inet = (struct inet_sock *)sk;
	int pending = BPF_CORE_READ((struct udp_sock *)sk, pending);
	u64 addr[2] = {};

	if (!pending)
		return 0;
	if (pending == AF_INET) {
		destination_v4(to, BPF_CORE_READ(inet, cork.fl.u.ip4.daddr), BPF_CORE_READ(inet, cork.fl.u.ip4.uli.ports.dport));
		return 1;
	}
	if (pending != AF_INET6)
		to->unknown = 1;
	BPF_CORE_READ_INTO(&addr, inet, cork.fl.u.ip6.daddr);
	destination_v6(to, addr, BPF_CORE_READ(inet, cork.fl.u.ip6.uli.ports.dport), false);
	return 1;
}

/* What was permitted, of several addresses the last, for the packets that come of it (wire.h). By way of the request: then
 * it is one way for the verifier, whatever it was. Not 0: refuse. */
static __noinline int reach_note(struct sock *sk, struct subject *subject, u64 current)
{
	const struct destination *to = &subject->request.to;
	u64 class = !net_idle(subject, CORDON_OP_REACH) ? subject->class : 0;
	bool silent = reached_before(subject, reach_key(CORDON_OP_REACH, to), to->addr);

	return sender_note(sk, current, class, to, silent ? subject : NULL) ? cordon_ask(current, ASK_NOTE, 0) : 0;
}

/* `subject` NULL: the core made it, or made it anew, when it was asked. */
static __always_inline int reach_noted(struct subject *subject, struct sock *sk, const struct destination *to, u64 current)
{
	if (!subject)
		subject = bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), NULL, 0);
	if (!subject)
		return cordon_ask(current, ASK_NOTE, 0);
	subject->request.to = *to;
	return reach_note(sk, subject, current);
}

/* May the running task reach this? Not 0: refuse. */
static __always_inline int reach(struct subject *subject, struct destination *to, u64 current)
{
	destination_merge(to);
	if (to->protocol == IPPROTO_ICMP || to->protocol == IPPROTO_ICMPV6)
		to->port = 0;
	if (subject && !to->unknown && reached_before(subject, reach_key(CORDON_OP_REACH, to), to->addr)) {
		count(cached);
		return 0;
	}
	return net_ask(to, current, CORDON_OP_REACH);
}

/* On a vsock: to the peer, or to the address that a datagram brings. */
static __noinline int send_vsock(struct subject *subject, struct sock *sk, struct msghdr *msg, u64 current)
{
	struct destination to = { .family = AF_VSOCK, .type = sk->sk_type, .protocol = CORDON_IPPROTO_VSOCK, .unknown = 1 };
	struct note *note = note_find(sk);

	if (msg && msg->msg_namelen > 0) {
		destination_vsock(&to, (u64)msg->msg_name, msg->msg_namelen);
	} else if (note && note->peer.known) {
		to.addr[0] = note->peer.addr[0];
		to.addr[1] = note->peer.addr[1];
		to.port = note->peer.port;
		to.unknown = 0;
	}
	return reach(subject, &to, current);
}

/* `msg` NULL: by write(2), sendfile or splice; there is nothing but the socket. Each of the addresses that the send
 * can mean must be permitted. */
static __always_inline int send_decide(struct subject *subject, struct sock *sk, struct msghdr *msg, u64 current)
{
	struct destination to = {};
	int answer = 0;

	destination_begin(&to, sk, sk ? sk->__sk_common.skc_family : AF_UNSPEC);
	if (sk && to.family == AF_VSOCK)
		return send_vsock(subject, sk, msg, current);
	if (msg && msg->msg_controllen && message_rerouted(msg))
		to.unknown = 1;
	if (!sk)
		return net_ask(&to, current, CORDON_OP_REACH);
	if (to.family == AF_PACKET && packet_frames(sk, current))
		return reach_noted(subject, sk, &to, current);
	if (to.unknown)
		answer = reach(subject, &to, current);
	else if (destination_peer(&to, sk))
		answer = reach(subject, &to, current);
	if (!answer && !to.unknown && protocol_udp(to.protocol) && destination_cork(&to, sk))
		answer = reach(subject, &to, current);
	if (!answer && !to.unknown && msg && msg->msg_namelen > 0 &&
	    (to.type != SOCK_STREAM || (msg->msg_flags & MSG_FASTOPEN)) &&
	    destination_name(&to, sk, (u64)msg->msg_name, msg->msg_namelen, 0))
		answer = reach(subject, &to, current);
	return answer ? answer : reach_noted(subject, sk, &to, current);
}

/* Where a message goes in the commonest cases: TCP to its peer, UDP over IPv4 to its peer or the one address it is given; with
 * no more than that. False: it is no such case, and is to be looked at closely. */
static __always_inline bool send_plain(struct destination *to, struct sock *sk, struct msghdr *msg)
{
	u32 family = sk->__sk_common.skc_family, type = sk->sk_type, namelen = msg ? msg->msg_namelen : 0;
	bool connected = sk->__sk_common.skc_state == TCP_ESTABLISHED;
	struct name4 name;

	to->protocol = sk->sk_protocol;
	if (msg && msg->msg_controllen)
		return false;
	if (type == SOCK_STREAM ? to->protocol != IPPROTO_TCP || !connected || (namelen && (msg->msg_flags & MSG_FASTOPEN)) :
				  type != SOCK_DGRAM || to->protocol != IPPROTO_UDP || sk->sk_write_queue.qlen ||
					  connected != !namelen)
		return false;
	if ((family != AF_INET && (family != AF_INET6 || !connected)) || socket_rerouted(sk, family))
		return false;
	if (connected)
		return destination_peer(to, sk);
	if (namelen < sizeof(name) || bpf_probe_read_kernel(&name, sizeof(name), msg->msg_name) || name.family != AF_INET)
		return false;
	destination_v4(to, name.addr, name.port);
	return true;
}

/* Did the process that runs send last on this socket, and is it permitted to send there, silently? Then so it is now. */
static __always_inline bool send_again(const struct subject *subject, struct note *note, struct sock *sk, struct msghdr *msg, u64 current)
{
	struct destination to = {};

	if (!sender_same(note, current, subject->class, bpf_get_current_pid_tgid()) || !send_plain(&to, sk, msg))
		return false;
	if (!sent_before(note, current, subject->class, &to))
		return false;
	sender_recent(note, sk, subject, &to, current);
	return true;
}

/* It is not what this thread did last on the socket. Not 0: refuse. */
static __noinline int net_send_closely(struct sock *sk, struct msghdr *msg, u64 current)
{
	struct note *note = NULL;
	struct subject *subject;
	u64 cookie = 0;

	if (sk && family_local(sk->__sk_common.skc_family))
		return 0;
	if (sk) {
		cookie = sk->__sk_common.skc_cookie.counter;
		note = note_at(sk, cookie);
	}
	if (sk && !note && incoming_lost(cookie, current))
		return cordon_ask(current, ASK_NOTE, 0);
	if (accepted_refused(note, current))
		return 1;
	subject = ask_subject(current);
	if (net_idle(subject, CORDON_OP_REACH)) {
		sender_note(sk, current, 0, NULL, NULL); /* without memory its packets are nobody's */
		return 0;
	}
	if (subject && sk && note && send_again(subject, note, sk, msg, current)) {
		count(cached);
		return 0;
	}
	return send_decide(subject, sk, msg, current);
}

/* A thread of the kernel is about to send on this socket: if a program made it, at whose request it is (subject.h). 0 = it has sent.
 * Not 0: no memory. */
static __noinline int send_lend(u64 sk)
{
	struct subject *subject;

	if (sk && BPF_CORE_READ_BITFIELD_PROBED((struct sock *)sk, sk_kern_sock))
		return 0;
	subject = tasks_of(bpf_get_current_task_btf());
	if (!subject)
		return 1;
	subject->lent = sk;
	subject->current = 0;
	return 0;
}

static __always_inline int net_send(struct socket *sock, struct msghdr *msg)
{
	u64 current = policy_current();
	struct sock *sk = sock->sk;
	int answer;

	if (!current)
		return 0;
	if (sk && recent_send(sk, msg, current))
		return 0;
	if (sk && of_kernel(bpf_get_current_task_btf()) && send_lend((u64)sk))
		return cordon_ask(current, ASK_NOTE, 0);
	answer = net_send_closely(sk, msg, current);
	/* Asked again, for one way to this place. */
	if (of_kernel(bpf_get_current_task_btf()) && send_lend(0))
		return cordon_ask(current, ASK_NOTE, 0);
	return answer;
}

SEC("lsm/socket_create")
int BPF_PROG(cordon_socket_create, int family, int type, int protocol, int kern, int ret)
{
	struct destination to = { .family = family, .type = type, .protocol = protocol };
	u64 current = policy_current();
	struct subject *subject;

	if (ret)
		return ret;
	if (!current || kern)
		return 0;
	subject = ask_subject(current);
	if (net_idle(subject, CORDON_OP_SOCKET))
		return 0;
	if (subject && permitted_before(subject, socket_key(&to))) {
		count(cached);
		return 0;
	}
	return net_ask(&to, current, CORDON_OP_SOCKET) ? -EPERM : 0;
}

/* What is permitted is kept: a vsock does not tell its peer. Without memory for that, what it sends leads nobody knows where. */
static __noinline int connect_vsock(struct subject *subject, struct sock *sk, u64 name, u32 len, u64 current)
{
	struct destination to = { .family = AF_VSOCK, .type = sk->sk_type };
	struct note *note;

	destination_vsock(&to, name, len);
	if (reach(subject, &to, current))
		return 1;
	note = note_of(sk);
	if (!note)
		return 0;
	note->peer.addr[0] = to.addr[0];
	note->peer.addr[1] = to.addr[1];
	note->peer.port = to.port;
	note->peer.known = !to.unknown;
	return 0;
}

static __noinline int connect_decide(struct subject *subject, struct sock *sk, u64 name, u32 len, u64 current)
{
	u32 family = sk ? sk->__sk_common.skc_family : AF_UNSPEC;
	struct destination to = {};

	destination_begin(&to, sk, family);
	if (sk && family == AF_VSOCK)
		return connect_vsock(subject, sk, name, len, current);
	if (sk && (family == AF_INET || family == AF_INET6) && !destination_name(&to, sk, name, len, 1))
		return 0;
	if (!sk)
		return net_ask(&to, current, CORDON_OP_REACH);
	return reach(subject, &to, current) || reach_noted(subject, sk, &to, current);
}

SEC("lsm/socket_connect")
int BPF_PROG(cordon_socket_connect, struct socket *sock, struct sockaddr *address, int len, int ret)
{
	u64 current = policy_current();
	struct sock *sk = sock->sk;
	struct subject *subject;

	if (ret)
		return ret;
	if (!current || (sk && family_local(sk->__sk_common.skc_family)))
		return 0;
	subject = ask_subject(current);
	if (net_idle(subject, CORDON_OP_REACH)) {
		sender_note(sk, current, 0, NULL, NULL);
		return 0;
	}
	return connect_decide(subject, sk, (u64)address, len, current) ? -EPERM : 0;
}

/* The address in kernel memory that a socket is to be bound to. Not 0: refuse. */
static __noinline int bind_decide(struct sock *sk, u64 name, u32 len, u64 current)
{
	u32 family = sk->__sk_common.skc_family;
	struct destination to = { .family = family, .type = sk->sk_type, .protocol = sk->sk_protocol };
	struct name6 address = {};

	if (family == AF_VSOCK) {
		destination_vsock(&to, name, len);
	} else {
		to.unknown = len < sizeof(struct name4) || bpf_probe_read_kernel(&address, sizeof(struct name4), (void *)name);
		to.port = bpf_ntohs(address.port);
		to.addr[1] = bpf_htonl(0xffff) | (u64)address.flowinfo << 32; /* where an IPv4 address stands */
		if (address.family == AF_INET6) {
			to.unknown |= len < sizeof(address) || bpf_probe_read_kernel(&address, sizeof(address), (void *)name);
			__builtin_memcpy(to.addr, address.addr, sizeof(to.addr));
		} else if (address.family != AF_INET && address.family != AF_UNSPEC) {
			to.unknown = 1;
		}
	}
	return net_ask(&to, current, CORDON_OP_BIND);
}

SEC("lsm/socket_bind")
int BPF_PROG(cordon_socket_bind, struct socket *sock, struct sockaddr *address, int len, int ret)
{
	u64 current = policy_current();
	struct sock *sk = sock->sk;

	if (ret)
		return ret;
	if (!current || !sk || family_local(sk->__sk_common.skc_family))
		return 0;
	return bind_decide(sk, (u64)address, len, current) ? -EPERM : 0;
}

SEC("lsm/socket_listen")
int BPF_PROG(cordon_socket_listen, struct socket *sock, int backlog, int ret)
{
	u64 current = policy_current();
	struct sock *sk = sock->sk;
	struct destination to = {};

	if (ret)
		return ret;
	if (!current || !sk || sk->__sk_common.skc_num)
		return 0;
	to.family = sk->__sk_common.skc_family;
	to.type = sk->sk_type;
	to.protocol = sk->sk_protocol;
	if (to.family != AF_INET && to.family != AF_INET6)
		return 0;
	if (to.family == AF_INET)
		to.addr[1] = bpf_htonl(0xffff);
	return net_ask(&to, current, CORDON_OP_BIND) ? -EPERM : 0;
}

SEC("lsm/socket_sendmsg")
int BPF_PROG(cordon_socket_sendmsg, struct socket *sock, struct msghdr *msg, int size, int ret)
{
	if (ret)
		return ret;
	return net_send(sock, msg) ? -EPERM : 0;
}

SEC("?lsm/file_permission")
int BPF_PROG(cordon_file_permission, struct file *file, int mask, int ret)
{
	struct socket *sock;

	if (ret)
		return ret;
	sock = destination_file(file, mask);
	return sock && net_send(sock, NULL) ? -EPERM : 0;
}

#endif
