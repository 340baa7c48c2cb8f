/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transitions: for every state, where each name leads. A name that some literal of the state spells has an entry of
 * its own, which already counts the globs it matches; other names go through the byte automaton of the state's globs,
 * or, without globs, to `next`.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/automaton.h"

/* A position and the component it waits for. */
struct waiting {
	uint32_t position;
	const struct pattern_component *component;
};

struct waitings {
	struct waiting *item;
	size_t n, cap;
};

/* What leads out of one state. */
struct leaving {
	struct automaton *a;
	uint32_t state;
	struct waitings literals, globs; /* globs: equal ones stand together */
	struct numbers kinds; /* where in globs each new one begins, and their end */
	struct numbers any; /* positions that every name leads to */
	struct numbers after; /* work memory of row_after() */
	struct number_sets rows; /* byte automaton: (kind << 9 | token) of each row */
	size_t first_row;
};

#define ITEM(kind, token) ((uint32_t)(kind) << 9 | (uint32_t)(token))
#define ITEM_KIND(item) ((item) >> 9)
#define ITEM_TOKEN(item) ((item) & 511)

static int waitings_add(struct waitings *w, uint32_t position, const struct pattern_component *component)
{
	struct waiting *item = grow_array(w->item, w->n, &w->cap, sizeof(*item));

	if (!item)
		return -ENOMEM;
	w->item = item;
	item[w->n++] = (struct waiting){ position, component };
	return 0;
}

/* ---- byte classes ---------------------------------------------------------------------------- */

/* Splits every class by membership in the token. */
static void refine(struct automaton *a, const struct pattern_token *token)
{
	int twin[256];

	if (token->star)
		return;
	memset(twin, -1, sizeof(twin));
	for (unsigned byte = 0; byte < 256; byte++) {
		uint8_t class = a->byte_class[byte];

		/* the class keeps those members that agree with its first one */
		if (token_has(token, (unsigned char)byte) == token_has(token, a->class_byte[class]))
			continue;
		if (twin[class] < 0) {
			twin[class] = (int)a->nclasses;
			a->class_byte[a->nclasses++] = (unsigned char)byte;
		}
		a->byte_class[byte] = (uint8_t)twin[class];
	}
}

static void make_classes(struct automaton *a)
{
	memset(a->byte_class, 0, sizeof(a->byte_class));
	a->class_byte[0] = 0;
	a->nclasses = 1;
	for (size_t p = 0; p < a->npatterns; p++)
		for (size_t c = 0; c < a->patterns[p].pattern.n; c++)
			if (a->patterns[p].pattern.components[c].kind == PATTERN_GLOB)
				for (size_t t = 0; t < a->patterns[p].pattern.components[c].ntokens; t++)
					refine(a, &a->patterns[p].pattern.components[c].tokens[t]);
	a->ncolumns = a->nclasses + 1;
}

/* ---- byte automaton -------------------------------------------------------------------------- */

static const struct pattern_component *kind_glob(const struct leaving *l, size_t kind)
{
	return l->globs.item[l->kinds.item[kind]].component;
}

/* Adds a token's place, and those behind stars. */
static int add_item(const struct leaving *l, struct numbers *items, size_t kind, size_t token)
{
	const struct pattern_component *c = kind_glob(l, kind);
	int err = numbers_append(items, ITEM(kind, token));

	for (; !err && token < c->ntokens && c->tokens[token].star; token++)
		err = numbers_append(items, ITEM(kind, token + 1));
	return err;
}

/* Adds where all the globs of a kind lead to. */
static int follow_kind(const struct leaving *l, size_t kind, struct numbers *positions)
{
	int err = 0;

	for (size_t i = l->kinds.item[kind]; !err && i < l->kinds.item[kind + 1]; i++)
		err = automaton_follow(l->a, l->globs.item[i].position, positions);
	return err;
}

