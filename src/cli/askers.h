/* SPDX-License-Identifier: GPL-2.0-only */
/* askers: whether a policy with host names lets the guard ask for them (lookup.h): decided by the policy itself, for the servers that
 * this machine is configured with. */
#ifndef CLI_ASKERS_H
#define CLI_ASKERS_H

#include "cli/compile.h"
#include "common/diag.h"

/* A warning at the rule that refuses it. */
void askers_check(const struct compiled *compiled, struct diag *diag);

#endif
