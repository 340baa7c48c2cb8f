/* SPDX-License-Identifier: GPL-2.0-only */
/* Splitting rules into atoms; see atoms.h. */
#include "policy/atoms.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <cordon/abi.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define OP(name) (1u << CORDON_OP_##name)

struct maker {
	struct arena *arena;
	struct atoms atoms;
	struct diag *diag;
};

static int add(struct maker *m, const struct atom *atom)
{
	struct atom *item;

	if (m->atoms.n >= CORDON_RULES_MAX)
		return diag_fail(m->diag, -E2BIG,
				 DIAG_AT(.file = atom->rule->pos.file, .line = atom->rule->pos.line,
					 .col = atom->rule->pos.column),
				 "rule '%s' passes the limit of %u atoms: fewer rules, or fewer destinations with ports of their own",
				 atom->rule->name, CORDON_RULES_MAX);
	item = arena_grow(m->arena, m->atoms.item, m->atoms.n, &m->atoms.cap, sizeof(*item));
	if (!item)
		return -ENOMEM;
	m->atoms.item = item;
	item[m->atoms.n++] = *atom;
	return 0;
}

/* ---- destinations ---------------------------------------------------------------------------- */

static bool same_ranges(const struct policy_ranges *a, const struct policy_ranges *b)
{
	return a->n == b->n && (!a->n || !memcmp(a->item, b->item, a->n * sizeof(*a->item)));
}

static int append_ranges(struct maker *m, struct policy_ranges *list, const struct policy_ranges *more)
{
	struct policy_range *longer = arena_new_n(m->arena, list->n + more->n, struct policy_range);

	if (!longer)
		return -ENOMEM;
	if (list->n)
		memcpy(longer, list->item, list->n * sizeof(*longer));
	memcpy(longer + list->n, more->item, more->n * sizeof(*longer));
	list->item = longer;
	list->n += more->n;
	return 0;
}

/* What an exception says: of the address, the ports, the protocols. One of everything says something of the address. */
static bool says_net(const struct policy_destination *e)
{
	return e->bits || (!e->ports.n && !e->protocols.n);
}

static bool says_one_thing(const struct policy_destination *e)
{
	return says_net(e) + (e->ports.n != 0) + (e->protocols.n != 0) == 1;
}

static bool same_products(const struct policy_destination *a, const struct policy_destination *b)
{
	return same_ranges(&a->ports, &b->ports) && same_ranges(&a->protocols, &b->protocols);
}

/* Exceptions that differ in the address only go together: not (a and p) and not (b and p) = (not a and not b) or not p. So the
 * addresses of a name make no more atoms than one does. */
static bool go_together(const struct policy_destination *a, const struct policy_destination *b)
{
	return !a->nowhere && !b->nowhere && says_net(a) == says_net(b) && same_products(a, b);
}

/* Whether an exception is off already: it says one thing, takes nothing off, or went with one before it. */
static bool is_off(const struct policy_destinations *except, size_t at)
{
	const struct policy_destination *e = &except->item[at];

	if (e->nowhere || says_one_thing(e))
		return true;
	for (size_t i = 0; i < at; i++)
		if (go_together(&except->item[i], e))
			return true;
	return false;
}

/* The addresses of an exception and of those that go with it. */
static int append_group(struct maker *m, struct atom_nets *nets, const struct policy_destinations *except, size_t first)
{
	const struct policy_destination **longer = arena_new_n(m->arena, nets->nout + except->n, const struct policy_destination *);

	if (!longer)
		return -ENOMEM;
	if (nets->nout)
		memcpy(longer, nets->out, nets->nout * sizeof(*longer));
	for (size_t i = first; i < except->n; i++)
		if (go_together(&except->item[first], &except->item[i]))
			longer[nets->nout++] = &except->item[i];
	nets->out = longer;
	return 0;
}

/* Takes the exceptions from @first on off the atom, and adds what is left, as one atom or several. */
static int add_without(struct maker *m, struct atom atom, size_t first)
{
	const struct policy_destinations *except = atom.except;
	const struct policy_destination *e;
	struct atom part;
	int err = 0;

	while (first < except->n && is_off(except, first))
		first++;
	if (first == except->n)
		return add(m, &atom);
	e = &except->item[first];
	if (says_net(e)) {
		part = atom;
		err = append_group(m, &part.nets, except, first);
		if (!err)
			err = add_without(m, part, first + 1);
	}
	if (!err && e->ports.n) {
		part = atom;
		err = append_ranges(m, &part.ports.out, &e->ports);
		if (!err)
			err = add_without(m, part, first + 1);
	}
	if (!err && e->protocols.n) {
		part = atom;
		err = append_ranges(m, &part.ipprotos.out, &e->protocols);
		if (!err)
			err = add_without(m, part, first + 1);
	}
	return err;
}

