/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who sent last on a socket, and where to: so that the same thread that sends there again is let go without a look at its
 * subject and at the socket's note, and its packet without a look at the note. A table of fixed size (maps.h) over the
 * sockets' cookies; what is not in it is asked the long way, and nothing is refused by it.
 *
 * An entry says: under the policy `current`, on the socket with this cookie, this thread, as it was, was permitted this
 * destination, silently, and the connection, if it was accepted, as well. It is believed for
 *
 *     the socket    whose cookie it is: the kernel counts those up and gives none twice, so that a socket at the address of another,
 *                   or a connection (whose cookie is its own from the beginning), is not taken for it. Type, protocol and, once it
 *                   is AF_INET, family of a socket stay; its state and its peer are compared
 *     the thread    that has the same number, start and count of executed programs. A number is had by one thread at a time; who
 *                   gets a number that was another's has started later. The one exception is a thread that executes a program
 *                   and takes number and start over from the leader of its process, and then it has executed one program more
 *                   than that leader
 *     the subject   of that thread while all that it was made from is the same (subject.h): address of the credentials,
 *                   cgroup, login. For credentials that came back at an address that was another's there is `subject_drops`:
 *                   raised by every hook that drops a subject because users or groups change, of whatever task, in the time of
 *                   that task, before its next send. Programs, and the line they make, change by execution only, which is counted
 *     the packet    from that socket to that destination, whoever sent it: as struct sent
 *
 * Written under the note's `version` (sender.h) by who is noted there as sender, and taken out before another is: so an entry is of
 * him whom the note names. Only tasks that have a subject of their own are written, so no worker of io_uring.
 */
#ifndef CORDON_BPF_RECENT_H
#define CORDON_BPF_RECENT_H

#include "destination.h"

/* The entry of a socket with this cookie; NULL: it has no cookie yet. */
static __always_inline struct recent *recent_of(u64 cookie)
{
	u32 at = cookie & (RECENT_MAX - 1);

	return cookie ? bpf_map_lookup_elem(&recent_sends, &at) : NULL;
}

/* An IPv4 destination as the first eight bytes of a struct sockaddr_in. */
static __always_inline u64 recent_name(__be32 addr, __be16 port)
{
	return AF_INET | (u64)port << 16 | (u64)addr << 32;
}

/* Is the entry this socket's, under this policy, and whole? Its version, odd when not. */
static __always_inline u64 recent_begin(const struct recent *recent, u64 cookie, u64 current)
{
	u64 version = *(volatile u64 *)&recent->version;

	return *(volatile u64 *)&recent->cookie == cookie &&
	       *(volatile u64 *)&recent->current == current ? version : 1;
}

/* Is it still? */
static __always_inline bool recent_end(const struct recent *recent, u64 version)
{
	return *(volatile u64 *)&recent->version == version;
}

/* Is it the running thread's, who is what he was? */
static __always_inline bool recent_mine(const struct recent *recent)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return *(volatile u64 *)&recent->pid == (u32)task->pid &&
	       *(volatile u64 *)&recent->started == task->start_boottime &&
	       *(volatile u64 *)&recent->execs == task->self_exec_id &&
	       *(volatile u64 *)&recent->cred == (u64)task->real_cred &&
	       *(volatile u64 *)&recent->login == subject_login(task) &&
	       *(volatile u64 *)&recent->drops == *(volatile u64 *)&subject_drops &&
	       *(volatile u64 *)&recent->cgroup == bpf_get_current_cgroup_id();
}

