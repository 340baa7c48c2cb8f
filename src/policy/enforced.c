/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules that this version's programs do not decide; see image_check_enforced(). */
#include <errno.h>
#include <string.h>

#include "policy/facts.h"
#include "policy/value.h"

/* The bits of meta.dims, as the language calls them. */
static const char *dim_name(unsigned dim)
{
	static const char *const names[32] = {
		[CORDON_DIM_UID] = "users", [CORDON_DIM_GID] = "groups", [CORDON_DIM_NOT_GID] = "groups of except",
		[CORDON_DIM_FAMILY] = "family", [CORDON_DIM_TYPE] = "type", [CORDON_DIM_PROTOCOL] = "protocol",
		[CORDON_DIM_IPPROTO] = "protocol", [CORDON_DIM_CAPABILITY] = "capabilities",
		[CORDON_DIM_OPERATION] = "operations", [CORDON_DIM_RUID] = "real-users", [CORDON_DIM_LOGINUID] = "login",
		[CORDON_DIM_SESSION] = "session", [16] = "programs", [17] = "services", [18] = "ancestors", [19] = "files",
	};

	return dim < 32 && names[dim] ? names[dim] : "a dimension";
}

static const char *op_name(unsigned op)
{
	for (const struct value_name *o = value_operations; o->name; o++)
		if (o->value == (int)op)
			return o->name;
	return "an operation";
}

static uint32_t ops_of(struct facts *facts, uint32_t atom)
{
	uint32_t ops = 0;

	for (unsigned op = 0; op < CORDON_OP_MAX; op++)
		if (facts_set_word(facts, facts->image->meta.op[op], atom / 64) >> atom % 64 & 1)
			ops |= 1u << op;
	return ops;
}

static void tell(const struct image_rule *rule, const char *what, struct diag *diag)
{
	diag_add(diag, DIAG_ERROR, DIAG_AT(.file = rule->file, .line = rule->line, .col = rule->column),
		 "rule '%s': '%s' is not enforced by this version of the guard", rule->name, what);
	diag_hint(diag, "leave it out: a rule that looks as if it protected is worse than none");
}

int image_check_enforced(const struct image *image, struct diag *diag)
{
	const uint32_t ops = image->meta.active & ~CORDON_ENFORCED_OPS, dims = image->meta.dims & ~CORDON_ENFORCED_DIMS;
	struct facts facts = { .image = image };
	const struct image_rule *last = NULL;

	if (!ops && !dims)
		return 0;
	for (uint32_t atom = 0; atom < image->meta.nrules; atom++) {
		const struct image_rule *rule = &image->rules[atom];
		uint32_t missing = ops_of(&facts, atom) & ops;

		if (last && last->line == rule->line && !strcmp(last->file, rule->file))
			continue; /* the same rule: it was told */
		if (missing)
			tell(rule, op_name((unsigned)__builtin_ctz(missing)), diag);
		else if (image->needs && image->needs[atom] & dims)
			tell(rule, dim_name((unsigned)__builtin_ctz(image->needs[atom] & dims)), diag);
		else
			continue;
		last = rule;
	}
	if (!last)
		return diag_fail(diag, -EOPNOTSUPP, NULL, "'%s' is not enforced by this version of the guard",
				 ops ? op_name((unsigned)__builtin_ctz(ops)) : dim_name((unsigned)__builtin_ctz(dims)));
	return -EOPNOTSUPP;
}
