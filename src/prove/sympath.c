// SPDX-License-Identifier: GPL-2.0-only
/* sympath: path conditions: what they become where ways meet, and what they rule out, by their mere form or by a solver. */
#include <stdlib.h>
#include "prove/symexec.h"

#define MAX_CONJUNCTS 1024

static int by_number(const void *a, const void *b)
{
	const term x = *(const term *)a, y = *(const term *)b;

	return x < y ? -1 : x > y;
}

static uint32_t collect(const struct terms *t, term a, term *out, uint32_t n)
{
	if (n >= MAX_CONJUNCTS)
		return n + 1;
	if (term_op(t, a) != TERM_OP_AND) {
		out[n] = a;
		return n + 1;
	}
	n = collect(t, t->node[a].a, out, n);
	return n > MAX_CONJUNCTS ? n : collect(t, t->node[a].b, out, n);
}

/* The parts of a conjunction, in the order of numbers; more than MAX_CONJUNCTS: too many. */
static uint32_t conjuncts(const struct terms *t, term a, term *out)
{
	uint32_t n = collect(t, a, out, 0);

	if (n <= MAX_CONJUNCTS)
		qsort(out, n, sizeof(*out), by_number);
	return n;
}

/*
 * Take two disjoint path conditions apart: what they have in common, and what tells them apart. *ret_sel holds in a
 * and not in b.
 */
static term join_conditions(struct terms *t, term a, term b, term *ret_sel)
{
	term ca[MAX_CONJUNCTS + 1], cb[MAX_CONJUNCTS + 1];
	term common = TERM_TRUE, ra = TERM_TRUE, rb = TERM_TRUE;
	uint32_t na = conjuncts(t, a, ca), nb = conjuncts(t, b, cb), i = 0, j = 0, la = 0, lb = 0;

	*ret_sel = a;
	if (na > MAX_CONJUNCTS || nb > MAX_CONJUNCTS)
		return term_or(t, a, b);
	while (i < na || j < nb) {
		if (i < na && j < nb && ca[i] == cb[j]) {
			common = term_and(t, common, ca[i]);
			i++;
			j++;
		} else if (j == nb || (i < na && ca[i] < cb[j])) {
			ra = term_and(t, ra, ca[i++]);
			la++;
		} else {
			rb = term_and(t, rb, cb[j++]);
			lb++;
		}
	}
	*ret_sel = lb < la ? term_not(t, rb) : ra;
	return term_and(t, common, term_or(t, ra, rb));
}

struct state *state_join(struct sym *s, struct state *a, struct state *b)
{
	term sel;

	if (!a || !b || a == b)
		return a ? a : b;
	if (a->pc == TERM_FALSE || b->pc == TERM_FALSE)
		return a->pc == TERM_FALSE ? b : a;
	struct state *j = state_copy(s, a);
	if (!j)
		return NULL;
	j->pc = join_conditions(&s->t, a->pc, b->pc, &sel);
	for (int i = 0; i < ISA_REGS; i++)
		j->r[i] = val_merge(s, sel, a->r[i], b->r[i]);
	mem_merge(s, j, a, b, sel);
	return j;
}

/* --- what a path condition says by its mere form --- */

static bool says(const struct sym *s, term a)
{
	return bsearch(&a, s->said, s->n_said, sizeof(a), by_number) != NULL;
}

static bool implied(struct sym *s, term a, int depth);

static bool refuted(struct sym *s, term a, int depth)
{
	const struct term_node *n = &s->t.node[a];

	if (a == TERM_FALSE || says(s, term_not(&s->t, a)))
		return true;
	if (depth == 0)
		return false;
	if (n->op == TERM_OP_NOT)
		return implied(s, n->a, depth - 1);
	if (n->op == TERM_OP_AND)
		return refuted(s, n->a, depth - 1) || refuted(s, n->b, depth - 1);
	if (n->op == TERM_OP_OR)
		return refuted(s, n->a, depth - 1) && refuted(s, n->b, depth - 1);
	return false;
}

static bool implied(struct sym *s, term a, int depth)
{
	const struct term_node *n = &s->t.node[a];

	if (a == TERM_TRUE || says(s, a))
		return true;
	if (depth == 0)
		return false;
	if (n->op == TERM_OP_NOT)
		return refuted(s, n->a, depth - 1);
	if (n->op == TERM_OP_AND)
		return implied(s, n->a, depth - 1) && implied(s, n->b, depth - 1);
	if (n->op == TERM_OP_OR)
		return implied(s, n->a, depth - 1) || implied(s, n->b, depth - 1);
	return false;
}

