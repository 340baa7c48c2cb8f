// SPDX-License-Identifier: GPL-2.0-only
/*
 * term_test: the algebra of terms against an evaluator that shares nothing with the rewriting, and against the
 * solvers: the same random formula built with and without rewriting must be equal for all values.
 */
#include <stdlib.h>
#include <string.h>
#include "common/arena.h"
#include "common/buf.h"
#include "prove/eval.h"
#include "prove/lift.h"
#include "prove/smt.h"
#include "prove/smtfmt.h"
#include "prove/term.h"
#include "../tap.h"

static uint64_t seed = 1;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static uint64_t rnd_value(unsigned w)
{
	static const uint64_t special[] = { 0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x80000000ull, ~0ull };

	return (rnd() % 2 ? special[rnd() % 12] : rnd()) & term_mask(w ? w : 1);
}

struct gen {
	struct terms t;
	struct arena arena;
	term pool[400];
	unsigned n;
};

static term pick(struct gen *g, unsigned width)
{
	for (int i = 0; i < 400; i++) {
		term a = g->pool[rnd() % g->n];
		if (term_width(&g->t, a) == width)
			return a;
	}
	return term_const(&g->t, width, rnd_value(width));
}

static term step(struct gen *g)
{
	static const uint8_t widths[] = { 1, 8, 16, 32, 64, 64 };
	struct terms *t = &g->t;
	unsigned w = widths[rnd() % 6];
	term a, b;

	switch (rnd() % 14) {
	case 0:
		return term_const(t, w, rnd_value(w));
	case 1:
		return term_and(t, pick(g, 0), pick(g, 0));
	case 2:
		return term_or(t, pick(g, 0), pick(g, 0));
	case 3:
		return term_not(t, pick(g, 0));
	case 4:
		return term_eq(t, pick(g, w), pick(g, w));
	case 5:
		return term_cmp(t, TERM_OP_ULT + (enum term_op)(rnd() % 4), pick(g, w), pick(g, w));
	case 6:
	case 7:
		if (rnd() % 2)
			return term_ite(t, pick(g, 0), pick(g, w), pick(g, w));
		a = pick(g, w);
		b = pick(g, w);
		return term_ite(t, rnd() % 2 ? term_ult(t, a, b) : term_not(t, term_ule(t, a, b)), rnd() % 2 ? a : b, rnd() % 2 ? a : b);
	case 8: {
		unsigned lo = (unsigned)(rnd() % w), hi = lo + (unsigned)(rnd() % (w - lo));
		return term_extract(t, pick(g, w), hi, lo);
	}
	case 9:
		return w < 64 ? term_concat(t, pick(g, w), pick(g, w)) : pick(g, w);
	case 10:
		return term_extend(t, rnd() % 2, 64, pick(g, w));
	default:
		return term_bin(t, TERM_OP_ADD + (enum term_op)(rnd() % 12), pick(g, w), pick(g, w));
	}
}

/* The same sequence of constructor calls, with and without the laws. */
static void build(struct gen *g, bool rewrite, uint64_t s)
{
	static const uint8_t widths[] = { 0, 1, 8, 16, 32, 64, 0, 64 };

	arena_init(&g->arena, 0);
	terms_init(&g->t, &g->arena, 1u << 13);
	g->t.rewrite = rewrite;
	g->n = 0;
	seed = s;
	for (int i = 0; i < 8; i++)
		g->pool[g->n++] = term_fresh(&g->t, widths[i], "v");
	for (int i = 0; i < 24; i++) {
		/* widths decide the random walk, so both builds take the same steps */
		term x = step(g);
		g->pool[g->n++] = x;
	}
}

