/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The second layer: every IP packet that a socket of this machine sends, on its way out (cgroup_skb/egress at the root of
 * the hierarchy), compared with what its sender was permitted. It sees what no hook of sockets does: where the
 * packet goes in the end, and packets that no system call made.
 *
 *     sent by somebody whom no rule about reach holds          passes
 *     to a destination that its sender was permitted           passes: noted with the socket (sender.h)
 *     to another one                                           decide() for the sender's class
 *     by somebody who was asked under an earlier policy, and not since: what that permitted passes, on its way when
 *     the policy changed or queued by a connection; a datagram that was put together then is refused
 *     by nobody (the kernel's own socket, or one that was never used under a policy)
 *                                                              decide() for user 0 without program, service, login
 *     TCP without data that opens nothing; the kernel's ICMP   passes: it answers what came
 *     a path of MPTCP                                          passes: the connection, which has a socket of its own, was
 *                                                              asked about as one that may go anywhere
 *
 * A packet without a socket that lives (resets, forwarded packets, IGMP) does not come here. A routing header that is not
 * used up, IPv4 options, and a fragment that is not the first have an unknown destination: every forbid, no permit.
 * Tunnels and address translation by this machine: the packet counts as it leaves the stack for the device. What a tunnel makes of it
 * does not come here, because it is not of the socket that it is sent on: frame.h.
 */
#ifndef CORDON_BPF_WIRE_H
#define CORDON_BPF_WIRE_H

#include "core_net.h"
#include "sender.h"

#define WIRE_PASS 1
#define WIRE_DROP 0
#define WIRE_EXTENSIONS 8u
#define WIRE_WHO 10u
#define WIRE_NO_RULE -1 /* no rule is about it */

/* A packet, as far as it was read, and what is found about it. The functions that are not static are verified once, for
 * any packet: they take nothing but this. */
struct wire {
	u64 current;
	u64 class;    /* of its sender; 0 = nobody's */
	u64 socket;   /* address of its socket */
	struct destination to;
	u32 at;       /* where the IP header begins, then what follows it */
	u32 next;     /* its protocol */
	u32 answer;   /* TCP without data that opens nothing */
	u32 opens;    /* TCP: the first packet of who connects */
	u32 set[3];   /* of the destination */
	u32 rule;
	u32 kind, reason, flags; /* of an event */
	u32 raw;      /* of a raw socket: on its way from the call that made it */
	u32 tunnel;   /* made of another packet, by a tunnel of this machine */
	u32 pad;
};

/* The packet to be read, and how far it is. */
struct wire_reader {
	struct __sk_buff *skb;
	struct wire *w;
};

static __always_inline bool wire_extends(u32 next)
{
	return next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_FRAGMENT || next == NEXT_AUTH ||
	       next == NEXT_DESTINATION;
}

/* One extension header of IPv6. */
static int wire_extension(u32 i, struct wire_reader *r)
{
	struct wire *w = r->w;
	u8 head[8];

	if (!wire_extends(w->next))
		return 1;
	if (bpf_skb_load_bytes(r->skb, w->at, head, sizeof(head))) {
		w->to.unknown = 1;
		return 1;
	}
	if (w->next == NEXT_ROUTING && head[3])
		w->to.unknown = 1;
	if (w->next == NEXT_FRAGMENT && (head[2] || head[3] & 0xf8))
		w->to.unknown = 1;
	w->at += w->next == NEXT_FRAGMENT ? 8 : w->next == NEXT_AUTH ? (head[1] + 2) * 4 : (head[1] + 1) * 8;
	w->next = head[0];
	return 0;
}

static __always_inline void wire_head4(struct __sk_buff *skb, struct wire *w)
{
	struct header4 head;

	w->to.family = AF_INET;
	if (bpf_skb_load_bytes(skb, w->at, &head, sizeof(head)))
		return;
	w->to.unknown = head.version_length != 0x45 || (head.fragment & bpf_htons(FRAGMENT_OFFSET));
	w->at += sizeof(head);
	w->next = head.protocol;
	destination_v4(&w->to, head.to, 0);
}

static __always_inline void wire_head6(struct __sk_buff *skb, struct wire *w)
{
	struct wire_reader reader = { .skb = skb, .w = w };
	struct header6 head;

	w->to.family = AF_INET6;
	if (bpf_skb_load_bytes(skb, w->at, &head, sizeof(head)))
		return;
	w->to.unknown = 0;
	w->at += sizeof(head);
	w->next = head.next;
	destination_v6(&w->to, head.to, 0, false);
	bpf_loop(WIRE_EXTENSIONS, wire_extension, &reader, 0);
	w->to.unknown |= wire_extends(w->next);
}

/* What is behind the IP header. */
static __always_inline void wire_ports(struct __sk_buff *skb, struct wire *w)
{
	struct header_tcp head = {};
	bool tcp = w->next == IPPROTO_TCP;

	if (!tcp && w->next != IPPROTO_UDP && w->next != IPPROTO_UDPLITE && w->next != IPPROTO_SCTP && w->next != IPPROTO_DCCP)
		return;
	if (tcp ? bpf_skb_load_bytes(skb, w->at, &head, sizeof(head)) : bpf_skb_load_bytes(skb, w->at, &head, 4)) {
		w->to.unknown = 1;
		return;
	}
	w->to.port = bpf_ntohs(head.to);
	w->opens = tcp && (head.flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) == TCP_FLAG_SYN;
	w->answer = tcp && !w->opens && skb->len <= w->at + (head.length >> 4) * 4;
}

/* Nothing. But what it is given is one thing for the verifier from here on, however it was come by: it follows one way, not one
 * for each form of a packet. */
__noinline int wire_merge(struct wire *w)
{
	asm volatile("" : "+r"(w) : : "memory");
	return 0;
}

/* Where the packet goes that begins at w->at. Always 0. */
static __noinline int wire_read(struct __sk_buff *skb, struct wire *w, u32 protocol)
{
	w->to.unknown = 1;
	if (protocol == bpf_htons(ETH_P_IP))
		wire_head4(skb, w);
	else if (protocol == bpf_htons(ETH_P_IPV6))
		wire_head6(skb, w);
	w->to.protocol = w->next;
	if (w->at)
		wire_ports(skb, w);
	return wire_merge(w);
}

/* Who sends. */
struct wire_sender {
	u64 class;         /* 0 = nobody */
	u32 set[WIRE_WHO]; /* of nobody: what they all hold */
	u32 slot, nchunks;
	u32 error;
	u32 pad;
};

/* One word of every set of a request, for cordon_decide_word(). */
struct wire_word {
	u64 subject, op, object, permit, enforce;
	u32 base;
	u32 pad;
};

struct wire_context {
	struct wire_sender sender;
	void *sets;
	u32 set[6]; /* as in scratch.decide_set */
	struct cordon_accumulator acc;
};

/* A word of the atoms that hold the sender. */
__noinline u64 wire_subject(struct wire_sender *sender, u32 chunk, u32 i)
{
	u32 at = chunk * CORDON_CHUNK_WORDS + i, slot, k;
	const struct cordon_chunk *row;
	const struct class *class;
	u64 id, word = ~0ull;
	void *sets;

	if (!sender || i >= CORDON_CHUNK_WORDS || at >= CORDON_WORDS_MAX)
		return 0;
	id = sender->class;
	if (id) {
		class = bpf_map_lookup_elem(&classes, &id);
		if (class)
			return class->word[at];
		sender->error = CORDON_REASON_SENDER; /* it was forgotten: his next send makes it again */
		return 0;
	}
	slot = sender->slot;
	sets = bpf_map_lookup_elem(&sets_of, &slot);
	for (k = 0; sets && k < WIRE_WHO; k++) {
		row = set_row(sets, sender->set[k], sender->nchunks, chunk);
		if (!row)
			break;
		word &= row->word[i];
	}
	if (k == WIRE_WHO)
		return word;
	sender->error = CORDON_REASON_TABLES;
	return 0;
}

__noinline int wire_tally(struct cordon_accumulator *acc, const struct wire_word *word)
{
	if (acc && word)
		cordon_decide_word(acc, word->subject, word->op, word->object, word->permit, word->enforce, word->base);
	return 0;
}

/* One word of a set; 0 and an error when the table does not have it. */
static __always_inline u64 wire_row(struct wire_context *c, u32 which, u32 at)
{
	const struct cordon_chunk *row = set_row(c->sets, c->set[which], c->sender.nchunks, at / CORDON_CHUNK_WORDS);

	if (row)
		return row->word[at % CORDON_CHUNK_WORDS];
	c->sender.error = CORDON_REASON_TABLES;
	return 0;
}

static int wire_word_step(u32 at, struct wire_context *c)
{
	struct wire_word word;

	word.op = wire_row(c, 0, at);
	if (!word.op)
		return 0;
	word.permit = wire_row(c, 1, at);
	word.enforce = wire_row(c, 2, at);
	word.object = wire_row(c, 3, at) & wire_row(c, 4, at) & wire_row(c, 5, at);
	word.subject = wire_subject(&c->sender, at / CORDON_CHUNK_WORDS, at % CORDON_CHUNK_WORDS);
	word.base = at * 64;
	word.pad = 0;
	wire_tally(&c->acc, &word);
	return c->sender.error != 0;
}

/* User 0 of no service, running no program known, whom nobody logged in. 0 or a reason. */
static __always_inline int wire_nobody(const struct view *view, struct wire_sender *sender)
{
	void *values = table(values, view), *states = table(states, view);
	u32 start = view->meta->cgroup_start;
	const struct cordon_node *root;

	if (!values || !states)
		return CORDON_REASON_TABLES;
	root = bpf_map_lookup_elem(states, &start);
	if (!root)
		return CORDON_REASON_TABLES;
	sender->set[0] = value_set(view, values, CORDON_DIM_UID, 0);
	sender->set[1] = value_set(view, values, CORDON_DIM_RUID, 0);
	sender->set[2] = value_set(view, values, CORDON_DIM_GID, 0);
	sender->set[3] = value_set(view, values, CORDON_DIM_NOT_GID, 0);
	sender->set[4] = value_set(view, values, CORDON_DIM_LOGINUID, CORDON_LOGIN_UNSET);
	sender->set[5] = value_set(view, values, CORDON_DIM_SESSION, CORDON_SESSION_SERVICE);
	sender->set[6] = view->meta->prog_unknown;
	sender->set[7] = root->cgroup;
	sender->set[8] = view->meta->ancestor_unknown;
	sender->set[9] = view->meta->not_ancestor_unknown;
	return 0;
}

/* The sets of the destination. 0, a reason, or WIRE_NO_RULE. */
__noinline int wire_sets(struct wire *w)
{
	struct report report = {};
	struct view view;
	int why;

	if (!w)
		return CORDON_REASON_TABLES;
	why = view_open(&view, w->current);
	if (why)
		return why;
	if (!(view.meta->active & OP_BIT(CORDON_OP_REACH)))
		return WIRE_NO_RULE;
	why = reach_sets(&view, &w->to, &report);
	__builtin_memcpy(w->set, report.set, sizeof(w->set));
	w->flags = report.flags;
	return why;
}

/* What wire_decide() goes by. 0 or a reason. */
static __noinline int wire_open(const struct wire *w, struct wire_context *c)
{
	struct view view;
	int why;

	why = view_open(&view, w->current);
	if (why)
		return why;
	c->sender.class = w->class;
	c->sender.slot = view.slot;
	c->sender.nchunks = view.nchunks;
	c->sets = table(sets, &view);
	if (!c->sets)
		return CORDON_REASON_TABLES;
	c->set[0] = view.meta->op[CORDON_OP_REACH];
	c->set[1] = view.meta->permit;
	c->set[2] = view.meta->enforce;
	c->set[3] = w->set[0];
	c->set[4] = w->set[1];
	c->set[5] = w->set[2];
	return wire_nobody(&view, &c->sender);
}

/* decide(). 0, and the event in *w is what was decided; or a reason. */
__noinline int wire_decide(struct wire *w)
{
	struct cordon_decision decision = {};
	struct wire_context c = {};
	int why;

	if (!w)
		return CORDON_REASON_TABLES;
	why = wire_open(w, &c);
	if (why)
		return why;
	/* By way of memory, so that the verifier holds no number for the beginning. */
	*(volatile u32 *)&w->rule = CORDON_RULE_NONE;
	c.acc.all.forbid = c.acc.all.permit = c.acc.all.closing = *(volatile u32 *)&w->rule;
	c.acc.enforced = c.acc.all;
	bpf_loop(c.sender.nchunks * CORDON_CHUNK_WORDS, wire_word_step, &c, 0);
	if (c.sender.error)
		return c.sender.error;
	cordon_decide_result(&c.acc, &decision);
	w->kind = decision.deny ? CORDON_EVENT_DENY : decision.would_deny ? CORDON_EVENT_WOULD_DENY : 0;
	w->rule = decision.deny ? decision.rule : decision.audit_rule;
	w->reason = decision.deny ? decision.reason : decision.audit_reason;
	return 0;
}

/* The socket's address, as a number: what is read there is read by helper. */
static __always_inline u64 wire_address(struct bpf_sock *sk)
{
	struct bpf_sock *at = sk;
	u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &at);
	return address;
}

