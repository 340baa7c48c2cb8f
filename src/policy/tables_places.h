/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between tables_places.c, which makes patterns and states of the policy's globs, and tables_states.c, which gives every
 * state its sets of atoms.
 */
#ifndef POLICY_TABLES_PLACES_H
#define POLICY_TABLES_PLACES_H

#include "policy/tables.h"

/* What an atom says of a glob: it accepts what the glob holds, or (OUT) excepts it. */
enum mark_kind {
	FILE_IN, PROGRAM_IN, SERVICE_IN, ANCESTOR_IN,
	MARK_OUT,
	FILE_OUT = MARK_OUT, PROGRAM_OUT, SERVICE_OUT, ANCESTOR_OUT,
	LOGIN, /* no atom's: a program that logs people in; `bit` is the enum cordon_session */
};

struct mark {
	const struct policy_glob *glob;
	const struct policy_rule *rule; /* NULL: LOGIN */
	enum mark_kind kind;
	uint32_t bit;
	uint32_t group; /* equal for those of one glob */
};

struct places {
	struct compiler *c;
	struct mark *marks; /* sorted by glob; those of one glob are a group, and end with a mark of another glob */
	size_t nmarks, marks_cap;
	uint32_t *group_of; /* pattern -> first mark of its group */
	size_t npatterns, patterns_cap;
	struct numbers paths, abstracts, services; /* pattern numbers */
	uint64_t *base[MARK_OUT]; /* sets of a place no glob holds: file, program, service, ancestor */
	uint64_t *scratch;
};

/* The marks of a pattern: for (m = places_first(p, pattern); m; m = places_next(p, m)). */
static inline const struct mark *places_first(const struct places *p, uint32_t pattern)
{
	return &p->marks[p->group_of[pattern]];
}

static inline const struct mark *places_next(const struct places *p, const struct mark *mark)
{
	return mark + 1 < p->marks + p->nmarks && mark[1].group == mark->group ? mark + 1 : NULL;
}

/* The sets of every state, after the automaton was built, and the meta fields about places. 0, -ENOMEM. */
int tables_states(struct places *p);

#endif
