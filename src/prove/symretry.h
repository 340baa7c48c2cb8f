/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symretry: loops that only try again: an iteration that goes on has changed nothing.
 *
 * Then every iteration starts in the state in which the loop was entered, and the whole loop is one iteration from there:
 * the one that ends it, or, where it runs to its end, any of them. Nothing is forgotten.
 */
#ifndef PROVE_SYMRETRY_H
#define PROVE_SYMRETRY_H

#include "prove/symloop.h"

/*
 * An iteration was run from `before` to `after` (facts outside of states as m had them); it goes on where `goes_on` holds.
 * Whether it has changed nothing there. False also when that cannot be seen.
 */
bool symretry_changes_nothing(struct sym *s, const struct state *before, const struct state *after,
			      const struct loop_mark *m, term goes_on);

#endif
