/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * eval: the value of terms under an assignment of the variables.
 *
 * This is the judge of every model a solver gives: a model under which our own evaluation does not make the
 * query true is not believed.
 */
#ifndef PROVE_EVAL_H
#define PROVE_EVAL_H

#include "prove/term.h"

struct eval {
	const struct terms *t;
	const uint64_t *var; /* value of variable i; n_vars of them, those beyond are 0 */
	size_t n_vars;
	uint64_t *memo;
	uint8_t *known;
	size_t n;
};

/* -ENOMEM. `var` must stay while the evaluation is used. */
int eval_init(struct eval *e, const struct terms *t, const uint64_t *var, size_t n_vars);
void eval_done(struct eval *e);
uint64_t eval_term(struct eval *e, term a);

/* Marks everything reachable from roots in `mark` (t->n bytes, zeroed by the caller). */
void term_mark(const struct terms *t, const term *roots, size_t n, uint8_t *mark);

#endif