/* The globs that are open at once in the row that is too much. */
static void accuse_globs(struct leaving *l, const struct numbers *items)
{
	struct numbers positions = { 0 };
	int err = 0;

	for (size_t i = 0; !err && i < items->n; i++)
		err = numbers_append(&positions, l->globs.item[l->kinds.item[ITEM_KIND(items->item[i])]].position);
	automaton_accuse(l->a, &positions);
	numbers_done(&positions);
}

static int row_of(struct leaving *l, struct numbers *items, uint32_t *ret_row)
{
	uint32_t id;
	int err;

	numbers_sort(items);
	err = number_sets_intern(&l->rows, items, l->a->limits.rows - l->first_row, l->a->limits.positions, &id);
	if (err == -E2BIG)
		accuse_globs(l, items);
	*ret_row = (uint32_t)l->first_row + id;
	return err;
}

/* The row after a byte of the class. */
static int row_after(struct leaving *l, size_t row, unsigned char byte, uint32_t *ret_row)
{
	int err = 0;

	l->after.n = 0;
	for (size_t i = 0; !err && i < l->rows.set[row].n; i++) {
		uint32_t item = l->rows.set[row].item[i];
		const struct pattern_component *c = kind_glob(l, ITEM_KIND(item));
		size_t token = ITEM_TOKEN(item);

		if (token < c->ntokens && token_has(&c->tokens[token], byte))
			err = add_item(l, &l->after, ITEM_KIND(item), c->tokens[token].star ? token : token + 1);
	}
	return err ? err : row_of(l, &l->after, ret_row);
}

/* The state when the name ends in a row: that of the globs that are matched, and of what any name leads to. */
static int state_at_end(struct leaving *l, size_t row, uint32_t *ret_state)
{
	struct numbers positions = { 0 };
	int err = numbers_append_all(&positions, &l->any);

	for (size_t i = 0; !err && i < l->rows.set[row].n; i++) {
		uint32_t item = l->rows.set[row].item[i];

		if (ITEM_TOKEN(item) == kind_glob(l, ITEM_KIND(item))->ntokens)
			err = follow_kind(l, ITEM_KIND(item), &positions);
	}
	numbers_sort(&positions);
	if (!err)
		err = automaton_state(l->a, &positions, ret_state);
	numbers_done(&positions);
	return err;
}

static int add_byte_entry(struct automaton *a, uint32_t entry)
{
	uint32_t *bytes = grow_array(a->bytes, a->nbytes, &a->bytes_cap, sizeof(*bytes));

	if (!bytes)
		return -ENOMEM;
	a->bytes = bytes;
	bytes[a->nbytes++] = entry;
	return 0;
}

static int build_rows(struct leaving *l)
{
	struct numbers items = { 0 };
	uint32_t entry;
	int err = 0;

	l->first_row = l->a->nbytes / l->a->ncolumns;
	for (size_t kind = 0; !err && kind + 1 < l->kinds.n; kind++)
		err = add_item(l, &items, kind, 0);
	if (!err)
		err = row_of(l, &items, &entry);
	numbers_done(&items);
	if (!err)
		l->a->nodes[l->state].glob = entry;
	for (size_t row = 0; !err && row < l->rows.n; row++) {
		for (uint32_t class = 0; !err && class < l->a->nclasses; class++) {
			err = row_after(l, row, l->a->class_byte[class], &entry);
			if (!err)
				err = add_byte_entry(l->a, entry);
		}
		if (!err)
			err = state_at_end(l, row, &entry);
		if (!err)
			err = add_byte_entry(l->a, entry);
	}
	return err;
}

