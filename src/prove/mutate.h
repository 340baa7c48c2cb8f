/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mutate: the subcommand `mutate`: proves mutants of the programs of an object in place of the programs, and counts how
 * many are noticed. A mutant that still satisfies everything is equivalent, or shows a clause that is missing.
 */
#ifndef PROVE_MUTATE_H
#define PROVE_MUTATE_H

#include <stdint.h>

struct check_run;
struct sym;

int mutate_main(int argc, char **argv);

struct mutate_verdicts {
	int status;        /* COMMAND_ */
	uint8_t kind[256]; /* of each property, enum verdict_kind; of those behind it nothing is said */
	char why[600];     /* what fails, or is not decided */
};

/* Judge what s is about once more, as it is. Returns the status. */
int mutate_judge_as_is(struct check_run *run, const struct sym *s, struct mutate_verdicts *ret);

#endif
