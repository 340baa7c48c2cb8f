/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * refute: is there anything that fails? As verdict_all(), but it ends with the first property that does (or is unproved by a counterexample, with sym_opts.noticed), and asks solvers as
 * late as it can: models that refuted something before are tried on every property first, then questions from the
 * smallest on. A failure needs the same evidence as there: the evaluator and a replay.
 */
#ifndef PROVE_REFUTE_H
#define PROVE_REFUTE_H

#include "prove/verdict.h"

struct contract;
struct models;

/* Known models are taken from `models`, and new ones added. -ENOMEM. */
int refute(struct sym *s, const struct contract *contract, const struct smt_opts *opts, struct models *models,
	   struct proof *ret);

#endif