/* Does the message go there, and nowhere else? As send_plain() says it (net.h), of IPv4. */
static __always_inline bool recent_there(const struct recent *recent, struct sock *sk, struct msghdr *msg)
{
	u32 namelen = msg ? msg->msg_namelen : 0;
	u64 name = 0;

	if (msg && msg->msg_controllen)
		return false;
	if (*(volatile u64 *)&recent->protocol == IPPROTO_UDP && sk->sk_write_queue.qlen)
		return false;
	if (sk->__sk_common.skc_state == TCP_ESTABLISHED) {
		if (namelen)
			return false;
		name = recent_name(sk->__sk_common.skc_daddr, sk->__sk_common.skc_dport);
	} else if (namelen < sizeof(struct name4) || bpf_probe_read_kernel(&name, sizeof(name), msg->msg_name)) {
		return false;
	}
	return *(volatile u64 *)&recent->to == name &&
	       !BPF_CORE_READ((struct inet_sock *)sk, inet_opt);
}

/* Is the running thread known to be permitted this send? `msg` as for send_decide(). */
static __always_inline bool recent_send(struct sock *sk, struct msghdr *msg, u64 current)
{
	u64 cookie = sk->__sk_common.skc_cookie.counter;
	struct recent *recent = recent_of(cookie);
	u64 version = recent ? recent_begin(recent, cookie, current) : 1;

	return !(version & 1) && recent_mine(recent) && recent_there(recent, sk, msg) && recent_end(recent, version);
}

/* Was a packet of this socket to this destination permitted? */
static __always_inline bool recent_packet(u64 cookie, u64 to, u32 protocol, u64 current)
{
	struct recent *recent = recent_of(cookie);
	u64 version = recent ? recent_begin(recent, cookie, current) : 1;

	return !(version & 1) &&
	       *(volatile u64 *)&recent->to == to &&
	       *(volatile u64 *)&recent->protocol == protocol &&
	       recent_end(recent, version);
}

/* Begin to write. 0: somebody else does. */
static __always_inline u64 recent_take(struct recent *recent)
{
	u64 now = *(volatile u64 *)&recent->version;

	return !(now & 1) && __sync_val_compare_and_swap(&recent->version, now, now + 1) == now ? now + 2 : 0;
}

/* Another sends on this socket. Whoever holds the entry is about to write another socket's over it. */
static __always_inline void recent_drop(struct sock *sk)
{
	u64 cookie = sk->__sk_common.skc_cookie.counter, version;
	struct recent *recent = recent_of(cookie);

	if (!recent || *(volatile u64 *)&recent->cookie != cookie)
		return;
	version = recent_take(recent);
	if (!version)
		return;
	if (*(volatile u64 *)&recent->cookie == cookie)
		*(volatile u64 *)&recent->cookie = 0;
	*(volatile u64 *)&recent->version = version;
}

/* `subject` is the running task's, and was permitted this, silently. */
static __always_inline void recent_write(struct sock *sk, const struct subject *subject, const struct destination *to, u64 current)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 cookie = sk->__sk_common.skc_cookie.counter, version, drops = *(volatile u64 *)&subject_drops;
	struct recent *recent;

	if (sk->__sk_common.skc_family != AF_INET || to->addr[0] || (u32)to->addr[1] != bpf_htonl(0xffff))
		return;
	recent = recent_of(cookie); /* it has one: it has a note */
	version = recent ? recent_take(recent) : 0;
	if (!version)
		return;
	*(volatile u64 *)&recent->cookie = cookie;
	*(volatile u64 *)&recent->current = current;
	*(volatile u64 *)&recent->pid = (u32)task->pid;
	*(volatile u64 *)&recent->started = task->start_boottime;
	*(volatile u64 *)&recent->execs = task->self_exec_id;
	*(volatile u64 *)&recent->cred = subject->cred;
	*(volatile u64 *)&recent->login = subject->login;
	*(volatile u64 *)&recent->drops = drops;
	*(volatile u64 *)&recent->cgroup = subject->cgroup;
	*(volatile u64 *)&recent->protocol = to->protocol;
	*(volatile u64 *)&recent->to = recent_name(to->addr[1] >> 32, bpf_htons(to->port));
	*(volatile u64 *)&recent->version = version;
}

#endif