/* Room for the ranges of all exceptions that say one thing: of ports, or of protocols. */
static int collect_out(struct maker *m, const struct policy_destinations *except, bool ports, struct policy_ranges *out)
{
	size_t n = 0;

	for (size_t i = 0; i < except->n; i++)
		if (says_one_thing(&except->item[i]))
			n += ports ? except->item[i].ports.n : except->item[i].protocols.n;
	if (!n)
		return 0;
	*out = (struct policy_ranges){ .item = arena_new_n(m->arena, n, struct policy_range) };
	if (!out->item)
		return -ENOMEM;
	for (size_t i = 0; i < except->n; i++) {
		const struct policy_destination *e = &except->item[i];
		const struct policy_ranges *more = ports ? &e->ports : &e->protocols;

		if (!says_one_thing(e) || !more->n)
			continue;
		memcpy(out->item + out->n, more->item, more->n * sizeof(*out->item));
		out->n += more->n;
	}
	return 0;
}

/* Exceptions that say one thing are a product together: however many there are, they make no atom more. */
static int take_off(struct maker *m, struct atom *atom)
{
	const struct policy_destinations *except = atom->except;
	int err = collect_out(m, except, true, &atom->ports.out);

	if (!err)
		err = collect_out(m, except, false, &atom->ipprotos.out);
	if (err || !except->n)
		return err;
	atom->nets.out = arena_new_n(m->arena, except->n, const struct policy_destination *);
	if (!atom->nets.out)
		return -ENOMEM;
	for (size_t i = 0; i < except->n; i++)
		if (says_one_thing(&except->item[i]) && says_net(&except->item[i]) && !except->item[i].nowhere)
			atom->nets.out[atom->nets.nout++] = &except->item[i];
	return 0;
}

/* 0.0.0.0 and ::, which stand for every address when a socket is bound. */
static const struct policy_destination wildcards[] = {
	{ .addr = { [10] = 0xff, [11] = 0xff }, .bits = 128 }, { .bits = 128 },
};

/* The first destination, and all after it with the same ports and protocols. */
static int add_group(struct maker *m, struct atom atom, size_t first)
{
	const struct policy_destinations *list = atom.list;
	const struct policy_destination *head = &list->item[first];
	bool local = atom.ops == OP(BIND) && !atom.rule->permit;
	size_t n = 0;

	for (size_t i = 0; i < first; i++)
		if (same_products(&list->item[i], head))
			return 0; /* is in the group of that one */
	atom.ports.in = head->ports;
	atom.ipprotos.in = head->protocols;
	for (size_t i = first; i < list->n; i++)
		n += same_products(&list->item[i], head);
	atom.nets.in = arena_new_n(m->arena, n + 2, const struct policy_destination *);
	if (!atom.nets.in)
		return -ENOMEM;
	for (size_t i = first; i < list->n; i++)
		if (same_products(&list->item[i], head) && !list->item[i].nowhere)
			atom.nets.in[atom.nets.nin++] = &list->item[i];
	atom.nets.none = !atom.nets.nin;
	/* Who may not bind to one address may not bind to all. */
	for (size_t i = 0; local && i < 2; i++)
		atom.nets.in[atom.nets.nin++] = &wildcards[i];
	return add_without(m, atom, 0);
}

static int add_nets(struct maker *m, const struct policy_rule *rule, uint32_t op,
		    const struct policy_destinations *list, const struct policy_destinations *except)
{
	struct atom all = { .rule = rule, .kind = ATOM_NET, .ops = op, .list = list, .except = except };
	int err;

	if (!(rule->ops & op))
		return 0;
	err = take_off(m, &all);
	if (err || !list->n)
		return err ? err : add_without(m, all, 0);
	for (size_t i = 0; !err && i < list->n; i++)
		err = add_group(m, all, i);
	return err;
}

/* ---- sockets --------------------------------------------------------------------------------- */

static int one(struct maker *m, int value, struct policy_ranges *ret_ranges)
{
	struct policy_range *range;

	*ret_ranges = (struct policy_ranges){ 0 };
	if (value == POLICY_ANY)
		return 0;
	range = arena_new(m->arena, struct policy_range);
	if (!range)
		return -ENOMEM;
	range->first = range->last = (uint32_t)value;
	*ret_ranges = (struct policy_ranges){ range, 1 };
	return 0;
}

