/* SPDX-License-Identifier: GPL-2.0-only */
/* Sorted sets of numbers, and collections of such sets in which each has one id. Memory is malloc'ed. */
#ifndef POLICY_NUMBERS_H
#define POLICY_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct numbers {
	uint32_t *item;
	size_t n, cap;
};

int numbers_append(struct numbers *numbers, uint32_t number); /* unsorted until numbers_sort() */
int numbers_append_all(struct numbers *numbers, const struct numbers *more);
void numbers_sort(struct numbers *numbers); /* ascending, each once */
void numbers_done(struct numbers *numbers);

/* Sets with ids 0, 1, 2 ... in the order they came. */
struct number_sets {
	struct numbers *set;
	size_t n, cap;
	size_t total;    /* numbers in all of them */
	uint32_t *slots; /* hash table of ids + 1, 0 = empty */
	size_t nslots;   /* a power of two */
};

/*
 * The id of a sorted set; a copy is kept when it is new, there are fewer than @max sets, and fewer than @max_total
 * numbers in them. 0, -E2BIG, -ENOMEM. @set may not be one of the collection's own.
 */
int number_sets_intern(struct number_sets *sets, const struct numbers *set, size_t max, size_t max_total,
		       uint32_t *ret_id);
void number_sets_done(struct number_sets *sets);

/* Room for one item more in a malloc'ed array of @n: the array, which may have moved, or NULL. */
void *grow_array(void *array, size_t n, size_t *cap, size_t size);

#endif
