/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * smt: ask SMT solvers, believe little.
 *
 * Solvers are separate processes fed over pipes, killed when their time is over, with a limit on memory. What
 * they say becomes an answer only when
 *   sat    our own evaluator makes every assertion true under the model, else unknown;
 *   unsat  it was said before any (error ...); with `both`, two solvers must say so.
 * A solver that takes long is asked in another way instead; of its two ways one answers.
 * Two solvers that contradict each other give SMT_UNKNOWN with `disagree` set: callers must show that loudly.
 */
#ifndef PROVE_SMT_H
#define PROVE_SMT_H

#include <stdbool.h>
#include "prove/term.h"

struct answers;
struct diag;

enum smt_result { SMT_UNKNOWN, SMT_SAT, SMT_UNSAT };

#define SMT_MAX_SOLVERS 4
#define SMT_ONLY_HARD UINT32_MAX /* as `weak`: comparisons stay, whatever their size */

struct smt_opts {
	const char *solver[SMT_MAX_SOLVERS]; /* "z3", "cvc5", "bitwuzla": in order of preference */
	size_t n_solvers;
	bool both;        /* two must agree */
	bool whole;       /* every property is one question as it is: nothing left out first; to compare (verdict.c) */
	uint32_t weak;    /* not 0: ask less, smt_print_weak() of that size; the answer is unsat or unknown */
	double timeout;   /* seconds for each query */
	size_t memory_mb; /* for each solver */
	struct answers *answers; /* what was asked before; or NULL */
};

struct smt_answer {
	enum smt_result result;
	bool disagree;
	const char *solver;  /* whose answer it is; of two the faster; "folding" when no solver was needed */
	const char *second;  /* with `both`: who agreed */
	double seconds;
	char reason[160];    /* of unknown */
	uint64_t *model;     /* sat: value of variable i, malloc'ed, n_vars of them */
	size_t n_vars;
};

/* Fills what is installed of z3, cvc5, bitwuzla (bitwuzla first), `list` ("z3,cvc5") if not NULL. -ENOENT. */
int smt_opts_init(struct smt_opts *o, const char *list, struct diag *diag);

/* Satisfiable together? Always fills the answer; -ENOMEM and the like also give SMT_UNKNOWN. */
void smt_solve(const struct terms *t, const term *asserts, size_t n, const struct smt_opts *opts,
	       struct smt_answer *ret);
void smt_answer_done(struct smt_answer *a);

const char *smt_result_name(enum smt_result r);

#endif
