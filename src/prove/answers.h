/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * answers: what solvers said before, so that the same question is not asked twice.
 *
 * A question is a whole script for one solver of one version; it is known by the SHA-256 of all of that, so an answer is never
 * taken for another question, another solver or another version. Kept is what the solver printed, and it is read by the
 * same code as if it were printed now: a "sat" needs a model that satisfies the question all the same. That there was no
 * answer in so many seconds is remembered in memory only.
 *
 * With a directory answers are kept in files there, too, one for each question. Whoever can write there can say "unsat": it
 * is trusted as the solvers are.
 */
#ifndef PROVE_ANSWERS_H
#define PROVE_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sha2.h> /* libmd */

struct answers;
struct buf;
struct diag;

struct answers_key {
	unsigned char sum[SHA256_DIGEST_LENGTH];
};

/* `dir` is made when it is not there; NULL: in memory only. */
int answers_open(const char *dir, struct diag *diag, struct answers **ret_answers);
void answers_close(struct answers *a);

/* command: how the solver is called, argv[0] its name; its version is asked for once. -ENOENT when it does not tell. */
int answers_key(struct answers *a, const char *const *argv, const char *script, size_t len, struct answers_key *ret_key);

/* Adds what the solver printed to `out`. False when that is not known. */
bool answers_find(struct answers *a, const struct answers_key *key, struct buf *out);
/* Was there no answer within that many seconds? */
bool answers_hopeless(const struct answers *a, const struct answers_key *key, double seconds);

/* text NULL: no answer in that many seconds. An answer that cannot be kept is asked for again: no error. */
void answers_keep(struct answers *a, const struct answers_key *key, const char *text, size_t len, double seconds);

#endif
