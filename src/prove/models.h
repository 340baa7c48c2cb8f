/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * models: inputs that made something fail before, to be tried on what is much the same program.
 *
 * A model is kept by the names of the variables, without their numbers; of several with one name, by their order. That
 * a model means anything for another program is a guess: whoever takes one evaluates and replays it as if a solver had said it.
 */
#ifndef PROVE_MODELS_H
#define PROVE_MODELS_H

#include <stddef.h>
#include <stdint.h>
#include "prove/term.h"

struct models;

struct models *models_new(void);
void models_free(struct models *m);

/* Keep the values of t's variables; the oldest useless one is forgotten when there are too many. Without memory: nothing. */
void models_add(struct models *m, const struct terms *t, const uint64_t *model);
size_t models_count(const struct models *m);
/* The i-th model as one of t's variables, malloc'ed; what it does not know is 0. NULL without memory. */
uint64_t *models_take(struct models *m, size_t i, const struct terms *t);
/* The i-th was of use: it comes first from now on. */
void models_praise(struct models *m, size_t i);

#endif
