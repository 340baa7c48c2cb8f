/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules that hold the guard's own service, so that after them no other policy can be applied, or the first process, so that no
 * service can be started, or a service's output; told as warnings, the first of each, because a machine that is to stay as it is may be what
 * somebody wants.
 */
#ifndef POLICY_LOCKOUT_H
#define POLICY_LOCKOUT_H

#include "policy/policy.h"

void policy_lockout(const struct policy *policy, struct diag *diag);

#endif
