// SPDX-License-Identifier: GPL-2.0-only
/* symread: see symread.h. Any set of relations is true, so a wrong choice of them costs time and never a verdict. */
#include "prove/symread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "prove/smtfmt.h"
#include "prove/symguess.h"
#include "prove/symlayout.h"

#define MAX_ROUNDS 100
#define MAX_GUESSED 40 /* of these, models with other memory than the program's */
#define MANY_HARD 5 /* products and quotients: with fewer, solvers are as quick as without */
#define QUICK_SECONDS 2 /* for a question with so many as it is, before one without their values is asked */
#define HARD_SECONDS 30 /* for that one */

struct place {
	const struct region *r;
	term off, word; /* 64 bits */
};

struct places {
	struct place *list;
	size_t n, cap;
};

/* The objects that a place of r may also be in. */
static uint32_t group_of(const struct region *r) { return r->group ? r->group : r->id; }

static bool add(struct places *p, const struct region *r, term off, term word)
{
	if (p->n == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 64;
		struct place *list = realloc(p->list, cap * sizeof(*list));

		if (!list)
			return false;
		p->list = list;
		p->cap = cap;
	}
	p->list[p->n++] = (struct place){ r, off, word };
	return true;
}

/* The words of all groups that are read at places unknown to each other. */
static bool collect(struct sym *s, struct places *p)
{
	bool good = true;

	*p = (struct places){ NULL };
	for (size_t i = 1; i < s->n_regions && good; i++) {
		struct region *r = s->region[i];

		if (!r->group && !r->reads)
			continue;
		for (const struct first_read *x = r->reads; x && good; x = x->next)
			good = add(p, r, x->off, x->word);
		for (uint64_t c = 0; 8 * c + 8 <= r->size && good; c++)
			if (r->first[c] && !r->first[c]->v)
				good = add(p, r, term_const(&s->t, 64, 8 * c), mem_first_word(s, r->first[c]));
	}
	return good;
}

/* Where a and b are one place. */
static term same_place(struct sym *s, const struct place *a, const struct place *b)
{
	term same = term_eq(&s->t, a->off, b->off);

	for (uint32_t i = 0; a->r != b->r && i < a->r->n_key; i++)
		same = term_and(&s->t, same, term_eq(&s->t, a->r->key[i], b->r->key[i]));
	return same;
}

static bool related(const struct sym *s, const struct region *a, const struct region *b)
{
	for (size_t i = 0; i < s->n_related; i++)
		if ((s->related[i].a == a->id && s->related[i].b == b->id) || (s->related[i].a == b->id && s->related[i].b == a->id))
			return true;
	return false;
}

static bool relate(struct sym *s, const struct region *a, const struct region *b)
{
	struct related *list;

	if (related(s, a, b))
		return true;
	list = arena_grow(s->arena, s->related, s->n_related, &s->cap_related, sizeof(*list));
	if (!list)
		return false;
	s->related = list;
	list[s->n_related++] = (struct related){ a->id, b->id };
	return true;
}

static uint8_t *cone(struct sym *s, const term *roots, size_t n)
{
	uint8_t *mark = calloc(s->t.n, 1);

	if (mark)
		term_mark(&s->t, roots, n, mark);
	return mark;
}

/* What is said of the words that the roots have; of all pairs, or of those of objects that are related. */
static term relations(struct sym *s, const struct places *p, const term *roots, size_t n, bool all)
{
	struct terms *t = &s->t;
	uint8_t *mark = cone(s, roots, n);
	size_t n_marks = s->t.n;
	term holds = TERM_TRUE;

	for (size_t i = 0; mark && i < p->n; i++)
		for (size_t j = 0; j < i && p->list[i].word < n_marks && mark[p->list[i].word]; j++) {
			const struct place *a = &p->list[i], *b = &p->list[j];

			if (group_of(a->r) != group_of(b->r) || b->word >= n_marks || !mark[b->word] || (!all && !related(s, a->r, b->r)))
				continue;
			holds = term_and(t, holds, term_implies(t, same_place(s, a, b), term_eq(t, a->word, b->word)));
		}
	free(mark);
	return holds;
}