/* ---- literal names --------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
	const struct waiting *x = a, *y = b;

	if (x->component->len != y->component->len)
		return x->component->len < y->component->len ? -1 : 1;
	return memcmp(x->component->text, y->component->text, x->component->len);
}

static int add_name(struct automaton *a, uint32_t state, const struct pattern_component *c, uint32_t next)
{
	struct image_name *names;

	if (a->nnames >= a->limits.names) {
		automaton_accuse(a, &a->states.set[state]);
		return -E2BIG;
	}
	names = grow_array(a->names, a->nnames, &a->names_cap, sizeof(*names));
	if (!names)
		return -ENOMEM;
	a->names = names;
	names[a->nnames] = (struct image_name){ .key = { .state = state, .len = (uint32_t)c->len }, .next = next };
	memcpy(names[a->nnames].key.name, c->text, c->len);
	a->nnames++;
	return 0;
}

/* The entry of one name, which the literals [from, to) spell. */
static int build_name(struct leaving *l, size_t from, size_t to)
{
	const struct pattern_component *name = l->literals.item[from].component;
	struct numbers positions = { 0 };
	uint32_t next;
	int err = numbers_append_all(&positions, &l->any);

	for (size_t i = from; !err && i < to; i++)
		err = automaton_follow(l->a, l->literals.item[i].position, &positions);
	for (size_t kind = 0; !err && kind + 1 < l->kinds.n; kind++)
		if (pattern_component_matches(kind_glob(l, kind), name->text, name->len))
			err = follow_kind(l, kind, &positions);
	numbers_sort(&positions);
	if (!err)
		err = automaton_state(l->a, &positions, &next);
	numbers_done(&positions);
	if (err)
		return err;
	if (!l->globs.n && next == l->a->nodes[l->state].next)
		return 0;
	return add_name(l->a, l->state, name, next);
}

static int build_names(struct leaving *l)
{
	int err = 0;

	if (l->literals.n)
		qsort(l->literals.item, l->literals.n, sizeof(*l->literals.item), by_text);
	for (size_t from = 0, to; !err && from < l->literals.n; from = to) {
		for (to = from + 1; to < l->literals.n && !by_text(&l->literals.item[from], &l->literals.item[to]); to++)
			;
		err = build_name(l, from, to);
	}
	return err;
}

/* ---- states ---------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	const struct waiting *x = a, *y = b;

	if (x->component->number != y->component->number)
		return x->component->number < y->component->number ? -1 : 1;
	return x->position < y->position ? -1 : x->position > y->position;
}

static int sort_globs(struct leaving *l)
{
	int err = 0;

	if (!l->globs.n)
		return 0;
	qsort(l->globs.item, l->globs.n, sizeof(*l->globs.item), by_number);
	for (size_t i = 0; !err && i < l->globs.n; i++)
		if (!i || l->globs.item[i - 1].component->number != l->globs.item[i].component->number)
			err = numbers_append(&l->kinds, (uint32_t)i);
	return err ? err : numbers_append(&l->kinds, (uint32_t)l->globs.n);
}

static int sort_out(struct leaving *l)
{
	const struct numbers *positions = &l->a->states.set[l->state];
	int err = 0;

	for (size_t i = 0; !err && i < positions->n; i++) {
		const struct pattern_component *c = automaton_waits_for(l->a, positions->item[i]);

		if (!c)
			continue;
		if (c->kind == PATTERN_ANY)
			err = automaton_follow(l->a, positions->item[i], &l->any);
		else
			err = waitings_add(c->kind == PATTERN_LITERAL ? &l->literals : &l->globs, positions->item[i], c);
	}
	numbers_sort(&l->any);
	return err ? err : sort_globs(l);
}

static int build_state(struct automaton *a, uint32_t state)
{
	struct leaving l = { .a = a, .state = state };
	uint32_t next;
	int err = sort_out(&l);

	if (!err)
		err = automaton_state(a, &l.any, &next);
	if (!err)
		a->nodes[state].next = next;
	if (!err)
		err = build_names(&l);
	if (!err && l.globs.n)
		err = build_rows(&l);
	free(l.literals.item);
	free(l.globs.item);
	numbers_done(&l.any);
	numbers_done(&l.kinds);
	numbers_done(&l.after);
	number_sets_done(&l.rows);
	return err;
}

int automaton_build(struct automaton *a)
{
	int err = automaton_number(a);

	make_classes(a);
	for (uint32_t i = 0; !err && i < a->ncolumns; i++) /* row 0 is not used */
		err = add_byte_entry(a, 0);
	for (uint32_t state = 0; !err && state < a->states.n; state++)
		err = build_state(a, state);
	return err;
}
