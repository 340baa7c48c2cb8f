// SPDX-License-Identifier: GPL-2.0-only
/*
 * rewrite: bounds of terms, and the algebraic laws that constructors try before they make a node.
 *
 * Each law gives a term that is equal for every value of the variables; tests/prove-sym/term_test.c compares both
 * sides on random values with our evaluator and by a solver. Laws must make terms smaller or more canonical, so
 * that they terminate.
 */
#include "prove/term.h"

#define N(x) (&t->node[x])
#define IS(x, o) (N(x)->op == TERM_OP_##o)
#define K(x) (N(x)->k)
#define W(x) (N(x)->width)

/* --- bounds --- */

static uint64_t fill(uint64_t v) /* all bits below the highest one */
{
	return v ? term_mask(64 - (unsigned)__builtin_clzll(v)) : 0;
}

/* Bounds of x where cond is `truth`: a comparison of x itself says more than x does. */
static void bounds_where(const struct terms *t, term cond, bool truth, term x, uint64_t *lo, uint64_t *hi)
{
	*lo = N(x)->lo;
	*hi = N(x)->hi;
	while (IS(x, ZEXT))
		x = N(x)->a;
	if (IS(cond, NOT)) {
		cond = N(cond)->a;
		truth = !truth;
	}
	if (!IS(cond, ULT) && !IS(cond, ULE))
		return;
	/* small is below big, or equal to it unless strict */
	bool strict = truth == IS(cond, ULT);
	term small = truth ? N(cond)->a : N(cond)->b, big = truth ? N(cond)->b : N(cond)->a;

	if (x == small && N(big)->hi >= strict && N(big)->hi - strict < *hi)
		*hi = N(big)->hi - strict;
	if (x == big && N(small)->lo < UINT64_MAX && N(small)->lo + strict > *lo)
		*lo = N(small)->lo + strict;
	if (*lo > *hi) { /* never so */
		*lo = N(x)->lo;
		*hi = N(x)->hi;
	}
}

static void bounds_ite(const struct terms *t, struct term_node *n)
{
	uint64_t lo[2], hi[2];

	bounds_where(t, n->a, true, n->b, &lo[0], &hi[0]);
	bounds_where(t, n->a, false, n->c, &lo[1], &hi[1]);
	n->lo = lo[0] < lo[1] ? lo[0] : lo[1];
	n->hi = hi[0] > hi[1] ? hi[0] : hi[1];
	n->poss = N(n->b)->poss | N(n->c)->poss;
}

static void bounds_shift(const struct terms *t, struct term_node *n)
{
	const struct term_node *a = N(n->a);

	if (!IS(n->b, CONST) || K(n->b) >= n->width) {
		if (n->op == TERM_OP_LSHR)
			n->hi = a->hi;
		return;
	}
	uint64_t k = K(n->b), mask = term_mask(n->width);
	if (n->op == TERM_OP_LSHR) {
		n->lo = a->lo >> k;
		n->hi = a->hi >> k;
		n->poss = a->poss >> k;
	} else if (n->op == TERM_OP_SHL) {
		n->poss = (a->poss << k) & mask;
		if (a->hi <= mask >> k) {
			n->lo = a->lo << k;
			n->hi = a->hi << k;
		}
	}
}

