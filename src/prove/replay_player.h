/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * replay_player: the state of a replay (replay.h), for its parts: what of the model is concrete by now, and how far the
 * interpreter has followed the model's log.
 */
#ifndef PROVE_REPLAY_PLAYER_H
#define PROVE_REPLAY_PLAYER_H

#include "prove/eval.h"
#include "prove/interp.h"
#include "prove/interp_iter.h"
#include "prove/replay.h"

#define REPLAY_CTX_BASE 0xffffc00000000000ull
#define REPLAY_MAP_BASE 0xffffd00000000000ull
#define REPLAY_FUNC_BASE 0xffffe00000000000ull

struct replay_player {
	struct sym *s;
	struct eval e;
	uint64_t *var;    /* the model: what a loop that is not unrolled leaves is what it is seen to leave (replay_learn()) */
	const struct oblig *o;
	struct interp *it;
	struct interp_region **region; /* by region id */
	size_t n_region;
	struct interp_iter *iters;
	size_t next;      /* log entry not yet consumed */
	bool reached;     /* the call the obligation is about */
	bool uninit_record;
	uint8_t ctx[256], ctx_set[256]; /* what the program wrote to the context */
	bool idle;        /* an iteration of a loop that only tries again is run, before the model's */
	bool blurred;     /* the obligation is about a number of which nobody knows what it is (symguess.h) */
	bool ran_body;    /* a function was called by contract, and did what it does */
	bool strayed;     /* behind a loop, or in an iteration of it, memory is not the model's; from then on, only a fault of the run shows anything */
	bool diverged;
	struct replay *out;
};

/* The replay ends unconfirmed, unless `reached` is set: -1. The first reason counts. */
int replay_diverge(struct replay_player *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What the obligation is about happens now, and is wrong: nothing that the model says of loops before differs from the run. */
bool replay_violated(struct replay_player *p);

/* The region in the interpreter's memory, with its first contents. NULL: it has none there. */
struct interp_region *replay_realize(struct replay_player *p, struct region *r);

/* What is there at the start, by the model. */
uint8_t replay_first_byte(struct replay_player *p, const struct region *r, uint64_t off);

/* The number the program would see; false when it cannot be said (stack addresses). */
bool replay_concrete(struct replay_player *p, const struct val *v, uint64_t *ret);

/* The next thing the environment did in this model; NULL: nothing. */
struct log_entry *replay_next(struct replay_player *p);

/*
 * Whether memory, frames of functions that run included, holds what that state of the model says, in as far as it says
 * anything. Where a loop was not unrolled, the model may say more than there is.
 */
bool replay_memory_agrees(struct replay_player *p, const struct state *st);

/*
 * What the variables from .. to - 1, which stand for what a loop leaves, are: what memory holds now where st has one of them. So the model
 * speaks of this very run.
 */
void replay_learn(struct replay_player *p, const struct state *st, size_t from, size_t to);
/* v has that value. */
void replay_learn_number(struct replay_player *p, size_t from, size_t to, const struct val *v, uint64_t value);

/* The interpreter calls (struct interp_hooks); ctx is the player. */
int replay_call(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc, const uint64_t args[5], uint64_t *ret_r0);

#endif
