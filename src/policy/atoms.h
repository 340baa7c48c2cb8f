/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules become atoms: who x operations x one product of object dimensions. Atom n is bit n.
 *
 * A rule gives one atom for its files, one per group of destinations (or local addresses, or peers) with the same ports
 * and protocols, one per kind of socket. An exception of addresses is a negated product, which is a union of products:
 * not (net and ports and protocols) = not net, or not ports, or not protocols; each gives an atom. Exceptions that say one of
 * the three give none. A permit for `reach` brings the sockets it needs.
 */
#ifndef POLICY_ATOMS_H
#define POLICY_ATOMS_H

#include "policy/policy.h"

/* An accepted list and a refused one; `in.n == 0` accepts all. */
struct atom_ranges {
	struct policy_ranges in, out;
};

struct atom_nets {
	const struct policy_destination **in, **out; /* only addr and bits of them; nin == 0 accepts all, unless `none` */
	size_t nin, nout;
	bool none; /* only names that hold no address: nothing is accepted */
};

enum atom_kind { ATOM_FILE, ATOM_NET, ATOM_SOCKET, ATOM_CAPABILITY, ATOM_KERNEL };

struct atom {
	const struct policy_rule *rule; /* who, files, name and position are there */
	enum atom_kind kind;
	uint32_t ops;
	/* what follows is all zero, which accepts everything, for atoms of other kinds */
	/* ATOM_NET: the lists of the rule that it was made from, and what they came to */
	const struct policy_destinations *list, *except;
	struct atom_nets nets;
	struct atom_ranges ports, ipprotos;
	/* ATOM_SOCKET: n == 0 is all */
	struct policy_ranges families, types, protocols;
	/* ATOM_CAPABILITY, ATOM_KERNEL: the same */
	struct policy_ranges numbers;
};

struct atoms {
	struct atom *item;
	size_t n, cap;
};

/* 0, -ENOMEM, -E2BIG with a message that names the rule. Memory is the arena's. */
int atoms_make(const struct policy *policy, struct arena *arena, struct atoms *ret_atoms, struct diag *diag);

static inline bool ranges_have(const struct policy_ranges *ranges, uint32_t value)
{
	for (size_t i = 0; i < ranges->n; i++)
		if (value >= ranges->item[i].first && value <= ranges->item[i].last)
			return true;
	return false;
}

#endif