static void bounds_arith(const struct terms *t, struct term_node *n)
{
	const struct term_node *a = N(n->a), *b = N(n->b);
	uint64_t mask = term_mask(n->width), s;

	switch ((enum term_op)n->op) {
	case TERM_OP_ADD:
		if (!__builtin_add_overflow(a->hi, b->hi, &s) && s <= mask) {
			n->lo = a->lo + b->lo;
			n->hi = s;
		}
		/* trailing zeros both have stay zero */
		n->poss = mask & ~((1ull << __builtin_ctzll(a->poss | b->poss | 1ull << 63)) - 1);
		break;
	case TERM_OP_SUB:
		if (a->lo >= b->hi) {
			n->lo = a->lo - b->hi;
			n->hi = a->hi - b->lo;
		}
		break;
	case TERM_OP_MUL:
		if (!__builtin_mul_overflow(a->hi, b->hi, &s) && s <= mask) {
			n->lo = a->lo * b->lo;
			n->hi = s;
		}
		if (a->poss && b->poss) {
			unsigned z = (unsigned)(__builtin_ctzll(a->poss) + __builtin_ctzll(b->poss));
			n->poss = z > 63 ? 0 : mask & ~((1ull << z) - 1);
		}
		break;
	case TERM_OP_UDIV:
		if (b->lo) {
			n->lo = a->lo / b->hi;
			n->hi = a->hi / b->lo;
		}
		break;
	case TERM_OP_UREM:
		n->hi = b->lo && b->hi - 1 < a->hi ? b->hi - 1 : a->hi;
		break;
	case TERM_OP_BAND:
		n->hi = a->hi < b->hi ? a->hi : b->hi;
		n->poss = a->poss & b->poss;
		break;
	case TERM_OP_BOR:
		n->lo = a->lo > b->lo ? a->lo : b->lo;
		n->poss = a->poss | b->poss;
		break;
	case TERM_OP_BXOR:
		n->poss = a->poss | b->poss;
		break;
	default:
		bounds_shift(t, n);
	}
}

void term_bounds(const struct terms *t, struct term_node *n)
{
	uint64_t mask = n->width ? term_mask(n->width) : 1;

	n->lo = 0;
	n->hi = n->poss = mask;
	switch ((enum term_op)n->op) {
	case TERM_OP_CONST:
		n->lo = n->hi = n->poss = n->k;
		return;
	case TERM_OP_VAR:
		return;
	case TERM_OP_ITE:
		bounds_ite(t, n);
		break;
	case TERM_OP_ZEXT:
		n->lo = N(n->a)->lo;
		n->hi = N(n->a)->hi;
		n->poss = N(n->a)->poss;
		break;
	case TERM_OP_CONCAT:
		n->lo = N(n->a)->lo << W(n->b) | N(n->b)->lo;
		n->hi = N(n->a)->hi << W(n->b) | N(n->b)->hi;
		n->poss = N(n->a)->poss << W(n->b) | N(n->b)->poss;
		break;
	case TERM_OP_EXTRACT:
		n->poss = (N(n->a)->poss >> n->k) & mask;
		if (!n->k && N(n->a)->hi <= mask) {
			n->lo = N(n->a)->lo;
			n->hi = N(n->a)->hi;
		}
		break;
	default:
		if (n->op >= TERM_OP_ADD && n->op <= TERM_OP_ASHR)
			bounds_arith(t, n);
	}
	n->poss &= fill(n->hi);
	if (n->poss < n->hi)
		n->hi = n->poss;
}

/* --- laws --- */

/* and(x, y) where one is, or holds, the negation of the other */
static term rw_and(struct terms *t, term a, term b)
{
	for (int i = 0; i < 2; i++, ({ term x = a; a = b; b = x; })) {
		if (IS(a, NOT) && N(a)->a == b)
			return TERM_FALSE;
		if (IS(a, AND)) {
			if (N(a)->a == b || N(a)->b == b)
				return a;
			if (term_not(t, b) == N(a)->a || term_not(t, b) == N(a)->b)
				return TERM_FALSE;
		}
		if (IS(a, OR)) {
			if (N(a)->a == b || N(a)->b == b)
				return b;
			if (IS(b, NOT) && N(b)->a == N(a)->a)
				return term_and(t, b, N(a)->b);
			if (IS(b, NOT) && N(b)->a == N(a)->b)
				return term_and(t, b, N(a)->a);
			if (IS(N(a)->a, NOT) && N(N(a)->a)->a == b)
				return term_and(t, b, N(a)->b);
			if (IS(N(a)->b, NOT) && N(N(a)->b)->a == b)
				return term_and(t, b, N(a)->a);
		}
		/* x = k1 and x = k2 */
		if (IS(a, EQ) && IS(b, EQ)) {
			const struct term_node *p = N(a), *q = N(b);
			term pk = IS(p->a, CONST) ? p->a : p->b, px = pk == p->a ? p->b : p->a;
			term qk = IS(q->a, CONST) ? q->a : q->b, qx = qk == q->a ? q->b : q->a;
			if (IS(pk, CONST) && IS(qk, CONST) && px == qx && pk != qk)
				return TERM_FALSE;
		}
	}
	return TERM_NONE;
}