static int add_sockets(struct maker *m, const struct policy_rule *rule)
{
	struct atom atom = { .rule = rule, .kind = ATOM_SOCKET, .ops = OP(SOCKET) };
	int err = 0;

	if (!rule->sockets.n)
		return add(m, &atom);
	for (size_t i = 0; !err && i < rule->sockets.n; i++) {
		const struct policy_socket *s = &rule->sockets.item[i];

		/* Permitted by name: each of its frames is judged by where it goes. An audit rule may not change an answer. */
		atom.ops = OP(SOCKET) | (rule->permit && rule->enforce && s->family == AF_PACKET ? OP(FRAME) : 0);
		err = one(m, s->family, &atom.families);
		if (!err)
			err = one(m, s->type, &atom.types);
		if (!err)
			err = one(m, s->protocol, &atom.protocols);
		if (!err)
			err = add(m, &atom);
	}
	return err;
}

static struct policy_range family_ip[] = { { AF_INET, AF_INET }, { AF_INET6, AF_INET6 } };
static struct policy_range family_vsock[] = { { AF_VSOCK, AF_VSOCK } };
static struct policy_range as_default[] = { { 0, 0 } };
static struct policy_range family_local[] = { { AF_UNIX, AF_UNIX }, { AF_NETLINK, AF_NETLINK } };
/* What reaches a protocol of IP: the socket types, and the protocols they are asked for with. */
static struct policy_range type_stream[] = { { SOCK_STREAM, SOCK_STREAM } };
static struct policy_range type_dgram[] = { { SOCK_DGRAM, SOCK_DGRAM } };
static struct policy_range type_message[] = { { SOCK_STREAM, SOCK_STREAM }, { SOCK_SEQPACKET, SOCK_SEQPACKET } };
static struct policy_range type_dccp[] = { { SOCK_DCCP, SOCK_DCCP } };
static struct policy_range type_raw[] = { { SOCK_RAW, SOCK_RAW } };
static struct policy_range as_tcp[] = { { 0, 0 }, { IPPROTO_TCP, IPPROTO_TCP } };
static struct policy_range as_udp[] = { { 0, 0 }, { IPPROTO_UDP, IPPROTO_UDP } };
static struct policy_range as_datagram[] = { { 0, 0 }, { IPPROTO_UDP, IPPROTO_UDP }, { IPPROTO_ICMP, IPPROTO_ICMP },
					      { IPPROTO_ICMPV6, IPPROTO_ICMPV6 } };
#define RANGES(array) ((struct policy_ranges){ array, sizeof(array) / sizeof((array)[0]) })

static int add_ip_socket(struct maker *m, const struct policy_rule *rule, struct policy_ranges types,
			 struct policy_ranges protocols)
{
	struct atom atom = { .rule = rule, .kind = ATOM_SOCKET, .ops = OP(SOCKET), .families = RANGES(family_ip),
			     .types = types, .protocols = protocols };

	return add(m, &atom);
}

/* The sockets one protocol number needs. */
static int add_for_protocol(struct maker *m, const struct policy_rule *rule, uint32_t protocol)
{
	struct atom vsock = { .rule = rule, .kind = ATOM_SOCKET, .ops = OP(SOCKET), .families = RANGES(family_vsock),
			      .protocols = RANGES(as_default) };
	struct policy_ranges itself;
	int err = one(m, (int)protocol, &itself);

	if (err)
		return err;
	switch (protocol) {
	case CORDON_IPPROTO_VSOCK:
		return add(m, &vsock);
	case IPPROTO_TCP:
		return add_ip_socket(m, rule, RANGES(type_stream), RANGES(as_tcp));
	case IPPROTO_MPTCP:
		return add_ip_socket(m, rule, RANGES(type_stream), itself);
	case IPPROTO_UDP:
		return add_ip_socket(m, rule, RANGES(type_dgram), RANGES(as_udp));
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
	case IPPROTO_UDPLITE:
		return add_ip_socket(m, rule, RANGES(type_dgram), itself);
	case IPPROTO_SCTP:
		return add_ip_socket(m, rule, RANGES(type_message), itself);
	case IPPROTO_DCCP:
		return add_ip_socket(m, rule, RANGES(type_dccp), itself);
	default:
		return add_ip_socket(m, rule, RANGES(type_raw), itself);
	}
}

