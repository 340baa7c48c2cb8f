/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mutate_spec: mutants of what a proof leans on, the program being as it is: clauses of its contract (contract_mutant.h), and the
 * rows of the helper table that it uses (what a helper does left out; what it returns anything).
 */
#ifndef PROVE_MUTATE_SPEC_H
#define PROVE_MUTATE_SPEC_H

#include "prove/check.h"

struct buf;
struct mutate_verdicts;

enum mutate_what { MUTATE_PROGRAM, MUTATE_CONTRACT, MUTATE_HELPERS };

struct mutate_score {
	unsigned noticed;  /* the verdict of a property is another */
	unsigned survives; /* none is */
	unsigned refused;  /* makes no sense */
};

/* Of one program or function, with its verdicts as it is. Survivors go to standard output, or all mutants as objects to json, if not NULL. */
void mutate_spec(struct check_run *run, const struct sym *s, enum mutate_what what, const struct mutate_verdicts *as_is, struct buf *json,
		 struct mutate_score *score);

#endif