/* (x and y) or (x and not y) = x, and kin */
static term rw_or(struct terms *t, term a, term b)
{
	for (int i = 0; i < 2; i++, ({ term x = a; a = b; b = x; })) {
		if (IS(a, NOT) && N(a)->a == b)
			return TERM_TRUE;
		if (IS(a, OR) && (N(a)->a == b || N(a)->b == b))
			return a;
		if (IS(a, AND)) {
			if (N(a)->a == b || N(a)->b == b)
				return b;
			if (term_not(t, b) == N(a)->a)
				return term_or(t, N(a)->b, b);
			if (term_not(t, b) == N(a)->b)
				return term_or(t, N(a)->a, b);
		}
		if (IS(a, AND) && IS(b, AND)) {
			for (int j = 0; j < 4; j++) {
				term x = j & 1 ? N(a)->b : N(a)->a, y = j & 1 ? N(a)->a : N(a)->b;
				term u = j & 2 ? N(b)->b : N(b)->a, v = j & 2 ? N(b)->a : N(b)->b;
				if (x == u)
					return term_and(t, x, term_or(t, y, v));
			}
		}
	}
	return TERM_NONE;
}

static term rw_eq_const(struct terms *t, term x, term k)
{
	const struct term_node *n = N(x);
	uint64_t v = K(k);

	if (!W(x))
		return k == TERM_TRUE ? x : term_not(t, x);
	if (v < n->lo || v > n->hi || (v & ~n->poss))
		return TERM_FALSE;
	switch ((enum term_op)n->op) {
	case TERM_OP_ZEXT:
		return term_eq_k(t, n->a, v);
	case TERM_OP_SEXT:
		if (term_apply(TERM_OP_SEXT, W(x), W(n->a), 0, v & term_mask(W(n->a)), 0, 0) != v)
			return TERM_FALSE;
		return term_eq_k(t, n->a, v);
	case TERM_OP_ITE:
		if (IS(n->b, CONST) && IS(n->c, CONST)) {
			if (K(n->b) == v)
				return n->a; /* the arms differ, or the ite would be folded */
			return K(n->c) == v ? term_not(t, n->a) : TERM_FALSE;
		}
		if (IS(n->b, CONST))
			return K(n->b) == v ? term_or(t, n->a, term_eq(t, n->c, k)) :
					      term_and(t, term_not(t, n->a), term_eq(t, n->c, k));
		if (IS(n->c, CONST))
			return K(n->c) == v ? term_or(t, term_not(t, n->a), term_eq(t, n->b, k)) :
					      term_and(t, n->a, term_eq(t, n->b, k));
		return TERM_NONE;
	case TERM_OP_ADD:
		if (IS(n->a, CONST))
			return term_eq_k(t, n->b, v - K(n->a));
		if (IS(n->b, CONST))
			return term_eq_k(t, n->a, v - K(n->b));
		return TERM_NONE;
	case TERM_OP_BXOR:
		if (IS(n->a, CONST))
			return term_eq_k(t, n->b, v ^ K(n->a));
		if (IS(n->b, CONST))
			return term_eq_k(t, n->a, v ^ K(n->b));
		return v ? TERM_NONE : term_eq(t, n->a, n->b);
	case TERM_OP_SUB:
		return v ? TERM_NONE : term_eq(t, n->a, n->b);
	case TERM_OP_BOR: {
		term a = n->a, b = n->b;

		return v ? TERM_NONE : term_and(t, term_eq_k(t, a, 0), term_eq_k(t, b, 0));
	}
	case TERM_OP_CONCAT:
		return term_and(t, term_eq_k(t, n->a, v >> W(n->b)), term_eq_k(t, n->b, v));
	default:
		return TERM_NONE;
	}
}