/* A path of MPTCP. Its connection cannot be asked: bpf_skc_to_mptcp_sock() follows a null pointer in 6.1. */
static __always_inline bool wire_path(const struct wire *w)
{
	struct tcp_sock *tcp = (void *)w->socket;

	return bpf_core_field_exists(tcp->is_mptcp) && BPF_CORE_READ(tcp, is_mptcp);
}

/* Was it permitted under the policy `then`, and made by the call that was? Only UDP puts datagrams together over several calls,
 * and says so until the last of it is sent. */
static __always_inline bool wire_on_its_way(const struct wire *w, struct note *note, u64 then, u64 class)
{
	struct udp_sock *udp = (void *)w->socket;

	if (w->raw)
		return true;
	if (class && (w->to.unknown || !sent_before(note, then, 0, &w->to)))
		return false;
	return !protocol_udp(w->next) || !BPF_CORE_READ(udp, pending);
}

/* The record of a packet. Always 0. */
static __noinline int wire_report(struct note *note, const struct wire *w)
{
	struct cordon_event *e;

	e = event_begin(w->kind, CORDON_OP_REACH, w->reason, w->flags | CORDON_EV_WIRE, w->rule, w->current);
	if (!e)
		return 0;
	e->loginuid = e->sessionid = CORDON_LOGIN_UNSET;
	if (note && note->current) {
		e->pid = note->pid >> 32;
		e->tid = note->pid;
		e->uid = e->euid = note->uid;
		__builtin_memcpy(e->comm, note->comm, sizeof(e->comm));
	}
	e->family = w->to.family;
	e->protocol = w->to.protocol;
	e->port = w->to.port;
	__builtin_memcpy(e->addr, w->to.addr, sizeof(e->addr));
	bpf_ringbuf_submit(e, 0);
	return 0;
}

