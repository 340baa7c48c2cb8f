/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a request got its verdict: the decision, and for every rule of the policy whether it matches and, if not, in which
 * respects it is about something else.
 *
 *     image_explain(image, &subject, &object, &why);
 *     for (i < why.n)  image->rules[why.rules[i].atom]   name, policy, file:line, permit, enforce
 *                      why.rules[i].misses               0: matches; else bits 1 << enum fact_kind, see fact_name()
 *     image->rules[why.decision.rule]                    the rule that decides, unless CORDON_RULE_NONE
 *     explanation_done(&why);
 *
 * A rule may have several atoms (cordon/abi.h). The one told is a matching one, the deciding one if there is such, else the
 * one with the fewest respects that do not hold. Is FACT_OPERATION among them, then it stands alone, or with the subject's.
 */
#ifndef POLICY_EXPLAIN_H
#define POLICY_EXPLAIN_H

#include "policy/facts.h"
#include "policy/image.h"

struct explained_rule {
	uint32_t atom;   /* of image->rules[] */
	uint32_t misses; /* bits 1 << enum fact_kind */
	bool decides;    /* the verdict is this rule's: of the enforced rules, or (would_deny) of all */
};

struct explanation {
	struct cordon_decision decision; /* that of image_evaluate() */
	struct explained_rule *rules;    /* one per rule of the policy, in the order of the files */
	size_t n;
};

/* 0, -ENODATA, -ENOMEM as image_evaluate(); *ret_explanation is then untouched. */
int image_explain(const struct image *image, const struct image_subject *subject, const struct image_object *object,
		  struct explanation *ret_explanation);
void explanation_done(struct explanation *explanation);

#endif
