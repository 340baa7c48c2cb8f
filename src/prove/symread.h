/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symread: that equal places hold equal words, said when it matters.
 *
 * What a region holds at the start is unknown. Two reads of it at offsets that are no constants, or of two elements of a
 * constant map (MAP_CONSTANT), are two unknown words; they are the same where the places are. To write that down for every
 * pair would be most of a formula, and a proof needs few of them. So a question is asked without; when a model has two
 * different words at one place, what relates the two objects is added and the question asked again. "unsat" of less is
 * unsat; a model that contradicts no pair is one of all of them.
 */
#ifndef PROVE_SYMREAD_H
#define PROVE_SYMREAD_H

#include "prove/eval.h"
#include "prove/smt.h"
#include "prove/sym.h"

/* smt_solve() of conditions over what was read. */
void symread_solve(struct sym *s, const term *asserts, size_t n, const struct smt_opts *opts, struct smt_answer *ret);
/* Whether values of variables that were a model of something else (n_vars; those beyond are 0) are one of the goal. "No" may be wrong. */
bool symread_model(struct sym *s, term goal, const uint64_t *var, size_t n_vars);
/* Everything that relates the words that a condition speaks of, for who asks a solver himself. */
term symread_relations(struct sym *s, term goal);

/* The word at a multiple of 8 at the start, in a model, if something was read there: of r, or of what is the same element. */
bool symread_word(struct sym *s, struct eval *e, const struct region *r, uint64_t off, uint64_t *ret_word);

#endif
