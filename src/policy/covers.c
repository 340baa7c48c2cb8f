/* SPDX-License-Identifier: GPL-2.0-only */
/* Lists that hold others; see covers.h. */
#include "policy/covers.h"

#include <netinet/in.h>
#include <string.h>

#include <cordon/abi.h>

#define OP(name) (1u << CORDON_OP_##name)

/* Comparisons left. */
static bool spend(size_t *work)
{
	return *work && (*work)--;
}

/* ---- items ------------------------------------------------------------------------------------- */

/* One range in the union of others: what is left of it moves up until nothing is. */
static bool in_union(const struct policy_ranges *a, struct policy_range b, size_t *work)
{
	for (;;) {
		bool moved = false;

		for (size_t i = 0; i < a->n && spend(work); i++) {
			if (b.first < a->item[i].first || b.first > a->item[i].last)
				continue;
			if (a->item[i].last >= b.last)
				return true;
			b.first = a->item[i].last + 1;
			moved = true;
		}
		if (!moved)
			return false;
	}
}

bool covers_ranges(const struct policy_ranges *a, const struct policy_ranges *b, size_t *work)
{
	for (size_t i = 0; i < b->n; i++)
		if (!in_union(a, b->item[i], work))
			return false;
	return a->n > 0;
}

/* The same text; or the beginning of the other, and "**" behind it. */
static bool glob_covers(const char *a, const char *b)
{
	size_t len = strlen(a);

	if (strcmp(a, b) == 0)
		return true;
	if (*a != '/' || *b != '/' || len < 3 || strcmp(a + len - 3, "/**") != 0)
		return false;
	len -= 3;
	return strncmp(a, b, len) == 0 && (b[len] == '/' || !b[len]);
}

bool covers_globs(const struct policy_globs *a, const struct policy_globs *b, size_t *work)
{
	for (size_t i = 0; i < b->n; i++) {
		bool found = false;

		for (size_t k = 0; k < a->n && !found && spend(work); k++)
			found = glob_covers(a->item[k].text, b->item[i].text);
		if (!found)
			return false;
	}
	return a->n > 0;
}

static bool net_covers(const struct policy_destination *a, const struct policy_destination *b)
{
	unsigned whole = a->bits / 8, rest = a->bits % 8;

	/* What a name holds is not known here: itself, and any is around it. */
	if (a->host || b->host)
		return a->host ? b->host && strcmp(a->host, b->host) == 0 : !a->bits;
	return a->bits <= b->bits && !memcmp(a->addr, b->addr, whole) &&
	       (!rest || !((a->addr[whole] ^ b->addr[whole]) >> (8 - rest)));
}

/* A list without items is everything. */
static bool ranges_within(const struct policy_ranges *a, const struct policy_ranges *b, size_t *work)
{
	return !a->n || (b->n && covers_ranges(a, b, work));
}

static bool globs_within(const struct policy_globs *a, const struct policy_globs *b, size_t *work)
{
	return !a->n || (b->n && covers_globs(a, b, work));
}

bool covers_destinations(const struct policy_destinations *a, const struct policy_destinations *b, size_t *work)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct policy_destination *d = &b->item[i];
		bool found = false;

		for (size_t k = 0; k < a->n && !found && spend(work); k++)
			found = net_covers(&a->item[k], d) && ranges_within(&a->item[k].ports, &d->ports, work) &&
				ranges_within(&a->item[k].protocols, &d->protocols, work);
		if (!found)
			return false;
	}
	return a->n > 0;
}

/* ---- subjects ---------------------------------------------------------------------------------- */

/* What @a excepts, @b excepts as well. An exception without items takes nothing off. */
static bool except_ranges(const struct policy_ranges *a, const struct policy_ranges *b, size_t *work)
{
	return !a->n || (b->n && covers_ranges(b, a, work));
}

static bool except_globs(const struct policy_globs *a, const struct policy_globs *b, size_t *work)
{
	return !a->n || (b->n && covers_globs(b, a, work));
}

static bool covers_who(const struct policy_who *a, const struct policy_who *b, size_t *work)
{
	return ranges_within(&a->users, &b->users, work) && ranges_within(&a->groups, &b->groups, work) &&
	       ranges_within(&a->real_users, &b->real_users, work) && ranges_within(&a->logins, &b->logins, work) &&
	       ranges_within(&a->sessions, &b->sessions, work) && globs_within(&a->services, &b->services, work) &&
	       globs_within(&a->programs, &b->programs, work) && globs_within(&a->ancestors, &b->ancestors, work);
}

