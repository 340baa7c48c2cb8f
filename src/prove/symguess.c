// SPDX-License-Identifier: GPL-2.0-only
/* symguess: see symguess.h. What a number is refers to older ones only, so it can always be said. */
#include "prove/symguess.h"

#include <stdlib.h>
#include "prove/eval.h"

#define MOST_BYTES 64 /* of a write at an unknown place */

struct guess {
	term word, when;
	struct region *r;       /* a read; else NULL */
	struct rmem *m;
	term off;
	unsigned size;
	const struct cell *old; /* a cell; else NULL */
	uint64_t i;
	const struct guess_write *w;
	const struct cell *other; /* it was joined with this one where not sel */
	term sel;
	struct guess *older;
};

static struct guess *add(struct sym *s, const struct guess *g)
{
	struct guess *x = arena_new(s->arena, struct guess);

	if (!x) {
		sym_give_up(s, "out of memory");
		s->stop = true;
		return NULL;
	}
	*x = *g;
	x->older = s->guesses;
	s->guesses = x;
	return x;
}

struct guess *symguess_read(struct sym *s, struct region *r, struct rmem *m, term off, unsigned size, term when, term word)
{
	return add(s, &(struct guess){ .word = word, .when = when, .r = r, .m = m, .off = off, .size = size });
}

void symguess_read_again(struct sym *s, struct guess *g, term when)
{
	if (g)
		g->when = term_or(&s->t, g->when, when);
}

void symguess_written(struct sym *s, uint64_t i, const struct cell *old, const struct guess_write *w, term when, term word)
{
	if (w && w->n > MOST_BYTES && !term_is_const(&s->t, w->off))
		w = NULL;
	add(s, &(struct guess){ .word = word, .when = when, .old = old, .i = i, .w = w });
}

void symguess_joined(struct sym *s, const struct cell *a, const struct cell *b, term sel, term word)
{
	add(s, &(struct guess){ .word = word, .when = TERM_TRUE, .old = a, .other = b, .sel = sel });
}

static bool defined(const struct guess *g) { return g->r || g->w || g->other; }

/* --- what it is --- */

/* The byte at `at` after the write, `old` before. */
static term written_byte(struct sym *s, const struct guess_write *w, uint64_t at, term old)
{
	struct terms *t = &s->t;

	if (term_is_const(t, w->off)) {
		uint64_t i = at - term_value(t, w->off);

		return i < w->n ? term_ite(t, term_and(t, w->guard, w->when[i]), w->byte[i], old) : old;
	}
	for (uint32_t i = 0; i < w->n; i++)
		old = term_ite(t, term_and(t, term_and(t, w->guard, w->when[i]), term_eq_k(t, w->off, at - i)), w->byte[i], old);
	return old;
}

static term cell_is(struct sym *s, const struct guess *g)
{
	term word = TERM_NONE;

	for (unsigned j = 0; j < 8; j++) {
		term b = mem_cell_byte(s, g->old, j, NULL);

		if (g->other)
			b = term_ite(&s->t, g->sel, b, mem_cell_byte(s, g->other, j, NULL));
		else
			b = written_byte(s, g->w, 8 * g->i + j, b);
		word = word ? term_concat(&s->t, b, word) : b;
	}
	return term_eq(&s->t, g->word, word);
}

/* Of a read: what it is if `at` is its place. */
static term read_is(struct sym *s, const struct guess *g, uint64_t at)
{
	term word = TERM_NONE, here = term_eq_k(&s->t, g->off, at);

	for (unsigned j = 0; j < g->size; j++) {
		term init, b = mem_cell_byte(s, mem_cell_in(s, g->m, g->r, (at + j) / 8), (at + j) % 8, &init);

		word = word ? term_concat(&s->t, b, word) : b;
		here = term_and(&s->t, here, init);
	}
	return term_implies(&s->t, here, term_eq(&s->t, g->word, word));
}

/* --- of what a question has --- */

static uint8_t *mark_of(struct sym *s, const term *roots, size_t n)
{
	uint8_t *mark = calloc(s->t.n, 1);

	if (mark)
		term_mark(&s->t, roots, n, mark);
	return mark;
}