/* Whose packet it is: his class, or nobody's, in w->class. 0, a reason, or WIRE_NO_RULE. */
static __always_inline int wire_whose(struct wire *w, struct note *note)
{
	u64 version, then, class;

	if (w->next == IPPROTO_TCP && wire_path(w))
		return WIRE_NO_RULE;
	if (!note)
		return w->next == IPPROTO_ICMP || w->next == IPPROTO_ICMPV6 ? WIRE_NO_RULE : 0;
	version = *(volatile u64 *)&note->version;
	then = *(volatile u64 *)&note->current;
	class = *(volatile u64 *)&note->class;
	if ((version & 1) || *(volatile u64 *)&note->version != version)
		return CORDON_REASON_SENDER;
	if (then && then != w->current)
		return (w->next == IPPROTO_TCP && !w->opens) || wire_on_its_way(w, note, then, class) ? WIRE_NO_RULE :
														CORDON_REASON_SENDER;
	if (then && !class)
		return WIRE_NO_RULE;
	w->class = class;
	return then || (w->next != IPPROTO_ICMP && w->next != IPPROTO_ICMPV6) ? 0 : WIRE_NO_RULE;
}

/* A packet that is not known to be permitted, of w->class; `whose` is what was found of that: 0, a reason, or WIRE_NO_RULE.
 * WIRE_PASS or WIRE_DROP. */
