/* SPDX-License-Identifier: GPL-2.0-only */
/* Positions and states; the transitions are made in automaton_build.c. See automaton.h. */
#include "policy/automaton.h"

#include <errno.h>
#include <stdlib.h>

int automaton_init(struct automaton *a, const struct automaton_limits *limits)
{
	struct numbers none = { 0 };
	uint32_t dead;

	*a = (struct automaton){ .limits = *limits, .worst = UINT32_MAX };
	return automaton_state(a, &none, &dead); /* the empty set is state 0 */
}

void automaton_done(struct automaton *a)
{
	for (size_t i = 0; i < a->ntails; i++)
		numbers_done(&a->tails[i]);
	number_sets_done(&a->states);
	free(a->patterns);
	free(a->pattern_of);
	free(a->same);
	free(a->tails);
	free(a->nodes);
	free(a->names);
	free(a->bytes);
	*a = (struct automaton){ 0 };
}

static int add_with_tail(struct automaton *a, const struct pattern *pattern, uint32_t tail, uint32_t *ret_number)
{
	struct automaton_pattern *patterns = grow_array(a->patterns, a->npatterns, &a->patterns_cap, sizeof(*patterns));

	if (!patterns)
		return -ENOMEM;
	a->patterns = patterns;
	patterns[a->npatterns] = (struct automaton_pattern){ .pattern = *pattern, .first = (uint32_t)a->npositions,
							     .tail = tail };
	for (size_t i = 0; i <= pattern->n; i++) {
		uint32_t *pattern_of = grow_array(a->pattern_of, a->npositions, &a->positions_cap, sizeof(*pattern_of));
		uint32_t *same = grow_array(a->same, a->npositions, &a->same_cap, sizeof(*same));

		a->pattern_of = pattern_of ? pattern_of : a->pattern_of;
		a->same = same ? same : a->same;
		if (!pattern_of || !same)
			return -ENOMEM;
		same[a->npositions] = (uint32_t)a->npositions;
		pattern_of[a->npositions++] = (uint32_t)a->npatterns;
	}
	*ret_number = (uint32_t)a->npatterns++;
	return 0;
}

int automaton_add(struct automaton *a, const struct pattern *pattern, uint32_t *ret_number)
{
	return add_with_tail(a, pattern, AUTOMATON_NO_TAIL, ret_number);
}

static const struct automaton_pattern *pattern_at(const struct automaton *a, uint32_t position, size_t *ret_index)
{
	const struct automaton_pattern *p = &a->patterns[a->pattern_of[position]];

	*ret_index = position - p->first;
	return p;
}

const struct pattern_component *automaton_waits_for(const struct automaton *a, uint32_t position)
{
	size_t index;
	const struct automaton_pattern *p = pattern_at(a, position, &index);

	return index < p->pattern.n ? &p->pattern.components[index] : NULL;
}

/*
 * Adds a position and all that it stands for without reading a name: past a repetition, and over the end of a
 * chain to what comes after it.
 */
static int add_closed(const struct automaton *a, struct numbers *positions, uint32_t position)
{
	size_t index;
	const struct automaton_pattern *p = pattern_at(a, position, &index);
	int err = numbers_append(positions, a->same[position]);

	for (; !err && index < p->pattern.n && p->pattern.components[index].repeat; index++)
		err = numbers_append(positions, a->same[++position]);
	if (!err && index == p->pattern.n && p->tail != AUTOMATON_NO_TAIL) /* a tail is closed already */
		err = numbers_append_all(positions, &a->tails[p->tail]);
	return err;
}

int automaton_follow(const struct automaton *a, uint32_t position, struct numbers *positions)
{
	return add_closed(a, positions, automaton_waits_for(a, position)->repeat ? position : position + 1);
}

int automaton_begin(struct automaton *a, const struct numbers *patterns, struct numbers *ret_positions)
{
	struct numbers positions = { 0 };
	int err = 0;

	for (size_t i = 0; !err && i < patterns->n; i++)
		err = add_closed(a, &positions, a->patterns[patterns->item[i]].first);
	if (err) {
		numbers_done(&positions);
		return err;
	}
	numbers_sort(&positions);
	*ret_positions = positions;
	return 0;
}

