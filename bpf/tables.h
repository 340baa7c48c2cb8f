/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Look-ups in the tables of one generation. A view names it: taken once per request, so that no request is judged by
 * two policies. A missing slot, table or row is damage, and damage refuses: every function here says so by NULL or
 * by a non-zero reason, and nobody goes on after it.
 */
#ifndef CORDON_BPF_TABLES_H
#define CORDON_BPF_TABLES_H

#include "maps.h"

/*
 * A result by way of memory. The verifier follows every way through a function on its own, with the very number it
 * returns; what comes back from a map is just a number, so that from here on all of them are one way. Worth an order of
 * magnitude of load time.
 */
static __always_inline int join_at(u32 *memory, int why)
{
	*(volatile u32 *)memory = why;
	return *(volatile u32 *)memory;
}
#define join(holder, reason) join_at(&(holder)->why, reason)

struct view {
	u64 current; /* generation << 1 | slot */
	u32 slot;
	u32 nchunks; /* 1..CORDON_CHUNKS_MAX */
	const struct cordon_meta *meta;
};

#define table(name, view) bpf_map_lookup_elem(&name##_of, &(view)->slot)

/* 0, or the reason to refuse. */
static __always_inline int view_open(struct view *view, u64 current)
{
	u32 zero = 0;
	void *inner;

	view->current = current;
	view->slot = current & 1;
	inner = table(meta, view);
	if (!inner)
		return CORDON_REASON_TABLES;
	view->meta = bpf_map_lookup_elem(inner, &zero);
	if (!view->meta || view->meta->generation != current >> 1 || view->meta->abi != CORDON_ABI)
		return CORDON_REASON_TABLES;
	view->nchunks = view->meta->nchunks;
	if (view->nchunks < 1 || view->nchunks > CORDON_CHUNKS_MAX)
		return CORDON_REASON_TABLES;
	return 0;
}

static __always_inline const struct cordon_chunk *set_row(void *sets, u32 set, u32 nchunks, u32 chunk)
{
	u32 row = set * nchunks + chunk;

	return bpf_map_lookup_elem(sets, &row);
}

/* The words of one chunk; chunk < CORDON_CHUNKS_MAX. The compiler shall not fold the index of a word into the product:
 * the verifier would lose its bound. */
static __always_inline u64 *chunk_words(u64 *words, u32 chunk)
{
	u64 *at = words + chunk * CORDON_CHUNK_WORDS;

	asm volatile("" : "+r"(at));
	return at;
}

/* Set of a value of a dimension. */
static __always_inline u32 value_set(const struct view *view, void *values, u32 dim, u64 value)
{
	struct cordon_value_key key = { .dim = dim, .value = value };
	const u32 *set = bpf_map_lookup_elem(values, &key);

	return set ? *set : view->meta->dflt[dim];
}

#endif