static bool compare(uint64_t s)
{
	struct gen a = { 0 }, b = { 0 };
	uint64_t var[8];
	bool same = true;

	build(&a, false, s);
	build(&b, true, s);
	for (int round = 0; round < 20 && same; round++) {
		struct eval ea, eb;

		for (int i = 0; i < 8; i++)
			var[i] = rnd_value(64);
		eval_init(&ea, &a.t, var, 8);
		eval_init(&eb, &b.t, var, 8);
		for (unsigned i = 0; i < a.n; i++) {
			uint64_t v = eval_term(&eb, b.pool[i]);
			const struct term_node *n = &b.t.node[b.pool[i]];

			same = same && eval_term(&ea, a.pool[i]) == v && v >= n->lo && v <= n->hi && !(v & ~n->poss);
		}
		eval_done(&ea);
		eval_done(&eb);
	}
	if (!same)
		printf("# seed %llu\n", (unsigned long long)s);
	terms_done(&a.t);
	terms_done(&b.t);
	arena_done(&a.arena);
	arena_done(&b.arena);
	return same;
}

/* Build both forms in one pool and ask the solver for a difference. */
static enum smt_result solver_on_difference(uint64_t s, const struct smt_opts *o)
{
	struct gen g = { 0 };
	struct smt_answer ans;
	term plain[32], diff = TERM_FALSE;

	build(&g, false, s);
	memcpy(plain, g.pool, sizeof(plain));
	uint64_t keep = s;
	g.t.rewrite = true;
	seed = keep;
	g.n = 8;
	for (int i = 0; i < 24; i++) {
		term x = step(&g);
		g.pool[g.n++] = x;
	}
	g.t.rewrite = false;
	for (unsigned i = 8; i < 32; i++) {
		if (term_width(&g.t, plain[i]) != term_width(&g.t, g.pool[i]))
			return SMT_SAT;
		diff = term_or(&g.t, diff, term_not(&g.t, term_eq(&g.t, plain[i], g.pool[i])));
	}
	smt_solve(&g.t, &diff, 1, o, &ans);
	if (ans.result != SMT_UNSAT)
		printf("# seed %llu: %s %s\n", (unsigned long long)s, smt_result_name(ans.result), ans.reason);
	smt_answer_done(&ans);
	terms_done(&g.t);
	arena_done(&g.arena);
	return ans.result;
}

/* Comparisons of choices as choices of comparisons, of each random truth: the same value, and another term now and then. */
static bool lift_keeps(uint64_t s, bool rewrite, unsigned *ret_lifted)
{
	struct gen g = { 0 };
	term top[32], low[32];
	uint64_t var[8];
	bool same = true;

	build(&g, rewrite, s);
	for (int i = 0; i < 12; i++) { /* more choices, of choices, compared with numbers */
		term x = term_ite(&g.t, pick(&g, 0), term_ite(&g.t, pick(&g, 0), pick(&g, 64), pick(&g, 64)), pick(&g, 64));
		term y = i % 3 ? x : term_extend(&g.t, true, 64, term_ite(&g.t, pick(&g, 0), pick(&g, 8), pick(&g, 8)));

		g.pool[g.n++] = term_cmp(&g.t, TERM_OP_ULT + (enum term_op)(rnd() % 4), y, rnd() % 2 ? pick(&g, 64) : term_const(&g.t, 64, rnd_value(64)));
		g.pool[g.n++] = term_eq(&g.t, term_const(&g.t, 64, rnd_value(64)), y);
	}
	for (int i = 0; i < 32; i++) {
		top[i] = g.pool[g.n - 1 - (unsigned)i];
		low[i] = term_width(&g.t, top[i]) ? top[i] : lift(&g.t, top[i]);
		*ret_lifted += low[i] != top[i];
	}
	for (int round = 0; round < 20 && same; round++) {
		struct eval e;

		for (int i = 0; i < 8; i++)
			var[i] = rnd_value(64);
		eval_init(&e, &g.t, var, 8);
		for (int i = 0; i < 32; i++)
			same = same && eval_term(&e, top[i]) == eval_term(&e, low[i]);
		eval_done(&e);
	}
	terms_done(&g.t);
	arena_done(&g.arena);
	return same;
}