/* A number that some destination of the rule names, or one of the protocols of a destination that names none. */
static int add_reach_sockets(struct maker *m, const struct policy_rule *rule)
{
	struct atom local = { .rule = rule, .kind = ATOM_SOCKET, .ops = OP(SOCKET), .families = RANGES(family_local) };
	bool all = !rule->to.n;
	struct policy_ranges named = { 0 };
	int err = add(m, &local);

	for (size_t i = 0; !err && i < rule->to.n; i++) {
		const struct policy_ranges *protocols = &rule->to.item[i].protocols;

		all |= !protocols->n;
		for (size_t p = 0; !err && p < protocols->n; p++) {
			struct policy_ranges single = { &protocols->item[p], 1 };
			bool seen = true;

			for (uint32_t v = protocols->item[p].first; v <= protocols->item[p].last && seen; v++)
				seen = ranges_have(&named, v);
			for (uint32_t v = protocols->item[p].first; !seen && !err && v <= protocols->item[p].last; v++)
				if (!ranges_have(&named, v))
					err = add_for_protocol(m, rule, v);
			if (!err && !seen)
				err = append_ranges(m, &named, &single);
		}
	}
	if (!err && all)
		err = add_ip_socket(m, rule, RANGES(type_stream), RANGES(as_tcp));
	if (!err && all)
		err = add_ip_socket(m, rule, RANGES(type_dgram), RANGES(as_datagram));
	return err;
}

/* ---- sharing --------------------------------------------------------------------------------- */

static bool same_globs(const struct policy_globs *a, const struct policy_globs *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->item[i].text, b->item[i].text) != 0)
			return false;
	return true;
}

static bool same_who(const struct policy_who *a, const struct policy_who *b)
{
	return same_ranges(&a->users, &b->users) && same_ranges(&a->groups, &b->groups) &&
	       same_ranges(&a->real_users, &b->real_users) && same_ranges(&a->logins, &b->logins) &&
	       same_ranges(&a->sessions, &b->sessions) && same_globs(&a->services, &b->services) &&
	       same_globs(&a->programs, &b->programs) && same_globs(&a->ancestors, &b->ancestors);
}

/* Rules of the same subjects, kind and mode bring the same sockets: they share the first one's atoms. */
static bool brings_the_same(const struct policy_rule *a, const struct policy_rule *b)
{
	return a->permit == b->permit && a->enforce == b->enforce && same_who(&a->who, &b->who) &&
	       same_who(&a->who_except, &b->who_except);
}

static bool is_there(const struct maker *m, const struct atom *atom)
{
	for (size_t i = 0; i < m->atoms.n; i++) {
		const struct atom *other = &m->atoms.item[i];

		if (other->kind == ATOM_SOCKET && same_ranges(&other->families, &atom->families) &&
		    same_ranges(&other->types, &atom->types) && same_ranges(&other->protocols, &atom->protocols) &&
		    brings_the_same(other->rule, atom->rule))
			return true;
	}
	return false;
}

static int add_needed_sockets(struct maker *m, const struct policy_rule *rule)
{
	struct maker own = { .arena = m->arena, .diag = m->diag };
	int err = add_reach_sockets(&own, rule);

	for (size_t i = 0; !err && i < own.atoms.n; i++)
		if (!is_there(m, &own.atoms.item[i]))
			err = add(m, &own.atoms.item[i]);
	return err;
}

static int add_rule(struct maker *m, const struct policy_rule *rule)
{
	int err = 0;

	if (rule->ops & CORDON_OPS_FILE) {
		struct atom atom = { .rule = rule, .kind = ATOM_FILE, .ops = rule->ops & CORDON_OPS_FILE };

		if (atom.ops & OP(WRITE))
			atom.ops |= OP(APPEND);
		err = add(m, &atom);
	}
	if (!err)
		err = add_nets(m, rule, OP(REACH), &rule->to, &rule->to_except);
	if (!err)
		err = add_nets(m, rule, OP(BIND), &rule->at, &rule->at_except);
	if (!err)
		err = add_nets(m, rule, OP(ACCEPT), &rule->from, &rule->from_except);
	if (!err && rule->ops & OP(CAPABILITY))
		err = add(m, &(struct atom){ .rule = rule, .kind = ATOM_CAPABILITY, .ops = OP(CAPABILITY),
					     .numbers = rule->capabilities });
	if (!err && rule->ops & OP(KERNEL))
		err = add(m, &(struct atom){ .rule = rule, .kind = ATOM_KERNEL, .ops = OP(KERNEL),
					     .numbers = rule->operations });
	if (!err && rule->ops & OP(SOCKET))
		err = add_sockets(m, rule);
	if (!err && rule->ops & OP(REACH) && rule->permit)
		err = add_needed_sockets(m, rule);
	return err;
}

int atoms_make(const struct policy *policy, struct arena *arena, struct atoms *ret_atoms, struct diag *diag)
{
	struct maker m = { .arena = arena, .diag = diag };
	int err = 0;

	for (size_t i = 0; !err && i < policy->nrules; i++)
		err = add_rule(&m, &policy->rules[i]);
	if (!err)
		*ret_atoms = m.atoms;
	return err;
}
