/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arena: memory that dies together.
 *
 * One arena per analysis; there is no free of a single piece. Memory is zeroed and aligned to 16.
 * A byte limit (0: none) bounds what hostile input can make us take; beyond it, or when malloc fails,
 * the functions return NULL and `exhausted` stays set.
 */
#ifndef COMMON_ARENA_H
#define COMMON_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *head;
	size_t used;  /* bytes handed out */
	size_t limit; /* most bytes to hand out, 0: unlimited */
	bool exhausted;
};

void arena_init(struct arena *a, size_t limit);
void arena_done(struct arena *a);

void *arena_alloc(struct arena *a, size_t size);
/* n * size with overflow check */
void *arena_calloc(struct arena *a, size_t n, size_t size);
void *arena_memdup(struct arena *a, const void *data, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
__attribute__((format(printf, 2, 3))) char *arena_printf(struct arena *a, const char *fmt, ...);

/*
 * Grow an array in the arena: room for at least n + 1 items; *cap is the present capacity.
 * Returns the (moved) array or NULL; the old array stays valid memory.
 */
void *arena_grow(struct arena *a, void *array, size_t n, size_t *cap, size_t item_size);

#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define arena_new_n(a, n, type) ((type *)arena_calloc((a), (n), sizeof(type)))

#endif
