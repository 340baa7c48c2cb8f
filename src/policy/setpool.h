/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of atoms, each stored once: equal sets have one id. Ids 0 and 1 are CORDON_SET_ALL and CORDON_SET_NONE.
 * The rows stand one after the other as the map `sets` has them.
 */
#ifndef POLICY_SETPOOL_H
#define POLICY_SETPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct setpool {
	size_t nwords; /* of one set: a multiple of CORDON_CHUNK_WORDS */
	uint64_t *words;
	size_t n, cap;
	uint32_t *slots; /* hash table of ids + 1, 0 = empty */
	size_t nslots;   /* a power of two */
	bool failed;     /* out of memory or past the limit: ids are worthless from then on */
	size_t limit;
};

/* @natoms decides the width. 0 or -ENOMEM. */
int setpool_init(struct setpool *pool, size_t natoms, size_t limit);
void setpool_done(struct setpool *pool);

/* The id of the set with these words (pool->nwords of them; copied). 0 after a failure, see `failed`. */
uint32_t setpool_intern(struct setpool *pool, const uint64_t *words);

/* A zeroed scratch set; free() it. NULL: no memory. */
uint64_t *setpool_scratch(const struct setpool *pool);

static inline void set_add(uint64_t *words, size_t bit)
{
	words[bit / 64] |= UINT64_C(1) << bit % 64;
}

static inline void set_remove(uint64_t *words, size_t bit)
{
	words[bit / 64] &= ~(UINT64_C(1) << bit % 64);
}

#endif
