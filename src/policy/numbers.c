/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of numbers; see numbers.h. */
#include "policy/numbers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void *grow_array(void *array, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 16;

	if (n < *cap)
		return array;
	array = reallocarray(array, more, size);
	if (array)
		*cap = more;
	return array;
}

int numbers_append(struct numbers *numbers, uint32_t number)
{
	uint32_t *item = grow_array(numbers->item, numbers->n, &numbers->cap, sizeof(*item));

	if (!item)
		return -ENOMEM;
	numbers->item = item;
	item[numbers->n++] = number;
	return 0;
}

int numbers_append_all(struct numbers *numbers, const struct numbers *more)
{
	size_t n = numbers->n + more->n, cap = numbers->cap * 2 > n ? numbers->cap * 2 : n;
	uint32_t *item = numbers->item;

	if (!more->n)
		return 0;
	if (n > numbers->cap) {
		item = reallocarray(item, cap, sizeof(*item));
		if (!item)
			return -ENOMEM;
		numbers->item = item;
		numbers->cap = cap;
	}
	memcpy(item + numbers->n, more->item, more->n * sizeof(*item));
	numbers->n = n;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Mostly a few numbers stand behind many that are in order: those are put where they belong, else all are sorted. */
static void sort(uint32_t *item, size_t n)
{
	size_t sorted = 1;

	while (sorted < n && item[sorted - 1] <= item[sorted])
		sorted++;
	if (n - sorted > 8) {
		qsort(item, n, sizeof(*item), by_number);
		return;
	}
	for (; sorted < n; sorted++) {
		uint32_t number = item[sorted];
		size_t at = sorted;

		for (; at && item[at - 1] > number; at--)
			item[at] = item[at - 1];
		item[at] = number;
	}
}

void numbers_sort(struct numbers *numbers)
{
	size_t kept = 0;

	if (numbers->n)
		sort(numbers->item, numbers->n);
	for (size_t i = 0; i < numbers->n; i++)
		if (!kept || numbers->item[kept - 1] != numbers->item[i])
			numbers->item[kept++] = numbers->item[i];
	numbers->n = kept;
}

void numbers_done(struct numbers *numbers)
{
	free(numbers->item);
	*numbers = (struct numbers){ 0 };
}

static uint64_t hash_numbers(const struct numbers *numbers)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < numbers->n; i++) {
		h ^= numbers->item[i];
		h *= 0x9e3779b97f4a7c15u;
		h ^= h >> 31;
	}
	return h;
}

static bool equal(const struct numbers *a, const struct numbers *b)
{
	return a->n == b->n && (!a->n || !memcmp(a->item, b->item, a->n * sizeof(*a->item)));
}

static size_t find_slot(const struct number_sets *sets, const struct numbers *set)
{
	size_t at = hash_numbers(set) & (sets->nslots - 1);

	while (sets->slots[at] && !equal(&sets->set[sets->slots[at] - 1], set))
		at = (at + 1) & (sets->nslots - 1);
	return at;
}

static int grow_slots(struct number_sets *sets)
{
	size_t nslots = sets->nslots ? sets->nslots * 2 : 64;
	uint32_t *slots = calloc(nslots, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	free(sets->slots);
	sets->slots = slots;
	sets->nslots = nslots;
	for (size_t id = 0; id < sets->n; id++)
		slots[find_slot(sets, &sets->set[id])] = (uint32_t)id + 1;
	return 0;
}

int number_sets_intern(struct number_sets *sets, const struct numbers *set, size_t max, size_t max_total,
		       uint32_t *ret_id)
{
	struct numbers *grown;
	size_t at;
	int err;

	if (sets->n * 2 >= sets->nslots && (err = grow_slots(sets)))
		return err;
	at = find_slot(sets, set);
	if (!sets->slots[at]) {
		if (sets->n >= max || set->n > max_total || sets->total > max_total - set->n)
			return -E2BIG;
		grown = grow_array(sets->set, sets->n, &sets->cap, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		sets->set = grown;
		grown[sets->n] = (struct numbers){ 0 };
		err = numbers_append_all(&grown[sets->n], set);
		if (err) {
			numbers_done(&grown[sets->n]);
			return err;
		}
		sets->total += set->n;
		sets->slots[at] = (uint32_t)++sets->n;
	}
	*ret_id = sets->slots[at] - 1;
	return 0;
}

void number_sets_done(struct number_sets *sets)
{
	for (size_t id = 0; id < sets->n; id++)
		numbers_done(&sets->set[id]);
	free(sets->set);
	free(sets->slots);
	*sets = (struct number_sets){ 0 };
}
