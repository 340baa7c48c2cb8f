/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * contract_mutant: small changes to the clauses of a contract, each a mistake somebody could make in it. A program for which the
 * changed clause holds as well shows that the clause says less than it seems to: its condition is never met, or nobody would
 * notice. A `requires` that can be left out is not needed.
 */
#ifndef PROVE_CONTRACT_MUTANT_H
#define PROVE_CONTRACT_MUTANT_H

#include <stdbool.h>
#include <stdint.h>
#include "prove/contract_ast.h"

struct arena;

struct contract_mutant {
	const char *file, *change;  /* what was done */
	const struct clause *clause; /* in which clause; its text is that of before */
	uint32_t line, col;
	struct node *node, node_was;       /* to undo it: one of the two */
	struct clause *assigns, assigns_was;
};

/* Makes change number k of those in the clauses that program (or "function:F") `name` has. False: there are not so many. */
bool contract_mutant_make(struct contract *c, const char *name, uint32_t k, struct arena *arena, struct contract_mutant *ret);
void contract_mutant_undo(struct contract_mutant *m);

#endif