/* Relate objects of which the model has different words at one place. 1: some; 0: none; -1: no memory. */
static int look(struct sym *s, const struct places *p, const term *roots, size_t n, const struct smt_answer *a)
{
	uint8_t *mark = cone(s, roots, n);
	size_t n_marks = s->t.n;
	struct eval e;
	int found = 0;

	if (!mark)
		return -1;
	for (size_t i = 0; i < p->n; i++)
		for (size_t j = 0; j < i; j++)
			if (group_of(p->list[i].r) == group_of(p->list[j].r))
				same_place(s, &p->list[i], &p->list[j]); /* terms are made before any is evaluated */
	if (eval_init(&e, &s->t, a->model, a->n_vars) < 0) {
		free(mark);
		return -1;
	}
	for (size_t i = 0; i < p->n && found >= 0; i++)
		for (size_t j = 0; j < i && found >= 0 && p->list[i].word < n_marks && mark[p->list[i].word]; j++) {
			const struct place *x = &p->list[i], *y = &p->list[j];

			if (group_of(x->r) != group_of(y->r) || y->word >= n_marks || !mark[y->word] || related(s, x->r, y->r))
				continue;
			if (eval_term(&e, same_place(s, x, y)) && eval_term(&e, x->word) != eval_term(&e, y->word))
				found = relate(s, x->r, y->r) ? 1 : -1;
		}
	eval_done(&e);
	free(mark);
	return found;
}

/* Words that the question does not speak of are what equal places have: a replay looks at them, too. */
static void complete(struct sym *s, const struct places *p, const term *roots, size_t n, struct smt_answer *a)
{
	uint8_t *mark = cone(s, roots, n);
	size_t n_marks = s->t.n;
	struct eval e;

	if (!mark || eval_init(&e, &s->t, a->model, a->n_vars) < 0) {
		free(mark);
		return;
	}
	for (size_t i = 0; i < p->n; i++)
		for (size_t j = 0; j < p->n && (p->list[i].word >= n_marks || !mark[p->list[i].word]); j++) {
			const struct place *x = &p->list[i], *y = &p->list[j];
			const struct term_node *var = &s->t.node[x->word];

			if (x == y || group_of(x->r) != group_of(y->r) || y->word >= n_marks || !mark[y->word] || var->op != TERM_OP_VAR || var->k >= a->n_vars)
				continue;
			term same = same_place(s, x, y);
			if (same < e.n && eval_term(&e, same))
				a->model[var->k] = eval_term(&e, y->word);
		}
	eval_done(&e);
	free(mark);
}

/* The model's layout is none: what it contradicts is added. 1: something; 0: nothing; -1: no memory. */
static int look_at_layout(struct sym *s, const struct smt_answer *a, term *layout)
{
	struct eval e;
	term wrong;

	if (!s->layout_facts)
		return 0;
	if (eval_init(&e, &s->t, a->model, a->n_vars) < 0)
		return -1;
	wrong = symlayout_contradicted(s, &e);
	eval_done(&e);
	*layout = term_and(&s->t, *layout, wrong);
	return wrong != TERM_TRUE;
}

/*
 * What has many products and quotients and is not answered at once, without what they come to: what makes a way impossible is
 * seldom their value, and a circuit for each, of parts that are equal only because of something else, is what solvers take
 * longest for.
 */
static void ask(const struct sym *s, const term *asserts, size_t n, const struct smt_opts *opts, struct smt_answer *ret)
{
	struct smt_opts less = *opts;

	if (!opts->weak && !opts->whole && opts->timeout > QUICK_SECONDS && smt_count_hard(&s->t, asserts, n) >= MANY_HARD) {
		less.timeout = QUICK_SECONDS;
		smt_solve(&s->t, asserts, n, &less, ret);
		if (ret->result != SMT_UNKNOWN || ret->disagree)
			return;
		less.weak = SMT_ONLY_HARD;
		less.timeout = opts->timeout < HARD_SECONDS ? opts->timeout : HARD_SECONDS;
		smt_solve(&s->t, asserts, n, &less, ret);
		if (ret->result == SMT_UNSAT || ret->disagree)
			return;
	}
	smt_solve(&s->t, asserts, n, opts, ret);
}

