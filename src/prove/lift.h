/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lift: comparisons of choices as choices of comparisons.
 *
 * A merged state's values are trees of choices (ite), and what is asked about them compares a whole tree with a number; the trees'
 * conditions then stand below arithmetic, where a solver sees bits. (ite c a b) < k is c ? a < k : b < k: what has to be known of
 * the conditions is propositional again, what is left of arithmetic are small comparisons, and all that is about other things
 * is gone when they are left open (smt_print_weak()).
 *
 * Equal to what was given for every value of the variables; never more than a few times as large.
 */
#ifndef PROVE_LIFT_H
#define PROVE_LIFT_H

#include "prove/term.h"

/* An equal formula; `a` itself when nothing can be done, there is no memory, or t is exhausted. */
term lift(struct terms *t, term a);

#endif