static void test_lift(const struct smt_opts *o)
{
	struct arena arena;
	struct terms t;
	unsigned good = 0, lifted = 0;

	for (uint64_t s = 1; s <= 1000; s++)
		good += lift_keeps(s * 6007, s % 2, &lifted);
	tap_ok(good == 1000 && lifted > 1000, "1000 random formulas: lifting keeps the value of each truth (%u, %u lifted)", good, lifted);
	arena_init(&arena, 0);
	terms_init(&t, &arena, 0);
	term x = term_fresh(&t, 32, "x"), y = term_fresh(&t, 32, "y"), answer = term_extend(&t, true, 64, x), zero = term_const(&t, 64, 0), hard = x;
	for (uint64_t i = 0; i < 40; i++)
		hard = term_add(&t, term_bin(&t, TERM_OP_BXOR, hard, y), term_const(&t, 32, 7 * i));
	term c = term_ult(&t, hard, y), d = term_ult(&t, y, hard);
	/* what a program does: refuse where something refused, and what is asked: that it did */
	term q = term_and(&t, term_not(&t, term_eq(&t, term_ite(&t, c, answer, zero), zero)),
			  term_not(&t, term_cmp(&t, TERM_OP_SLT, term_ite(&t, term_or(&t, c, d), term_ite(&t, term_eq_k(&t, x, 0), zero, term_const(&t, 64, ~0ull)), zero), zero)));
	term low = lift(&t, q);
	struct smt_opts weak = *o;
	struct smt_answer a[2];
	weak.weak = 20;
	smt_solve(&t, &q, 1, &weak, &a[0]);
	smt_solve(&t, &low, 1, &weak, &a[1]);
	tap_ok(a[0].result == SMT_UNKNOWN && a[1].result == SMT_UNSAT, "lifted, it is settled with the arithmetic left open; as it was, it is not (%s, %s)", a[0].reason, a[1].reason);
	for (int i = 0; i < 2; i++)
		smt_answer_done(&a[i]);
	terms_done(&t);
	arena_done(&arena);
	arena_init(&arena, 0);
	terms_init(&t, &arena, 200);
	x = term_fresh(&t, 64, "x");
	for (q = TERM_TRUE; t.n < 120;)
		q = term_and(&t, q, term_ult(&t, term_ite(&t, term_ult(&t, x, term_const(&t, 64, t.n)), x, term_const(&t, 64, 3)), term_const(&t, 64, 2 * t.n)));
	tap_ok(lift(&t, q) == q && !t.exhausted, "where there is little room for terms nothing is lifted");
	terms_done(&t);
	arena_done(&arena);
}

static void test_smt(const struct smt_opts *o)
{
	struct arena arena;
	struct terms t;
	struct smt_answer ans;

	arena_init(&arena, 0);
	terms_init(&t, &arena, 0);
	term x = term_fresh(&t, 64, "x"), y = term_fresh(&t, 64, "y"), p = term_fresh(&t, 0, "p");
	term q[3] = { term_eq(&t, term_bin(&t, TERM_OP_MUL, x, y), term_const(&t, 64, 91)), p,
		      term_ult(&t, term_const(&t, 64, 1), x) };
	smt_solve(&t, q, 3, o, &ans);
	tap_ok(ans.result == SMT_SAT && ans.model && ans.model[0] * ans.model[1] == 91 && ans.model[2] == 1,
	   "a satisfiable query gives a model that satisfies it (%s)", ans.reason);
	smt_answer_done(&ans);
	q[2] = term_not(&t, term_eq(&t, term_add(&t, x, y), term_sub(&t, x, term_sub(&t, term_const(&t, 64, 0), y))));
	smt_solve(&t, q, 3, o, &ans);
	tap_ok(ans.result == SMT_UNSAT, "x + y differs from x - -y: unsat (%s)", ans.reason);
	smt_answer_done(&ans);
	struct smt_opts slow = *o;
	slow.timeout = 0.3;
	term big[2] = { term_eq(&t, term_bin(&t, TERM_OP_MUL, x, y), term_const(&t, 64, 0xb7b7e51d1a2b3c5full)),
			term_eq(&t, term_bin(&t, TERM_OP_UREM, term_bin(&t, TERM_OP_MUL, x, x), y),
				term_const(&t, 64, 0x1234567)) };
	smt_solve(&t, big, 2, &slow, &ans);
	tap_ok(ans.result == SMT_UNKNOWN ? *ans.reason != 0 : ans.result == SMT_SAT,
	   "a time limit gives unknown with a reason: %s", ans.reason);
	smt_answer_done(&ans);
	terms_done(&t);
	arena_done(&arena);
}