static term rw_eq(struct terms *t, term a, term b)
{
	if (IS(b, CONST))
		return rw_eq_const(t, a, b);
	if (IS(a, CONST))
		return rw_eq_const(t, b, a);
	if (!W(a) && (term_not(t, a) == b))
		return TERM_FALSE;
	if (!W(a))
		return TERM_NONE;
	if (N(a)->hi < N(b)->lo || N(b)->hi < N(a)->lo)
		return TERM_FALSE;
	if (IS(a, ZEXT) && IS(b, ZEXT) && W(N(a)->a) == W(N(b)->a))
		return term_eq(t, N(a)->a, N(b)->a);
	if (IS(a, ADD) && IS(b, ADD))
		for (int i = 0; i < 4; i++) {
			term x = i & 1 ? N(a)->b : N(a)->a, u = i & 1 ? N(a)->a : N(a)->b;
			term y = i & 2 ? N(b)->b : N(b)->a, v = i & 2 ? N(b)->a : N(b)->b;
			if (x == y)
				return term_eq(t, u, v);
		}
	if (IS(a, ADD) && (N(a)->a == b || N(a)->b == b))
		return term_eq_k(t, N(a)->a == b ? N(a)->b : N(a)->a, 0);
	if (IS(b, ADD) && (N(b)->a == a || N(b)->b == a))
		return term_eq_k(t, N(b)->a == a ? N(b)->b : N(b)->a, 0);
	return TERM_NONE;
}

static term rw_cmp(struct terms *t, enum term_op op, term a, term b)
{
	unsigned w = W(a);
	uint64_t top = 1ull << (w - 1);

	if (op == TERM_OP_SLT || op == TERM_OP_SLE) {
		/* both without, or both with the sign bit known: the unsigned order */
		if ((N(a)->hi < top && N(b)->hi < top) || (N(a)->lo >= top && N(b)->lo >= top))
			return term_cmp(t, op == TERM_OP_SLT ? TERM_OP_ULT : TERM_OP_ULE, a, b);
		if (N(a)->lo >= top && N(b)->hi < top)
			return TERM_TRUE;
		if (N(a)->hi < top && N(b)->lo >= top)
			return TERM_FALSE;
		return TERM_NONE;
	}
	if (op == TERM_OP_ULT ? N(a)->hi < N(b)->lo : N(a)->hi <= N(b)->lo)
		return TERM_TRUE;
	if (op == TERM_OP_ULT ? N(a)->lo >= N(b)->hi : N(a)->lo > N(b)->hi)
		return TERM_FALSE;
	/* one form for "below a constant" and "above a constant" */
	if (op == TERM_OP_ULE)
		return term_not(t, term_cmp(t, TERM_OP_ULT, b, a));
	if (IS(b, CONST) && K(b) == 1)
		return term_eq_k(t, a, 0);
	if (IS(a, CONST) && !K(a))
		return term_not(t, term_eq(t, b, a));
	if (IS(a, ZEXT) && IS(b, CONST)) /* b is below the bound of a, so it fits */
		return term_ult(t, N(a)->a, term_const(t, W(N(a)->a), K(b)));
	if (IS(b, ZEXT) && IS(a, CONST))
		return term_ult(t, term_const(t, W(N(b)->a), K(a)), N(b)->a);
	if (IS(a, ZEXT) && IS(b, ZEXT) && W(N(a)->a) == W(N(b)->a))
		return term_ult(t, N(a)->a, N(b)->a);
	if (IS(b, CONST) && IS(a, ITE) && (IS(N(a)->b, CONST) || IS(N(a)->c, CONST)))
		return term_ite(t, N(a)->a, term_ult(t, N(a)->b, b), term_ult(t, N(a)->c, b));
	return TERM_NONE;
}