static void set_facts(struct sym *s, term pc)
{
	uint32_t n;

	if (s->said_pc == pc)
		return;
	n = conjuncts(&s->t, pc, s->said);
	s->n_said = n > MAX_CONJUNCTS ? 0 : n;
	s->said_pc = pc;
}

#define MAX_SPLITS 3

static bool refuted_by_cases(struct sym *s, term pc, term a, int depth);

static bool refuted_in(struct sym *s, term pc, term a, int depth)
{
	set_facts(s, pc);
	return pc == TERM_FALSE || refuted(s, a, 6) || (depth && refuted_by_cases(s, pc, a, depth - 1));
}

/* Where two ways met: refuted on both. The latest meetings have the highest numbers. */
static bool refuted_by_cases(struct sym *s, term pc, term a, int depth)
{
	term split[MAX_SPLITS];
	uint32_t n = 0;
	bool gone = false;

	set_facts(s, pc);
	for (uint32_t i = s->n_said; i-- > 0 && n < MAX_SPLITS;)
		if (term_op(&s->t, s->said[i]) == TERM_OP_OR)
			split[n++] = s->said[i];
	for (uint32_t i = 0; i < n && !gone; i++) {
		term x = s->t.node[split[i]].a, y = s->t.node[split[i]].b;

		gone = refuted_in(s, term_and(&s->t, pc, x), a, depth) && refuted_in(s, term_and(&s->t, pc, y), a, depth);
	}
	return gone;
}

bool state_refutes(struct sym *s, const struct state *st, term a)
{
	return refuted_in(s, st->pc, a, 0);
}

bool state_refutes_by_cases(struct sym *s, const struct state *st, term a)
{
	return refuted_in(s, st->pc, a, 3);
}

uint64_t state_upper(struct sym *s, const struct state *st, term a)
{
	struct terms *t = &s->t;
	uint64_t most = t->node[a].hi;
	term half = most <= UINT32_MAX && t->node[a].width == 64 ? term_extract(t, a, 31, 0) : a;

	set_facts(s, st->pc);
	for (uint32_t i = 0; i < s->n_said; i++) {
		bool not = term_op(t, s->said[i]) == TERM_OP_NOT;
		const struct term_node *n = &t->node[not ? t->node[s->said[i]].a : s->said[i]];
		term small = not ? n->b : n->a, large = not ? n->a : n->b; /* not (k < a) is a <= k */
		bool strict = (n->op == TERM_OP_ULT) != not;

		if ((n->op != TERM_OP_ULT && n->op != TERM_OP_ULE) || (small != a && small != half) || !term_is_const(t, large))
			continue;
		uint64_t k = term_value(t, large);
		if (strict && !k)
			return 0; /* nothing comes here */
		most = k - strict < most ? k - strict : most;
	}
	return most;
}

struct leaves {
	uint8_t *seen;
	size_t n;
	bool (*good)(struct sym *s, term leaf, void *ctx);
	void *ctx;
};

static bool good_leaves(struct sym *s, struct leaves *l, term a)
{
	const struct term_node *n = &s->t.node[a];

	if (a >= l->n)
		return false;
	if (l->seen[a])
		return true;
	if (n->op == TERM_OP_ITE) {
		term c = n->a, x = n->b, y = n->c;
		bool yes = implied(s, c, 6), no = !yes && refuted(s, c, 6);

		if ((!no && !good_leaves(s, l, x)) || (!yes && !good_leaves(s, l, y)))
			return false;
	} else if (!l->good(s, a, l->ctx)) {
		return false;
	}
	l->seen[a] = 1;
	return true;
}

bool sym_leaves(struct sym *s, term given, term a, bool (*good)(struct sym *s, term leaf, void *ctx), void *ctx)
{
	struct leaves l = { .seen = calloc(s->t.n, 1), .n = s->t.n, .good = good, .ctx = ctx };
	bool all;

	set_facts(s, given);
	all = l.seen && good_leaves(s, &l, a);
	free(l.seen);
	return all;
}

bool state_feasible(struct sym *s, const struct state *st, double most)
{
	struct smt_opts opts = s->opts.smt;
	struct smt_answer ans;

	if (st->pc == TERM_FALSE)
		return false;
	if (st->pc == TERM_TRUE)
		return true;
	opts.timeout = most < opts.timeout ? most : opts.timeout;
	smt_solve(&s->t, &st->pc, 1, &opts, &ans);
	s->solver_seconds += ans.seconds;
	smt_answer_done(&ans);
	return ans.result != SMT_UNSAT;
}

bool sympath_init(struct sym *s)
{
	s->said = arena_new_n(s->arena, MAX_CONJUNCTS + 1, term);
	return s->said != NULL;
}