static __always_inline int wire_judge(struct note *note, struct wire *w, int whose)
{
	int why = wire_sets(w);

	if (!why)
		why = whose;
	if (why == WIRE_NO_RULE)
		return WIRE_PASS;
	if (!why) {
		count(of[CORDON_OP_REACH].decided);
		why = wire_decide(w);
	}
	if (why) {
		w->kind = CORDON_EVENT_DENY;
		w->reason = why;
		w->rule = CORDON_RULE_NONE;
	} else if (w->kind != CORDON_EVENT_DENY && note && w->class && !w->to.unknown) {
		sent_write(note, w->current, 0, &w->to);
	}
	if (w->kind)
		wire_report(note, w);
	return w->kind == CORDON_EVENT_DENY ? WIRE_DROP : WIRE_PASS;
}

/* Where a packet of TCP or UDP goes, by its head as it lies there. */
enum quick {
	QUICK_NOT,    /* it has options or extensions, is a fragment, or its head is in pieces: to be read by wire_read() */
	QUICK_KNOWN,  /* it stands in *to */
	QUICK_ANSWER, /* wire.answer */
};

/* wire.answer, of a head of TCP that begins at `at`. */
static __always_inline bool wire_answers(struct __sk_buff *skb, const struct header_tcp *tcp, u32 at)
{
	return (tcp->flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) != TCP_FLAG_SYN && skb->len <= at + (tcp->length >> 4) * 4;
}

