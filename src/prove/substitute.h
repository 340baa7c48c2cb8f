/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * substitute: terms with a constant in the place of one variable.
 */
#ifndef PROVE_SUBSTITUTE_H
#define PROVE_SUBSTITUTE_H

#include "prove/term.h"

/* For each of the terms there are whether it speaks of var: t->n bytes, malloc'ed; NULL without memory. */
uint8_t *substitute_speaks(const struct terms *t, term var);

/* Says what is to stand for part `i` of what was given, which became `is`: that, or what is known to be the same. */
typedef term substitute_settle(void *ctx, term i, term is);

/*
 * What the roots and all their parts become with `value` in place of var: by term, t->n entries as they are at the call, malloc'ed; 0
 * for what is no part of a root. `speaks` is that of substitute_speaks() now; `settle` may be NULL, and is asked of parts before what they are
 * parts of. NULL without memory.
 */
term *substitute(struct terms *t, term var, term value, const uint8_t *speaks, const term *roots, size_t n, substitute_settle *settle, void *ctx);

#endif
