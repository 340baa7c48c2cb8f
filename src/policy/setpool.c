/* SPDX-License-Identifier: GPL-2.0-only */
/* Interned sets: an open-addressing table over the rows; see setpool.h. */
#include "policy/setpool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cordon/abi.h>

static uint64_t hash_words(const uint64_t *words, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++) {
		h ^= words[i];
		h *= 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	return h;
}

/* The slot that holds the words, or the free one where they belong. */
static size_t find_slot(const struct setpool *pool, const uint64_t *words)
{
	size_t at = hash_words(words, pool->nwords) & (pool->nslots - 1);

	while (pool->slots[at] &&
	       memcmp(pool->words + (pool->slots[at] - 1) * pool->nwords, words, pool->nwords * sizeof(*words)) != 0)
		at = (at + 1) & (pool->nslots - 1);
	return at;
}

static bool grow_slots(struct setpool *pool)
{
	size_t nslots = pool->nslots ? pool->nslots * 2 : 64;
	uint32_t *slots = calloc(nslots, sizeof(*slots));

	if (!slots)
		return false;
	free(pool->slots);
	pool->slots = slots;
	pool->nslots = nslots;
	for (size_t id = 0; id < pool->n; id++)
		pool->slots[find_slot(pool, pool->words + id * pool->nwords)] = (uint32_t)id + 1;
	return true;
}

static bool grow_words(struct setpool *pool)
{
	size_t cap = pool->cap ? pool->cap * 2 : 16;
	uint64_t *words = reallocarray(pool->words, cap, pool->nwords * sizeof(*words));

	if (!words)
		return false;
	pool->words = words;
	pool->cap = cap;
	return true;
}

uint32_t setpool_intern(struct setpool *pool, const uint64_t *words)
{
	size_t at;

	if (pool->failed)
		return 0;
	if (pool->n * 2 >= pool->nslots && !grow_slots(pool)) {
		pool->failed = true;
		return 0;
	}
	at = find_slot(pool, words);
	if (pool->slots[at])
		return pool->slots[at] - 1;
	if (pool->n >= pool->limit || (pool->n == pool->cap && !grow_words(pool))) {
		pool->failed = true;
		return 0;
	}
	memcpy(pool->words + pool->n * pool->nwords, words, pool->nwords * sizeof(*words));
	pool->slots[at] = (uint32_t)++pool->n;
	return (uint32_t)pool->n - 1;
}

uint64_t *setpool_scratch(const struct setpool *pool)
{
	return calloc(pool->nwords, sizeof(uint64_t));
}

int setpool_init(struct setpool *pool, size_t natoms, size_t limit)
{
	size_t chunks = (natoms + CORDON_CHUNK_RULES - 1) / CORDON_CHUNK_RULES;
	uint64_t *scratch;

	*pool = (struct setpool){ .nwords = (chunks ? chunks : 1) * CORDON_CHUNK_WORDS, .limit = limit };
	scratch = setpool_scratch(pool);
	if (!scratch)
		return -ENOMEM;
	memset(scratch, 0xff, pool->nwords * sizeof(*scratch));
	setpool_intern(pool, scratch); /* CORDON_SET_ALL */
	memset(scratch, 0, pool->nwords * sizeof(*scratch));
	setpool_intern(pool, scratch); /* CORDON_SET_NONE */
	free(scratch);
	return pool->failed ? -ENOMEM : 0;
}

void setpool_done(struct setpool *pool)
{
	free(pool->words);
	free(pool->slots);
	*pool = (struct setpool){ 0 };
}
