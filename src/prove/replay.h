/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * replay: run a counterexample in the reference interpreter.
 *
 * The model of a solver becomes a concrete context, map contents, kernel memory and answers of helpers. The
 * interpreter, which shares only the instruction table with the symbolic executor, runs the bytecode with them. The
 * counterexample is confirmed when the interpreter meets the very violation at the very instruction, and everything
 * the program asked on its way was what the model says it asked.
 */
#ifndef PROVE_REPLAY_H
#define PROVE_REPLAY_H

#include "prove/sym.h"

struct buf;

struct replay {
	bool confirmed;
	char why[200];    /* what happened, or why it is not confirmed */
	uint32_t *path;   /* slots, malloc'ed */
	size_t n_path, cap_path;
	uint64_t r0;
	uint64_t steps;
};

/* -ENOMEM. `model` has a value for each of s->t's variables. */
int replay_run(struct sym *s, const uint64_t *model, const struct oblig *o, struct replay *ret);
void replay_done(struct replay *r);

/* What the model says about the inputs: variables that matter, by name. */
void replay_print_inputs(struct sym *s, const uint64_t *model, const struct oblig *o, struct buf *out);

#endif