static __always_inline enum quick wire_head(struct __sk_buff *skb, struct destination *to)
{
	void *head = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	const struct header6 *head6 = head;
	const struct header4 *head4 = head;
	const struct header_tcp *tcp;

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		tcp = (void *)(head4 + 1);
		if ((void *)(head4 + 1) + 8 > end || head4->version_length != 0x45 || (head4->fragment & bpf_htons(FRAGMENT_OFFSET)))
			return QUICK_NOT;
		to->protocol = head4->protocol;
		destination_v4(to, head4->to, tcp->to);
	} else if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		tcp = (void *)(head6 + 1);
		if ((void *)(head6 + 1) + 8 > end)
			return QUICK_NOT;
		to->protocol = head6->next;
		destination_v6(to, head6->to, tcp->to, false);
	} else {
		return QUICK_NOT;
	}
	if (to->protocol == IPPROTO_UDP)
		return QUICK_KNOWN;
	if (to->protocol != IPPROTO_TCP || (void *)(tcp + 1) > end)
		return QUICK_NOT;
	return wire_answers(skb, tcp, (void *)tcp - head) ? QUICK_ANSWER : QUICK_KNOWN;
}

/* `sk` is the packet's, as a full socket. */
static __always_inline struct note *wire_note(struct __sk_buff *skb, struct bpf_sock *sk)
{
	struct note *note = slot_note(bpf_get_socket_cookie(skb));

	return note || !sk ? note : bpf_sk_storage_get(&notes, sk, NULL, 0);
}

/* IPv4 without options: does it pass at once? Else it is looked at closely. */
static __always_inline bool wire_recent(struct __sk_buff *skb, u64 current)
{
	const struct header4 *head = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;
	const struct header_tcp *tcp = (void *)(head + 1);

	if ((void *)&tcp->seq > end || head->version_length != 0x45 || (head->fragment & bpf_htons(FRAGMENT_OFFSET)))
		return false;
	if (head->protocol == IPPROTO_TCP && (void *)(tcp + 1) <= end && wire_answers(skb, tcp, sizeof(*head)))
		return true;
	return recent_packet(bpf_get_socket_cookie(skb), recent_name(head->to, tcp->to), head->protocol, current);
}

/* Most packets: does it pass at once? */
static __noinline bool wire_quick(struct __sk_buff *skb, u64 current)
{
	struct bpf_sock *sk = skb->sk;
	struct destination to = {};
	enum quick quick;
	struct note *note;

	if (!sk)
		return true;
	quick = wire_head(skb, &to);
	if (quick == QUICK_ANSWER)
		return true;
	note = wire_note(skb, bpf_sk_fullsock(sk));
	return note && ((note->current == current && !note->class) ||
			(quick == QUICK_KNOWN && sent_before(note, current, 0, &to)));
}

/* The rest: WIRE_PASS or WIRE_DROP. */
static __noinline int wire_close(struct __sk_buff *skb, u64 current)
{
	struct wire w = { .current = current };
	struct bpf_sock *sk = skb->sk;
	struct note *note;

	if (!sk)
		return WIRE_PASS;
	wire_read(skb, &w, skb->protocol);
	sk = bpf_sk_fullsock(sk);
	note = wire_note(skb, sk); /* not before: the verifier would read the packet once for each place of a note */
	/* Of a packet with options, or a piece of one, what was read as TCP's head may be anything that its sender wrote. */
	if (!w.to.unknown && (w.answer || (note && sent_before(note, current, 0, &w.to))))
		return WIRE_PASS;
	if (sk) {
		w.socket = wire_address(sk);
		w.raw = sk->type == SOCK_RAW;
	}
	return wire_judge(note, &w, wire_whose(&w, note));
}

SEC("?cgroup_skb/egress")
int cordon_wire(struct __sk_buff *skb)
{
	u64 current = policy_current();
	u32 answer;

	if (!current || wire_recent(skb, current) || wire_quick(skb, current))
		return WIRE_PASS;
	answer = wire_close(skb, current);
	asm volatile("" : "+r"(answer)); /* the verifier does not know what the compiler knows of it */
	return answer & WIRE_PASS;
}

#endif
