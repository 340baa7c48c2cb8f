/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second opinion on every decision: walks the rules as they were written and compares lists, without atoms, sets,
 * automata or tries. Slow, plain, and written from docs/policy.md; it shares no code with the compiler.
 */
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include "policy/image.h"
#include "policy/mounts.h"
#include "policy/policy.h"

struct oracle_answer {
	bool deny, would_deny;
	const char *rule; /* name of a rule that may be given as the reason; NULL when allowed */
};

struct oracle_answer oracle_decide(const struct policy *policy, const struct mount_table *mounts,
				   const struct image_subject *subject, const struct image_object *object);

/* Whether @rule could be the reason of a refusal, enforced or (@all) as if all were enforced. */
bool oracle_accuses(const struct policy *policy, const struct mount_table *mounts, const struct image_subject *subject,
		    const struct image_object *object, bool all, const char *rule);

/* Whether one rule is about the request in all respects: operation, subject, object. */
bool oracle_matches(const struct policy_rule *rule, const struct mount_table *mounts,
		    const struct image_subject *subject, const struct image_object *object);

/* A path against a glob of the language. */
bool oracle_glob(const char *glob, const char *path);

#endif