int automaton_advance(struct automaton *a, const struct numbers *positions, const struct pattern *chain,
		      struct numbers *ret_positions)
{
	struct numbers now = { 0 };
	int err = numbers_append_all(&now, positions);

	for (size_t step = 0; !err && step < chain->n; step++) {
		struct numbers after = { 0 };

		for (size_t i = 0; !err && i < now.n; i++) {
			const struct pattern_component *c = automaton_waits_for(a, now.item[i]);

			if (c && pattern_component_matches(c, chain->components[step].text, chain->components[step].len))
				err = automaton_follow(a, now.item[i], &after);
		}
		numbers_sort(&after);
		numbers_done(&now);
		now = after;
	}
	if (err) {
		numbers_done(&now);
		return err;
	}
	*ret_positions = now;
	return 0;
}

int automaton_prefix(struct automaton *a, const struct pattern *chain, const struct numbers *after,
		     struct numbers *positions)
{
	struct numbers *tails;
	uint32_t number;
	int err;

	if (!chain->n) {
		err = numbers_append_all(positions, after);
		numbers_sort(positions);
		return err;
	}
	tails = grow_array(a->tails, a->ntails, &a->tails_cap, sizeof(*tails));
	if (!tails)
		return -ENOMEM;
	a->tails = tails;
	tails[a->ntails++] = (struct numbers){ 0 };
	err = numbers_append_all(&tails[a->ntails - 1], after);
	if (!err)
		err = add_with_tail(a, chain, (uint32_t)a->ntails - 1, &number);
	if (!err)
		err = add_closed(a, positions, a->patterns[number].first);
	numbers_sort(positions);
	return err;
}

/* What multiplies states: repetitions that something follows, then stars inside names. */
static unsigned wildness(const struct pattern *pattern)
{
	unsigned wild = 0;

	for (size_t c = 0; c < pattern->n; c++) {
		const struct pattern_component *component = &pattern->components[c];

		wild += component->repeat && c + 1 < pattern->n ? 16 : 0;
		for (size_t t = 0; component->kind == PATTERN_GLOB && t < component->ntokens; t++)
			wild += component->tokens[t].star;
	}
	return wild;
}

void automaton_accuse(struct automaton *a, const struct numbers *positions)
{
	unsigned most = 0;

	for (size_t i = 0; i < positions->n; i++) {
		uint32_t number = a->pattern_of[positions->item[i]];
		const struct automaton_pattern *p = &a->patterns[number];

		if (p->tail != AUTOMATON_NO_TAIL || wildness(&p->pattern) + 1 <= most)
			continue;
		most = wildness(&p->pattern) + 1;
		a->worst = number;
	}
}

int automaton_state(struct automaton *a, const struct numbers *positions, uint32_t *ret_state)
{
	struct cordon_node *nodes;
	int err = number_sets_intern(&a->states, positions, a->limits.states, a->limits.positions, ret_state);

	if (err == -E2BIG)
		automaton_accuse(a, positions);
	if (err)
		return err;
	if (*ret_state < a->nnodes)
		return 0;
	nodes = grow_array(a->nodes, a->nnodes, &a->nodes_cap, sizeof(*nodes));
	if (!nodes)
		return -ENOMEM;
	a->nodes = nodes;
	nodes[a->nnodes++] = (struct cordon_node){ 0 };
	return 0;
}

int automaton_accepts(const struct automaton *a, uint32_t state, struct numbers *ret_patterns)
{
	const struct numbers *positions = &a->states.set[state];
	struct numbers patterns = { 0 };
	int err = 0;

	for (size_t i = 0; !err && i < positions->n; i++) {
		uint32_t pattern = a->pattern_of[positions->item[i]];

		if (!automaton_waits_for(a, positions->item[i]) && a->patterns[pattern].tail == AUTOMATON_NO_TAIL)
			err = numbers_append(&patterns, pattern);
	}
	if (err) {
		numbers_done(&patterns);
		return err;
	}
	*ret_patterns = patterns;
	return 0;
}
