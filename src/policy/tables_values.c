/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dimensions that are looked up by number. For each: the numbers that some atom names are the keys; a key's set is the
 * atoms that accept the number; the default is the set of a number that nobody names.
 */
#include <errno.h>
#include <stdlib.h>

#include "policy/tables.h"

/* What an atom says of a dimension: `in.n == 0` accepts all but `out`. */
struct constraint {
	struct policy_ranges in, out;
};

typedef struct constraint (*constraint_fn)(const struct atom *atom);

static struct constraint of_users(const struct atom *atom)
{
	return (struct constraint){ atom->rule->who.users, atom->rule->who_except.users };
}

/* Several groups at once: the sets are OR-ed, so exceptions have a dimension of their own, which is AND-ed. */
static struct constraint of_groups(const struct atom *atom)
{
	return (struct constraint){ .in = atom->rule->who.groups };
}

static struct constraint of_groups_excepted(const struct atom *atom)
{
	return (struct constraint){ .out = atom->rule->who_except.groups };
}

static struct constraint of_families(const struct atom *atom)
{
	return (struct constraint){ .in = atom->families };
}

static struct constraint of_types(const struct atom *atom)
{
	return (struct constraint){ .in = atom->types };
}

static struct constraint of_protocols(const struct atom *atom)
{
	return (struct constraint){ .in = atom->protocols };
}

static struct constraint of_ipprotos(const struct atom *atom)
{
	return (struct constraint){ atom->ipprotos.in, atom->ipprotos.out };
}

static struct constraint of_capabilities(const struct atom *atom)
{
	return atom->kind == ATOM_CAPABILITY ? (struct constraint){ .in = atom->numbers } : (struct constraint){ 0 };
}

static struct constraint of_operations(const struct atom *atom)
{
	return atom->kind == ATOM_KERNEL ? (struct constraint){ .in = atom->numbers } : (struct constraint){ 0 };
}

static struct constraint of_real_users(const struct atom *atom)
{
	return (struct constraint){ atom->rule->who.real_users, atom->rule->who_except.real_users };
}

static struct constraint of_logins(const struct atom *atom)
{
	return (struct constraint){ atom->rule->who.logins, atom->rule->who_except.logins };
}

static struct constraint of_sessions(const struct atom *atom)
{
	return (struct constraint){ atom->rule->who.sessions, atom->rule->who_except.sessions };
}

static const constraint_fn constraint_of[CORDON_DIM_COUNT] = {
	[CORDON_DIM_UID] = of_users,       [CORDON_DIM_GID] = of_groups,   [CORDON_DIM_NOT_GID] = of_groups_excepted,
	[CORDON_DIM_FAMILY] = of_families, [CORDON_DIM_TYPE] = of_types,   [CORDON_DIM_PROTOCOL] = of_protocols,
	[CORDON_DIM_IPPROTO] = of_ipprotos,
	[CORDON_DIM_CAPABILITY] = of_capabilities, [CORDON_DIM_OPERATION] = of_operations, [CORDON_DIM_RUID] = of_real_users,
	[CORDON_DIM_LOGINUID] = of_logins, [CORDON_DIM_SESSION] = of_sessions,
};

static int collect(struct compiler *c, struct numbers *values, const struct policy_ranges *ranges,
		   const struct policy_rule *rule)
{
	int err = 0;

	for (size_t i = 0; !err && i < ranges->n; i++) {
		if (ranges->item[i].last - ranges->item[i].first >= TABLES_VALUES_MAX ||
		    values->n + (ranges->item[i].last - ranges->item[i].first) >= 16 * TABLES_VALUES_MAX)
			return tables_fail(c, -E2BIG, rule, "its ranges hold more numbers than the table of values takes");
		for (uint32_t v = ranges->item[i].first; !err; v++) {
			err = numbers_append(values, v);
			if (v == ranges->item[i].last)
				break;
		}
	}
	return err;
}

static int add_value(struct compiler *c, uint32_t dim, uint32_t value, uint32_t set)
{
	struct image_value *values = grow_array(c->image->values, c->image->nvalues, &c->values_cap, sizeof(*values));

	if (!values)
		return -ENOMEM;
	c->image->values = values;
	values[c->image->nvalues++] = (struct image_value){ { .dim = dim, .value = value }, set };
	return 0;
}

/* Takes the numbers of a list into, or out of, the sets of those values. */
static void mark(uint64_t *sets, size_t nwords, const struct numbers *values, const struct policy_ranges *ranges,
		 size_t bit, bool in)
{
	for (size_t i = 0; i < ranges->n; i++) {
		size_t low = 0, high = values->n;

		while (low < high) { /* the first value of the range */
			size_t middle = (low + high) / 2;

			if (values->item[middle] < ranges->item[i].first)
				low = middle + 1;
			else
				high = middle;
		}
		for (; low < values->n && values->item[low] <= ranges->item[i].last; low++)
			(in ? set_add : set_remove)(sets + low * nwords, bit);
	}
}

/* The values stand in blocks, so that the sets being made fit in memory whatever the policy. */
static int fill(struct compiler *c, uint32_t dim, const struct numbers *values, const uint64_t *dflt)
{
	size_t nwords = c->pool.nwords, most = (size_t)4 << 20, block = most / nwords;
	uint64_t *sets = calloc(block, nwords * sizeof(*sets));
	int err = sets ? 0 : -ENOMEM;

	for (size_t from = 0; !err && from < values->n; from += block) {
		struct numbers part = { .item = values->item + from };

		part.n = values->n - from < block ? values->n - from : block;
		for (size_t i = 0; i < part.n * nwords; i++)
			sets[i] = dflt[i % nwords];
		for (size_t bit = 0; bit < c->atoms.n; bit++) {
			struct constraint constraint = constraint_of[dim](&c->atoms.item[bit]);

			mark(sets, nwords, &part, &constraint.in, bit, true);
			mark(sets, nwords, &part, &constraint.out, bit, false);
		}
		for (size_t i = 0; !err && i < part.n; i++) {
			uint32_t set = setpool_intern(&c->pool, sets + i * nwords);

			if (set != c->image->meta.dflt[dim])
				err = add_value(c, dim, part.item[i], set);
		}
	}
	free(sets);
	return err;
}

static int one_dimension(struct compiler *c, uint32_t dim)
{
	struct numbers values = { 0 };
	uint64_t *dflt = setpool_scratch(&c->pool);
	int err = dflt ? 0 : -ENOMEM;

	for (size_t bit = 0; !err && bit < c->atoms.n; bit++) {
		struct constraint constraint = constraint_of[dim](&c->atoms.item[bit]);

		if (constraint.in.n || constraint.out.n)
			tables_need(c, bit, 1u << dim);
		if (!constraint.in.n)
			set_add(dflt, bit);
		err = collect(c, &values, &constraint.in, c->atoms.item[bit].rule);
		if (!err)
			err = collect(c, &values, &constraint.out, c->atoms.item[bit].rule);
	}
	numbers_sort(&values);
	if (!err && c->image->nvalues + values.n > TABLES_VALUES_MAX)
		err = tables_fail(c, -E2BIG, NULL, "the policy names more users, groups or protocols than the table takes");
	if (!err) {
		c->image->meta.dflt[dim] = setpool_intern(&c->pool, dflt);
		err = fill(c, dim, &values, dflt);
	}
	numbers_done(&values);
	free(dflt);
	return err;
}

int tables_values(struct compiler *c)
{
	int err = 0;

	for (uint32_t dim = 0; !err && dim < CORDON_DIM_COUNT; dim++)
		err = one_dimension(c, dim);
	return err;
}
