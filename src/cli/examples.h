/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * examples: requests at which a policy could change its mind, made of what its rules name: for every list of a rule its items, the
 * values on both sides of a range or network, paths that fit a glob and paths that just do not; for every subject also
 * anybody else and root. They are examples and no proof: what two rules name together is tried, three kinds of exception
 * at once are not.
 */
#ifndef CLI_EXAMPLES_H
#define CLI_EXAMPLES_H

#include <stddef.h>

#include "cli/request.h"
#include "common/arena.h"
#include "policy/mounts.h"
#include "policy/policy.h"

/* What one rule gave: subjects [first, last), objects [first, last). Valid until examples_tidy(). */
struct examples_span {
	size_t first_subject, last_subject, first_object, last_object;
};

struct examples {
	struct arena arena;
	const struct mount_table *mounts;
	struct request *subjects, *objects; /* of a subject only who, of an object only what */
	size_t nsubjects, nobjects;
	struct examples_span *spans; /* one per rule */
	size_t nspans;
	size_t subjects_cap, objects_cap, spans_cap;
};

void examples_init(struct examples *examples, const struct mount_table *mounts);
void examples_done(struct examples *examples);

/* Add those of a policy; twice the same is added once by examples_tidy(). -ENOMEM. */
int examples_add(struct examples *examples, const struct policy *policy);
void examples_tidy(struct examples *examples);

#endif
