/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * smtfmt: terms as SMT-LIB 2 text, QF_BV, with sharing; and values read back.
 *
 * Every shared term has a name of its own, so the text is linear in the number of terms.
 */
#ifndef PROVE_SMTFMT_H
#define PROVE_SMTFMT_H

#include "prove/term.h"

struct buf;

/*
 * A whole script: logic, declarations of the variables that occur, definitions, one assert per term, check-sat. `named`: with
 * the names that variables and the numbers that terms have, for somebody to read. Else both are numbered in the order they
 * have in t, variables v0, v1...: the same question is the same text, wherever it comes from.
 * `comment` (may be NULL, may have lines) stands in front. *ret_vars is a malloc'ed list of the indices of the
 * variables that were declared, in order. -ENOMEM.
 */
int smt_print(const struct terms *t, bool named, const term *asserts, size_t n, const char *comment, struct buf *out,
	      uint32_t **ret_vars, size_t *ret_n_vars);

/*
 * The same, numbered, with every product and quotient that is hard for solvers replaced by a number of its own, the same one for the
 * same factors (Ackermann 1954), and every comparison of numbers that has more than `most` parts by a truth value of its own. Whatever
 * satisfies the assertions satisfies these, so "unsat" is an answer to both; a model is not. -ENOENT when there is nothing to replace.
 */
int smt_print_weak(const struct terms *t, const term *asserts, size_t n, uint32_t most, struct buf *out);

/* How many products and quotients that are hard for solvers the assertions have. 0 when there is no memory. */
size_t smt_count_hard(const struct terms *t, const term *asserts, size_t n);

/* (get-value (...)) for the variables v0 .. vn-1; nothing when there are none. */
void smt_print_get_value(size_t n, struct buf *out);

/*
 * Read "((x #x01) (y true) ...)" as answered to that: value[i] belongs to vars[i]. -EINVAL when the text is
 * anything else.
 */
int smt_parse_values(const char *text, size_t n, uint64_t *ret_values);

#endif
