/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * replay_reads: one address of kernel memory holds one thing.
 *
 * The executor takes two addresses that are not the same by their form for two places (symkobj.c): more behaviours than
 * there are. A model in which they are one address and hold two things is none of the kernel's; one that has not is looked
 * for.
 */
#ifndef PROVE_REPLAY_READS_H
#define PROVE_REPLAY_READS_H

#include "prove/eval.h"
#include "prove/sym.h"

struct read_pair {
	size_t a, b; /* entries of the log */
};

/* Whether two reads of one place differ in the model; which. Never where memory may change. */
bool replay_contradiction(struct sym *s, struct eval *e, struct read_pair *ret);
/* That these two do not: the addresses lie apart, or are the same and hold the same. */
term replay_consistent(struct sym *s, const struct read_pair *p);

#endif