static void test_parse(void)
{
	uint64_t v[3];

	tap_ok(!smt_parse_values("((|a b| #x0f)\n (c true) (d (_ bv12 33)))", 3, v) && v[0] == 15 && v[1] == 1 && v[2] == 12,
	   "values in all notations are read");
	tap_ok(smt_parse_values("((a #x0f)", 1, v) < 0 && smt_parse_values("(error \"x\")", 1, v) < 0 &&
		   smt_parse_values("((a #b))", 1, v) < 0,
	   "anything else is refused");
}

static enum smt_result ask(const struct terms *t, const term *q, size_t n, const struct smt_opts *o, uint32_t weak)
{
	struct smt_opts opts = *o;
	struct smt_answer ans;

	opts.weak = weak;
	smt_solve(t, q, n, &opts, &ans);
	smt_answer_done(&ans);
	return ans.result;
}

/* Less than what is asked: "unsat" or no answer. */
static void test_weak(const struct smt_opts *o)
{
	struct arena arena;
	struct terms t;

	arena_init(&arena, 0);
	terms_init(&t, &arena, 0);
	term x = term_fresh(&t, 16, "x"), y = term_fresh(&t, 16, "y"), b = term_fresh(&t, 0, "b");
	term product = term_bin(&t, TERM_OP_MUL, x, y), five = term_eq_k(&t, product, 5), six = term_eq_k(&t, product, 6);
	term form[3] = { five, term_implies(&t, five, b), term_not(&t, b) }, content[2] = { five, six }, possible[1] = { five };
	term plain[2] = { term_eq_k(&t, x, 1), term_eq_k(&t, x, 2) };

	tap_ok(ask(&t, form, 3, o, 2) == SMT_UNSAT, "what contradicts itself by its form does so whatever its parts are");
	tap_ok(ask(&t, content, 2, o, 2) == SMT_UNKNOWN && ask(&t, content, 2, o, 0) == SMT_UNSAT,
	   "two comparisons left open may hold both: no answer, where the whole question has one");
	tap_ok(ask(&t, content, 2, o, 100) == SMT_UNSAT, "a hard product left open is one number in both");
	term z = term_fresh(&t, 16, "z"), other = term_bin(&t, TERM_OP_MUL, y, z);
	term third[2] = { five, term_eq_k(&t, term_bin(&t, TERM_OP_MUL, x, z), 6) };
	term alike[3] = { term_eq(&t, x, z), five, term_eq_k(&t, other, 6) };
	term quotients[3] = { term_eq(&t, x, y), term_eq_k(&t, term_bin(&t, TERM_OP_UDIV, x, z), 5), term_eq_k(&t, term_bin(&t, TERM_OP_UDIV, y, z), 6) };
	term turned[3] = { quotients[0], term_eq_k(&t, term_bin(&t, TERM_OP_UDIV, x, z), 5), term_eq_k(&t, term_bin(&t, TERM_OP_UDIV, z, y), 6) };
	tap_ok(ask(&t, alike, 3, o, SMT_ONLY_HARD) == SMT_UNSAT && ask(&t, alike + 1, 2, o, SMT_ONLY_HARD) == SMT_UNKNOWN &&
		   ask(&t, third, 2, o, SMT_ONLY_HARD) == SMT_UNKNOWN,
	   "two products left open are one number where their factors are, in either order, and only there");
	tap_ok(ask(&t, quotients, 3, o, SMT_ONLY_HARD) == SMT_UNSAT && ask(&t, turned, 3, o, SMT_ONLY_HARD) == SMT_UNKNOWN,
	   "two quotients are in the same order only");
	tap_ok(ask(&t, possible, 1, o, 2) == SMT_UNKNOWN && ask(&t, possible, 1, o, 0) == SMT_SAT, "its 'sat' is no answer");
	tap_ok(ask(&t, plain, 2, o, 100) == SMT_UNKNOWN && ask(&t, plain, 2, o, 0) == SMT_UNSAT, "where there is nothing to leave out it is not asked");
	terms_done(&t);
	arena_done(&arena);
}

