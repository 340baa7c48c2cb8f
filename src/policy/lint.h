/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules that do nothing, told as flaws (common/diag.h), or as warnings where two files meet: one whose exceptions take everything off it, one that another rule covers. Only what
 * is certain is told: globs are compared as texts, so a rule that passes may still be idle.
 */
#ifndef POLICY_LINT_H
#define POLICY_LINT_H

#include "policy/policy.h"

/* Adds them to @diag (NULL: nothing is done). */
void policy_lint(const struct policy *policy, struct diag *diag);

#endif
