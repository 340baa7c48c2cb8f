/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict: from obligations to verdicts.
 *
 * One query for each property: can any of its obligations be violated? "holds" needs an unsat (of two solvers
 * with `both`), no gap in the model of the program, and no exhausted limit. "fails" needs a model that our
 * evaluator confirms and the interpreter replays. Everything else is "unknown", with the reason.
 */
#ifndef PROVE_VERDICT_H
#define PROVE_VERDICT_H

#include "prove/replay.h"
#include "prove/sym.h"

struct contract;

#define VERDICT_REQUIRES UINT32_MAX

enum verdict_kind { VERDICT_UNKNOWN, VERDICT_HOLDS, VERDICT_FAILS, VERDICT_ABSENT /* nothing to judge */ };

struct verdict {
	enum prop prop;
	uint32_t clause;      /* PROP_CONTRACT; VERDICT_REQUIRES: that the assumptions can be met */
	const char *title;
	enum verdict_kind kind;
	char reason[400];     /* of unknown; of fails: what is violated */
	const char *hint;     /* what would help */
	const char *solver, *second;
	char why3[32];        /* --why3: the provers that said Valid */
	bool disagree;
	double seconds;
	size_t n_checked, n_open; /* conditions that came up; that folding left for a solver */
	uint32_t insn;            /* fails: where */
	bool empty;               /* fails: it is about no run (sym_opts.vacuity) */
	bool noticed;             /* unknown: there is a counterexample that needs no replay (sym_opts.noticed) */
	struct replay replay;     /* fails, or unknown after a replay that did not confirm */
	uint64_t *model;          /* fails: of every variable there was, malloc'ed */
	size_t n_model;
	char *inputs;             /* malloc'ed text: what the counterexample starts with */
};

struct proof {
	struct sym *sym;
	struct verdict *verdict;
	size_t n;
	double seconds;
};

/* Judge everything sym_run() found (contract may be NULL). -ENOMEM. */
int verdict_all(struct sym *s, const struct contract *contract, const struct smt_opts *opts, struct proof *ret);
/* The same in steps: what there is to judge; and one of it. */
int verdict_list(struct sym *s, const struct contract *contract, struct proof *ret);
void verdict_judge(struct sym *s, struct verdict *v, const struct smt_opts *opts);
/* Run a model that violates v: it fails when that is confirmed. */
void verdict_replay(struct sym *s, struct verdict *v, const uint64_t *model);
void proof_done(struct proof *p);
/* COMMAND_OK, _FAILS or _UNKNOWN */
int proof_status(const struct proof *p);

/* The negated goal of a property: satisfiable when it can be violated. */
term verdict_goal(struct sym *s, enum prop prop, uint32_t clause);
/* The same for who asks a solver by himself: with what relates the words it speaks of (symread.h). */
term verdict_whole_goal(struct sym *s, enum prop prop, uint32_t clause);
/* How many different terms it has. */
size_t verdict_goal_size(struct sym *s, term goal);

const char *verdict_name(enum verdict_kind k);

#endif
