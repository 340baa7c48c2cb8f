/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symval: what a register or an 8-byte memory cell holds: a guarded set of pointers, and a number for the rest.
 *
 *   value = region(alt[0]) + alt[0].off   if alt[0].guard
 *           ...                           (guards exclude each other)
 *           bits                          otherwise (TERM_NONE: there is no otherwise)
 *
 * Pointers stay structured so that addresses are resolved while formulas are made and solvers never see memory.
 * Values are constant once made and live in the arena.
 */
#ifndef PROVE_SYMVAL_H
#define PROVE_SYMVAL_H

#include <stdbool.h>
#include <stdint.h>
#include "prove/isa_sem.h"
#include "prove/term.h"

struct sym;

struct alt {
	term guard;
	uint32_t region;
	term off; /* 64 bits, from the start of the region */
};

struct val {
	term bits; /* 64 bits, or TERM_NONE */
	term init; /* boolean: was ever written */
	uint32_t n;
	struct alt alt[];
};

#define VAL_MAX_ALTS 64

const struct val *val_scalar(struct sym *s, term bits);
const struct val *val_const(struct sym *s, uint64_t k);
const struct val *val_uninit(struct sym *s);
const struct val *val_ptr(struct sym *s, uint32_t region, term off);
const struct val *val_ptr_k(struct sym *s, uint32_t region, uint64_t off);
/* The pointer where guard, else 0. */
const struct val *val_ptr_or_null(struct sym *s, term guard, uint32_t region);
static inline bool val_is_scalar(const struct val *v) { return v->n == 0; }
/* The only thing it can be is this pointer. */
static inline bool val_is_ptr(const struct val *v) { return v->n == 1 && v->bits == TERM_NONE; }

/* The same without the number it may be: what is asked of it is asked where it is a pointer. */
const struct val *val_pointers(struct sym *s, const struct val *v);

/* a where sel, b elsewhere */
const struct val *val_merge(struct sym *s, term sel, const struct val *a, const struct val *b);
/* The value as a number: pointers become address of region + off. */
term val_number(struct sym *s, const struct val *v);
/* "is a number": no alternative's guard holds */
term val_scalar_guard(struct sym *s, const struct val *v);
const struct val *val_add(struct sym *s, const struct val *v, term k);
/* ALU and jumps of the instruction table over values. cond gives a boolean term. */
const struct val *val_alu(struct sym *s, const struct isa_insn *in, const struct val *dst, const struct val *src);
term val_cond(struct sym *s, const struct isa_insn *in, const struct val *a, const struct val *b);

/* The algebra of isa_sem.h over terms; context: struct terms. */
struct isa_algebra val_algebra(struct terms *t);

#endif
