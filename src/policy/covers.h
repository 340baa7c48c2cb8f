/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether one list, or one rule, holds all that another holds. True is certain; false may only mean that it is not known: globs
 * are compared as texts, or @work, which counts comparisons down, came to its end.
 */
#ifndef POLICY_COVERS_H
#define POLICY_COVERS_H

#include "policy/policy.h"

/* Every item of @b is among those of @a; both have items. */
bool covers_ranges(const struct policy_ranges *a, const struct policy_ranges *b, size_t *work);
bool covers_globs(const struct policy_globs *a, const struct policy_globs *b, size_t *work);
bool covers_destinations(const struct policy_destinations *a, const struct policy_destinations *b, size_t *work);

/* Whether whatever is a subject of @b, and of the operations and objects of @b, is of @a, too: modes and verbs aside. */
bool covers_rule(const struct policy_rule *a, const struct policy_rule *b, size_t *work);

#endif