/* --- in a model --- */

static uint8_t byte_in(struct sym *s, struct eval *e, const struct cell *c, unsigned j)
{
	return (uint8_t)(c->v ? eval_term(e, val_number(s, c->v)) >> 8 * j : eval_term(e, c->byte[j]));
}

static uint8_t written_in(struct eval *e, const struct guess_write *w, uint64_t at, uint8_t old)
{
	uint64_t i = at - eval_term(e, w->off);

	return eval_term(e, w->guard) && i < w->n && eval_term(e, w->when[i]) ? (uint8_t)eval_term(e, w->byte[i]) : old;
}

/* What the number is; of a read, where that is. False: nobody can say. */
static bool value_in(struct sym *s, struct eval *e, const struct guess *g, uint64_t *ret, uint64_t *ret_at)
{
	const unsigned size = g->r ? g->size : 8;

	if (!defined(g))
		return false;
	*ret = 0;
	*ret_at = g->r ? eval_term(e, g->off) : 0;
	if (g->r && (*ret_at >= g->r->size || size > g->r->size - *ret_at))
		return false;
	for (unsigned j = 0; j < size; j++) {
		uint64_t at = *ret_at + j;
		const struct cell *c = g->r ? mem_cell_in(s, g->m, g->r, at / 8) : g->other && !eval_term(e, g->sel) ? g->other : g->old;
		uint8_t b = byte_in(s, e, c, g->r ? at % 8 : j);

		*ret |= (uint64_t)(g->w ? written_in(e, g->w, 8 * g->i + j, b) : b) << 8 * j;
	}
	return true;
}

/* What was made since has no value in the model: 0, as elsewhere. */
static bool widen(const struct sym *s, struct smt_answer *a)
{
	uint64_t *model = realloc(a->model, (s->t.n_vars + 1) * sizeof(*model));

	if (!model)
		return false;
	for (size_t i = a->n_vars; i <= s->t.n_vars; i++)
		model[i] = 0;
	a->model = model;
	a->n_vars = s->t.n_vars;
	return true;
}

/* A model that is compared with what the numbers are. */
struct comparison {
	struct sym *s;
	const struct guess **list; /* oldest first */
	size_t n, n_marks;
	const uint8_t *mark;       /* of what the question has */
	struct smt_answer *a;
	struct eval e;
	uint8_t *fixed;            /* of initial words: bytes that were chosen */
	size_t n_fixed;
	bool chosen;
};

static bool asked(const struct comparison *c, term a) { return a < c->n_marks && c->mark[a]; }

/*
 * The bytes of a read are `value`, where nobody asks what they were at the start and they are nothing else: so the memory of this
 * model begins.
 */
static bool choose(struct comparison *c, const struct guess *g, uint64_t at, uint64_t value)
{
	const struct terms *t = &c->s->t;

	for (int set = 0; set < 2; set++)
		for (unsigned j = 0; j < g->size; j++) {
			const term b = mem_cell_byte(c->s, mem_cell_in(c->s, g->m, g->r, (at + j) / 8), (at + j) % 8, NULL);
			const uint8_t is = (uint8_t)eval_term(&c->e, b), want = (uint8_t)(value >> 8 * j);
			const struct term_node *n = &t->node[b], *var = &t->node[n->a];
			const unsigned lane = (unsigned)n->k % 64 / 8;

			if (is == want)
				continue;
			if (n->op != TERM_OP_EXTRACT || n->k % 8 || var->op != TERM_OP_VAR || asked(c, n->a) || var->k >= c->a->n_vars || n->a >= c->n_fixed ||
			    c->fixed[n->a] >> lane & 1)
				return false;
			if (!set)
				continue;
			c->fixed[n->a] |= (uint8_t)(1u << lane);
			c->a->model[var->k] = (c->a->model[var->k] & ~(0xffull << 8 * lane)) | (uint64_t)want << 8 * lane;
		}
	c->chosen = true;
	return true;
}