/* The same question among other terms: its numbered text is the same, and so it is known; a different one is not. */
static void test_numbered(void)
{
	struct arena arena[2];
	struct terms t[2];
	struct buf text[4] = { BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT };
	uint32_t *vars;
	size_t n;

	for (int i = 0; i < 2; i++) {
		arena_init(&arena[i], 0);
		terms_init(&t[i], &arena[i], 0);
		for (int k = 0; k < 3 * i; k++)
			term_eq_k(&t[i], term_fresh(&t[i], 32, "other"), 7);
		term x = term_fresh(&t[i], 16, i ? "y" : "x"), z = term_fresh(&t[i], 16, "z"), sum = term_add(&t[i], x, z);
		term q[2] = { term_ult(&t[i], sum, term_bin(&t[i], TERM_OP_MUL, sum, z)), term_eq_k(&t[i], term_bin(&t[i], TERM_OP_BXOR, x, z), 5) };
		smt_print(&t[i], false, q, 2, NULL, &text[i], &vars, &n);
		free(vars);
		smt_print(&t[i], false, q, 1, NULL, &text[2 + i], &vars, &n);
		free(vars);
	}
	tap_ok(text[0].len && !strcmp(buf_str(&text[0]), buf_str(&text[1])), "one question among other terms is one text");
	tap_ok(strcmp(buf_str(&text[0]), buf_str(&text[2])) && !strcmp(buf_str(&text[2]), buf_str(&text[3])), "another question is another text");
	for (int i = 0; i < 4; i++)
		buf_done(&text[i]);
	for (int i = 0; i < 2; i++) {
		terms_done(&t[i]);
		arena_done(&arena[i]);
	}
}

static void test_limit(void)
{
	struct arena arena;
	struct terms t;

	arena_init(&arena, 0);
	terms_init(&t, &arena, 300);
	term x = term_fresh(&t, 64, "x"), sum = x;
	for (uint64_t i = 1; i < 1000; i++)
		sum = term_bin(&t, TERM_OP_MUL, term_bin(&t, TERM_OP_BXOR, sum, x), term_const(&t, 64, 3 * i));
	struct smt_opts o = { .n_solvers = 0 };
	struct smt_answer ans;
	term q = term_eq_k(&t, sum, 0);
	smt_solve(&t, &q, 1, &o, &ans);
	tap_ok(t.exhausted && term_width(&t, sum) == 64 && ans.result == SMT_UNKNOWN, "too many terms: unknown (%s)",
	   ans.reason);
	terms_done(&t);
	arena_done(&arena);
}

int main(void)
{
	struct smt_opts o = { .timeout = 30, .memory_mb = 2048 };
	unsigned good = 0;

	for (uint64_t s = 1; s <= 3000; s++)
		good += compare(s * 7919);
	tap_ok(good == 3000, "3000 random formulas: the laws keep the value, bounds hold (%u)", good);
	tap_ok(!smt_opts_init(&o, NULL, NULL), "a solver is installed");
	test_smt(&o);
	test_parse();
	test_weak(&o);
	test_lift(&o);
	test_numbered();
	test_limit();
	struct smt_opts z = { .timeout = 30, .memory_mb = 2048 };
	if (!smt_opts_init(&z, "z3", NULL)) {
		unsigned same = 0, differ = 0;
		for (uint64_t s = 1; s <= 40; s++) {
			enum smt_result r = solver_on_difference(s * 104729, &z);
			same += r == SMT_UNSAT;
			differ += r == SMT_SAT;
		}
		tap_ok(same >= 36 && !differ, "the solver sees no difference either (%u of 40, %u differ)", same, differ);
	}
	return tap_done();
}