static bool covers_who_except(const struct policy_who *a, const struct policy_who *b, size_t *work)
{
	return except_ranges(&a->users, &b->users, work) && except_ranges(&a->groups, &b->groups, work) &&
	       except_ranges(&a->real_users, &b->real_users, work) && except_ranges(&a->logins, &b->logins, work) &&
	       except_ranges(&a->sessions, &b->sessions, work) && except_globs(&a->services, &b->services, work) &&
	       except_globs(&a->programs, &b->programs, work) && except_globs(&a->ancestors, &b->ancestors, work);
}

/* ---- objects ----------------------------------------------------------------------------------- */

static bool covers_addresses(const struct policy_destinations *a, const struct policy_destinations *a_except,
			     const struct policy_destinations *b, const struct policy_destinations *b_except, size_t *work)
{
	return (!a->n || (b->n && covers_destinations(a, b, work))) &&
	       (!a_except->n || (b_except->n && covers_destinations(b_except, a_except, work)));
}

static bool covers_sockets(const struct policy_sockets *a, const struct policy_sockets *b, size_t *work)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct policy_socket *s = &b->item[i];
		bool found = false;

		for (size_t k = 0; k < a->n && !found && spend(work); k++) {
			const struct policy_socket *t = &a->item[k];

			found = (t->family == POLICY_ANY || t->family == s->family) &&
				(t->type == POLICY_ANY || t->type == s->type) &&
				(t->protocol == POLICY_ANY || t->protocol == s->protocol);
		}
		if (!found)
			return false;
	}
	return !a->n || b->n;
}

/* Whether a destination names a protocol; 0: whether it names none, which is those of everyday. */
static bool names_protocol(const struct policy_destinations *list, uint32_t protocol, size_t *work)
{
	const struct policy_range one = { protocol, protocol };

	for (size_t i = 0; i < list->n; i++)
		if (protocol ? list->item[i].protocols.n && in_union(&list->item[i].protocols, one, work) :
			       !list->item[i].protocols.n)
			return true;
	return !list->n && !protocol;
}

/* A permit for `reach` brings sockets by the protocols that it names; @a brings those of @b. */
static bool brings_sockets(const struct policy_destinations *a, const struct policy_destinations *b, size_t *work)
{
	bool everyday = names_protocol(a, 0, work);

	if (names_protocol(b, 0, work) && !everyday)
		return false;
	for (size_t i = 0; i < b->n; i++)
		for (size_t k = 0; k < b->item[i].protocols.n; k++) {
			struct policy_range r = b->item[i].protocols.item[k];

			if (r.first != r.last || (!names_protocol(a, r.first, work) &&
						  !(everyday && (r.first == IPPROTO_TCP || r.first == IPPROTO_UDP))))
				return false;
		}
	return true;
}

static bool covers_objects(const struct policy_rule *a, const struct policy_rule *b, size_t *work)
{
	if (b->ops & CORDON_OPS_FILE && (!globs_within(&a->files, &b->files, work) ||
					 !except_globs(&a->files_except, &b->files_except, work)))
		return false;
	if (b->ops & OP(REACH) && (!covers_addresses(&a->to, &a->to_except, &b->to, &b->to_except, work) ||
				   (b->permit && !brings_sockets(&a->to, &b->to, work))))
		return false;
	if (b->ops & OP(BIND) && !covers_addresses(&a->at, &a->at_except, &b->at, &b->at_except, work))
		return false;
	if (b->ops & OP(ACCEPT) && !covers_addresses(&a->from, &a->from_except, &b->from, &b->from_except, work))
		return false;
	if (b->ops & OP(SOCKET) && !covers_sockets(&a->sockets, &b->sockets, work))
		return false;
	return (!(b->ops & OP(CAPABILITY)) || ranges_within(&a->capabilities, &b->capabilities, work)) &&
	       (!(b->ops & OP(KERNEL)) || ranges_within(&a->operations, &b->operations, work));
}

bool covers_rule(const struct policy_rule *a, const struct policy_rule *b, size_t *work)
{
	uint32_t ops = a->ops | (a->ops & OP(WRITE) ? OP(APPEND) : 0);

	return !(b->ops & ~ops) && (!(b->ops & OP(WRITE)) || a->ops & OP(WRITE)) && covers_who(&a->who, &b->who, work) &&
	       covers_who_except(&a->who_except, &b->who_except, work) && covers_objects(a, b, work) &&
	       *work; /* at its end nothing is known */
}
