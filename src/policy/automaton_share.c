/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is equal is made one before states are built. Equal components have one number: every unit name brings a glob
 * for slices, and the rows of the byte automaton would hold thousands of the same. Positions with the same rest and
 * the same meaning at its end are one position: a list of twenty names that follow a ** would give twenty states for
 * every state there is, and all say the same.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/automaton.h"

#define AT_END UINT32_MAX /* in place of a component's number */

static int by_tokens(const struct pattern_component *x, const struct pattern_component *y)
{
	int order = 0;

	if (x->ntokens != y->ntokens)
		return x->ntokens < y->ntokens ? -1 : 1;
	for (size_t t = 0; !order && t < x->ntokens; t++) {
		order = (int)x->tokens[t].star - (int)y->tokens[t].star;
		if (!order)
			order = memcmp(x->tokens[t].set, y->tokens[t].set, sizeof(x->tokens[t].set));
	}
	return order;
}

static int by_meaning(const void *a, const void *b)
{
	const struct pattern_component *x = *(struct pattern_component *const *)a;
	const struct pattern_component *y = *(struct pattern_component *const *)b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->repeat != y->repeat)
		return x->repeat ? 1 : -1;
	return x->kind == PATTERN_ANY ? 0 : by_tokens(x, y);
}

int automaton_number(struct automaton *a)
{
	struct pattern_component **all;
	size_t n = 0, most = a->npositions;

	all = calloc(most + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	for (size_t p = 0; p < a->npatterns; p++)
		for (size_t c = 0; c < a->patterns[p].pattern.n; c++)
			all[n++] = &a->patterns[p].pattern.components[c];
	if (n)
		qsort(all, n, sizeof(*all), by_meaning);
	for (size_t i = 0; i < n; i++)
		all[i]->number = i && !by_meaning(&all[i - 1], &all[i]) ? all[i - 1]->number : (uint32_t)i;
	free(all);
	return 0;
}

/* The positions seen so far: what they wait for, and the position after it. */
struct sharing {
	struct number_sets known;
	uint32_t *first; /* known -> position */
	size_t cap;
};

/* Makes the position one with an earlier equal one. */
static int share(struct automaton *a, struct sharing *s, uint32_t position, uint32_t waits_for, uint32_t then)
{
	uint32_t pair[] = { waits_for, then }, id;
	const struct numbers key = { .item = pair, .n = 2 };
	size_t before = s->known.n;
	uint32_t *first;
	int err = number_sets_intern(&s->known, &key, SIZE_MAX, SIZE_MAX, &id);

	if (err)
		return err;
	if (id == before) {
		first = grow_array(s->first, id, &s->cap, sizeof(*first));
		if (!first)
			return -ENOMEM;
		s->first = first;
		first[id] = position;
	}
	a->same[position] = s->first[id];
	return 0;
}

int automaton_share(struct automaton *a, const uint32_t *meanings)
{
	struct sharing s = { 0 };
	int err = automaton_number(a);

	for (size_t i = 0; !err && i < a->npatterns; i++) {
		const struct automaton_pattern *p = &a->patterns[i];
		uint32_t position = p->first + (uint32_t)p->pattern.n;

		err = share(a, &s, position, AT_END, meanings[i]);
		for (size_t c = p->pattern.n; !err && c > 0; c--, position--)
			err = share(a, &s, position - 1, p->pattern.components[c - 1].number, a->same[position]);
	}
	number_sets_done(&s.known);
	free(s.first);
	return err;
}
