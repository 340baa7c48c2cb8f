// SPDX-License-Identifier: GPL-2.0-only
/*
 * term: construction, hash-consing, constant folding. Algebraic laws are in rewrite.c.
 * Must never give two numbers to one formula, nor fold in a way that term_apply() does not.
 */
#include "prove/term.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define FIRST_BUCKETS (1u << 12)

static int64_t sign_extend(uint64_t v, unsigned width)
{
	if (width == 0 || width >= 64)
		return (int64_t)v;
	return (int64_t)(v << (64 - width)) >> (64 - width);
}

static uint64_t apply_div(enum term_op op, unsigned width, uint64_t a, uint64_t b)
{
	int64_t sa = sign_extend(a, width), sb = sign_extend(b, width);

	switch (op) {
	case TERM_OP_UDIV:
		return b ? a / b : ~0ull;
	case TERM_OP_UREM:
		return b ? a % b : a;
	case TERM_OP_SDIV:
		if (!sb)
			return sa < 0 ? 1 : ~0ull;
		return sb == -1 ? 0 - (uint64_t)sa : (uint64_t)(sa / sb);
	default:
		if (!sb)
			return a;
		return sb == -1 ? 0 : (uint64_t)(sa % sb);
	}
}

static uint64_t apply_shift(enum term_op op, unsigned width, uint64_t a, uint64_t b)
{
	switch (op) {
	case TERM_OP_SHL:
		return b >= width ? 0 : a << b;
	case TERM_OP_LSHR:
		return b >= width ? 0 : a >> b;
	default:
		return (uint64_t)(sign_extend(a, width) >> (b >= width ? width - 1 : b));
	}
}

static uint64_t apply_arith(enum term_op op, unsigned width, uint64_t a, uint64_t b)
{
	switch (op) {
	case TERM_OP_ADD:
		return a + b;
	case TERM_OP_SUB:
		return a - b;
	case TERM_OP_MUL:
		return a * b;
	case TERM_OP_BAND:
		return a & b;
	case TERM_OP_BOR:
		return a | b;
	case TERM_OP_BXOR:
		return a ^ b;
	case TERM_OP_SHL:
	case TERM_OP_LSHR:
	case TERM_OP_ASHR:
		return apply_shift(op, width, a, b);
	default:
		return apply_div(op, width, a, b);
	}
}

uint64_t term_apply(enum term_op op, unsigned width, unsigned arg_width, uint64_t k, uint64_t a, uint64_t b,
		    uint64_t c)
{
	uint64_t mask = width ? term_mask(width) : 1;

	switch (op) {
	case TERM_OP_NOT:
		return !a;
	case TERM_OP_AND:
		return a & b;
	case TERM_OP_OR:
		return a | b;
	case TERM_OP_EQ:
		return a == b;
	case TERM_OP_ULT:
		return a < b;
	case TERM_OP_ULE:
		return a <= b;
	case TERM_OP_SLT:
		return sign_extend(a, arg_width) < sign_extend(b, arg_width);
	case TERM_OP_SLE:
		return sign_extend(a, arg_width) <= sign_extend(b, arg_width);
	case TERM_OP_ITE:
		return a ? b : c;
	case TERM_OP_CONCAT: /* arg_width: of the low part */
		return (a << arg_width) | b;
	case TERM_OP_EXTRACT:
		return (a >> k) & mask;
	case TERM_OP_ZEXT:
		return a;
	case TERM_OP_SEXT:
		return (uint64_t)sign_extend(a, arg_width) & mask;
	default:
		return apply_arith(op, width, a, b) & mask;
	}
}

static const char *const smt_name[TERM_OP_COUNT] = {
	[TERM_OP_NOT] = "not", [TERM_OP_AND] = "and", [TERM_OP_OR] = "or", [TERM_OP_EQ] = "=",
	[TERM_OP_ULT] = "bvult", [TERM_OP_ULE] = "bvule", [TERM_OP_SLT] = "bvslt", [TERM_OP_SLE] = "bvsle",
	[TERM_OP_ITE] = "ite", [TERM_OP_ADD] = "bvadd", [TERM_OP_SUB] = "bvsub", [TERM_OP_MUL] = "bvmul",
	[TERM_OP_UDIV] = "bvudiv", [TERM_OP_UREM] = "bvurem", [TERM_OP_SDIV] = "bvsdiv",
	[TERM_OP_SREM] = "bvsrem", [TERM_OP_BAND] = "bvand", [TERM_OP_BOR] = "bvor", [TERM_OP_BXOR] = "bvxor",
	[TERM_OP_SHL] = "bvshl", [TERM_OP_LSHR] = "bvlshr", [TERM_OP_ASHR] = "bvashr",
	[TERM_OP_CONCAT] = "concat", [TERM_OP_EXTRACT] = "extract", [TERM_OP_ZEXT] = "zero_extend",
	[TERM_OP_SEXT] = "sign_extend",
};