static term rw_ite(struct terms *t, term c, term a, term b)
{
	if (!W(a)) {
		if (a == TERM_TRUE || a == c)
			return term_or(t, c, b);
		if (a == TERM_FALSE)
			return term_and(t, term_not(t, c), b);
		if (b == TERM_TRUE)
			return term_or(t, term_not(t, c), a);
		if (b == TERM_FALSE || b == c)
			return term_and(t, c, a);
	}
	if (IS(a, ITE) && N(a)->a == c)
		return term_ite(t, c, N(a)->b, b);
	if (IS(b, ITE) && N(b)->a == c)
		return term_ite(t, c, a, N(b)->c);
	if (IS(a, ITE) && N(a)->b == b) /* c ? (d ? b : x) : b */
		return term_ite(t, term_and(t, c, term_not(t, N(a)->a)), N(a)->c, b);
	if (IS(a, ITE) && N(a)->c == b)
		return term_ite(t, term_and(t, c, N(a)->a), N(a)->b, b);
	if (IS(b, ITE) && N(b)->b == a)
		return term_ite(t, term_or(t, c, N(b)->a), a, N(b)->c);
	if (IS(b, ITE) && N(b)->c == a)
		return term_ite(t, term_or(t, c, term_not(t, N(b)->a)), a, N(b)->b);
	if (W(a) && N(a)->op == N(b)->op && W(N(a)->a) == W(N(b)->a) &&
	    (IS(a, ZEXT) || IS(a, SEXT)))
		return term_extend(t, IS(a, SEXT), W(a), term_ite(t, c, N(a)->a, N(b)->a));
	if (IS(a, CONCAT) && IS(b, CONCAT) && W(N(a)->a) == W(N(b)->a) &&
	    (N(a)->a == N(b)->a || N(a)->b == N(b)->b))
		return term_concat(t, term_ite(t, c, N(a)->a, N(b)->a), term_ite(t, c, N(a)->b, N(b)->b));
	return TERM_NONE;
}

static term rw_add(struct terms *t, term a, term b)
{
	term k = IS(a, CONST) ? a : IS(b, CONST) ? b : TERM_NONE, x = k == a ? b : a;

	if (!k) {
		/* bring constants outwards: x + (y + k) = (x + y) + k */
		for (int i = 0; i < 2; i++, ({ term s = a; a = b; b = s; }))
			if (IS(b, ADD)) {
				if (IS(N(b)->a, CONST))
					return term_add(t, term_add(t, a, N(b)->b), N(b)->a);
				if (IS(N(b)->b, CONST))
					return term_add(t, term_add(t, a, N(b)->a), N(b)->b);
			}
		if (IS(a, SUB) && N(a)->b == b)
			return N(a)->a;
		if (IS(b, SUB) && N(b)->b == a)
			return N(b)->a;
		return TERM_NONE;
	}
	if (!K(k))
		return x;
	if (IS(x, ADD) && IS(N(x)->a, CONST))
		return term_add(t, N(x)->b, term_add(t, N(x)->a, k));
	if (IS(x, ADD) && IS(N(x)->b, CONST))
		return term_add(t, N(x)->a, term_add(t, N(x)->b, k));
	if (IS(x, ITE) && (IS(N(x)->b, CONST) || IS(N(x)->c, CONST)))
		return term_ite(t, N(x)->a, term_add(t, N(x)->b, k), term_add(t, N(x)->c, k));
	return TERM_NONE;
}

static term rw_sub(struct terms *t, term a, term b)
{
	if (a == b)
		return term_const(t, W(a), 0);
	if (IS(b, CONST))
		return term_add(t, a, term_const(t, W(b), 0 - K(b)));
	if (IS(a, ADD) && N(a)->a == b)
		return N(a)->b;
	if (IS(a, ADD) && N(a)->b == b)
		return N(a)->a;
	if (IS(a, ADD) && IS(N(a)->a, CONST))
		return term_add(t, term_sub(t, N(a)->b, b), N(a)->a);
	if (IS(a, ADD) && IS(N(a)->b, CONST))
		return term_add(t, term_sub(t, N(a)->a, b), N(a)->b);
	return TERM_NONE;
}