/* Oldest first: numbers that the question has are compared; the others become what they are, since a replay looks at them, too. */
static term compare(struct comparison *c)
{
	struct sym *s = c->s;
	term facts = TERM_TRUE;

	c->chosen = false;
	for (size_t i = 0; i < c->n && !c->chosen; i++) {
		const struct guess *g = c->list[i];
		const uint64_t var = s->t.node[g->word].k;
		uint64_t value, at;

		if (!value_in(s, &c->e, g, &value, &at))
			continue;
		if (!asked(c, g->word)) {
			if (var < c->a->n_vars)
				c->a->model[var] = value;
		} else if (eval_term(&c->e, g->when) && eval_term(&c->e, g->word) != value && !(g->r && choose(c, g, at, eval_term(&c->e, g->word)))) {
			facts = term_and(&s->t, facts, g->r ? read_is(s, g, at) : cell_is(s, g));
		}
	}
	return facts;
}

/* The cells that reads of this model are of; made now, so that they have values. */
static bool make_cells(struct comparison *c)
{
	struct sym *s = c->s;

	if (eval_init(&c->e, &s->t, c->a->model, c->a->n_vars) < 0)
		return false;
	for (size_t i = 0; i < c->n; i++) {
		uint64_t value, at;
		value_in(s, &c->e, c->list[i], &value, &at);
	}
	eval_done(&c->e);
	return widen(s, c->a);
}

/* Again until nothing was chosen: what was compared before a choice may be another. */
static int settle(struct comparison *c, term *facts)
{
	term found;

	do {
		if (!make_cells(c) || eval_init(&c->e, &c->s->t, c->a->model, c->a->n_vars) < 0)
			return -1;
		if (!c->fixed) {
			c->n_fixed = c->s->t.n;
			c->fixed = calloc(c->n_fixed, 1);
		}
		found = c->fixed ? compare(c) : TERM_TRUE;
		eval_done(&c->e);
		if (!c->fixed || !widen(c->s, c->a))
			return -1;
	} while (c->chosen);
	*facts = term_and(&c->s->t, *facts, found);
	return found != TERM_TRUE;
}

int symguess_look(struct sym *s, const term *roots, size_t n, struct smt_answer *a, term *facts)
{
	struct comparison c = { .s = s, .n_marks = s->t.n, .a = a };
	uint8_t *mark;
	size_t i;
	int found = -1;

	for (const struct guess *g = s->guesses; g; g = g->older)
		c.n++;
	if (!c.n)
		return 0;
	mark = mark_of(s, roots, n);
	c.mark = mark;
	c.list = calloc(c.n, sizeof(*c.list));
	i = c.n;
	for (const struct guess *g = s->guesses; c.list && i; g = g->older)
		c.list[--i] = g;
	if (mark && c.list)
		found = settle(&c, facts);
	free(mark);
	free(c.list);
	free(c.fixed);
	return found;
}

/* Newest first: what one is may speak of older ones. */
term symguess_all(struct sym *s, term goal)
{
	term all = TERM_TRUE;

	for (const struct guess *g = s->guesses; g; g = g->older) {
		const term roots[2] = { goal, all };
		const size_t n_marks = s->t.n;
		uint8_t *mark = mark_of(s, roots, 2);
		bool in = mark && g->word < n_marks && mark[g->word] && defined(g);
		const struct term_node *n = &s->t.node[g->r ? g->off : 0];
		const uint64_t lo = n->lo, hi = n->hi, poss = n->poss;

		free(mark);
		if (in && !g->r)
			all = term_and(&s->t, all, cell_is(s, g));
		for (uint64_t at = lo; in && g->r && at + g->size <= g->r->size && at <= hi; at++)
			if (!(at & ~poss))
				all = term_and(&s->t, all, read_is(s, g, at));
	}
	return all;
}

bool symguess_unknown(struct sym *s, const term *roots, size_t n)
{
	const size_t n_marks = s->t.n;
	uint8_t *mark = s->guesses ? mark_of(s, roots, n) : NULL;
	bool found = s->guesses && !mark;

	for (const struct guess *g = s->guesses; mark && g; g = g->older)
		found |= !defined(g) && g->word < n_marks && mark[g->word];
	free(mark);
	return found;
}