static void refine(struct sym *s, const struct places *p, const term *asserts, size_t n, const struct smt_opts *opts, struct smt_answer *ret)
{
	term *query = malloc((n + 1) * sizeof(*query));
	double seconds = 0;
	int found = query ? 1 : -1, guessed = 0;
	term facts = symlayout_facts(s, asserts, n, false);

	*ret = (struct smt_answer){ .result = SMT_UNKNOWN };
	for (int round = 0; round < MAX_ROUNDS && found > 0; round++) {
		memcpy(query, asserts, n * sizeof(*query));
		query[n] = term_and(&s->t, facts, relations(s, p, asserts, n, false));
		smt_answer_done(ret);
		ask(s, query, n + 1, opts, ret);
		seconds += ret->seconds;
		bool model = ret->result == SMT_SAT && ret->model;
		found = model ? look(s, p, query, n, ret) : 0;
		if (model && !found)
			found = look_at_layout(s, ret, &facts);
		if (model && !found) {
			found = symguess_look(s, query, n + 1, ret, &facts);
			guessed += found > 0;
		}
		if (!found && model)
			complete(s, p, query, n, ret);
		if (found > 0 && (seconds > 4 * opts->timeout || guessed > MAX_GUESSED))
			break;
	}
	if (found) {
		ret->result = SMT_UNKNOWN;
		snprintf(ret->reason, sizeof(ret->reason), "too many reads that may be of one place");
	}
	ret->seconds = seconds;
	free(query);
}

void symread_solve(struct sym *s, const term *asserts, size_t n, const struct smt_opts *opts, struct smt_answer *ret)
{
	struct places p;

	if (collect(s, &p) && (p.n || s->layout_facts || s->guesses))
		refine(s, &p, asserts, n, opts, ret);
	else if (p.n)
		*ret = (struct smt_answer){ .result = SMT_UNKNOWN, .reason = "out of memory" };
	else
		ask(s, asserts, n, opts, ret);
	free(p.list);
}

static bool evaluates(struct sym *s, term goal, const struct smt_answer *a)
{
	struct eval e;
	bool is;

	if (eval_init(&e, &s->t, a->model, a->n_vars) < 0)
		return false;
	is = eval_term(&e, goal);
	eval_done(&e);
	return is;
}

/* As refine() believes a solver's model. */
static bool believed(struct sym *s, const struct places *p, term goal, struct smt_answer *a)
{
	term facts = term_and(&s->t, symlayout_facts(s, &goal, 1, false), relations(s, p, &goal, 1, false)), unused = TERM_TRUE;
	const term query[2] = { goal, facts };

	/* Numbers of which somebody knows what they are are set to that. */
	return evaluates(s, facts, a) && !look(s, p, query, 2, a) && !look_at_layout(s, a, &unused) && !symguess_look(s, query, 2, a, &unused) &&
	       evaluates(s, term_and(&s->t, goal, facts), a);
}

bool symread_model(struct sym *s, term goal, const uint64_t *var, size_t n_vars)
{
	struct smt_answer a = { .result = SMT_SAT, .n_vars = n_vars, .model = n_vars ? malloc(n_vars * sizeof(*var)) : NULL };
	struct places p = { NULL };
	bool is;

	if (!a.model)
		return false;
	memcpy(a.model, var, n_vars * sizeof(*var));
	is = evaluates(s, goal, &a) && collect(s, &p) && believed(s, &p, goal, &a);
	free(a.model);
	free(p.list);
	return is;
}

term symread_relations(struct sym *s, term goal)
{
	struct places p;
	const term guesses = symguess_all(s, goal), said[2] = { goal, guesses };
	term all = guesses;

	if (collect(s, &p))
		all = term_and(&s->t, all, relations(s, &p, said, 2, true));
	free(p.list);
	const term roots[2] = { goal, all };
	return term_and(&s->t, all, symlayout_facts(s, roots, 2, true));
}

static bool word_of(struct eval *e, const struct region *r, uint64_t off, uint64_t *ret_word)
{
	const struct cell *c = r->first[off / 8];

	for (const struct first_read *x = r->reads; !c && x; x = x->next)
		if (eval_term(e, x->off) == off) {
			*ret_word = eval_term(e, x->word);
			return true;
		}
	for (unsigned i = 0; c && i < 8; i++)
		*ret_word = (i ? *ret_word : 0) | eval_term(e, c->v ? 0 : c->byte[i]) << 8 * i;
	return c;
}

static bool same_element(struct eval *e, const struct region *a, const struct region *b)
{
	if (!a->group || a->group != b->group)
		return false;
	for (uint32_t i = 0; i < a->n_key; i++)
		if (eval_term(e, a->key[i]) != eval_term(e, b->key[i]))
			return false;
	return true;
}

bool symread_word(struct sym *s, struct eval *e, const struct region *r, uint64_t off, uint64_t *ret_word)
{
	if (word_of(e, r, off, ret_word))
		return true;
	for (size_t i = 1; r->group && i < s->n_regions; i++)
		if (s->region[i] != r && same_element(e, r, s->region[i]) && word_of(e, s->region[i], off, ret_word))
			return true;
	return false;
}