static term rw_mul(struct terms *t, term a, term b)
{
	term k = IS(a, CONST) ? a : IS(b, CONST) ? b : TERM_NONE, x = k == a ? b : a;

	if (!k)
		return TERM_NONE;
	if (!K(k))
		return k;
	if (!(K(k) & (K(k) - 1)))
		return term_bin(t, TERM_OP_SHL, x, term_const(t, W(x), (uint64_t)__builtin_ctzll(K(k))));
	return TERM_NONE;
}

/* x & mask where the mask is a run of low bits or a run of high bits: parts of x and zeros */
static term rw_band_mask(struct terms *t, term x, uint64_t m)
{
	unsigned w = W(x);

	if (!(m & (m + 1)))
		return term_extend(t, false, w,
				   term_extract(t, x, 63 - (unsigned)__builtin_clzll(m), 0));
	if (!(~m & term_mask(w) & ((~m & term_mask(w)) + 1))) {
		unsigned z = (unsigned)__builtin_ctzll(m);
		return term_concat(t, term_extract(t, x, w - 1, z), term_const(t, z, 0));
	}
	return TERM_NONE;
}

static term rw_band(struct terms *t, term a, term b)
{
	term k = IS(a, CONST) ? a : IS(b, CONST) ? b : TERM_NONE, x = k == a ? b : a;

	if (a == b)
		return a;
	if (!(N(a)->poss & N(b)->poss))
		return term_const(t, W(a), 0);
	if (!k)
		return TERM_NONE;
	if (!(N(x)->poss & ~K(k)))
		return x;
	if (IS(x, BAND) && IS(N(x)->a, CONST))
		return term_bin(t, TERM_OP_BAND, N(x)->b, term_const(t, W(x), K(k) & K(N(x)->a)));
	if (IS(x, BAND) && IS(N(x)->b, CONST))
		return term_bin(t, TERM_OP_BAND, N(x)->a, term_const(t, W(x), K(k) & K(N(x)->b)));
	if (IS(x, ITE) && (IS(N(x)->b, CONST) || IS(N(x)->c, CONST)))
		return term_ite(t, N(x)->a, term_bin(t, TERM_OP_BAND, N(x)->b, k),
				term_bin(t, TERM_OP_BAND, N(x)->c, k));
	if (IS(x, ZEXT) && K(k) <= term_mask(W(N(x)->a)))
		return term_extend(t, false, W(x),
				   term_bin(t, TERM_OP_BAND, N(x)->a, term_const(t, W(N(x)->a), K(k))));
	return rw_band_mask(t, x, K(k));
}

static term rw_bor(struct terms *t, term a, term b)
{
	unsigned w = W(a);

	if (a == b)
		return a;
	for (int i = 0; i < 2; i++, ({ term s = a; a = b; b = s; })) {
		if (IS(a, CONST) && !K(a))
			return b;
		if (IS(a, CONST) && K(a) == term_mask(w))
			return a;
		/* disjoint halves: a has only bits >= z, b only below */
		if (!IS(a, CONST) && !IS(b, CONST) && N(a)->poss && N(b)->poss) {
			unsigned z = (unsigned)__builtin_ctzll(N(a)->poss);
			if (z && z < w && !(N(b)->poss >> z))
				return term_concat(t, term_extract(t, a, w - 1, z), term_extract(t, b, z - 1, 0));
		}
		if (IS(a, ITE) && IS(b, CONST) && (IS(N(a)->b, CONST) || IS(N(a)->c, CONST)))
			return term_ite(t, N(a)->a, term_bin(t, TERM_OP_BOR, N(a)->b, b),
					term_bin(t, TERM_OP_BOR, N(a)->c, b));
	}
	return TERM_NONE;
}

