// SPDX-License-Identifier: GPL-2.0-only
/* lift: see lift.h. Everything is built by the constructors of terms, so that their laws apply to what becomes small. */
#include "prove/lift.h"

#include <stdlib.h>
#include "prove/eval.h"

#define MAX_DEPTH 2000      /* of a tree of choices */
#define MAX_PAIRS 4000      /* comparisons that one comparison may become */
#define MIN_SLOTS (1u << 14) /* at most half of them are used, by all comparisons together */
#define MAX_SLOTS (1u << 19)

struct pair {
	term a, b, result;
	uint32_t op;
};

struct lifting {
	struct terms *t;
	term *done;    /* by term: what it became; 0: itself */
	uint8_t *used; /* truths to lift, and choices whose conditions are lifted */
	size_t n;      /* terms there were at the start */
	struct pair *slot; /* a hash table of what was compared */
	uint32_t n_slots;  /* a power of two */
	size_t n_all, n_pairs;
	bool full;
};

static term lifted(const struct lifting *l, term a) { return a < l->n && l->done[a] ? l->done[a] : a; }

static struct pair *slot_of(const struct lifting *l, uint32_t op, term a, term b)
{
	uint32_t h = (a * 0x9e3779b1u ^ b * 0x85ebca6bu ^ op * 0xc2b2ae35u) % l->n_slots;

	while (l->slot[h].a && (l->slot[h].a != a || l->slot[h].b != b || l->slot[h].op != op))
		h = (h + 1) % l->n_slots;
	return &l->slot[h];
}

static bool is_choice(const struct terms *t, term a)
{
	while (t->node[a].op == TERM_OP_ZEXT || t->node[a].op == TERM_OP_SEXT)
		a = t->node[a].a;
	return t->node[a].op == TERM_OP_ITE;
}

/* The parts of a choice, and what chooses; extensions go inwards. */
static void split(struct terms *t, term a, term *ret_if, term *ret_then, term *ret_else)
{
	const struct term_node n = t->node[a];
	term yes, no;

	if (n.op == TERM_OP_ITE) {
		*ret_if = n.a;
		*ret_then = n.b;
		*ret_else = n.c;
		return;
	}
	split(t, n.a, ret_if, &yes, &no);
	*ret_then = term_extend(t, n.op == TERM_OP_SEXT, n.width, yes);
	*ret_else = term_extend(t, n.op == TERM_OP_SEXT, n.width, no);
}

static term make(struct terms *t, enum term_op op, term a, term b) { return op == TERM_OP_EQ ? term_eq(t, a, b) : term_cmp(t, op, a, b); }

/* Of numbers. What it gives is of no use once `full` is set. */
static term compare(struct lifting *l, enum term_op op, term a, term b, unsigned depth)
{
	struct terms *t = l->t;
	bool left = is_choice(t, a);
	term c, yes, no;

	if (a == b || left == is_choice(t, b)) /* two trees would become their product */
		return make(t, op, a, b);
	const struct pair *known = slot_of(l, op, a, b);
	if (known->a)
		return known->result;
	l->full |= depth >= MAX_DEPTH || ++l->n_pairs > MAX_PAIRS || l->n_all >= l->n_slots / 2 || t->exhausted;
	if (l->full)
		return TERM_FALSE;
	split(t, left ? a : b, &c, &yes, &no);
	yes = left ? compare(l, op, yes, b, depth + 1) : compare(l, op, a, yes, depth + 1);
	no = left ? compare(l, op, no, b, depth + 1) : compare(l, op, a, no, depth + 1);
	if (l->full)
		return TERM_FALSE;
	term r = term_ite(t, lifted(l, c), yes, no);
	*slot_of(l, op, a, b) = (struct pair){ a, b, r, op };
	l->n_all++;
	return r;
}

static term rebuild(struct lifting *l, const struct term_node *n)
{
	struct terms *t = l->t;
	const bool numbers = t->node[n->a].width; /* two of them are compared */
	term r;

	if (!numbers)
		return term_rebuild(t, n, lifted(l, n->a), lifted(l, n->b), lifted(l, n->c));
	l->full = false;
	l->n_pairs = 0;
	r = compare(l, (enum term_op)n->op, n->a, n->b, 0);
	return l->full ? term_rebuild(t, n, n->a, n->b, TERM_NONE) : r;
}

/* From above: what is a truth or a tree of choices, and nothing below arithmetic. */
static void mark(struct lifting *l, term top)
{
	const struct terms *t = l->t;

	l->used[top] = 1;
	for (term i = top; i >= 1; i--) {
		const struct term_node *n = &t->node[i];
		const term part[3] = { n->a, n->b, n->c };

		for (int j = 0; l->used[i] && j < 3 && part[j]; j++)
			if (!t->node[part[j]].width || is_choice(t, part[j]))
				l->used[part[j]] = 1;
	}
}

term lift(struct terms *t, term a)
{
	struct lifting l = { .t = t, .n = t->n, .n_slots = MIN_SLOTS };
	term r = a;

	if (t->n > t->limit / 2) /* what is judged must not fail for want of room */
		return a;
	while (l.n_slots < MAX_SLOTS && l.n_slots / 32 < t->n)
		l.n_slots *= 2;
	l.done = calloc(t->n, sizeof(*l.done));
	l.used = calloc(t->n, 1);
	l.slot = calloc(l.n_slots, sizeof(*l.slot));
	if (l.done && l.used && l.slot) {
		mark(&l, a);
		for (term i = 1; i <= a && !t->exhausted; i++) {
			const struct term_node n = t->node[i]; /* a copy: nodes are added */

			if (l.used[i] && !n.width && n.op != TERM_OP_CONST && n.op != TERM_OP_VAR)
				l.done[i] = rebuild(&l, &n);
		}
		r = t->exhausted ? a : lifted(&l, a);
	}
	free(l.slot);
	free(l.used);
	free(l.done);
	return r;
}