const char *term_op_smt(enum term_op op) { return smt_name[op]; }

/* --- storage --- */

static uint32_t hash_node(enum term_op op, unsigned width, term a, term b, term c, uint64_t k)
{
	uint64_t h = (uint64_t)op * 0x9e3779b97f4a7c15ull + width;

	h = (h ^ a) * 0xff51afd7ed558ccdull;
	h = (h ^ (h >> 31) ^ b) * 0xc4ceb9fe1a85ec53ull;
	h = (h ^ (h >> 29) ^ c) * 0x9e3779b97f4a7c15ull;
	h = (h ^ (h >> 32) ^ k) * 0xff51afd7ed558ccdull;
	return (uint32_t)(h ^ (h >> 33));
}

static bool grow_buckets(struct terms *t)
{
	uint32_t n = t->n_buckets * 2;
	uint32_t *bucket = calloc(n, sizeof(*bucket));
	struct term_memo *memo = n > TERM_MEMO ? t->memo : calloc(n, sizeof(*memo));

	if (!bucket || !memo) {
		free(bucket);
		if (memo != t->memo)
			free(memo);
		return false;
	}
	if (memo != t->memo) { /* what it held is made again */
		free(t->memo);
		t->memo = memo;
		t->n_memo = n;
	}
	for (size_t i = 1; i < t->n; i++) {
		struct term_node *nd = &t->node[i];
		uint32_t h = hash_node(nd->op, nd->width, nd->a, nd->b, nd->c, nd->k) & (n - 1);

		nd->chain = bucket[h];
		bucket[h] = (uint32_t)i;
	}
	free(t->bucket);
	t->bucket = bucket;
	t->n_buckets = n;
	return true;
}

term term_raw(struct terms *t, enum term_op op, unsigned width, term a, term b, term c, uint64_t k)
{
	uint32_t h = hash_node(op, width, a, b, c, k);

	for (term i = t->bucket[h & (t->n_buckets - 1)]; i; i = t->node[i].chain) {
		const struct term_node *n = &t->node[i];

		if (n->op == op && n->width == width && n->a == a && n->b == b && n->c == c && n->k == k)
			return i;
	}
	if (t->n >= t->limit || t->n >= t->cap || (t->n > t->n_buckets && !grow_buckets(t))) {
		t->exhausted = true;
		return TERM_NONE;
	}
	term id = (term)t->n++;
	struct term_node *n = &t->node[id];
	*n = (struct term_node){ .op = (uint8_t)op, .width = (uint8_t)width, .a = a, .b = b, .c = c, .k = k };
	term_bounds(t, n);
	h &= t->n_buckets - 1;
	n->chain = t->bucket[h];
	t->bucket[h] = id;
	return id;
}