static term rw_bxor(struct terms *t, term a, term b)
{
	if (a == b)
		return term_const(t, W(a), 0);
	if (IS(a, CONST) && !K(a))
		return b;
	if (IS(b, CONST) && !K(b))
		return a;
	return TERM_NONE;
}

static term rw_shift(struct terms *t, enum term_op op, term a, term b)
{
	unsigned w = W(a);

	if (!IS(b, CONST)) /* a known amount behind an ite */
		return IS(b, ITE) && IS(N(b)->b, CONST) && IS(N(b)->c, CONST) ?
			       term_ite(t, N(b)->a, term_bin(t, op, a, N(b)->b), term_bin(t, op, a, N(b)->c)) :
			       TERM_NONE;
	uint64_t k = K(b);
	if (!k)
		return a;
	if (op == TERM_OP_ASHR)
		return k < w ? term_extend(t, true, w, term_extract(t, a, w - 1, (unsigned)k)) : TERM_NONE;
	if (k >= w)
		return term_const(t, w, 0);
	if (op == TERM_OP_LSHR)
		return term_extend(t, false, w, term_extract(t, a, w - 1, (unsigned)k));
	return term_concat(t, term_extract(t, a, w - 1 - (unsigned)k, 0), term_const(t, (unsigned)k, 0));
}

static term rw_div(struct terms *t, enum term_op op, term a, term b)
{
	if (!IS(b, CONST) || !K(b) || (K(b) & (K(b) - 1)))
		return TERM_NONE;
	if (op == TERM_OP_UDIV)
		return term_bin(t, TERM_OP_LSHR, a, term_const(t, W(a), (uint64_t)__builtin_ctzll(K(b))));
	if (op == TERM_OP_UREM)
		return term_bin(t, TERM_OP_BAND, a, term_const(t, W(a), K(b) - 1));
	return TERM_NONE;
}

static term rw_concat(struct terms *t, term a, term b)
{
	unsigned w = W(a) + W(b);

	if (IS(a, CONST) && !K(a))
		return term_extend(t, false, w, b);
	if (IS(a, EXTRACT) && IS(b, EXTRACT) && N(a)->a == N(b)->a && K(a) == K(b) + W(b))
		return term_extract(t, N(a)->a, (unsigned)K(a) + W(a) - 1, (unsigned)K(b));
	/* the low part of a sum or product was made narrow; together they are what they were of */
	if (IS(a, EXTRACT) && K(a) == W(b) && !IS(b, CONST) && term_extract(t, N(a)->a, W(b) - 1, 0) == b)
		return term_extract(t, N(a)->a, (unsigned)K(a) + W(a) - 1, 0);
	/* x high part, then (x low part, rest) */
	if (IS(a, EXTRACT) && IS(b, CONCAT) && IS(N(b)->a, EXTRACT) && N(a)->a == N(N(b)->a)->a &&
	    K(a) == K(N(b)->a) + W(N(b)->a))
		return term_concat(t, term_concat(t, a, N(b)->a), N(b)->b);
	if (IS(a, ZEXT))
		return term_extend(t, false, w, term_concat(t, N(a)->a, b));
	if (IS(b, CONCAT) && IS(a, CONST) && IS(N(b)->a, CONST))
		return term_concat(t, term_concat(t, a, N(b)->a), N(b)->b);
	if (IS(a, ITE) && IS(b, ITE) && N(a)->a == N(b)->a)
		return term_ite(t, N(a)->a, term_concat(t, N(a)->b, N(b)->b), term_concat(t, N(a)->c, N(b)->c));
	return TERM_NONE;
}

