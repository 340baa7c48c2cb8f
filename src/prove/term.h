/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * term: hash-consed bit-vector formulas (QF_BV), the only language the solvers ever see.
 *
 * A term is a number; equal terms have equal numbers, and a term's parts have smaller numbers than itself, so a
 * walk in the order of numbers is a topological walk and every output is deterministic. Width 0 is the sort of
 * booleans, 1..64 are bit-vectors. Meaning is that of SMT-LIB's QF_BV.
 *
 * Constructors fold constants always; the algebraic laws of rewrite.c are applied only while terms.rewrite is set,
 * so that the two can be compared.
 *
 * Limit: when `limit` nodes exist, constructors set `exhausted` and return a constant of the right sort. Whoever
 * draws a conclusion from terms must look at `exhausted` first: nothing was proved then.
 */
#ifndef PROVE_TERM_H
#define PROVE_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/arena.h"

typedef uint32_t term;
#define TERM_NONE 0u /* no term */
#define TERM_FALSE 1u
#define TERM_TRUE 2u

enum term_op {
	TERM_OP_CONST, /* k */
	TERM_OP_VAR,   /* k: index of the variable */
	/* booleans */
	TERM_OP_NOT,
	TERM_OP_AND,
	TERM_OP_OR,
	TERM_OP_EQ, /* of bit-vectors or booleans */
	TERM_OP_ULT,
	TERM_OP_ULE,
	TERM_OP_SLT,
	TERM_OP_SLE,
	/* any sort */
	TERM_OP_ITE,
	/* bit-vectors */
	TERM_OP_ADD,
	TERM_OP_SUB,
	TERM_OP_MUL,
	TERM_OP_UDIV,
	TERM_OP_UREM,
	TERM_OP_SDIV,
	TERM_OP_SREM,
	TERM_OP_BAND,
	TERM_OP_BOR,
	TERM_OP_BXOR,
	TERM_OP_SHL,
	TERM_OP_LSHR,
	TERM_OP_ASHR,
	TERM_OP_CONCAT,  /* a high, b low */
	TERM_OP_EXTRACT, /* k = low bit; width says how many */
	TERM_OP_ZEXT,
	TERM_OP_SEXT,
	TERM_OP_COUNT,
};

struct term_node {
	uint8_t op, width;
	term a, b, c;
	uint32_t chain;  /* next in the hash bucket */
	uint64_t k;
	uint64_t lo, hi; /* unsigned bounds of every value it can take */
	uint64_t poss;   /* bits that can be one */
};

struct term_var {
	const char *name;
	uint8_t width;
	term t;
};

/* What a constructor call gave last time; without it the laws that go through ite would be exponential. */
struct term_memo {
	uint8_t op, width;
	term a, b, c, result;
	uint64_t k;
};
#define TERM_MEMO (1u << 18) /* entries at most */

struct terms {
	struct arena *arena;
	struct term_node *node; /* never moves */
	size_t n, cap;
	struct term_memo *memo;
	uint32_t n_memo; /* a power of two; grows with the buckets */
	struct term_var *var;
	size_t n_vars, cap_vars;
	uint32_t *bucket;
	uint32_t n_buckets; /* a power of two */
	size_t limit;
	bool rewrite;
	bool exhausted;
};

#define TERMS_DEFAULT_LIMIT (8u << 20)

/* Nodes live in memory of their own, names in the arena. -ENOMEM. */
int terms_init(struct terms *t, struct arena *arena, size_t limit);
void terms_done(struct terms *t);

static inline unsigned term_width(const struct terms *t, term a) { return t->node[a].width; }
static inline enum term_op term_op(const struct terms *t, term a) { return (enum term_op)t->node[a].op; }
static inline bool term_is_const(const struct terms *t, term a) { return t->node[a].op == TERM_OP_CONST; }
static inline uint64_t term_value(const struct terms *t, term a) { return t->node[a].k; }
static inline uint64_t term_mask(unsigned width) { return width >= 64 ? ~0ull : (1ull << width) - 1; }

term term_const(struct terms *t, unsigned width, uint64_t value);
term term_bool(bool value);
/* A variable that did not exist before; the name gets its number appended so that it is unique. */
term term_fresh(struct terms *t, unsigned width, const char *name);

term term_not(struct terms *t, term a);
term term_and(struct terms *t, term a, term b);
term term_or(struct terms *t, term a, term b);
term term_implies(struct terms *t, term a, term b);
term term_eq(struct terms *t, term a, term b);
term term_ite(struct terms *t, term cond, term a, term b);
/* TERM_OP_ULT .. TERM_OP_SLE */
term term_cmp(struct terms *t, enum term_op op, term a, term b);
/* TERM_OP_ADD .. TERM_OP_ASHR; a shift by the width or more gives what SMT-LIB says. */
term term_bin(struct terms *t, enum term_op op, term a, term b);
term term_extract(struct terms *t, term a, unsigned hi, unsigned lo);
term term_concat(struct terms *t, term high, term low); /* together at most 64 bits */
term term_extend(struct terms *t, bool sign, unsigned to, term a);

/* The operation of n (not a constant, not a variable) with other parts, by its constructor, so that it folds. */
term term_rebuild(struct terms *t, const struct term_node *n, term a, term b, term c);

/* Shorthands */
static inline term term_add(struct terms *t, term a, term b) { return term_bin(t, TERM_OP_ADD, a, b); }
static inline term term_sub(struct terms *t, term a, term b) { return term_bin(t, TERM_OP_SUB, a, b); }
static inline term term_ult(struct terms *t, term a, term b) { return term_cmp(t, TERM_OP_ULT, a, b); }
static inline term term_ule(struct terms *t, term a, term b) { return term_cmp(t, TERM_OP_ULE, a, b); }
term term_eq_k(struct terms *t, term a, uint64_t k);

/* The result of one operation on numbers: the meaning every other part is measured against. */
uint64_t term_apply(enum term_op op, unsigned width, unsigned arg_width, uint64_t k, uint64_t a, uint64_t b,
		    uint64_t c);

/* SMT-LIB name of an operation ("bvadd"). */
const char *term_op_smt(enum term_op op);

/* --- for rewrite.c and term.c only --- */
/* Find or make the node as it is. */
term term_raw(struct terms *t, enum term_op op, unsigned width, term a, term b, term c, uint64_t k);
/* A simpler equal term, or TERM_NONE when no law applies. */
term term_rewrite(struct terms *t, enum term_op op, unsigned width, term a, term b, term c, uint64_t k);
/* Sets lo, hi, poss of a new node from its parts. */
void term_bounds(const struct terms *t, struct term_node *n);

#endif