int terms_init(struct terms *t, struct arena *arena, size_t limit)
{
	*t = (struct terms){ .arena = arena, .limit = limit ? limit : TERMS_DEFAULT_LIMIT, .rewrite = true };
	t->cap = t->limit + 128; /* reserved, not used: nodes never move, pages come when touched */
	t->node = mmap(NULL, t->cap * sizeof(*t->node), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	t->n_buckets = t->n_memo = FIRST_BUCKETS;
	t->bucket = calloc(t->n_buckets, sizeof(*t->bucket));
	t->memo = calloc(t->n_memo, sizeof(*t->memo));
	if (t->node == MAP_FAILED || !t->bucket || !t->memo) {
		if (t->node == MAP_FAILED)
			t->node = NULL;
		terms_done(t);
		return -ENOMEM;
	}
	t->n = 1;
	term f = term_raw(t, TERM_OP_CONST, 0, 0, 0, 0, 0);
	term tr = term_raw(t, TERM_OP_CONST, 0, 0, 0, 0, 1);
	assert(f == TERM_FALSE && tr == TERM_TRUE);
	return 0;
}

void terms_done(struct terms *t)
{
	if (t->node)
		munmap(t->node, t->cap * sizeof(*t->node));
	free(t->bucket);
	free(t->memo);
	free(t->var);
	*t = (struct terms){ 0 };
}

/* --- construction --- */

term term_bool(bool value) { return value ? TERM_TRUE : TERM_FALSE; }

/* What an exhausted pool hands out: any term of the sort will do, nothing is concluded from it. */
static term placeholder(struct terms *t, unsigned width)
{
	if (!width)
		return TERM_FALSE;
	for (size_t i = 1; i < t->n; i++)
		if (t->node[i].width == width)
			return (term)i;
	t->limit++; /* one more node of a width never seen; at most 64 times */
	return term_raw(t, TERM_OP_CONST, width, 0, 0, 0, 0);
}

static term make(struct terms *t, enum term_op op, unsigned width, term a, term b, term c, uint64_t k)
{
	uint32_t h = hash_node(op, width, a, b, c, k);
	struct term_memo *m = &t->memo[h & (t->n_memo - 1)];

	if (t->exhausted)
		return placeholder(t, width);
	if (m->result && m->op == op && m->width == width && m->a == a && m->b == b && m->c == c && m->k == k)
		return m->result;
	term r = t->rewrite ? term_rewrite(t, op, width, a, b, c, k) : TERM_NONE;
	if (!r)
		r = term_raw(t, op, width, a, b, c, k);
	if (!r || t->exhausted)
		return placeholder(t, width);
	m = &t->memo[h & (t->n_memo - 1)]; /* the terms it was made of may have made it grow */
	*m = (struct term_memo){ .op = (uint8_t)op, .width = (uint8_t)width, .a = a, .b = b, .c = c, .k = k, .result = r };
	return r;
}

term term_const(struct terms *t, unsigned width, uint64_t value)
{
	assert(width <= 64);
	if (!width)
		return term_bool(value);
	if (t->exhausted)
		return placeholder(t, width);
	term r = term_raw(t, TERM_OP_CONST, width, 0, 0, 0, value & term_mask(width));
	return r ? r : placeholder(t, width);
}

term term_fresh(struct terms *t, unsigned width, const char *name)
{
	if (t->n_vars == t->cap_vars) {
		size_t cap = t->cap_vars ? t->cap_vars * 2 : 256;
		struct term_var *var = realloc(t->var, cap * sizeof(*var));

		if (!var) {
			t->exhausted = true;
			return placeholder(t, width);
		}
		t->var = var;
		t->cap_vars = cap;
	}
	struct term_var *v = &t->var[t->n_vars];
	/* SMT-LIB keeps names that begin with . or @ for itself */
	v->name = arena_printf(t->arena, "%s%s!%zu", *name == '.' || *name == '@' ? "_" : "", name, t->n_vars);
	v->width = (uint8_t)width;
	v->t = term_raw(t, TERM_OP_VAR, width, 0, 0, 0, t->n_vars);
	if (!v->name || t->exhausted) {
		t->exhausted = true;
		return placeholder(t, width);
	}
	t->n_vars++;
	return v->t;
}

term term_not(struct terms *t, term a)
{
	assert(term_width(t, a) == 0);
	if (a == TERM_TRUE)
		return TERM_FALSE;
	if (a == TERM_FALSE)
		return TERM_TRUE;
	if (term_op(t, a) == TERM_OP_NOT)
		return t->node[a].a;
	return make(t, TERM_OP_NOT, 0, a, 0, 0, 0);
}

/* Commutative operations keep the smaller number first: one term for both orders. */
static void order(term *a, term *b)
{
	if (*a > *b) {
		term x = *a;
		*a = *b;
		*b = x;
	}
}

term term_and(struct terms *t, term a, term b)
{
	assert(!term_width(t, a) && !term_width(t, b));
	if (a == TERM_FALSE || b == TERM_FALSE)
		return TERM_FALSE;
	if (a == TERM_TRUE || a == b)
		return b;
	if (b == TERM_TRUE)
		return a;
	order(&a, &b);
	return make(t, TERM_OP_AND, 0, a, b, 0, 0);
}

term term_or(struct terms *t, term a, term b)
{
	assert(!term_width(t, a) && !term_width(t, b));
	if (a == TERM_TRUE || b == TERM_TRUE)
		return TERM_TRUE;
	if (a == TERM_FALSE || a == b)
		return b;
	if (b == TERM_FALSE)
		return a;
	order(&a, &b);
	return make(t, TERM_OP_OR, 0, a, b, 0, 0);
}

term term_implies(struct terms *t, term a, term b) { return term_or(t, term_not(t, a), b); }

term term_eq(struct terms *t, term a, term b)
{
	assert(term_width(t, a) == term_width(t, b));
	if (a == b)
		return TERM_TRUE;
	if (term_is_const(t, a) && term_is_const(t, b))
		return TERM_FALSE;
	order(&a, &b);
	return make(t, TERM_OP_EQ, 0, a, b, 0, 0);
}

term term_eq_k(struct terms *t, term a, uint64_t k)
{
	return term_eq(t, a, term_const(t, term_width(t, a), k));
}

term term_ite(struct terms *t, term cond, term a, term b)
{
	assert(!term_width(t, cond) && term_width(t, a) == term_width(t, b));
	if (cond == TERM_TRUE || a == b)
		return a;
	if (cond == TERM_FALSE)
		return b;
	if (term_op(t, cond) == TERM_OP_NOT)
		return term_ite(t, t->node[cond].a, b, a);
	return make(t, TERM_OP_ITE, term_width(t, a), cond, a, b, 0);
}

term term_cmp(struct terms *t, enum term_op op, term a, term b)
{
	unsigned w = term_width(t, a);

	assert(op >= TERM_OP_ULT && op <= TERM_OP_SLE && w && w == term_width(t, b));
	if (a == b)
		return term_bool(op == TERM_OP_ULE || op == TERM_OP_SLE);
	if (term_is_const(t, a) && term_is_const(t, b))
		return term_bool(term_apply(op, 0, w, 0, term_value(t, a), term_value(t, b), 0));
	return make(t, op, 0, a, b, 0, 0);
}

static bool commutes(enum term_op op)
{
	return op == TERM_OP_ADD || op == TERM_OP_MUL || op == TERM_OP_BAND || op == TERM_OP_BOR ||
	       op == TERM_OP_BXOR;
}

term term_bin(struct terms *t, enum term_op op, term a, term b)
{
	unsigned w = term_width(t, a);

	assert(op >= TERM_OP_ADD && op <= TERM_OP_ASHR && w && w == term_width(t, b));
	if (term_is_const(t, a) && term_is_const(t, b))
		return term_const(t, w, term_apply(op, w, w, 0, term_value(t, a), term_value(t, b), 0));
	if (commutes(op))
		order(&a, &b);
	return make(t, op, w, a, b, 0, 0);
}

term term_extract(struct terms *t, term a, unsigned hi, unsigned lo)
{
	unsigned w = hi - lo + 1;

	assert(hi >= lo && hi < term_width(t, a));
	if (w == term_width(t, a))
		return a;
	if (term_is_const(t, a))
		return term_const(t, w, term_value(t, a) >> lo);
	return make(t, TERM_OP_EXTRACT, w, a, 0, 0, lo);
}

term term_concat(struct terms *t, term high, term low)
{
	unsigned wh = term_width(t, high), wl = term_width(t, low);

	assert(wh && wl && wh + wl <= 64);
	if (term_is_const(t, high) && term_is_const(t, low))
		return term_const(t, wh + wl, (term_value(t, high) << wl) | term_value(t, low));
	return make(t, TERM_OP_CONCAT, wh + wl, high, low, 0, 0);
}

term term_extend(struct terms *t, bool sign, unsigned to, term a)
{
	unsigned w = term_width(t, a);

	assert(w && to >= w && to <= 64);
	if (to == w)
		return a;
	if (term_is_const(t, a))
		return term_const(t, to, sign ? (uint64_t)sign_extend(term_value(t, a), w) : term_value(t, a));
	return make(t, sign ? TERM_OP_SEXT : TERM_OP_ZEXT, to, a, 0, 0, 0);
}

term term_rebuild(struct terms *t, const struct term_node *n, term a, term b, term c)
{
	switch ((enum term_op)n->op) {
	case TERM_OP_NOT:
		return term_not(t, a);
	case TERM_OP_AND:
		return term_and(t, a, b);
	case TERM_OP_OR:
		return term_or(t, a, b);
	case TERM_OP_EQ:
		return term_eq(t, a, b);
	case TERM_OP_ULT:
	case TERM_OP_ULE:
	case TERM_OP_SLT:
	case TERM_OP_SLE:
		return term_cmp(t, (enum term_op)n->op, a, b);
	case TERM_OP_ITE:
		return term_ite(t, a, b, c);
	case TERM_OP_CONCAT:
		return term_concat(t, a, b);
	case TERM_OP_EXTRACT:
		return term_extract(t, a, (unsigned)n->k + n->width - 1, (unsigned)n->k);
	case TERM_OP_ZEXT:
	case TERM_OP_SEXT:
		return term_extend(t, n->op == TERM_OP_SEXT, n->width, a);
	default:
		return term_bin(t, (enum term_op)n->op, a, b);
	}
}