static term rw_extract(struct terms *t, term a, unsigned w, unsigned lo)
{
	const struct term_node n = *N(a);
	unsigned hi = lo + w - 1;

	if (!((n.poss >> lo) & term_mask(w)))
		return term_const(t, w, 0);
	switch ((enum term_op)n.op) {
	case TERM_OP_EXTRACT:
		return term_extract(t, n.a, hi + (unsigned)n.k, lo + (unsigned)n.k);
	case TERM_OP_ZEXT:
	case TERM_OP_SEXT:
		if (hi < W(n.a))
			return term_extract(t, n.a, hi, lo);
		if (lo == 0 && (n.op == TERM_OP_ZEXT || w > W(n.a)))
			return term_extend(t, n.op == TERM_OP_SEXT, w, n.a);
		if (n.op == TERM_OP_ZEXT && lo < W(n.a))
			return term_extend(t, false, w, term_extract(t, n.a, W(n.a) - 1u, lo));
		return TERM_NONE;
	case TERM_OP_CONCAT:
		if (hi < W(n.b))
			return term_extract(t, n.b, hi, lo);
		if (lo >= W(n.b))
			return term_extract(t, n.a, hi - W(n.b), lo - W(n.b));
		return term_concat(t, term_extract(t, n.a, hi - W(n.b), 0), term_extract(t, n.b, W(n.b) - 1u, lo));
	case TERM_OP_ITE:
		return term_ite(t, n.a, term_extract(t, n.b, hi, lo), term_extract(t, n.c, hi, lo));
	case TERM_OP_BAND:
	case TERM_OP_BOR:
	case TERM_OP_BXOR:
		return term_bin(t, (enum term_op)n.op, term_extract(t, n.a, hi, lo), term_extract(t, n.b, hi, lo));
	case TERM_OP_ADD:
	case TERM_OP_SUB:
	case TERM_OP_MUL:
		if (lo == 0)
			return term_bin(t, (enum term_op)n.op, term_extract(t, n.a, hi, 0),
					term_extract(t, n.b, hi, 0));
		return TERM_NONE;
	default:
		return TERM_NONE;
	}
}

static term rw_extend(struct terms *t, bool sign, unsigned w, term a)
{
	if (IS(a, ZEXT))
		return term_extend(t, false, w, N(a)->a);
	if (sign && IS(a, SEXT))
		return term_extend(t, true, w, N(a)->a);
	if (sign && N(a)->hi < 1ull << (W(a) - 1))
		return term_extend(t, false, w, a);
	if (IS(a, ITE) && (IS(N(a)->b, CONST) || IS(N(a)->c, CONST)))
		return term_ite(t, N(a)->a, term_extend(t, sign, w, N(a)->b), term_extend(t, sign, w, N(a)->c));
	return TERM_NONE;
}

term term_rewrite(struct terms *t, enum term_op op, unsigned width, term a, term b, term c, uint64_t k)
{
	switch (op) {
	case TERM_OP_AND:
		return rw_and(t, a, b);
	case TERM_OP_OR:
		return rw_or(t, a, b);
	case TERM_OP_EQ:
		return rw_eq(t, a, b);
	case TERM_OP_ULT:
	case TERM_OP_ULE:
	case TERM_OP_SLT:
	case TERM_OP_SLE:
		return rw_cmp(t, op, a, b);
	case TERM_OP_ITE:
		return rw_ite(t, a, b, c);
	case TERM_OP_ADD:
		return rw_add(t, a, b);
	case TERM_OP_SUB:
		return rw_sub(t, a, b);
	case TERM_OP_MUL:
		return rw_mul(t, a, b);
	case TERM_OP_BAND:
		return rw_band(t, a, b);
	case TERM_OP_BOR:
		return rw_bor(t, a, b);
	case TERM_OP_BXOR:
		return rw_bxor(t, a, b);
	case TERM_OP_SHL:
	case TERM_OP_LSHR:
	case TERM_OP_ASHR:
		return rw_shift(t, op, a, b);
	case TERM_OP_UDIV:
	case TERM_OP_UREM:
		return rw_div(t, op, a, b);
	case TERM_OP_CONCAT:
		return rw_concat(t, a, b);
	case TERM_OP_EXTRACT:
		return rw_extract(t, a, width, (unsigned)k);
	case TERM_OP_ZEXT:
	case TERM_OP_SEXT:
		return rw_extend(t, op == TERM_OP_SEXT, width, a);
	default:
		return TERM_NONE;
	}
}
