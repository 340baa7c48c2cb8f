/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of a policy into addresses: between policy_parse(), which leaves a name as a destination that is nowhere, and
 * policy_compile(), which knows addresses only.
 *
 * A name tightens where more addresses mean that more is refused: in the `to` of a forbid, in the exception of a permit. There
 * all that the table has counts, what is past as well; elsewhere what is held. Who compiles without a table gets a policy whose
 * names hold nothing.
 */
#ifndef POLICY_HOSTPLACE_H
#define POLICY_HOSTPLACE_H

#include "policy/hosts.h"
#include "policy/policy.h"

/* The names of the policy, and no others, are in the table from now on, with what it knew of them; those that tighten keep.
 * -E2BIG (told): more than HOSTS_MAX; -ENOMEM. */
int policy_name_hosts(const struct policy *policy, struct hosts *hosts, struct diag *diag);

/*
 * Replace each name by what it holds. A name that holds nothing stays one that is nowhere; @told: a warning for each that
 * does, at its first place, and @must: where it tightens, an error: a forbid of nothing forbids nothing. -EINVAL then; -ENOMEM;
 * -E2BIG (told): a list would pass POLICY_ITEMS_MAX.
 */
int policy_place_hosts(struct policy *policy, const struct hosts *hosts, bool told, bool must, struct diag *diag);

#endif
