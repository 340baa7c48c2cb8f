/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * isa_sem: what the operations of isa.h mean, written once over an abstract bit-vector algebra.
 *
 * The interpreter instantiates it with numbers, the symbolic executor with terms: there is no second
 * copy of "division by zero gives 0" or "the shift amount is masked" to disagree with the first.
 *
 * The algebra has the meaning of SMT-LIB's QF_BV (so udiv by 0 is all ones, urem by 0 the dividend, the
 * semantics below never depend on it without guarding it). Booleans are their own sort: only compare()
 * makes them, only ite() and the bool operations take them. Widths are 1..64.
 */
#ifndef PROVE_ISA_SEM_H
#define PROVE_ISA_SEM_H

#include "prove/isa.h"

typedef uint64_t isa_val; /* a number, a term id, or a pointer: whatever the algebra makes of it */

enum isa_bv2 {
	ISA_BV_ADD,
	ISA_BV_SUB,
	ISA_BV_MUL,
	ISA_BV_UDIV,
	ISA_BV_UREM,
	ISA_BV_SDIV, /* truncates towards zero */
	ISA_BV_SREM, /* sign of the dividend */
	ISA_BV_AND,
	ISA_BV_OR,
	ISA_BV_XOR,
	ISA_BV_SHL,
	ISA_BV_LSHR,
	ISA_BV_ASHR,
};

enum isa_cmp { ISA_CMP_EQ, ISA_CMP_ULT, ISA_CMP_ULE, ISA_CMP_SLT, ISA_CMP_SLE };

struct isa_algebra {
	void *ctx;
	isa_val (*constant)(void *ctx, unsigned width, uint64_t value);
	isa_val (*binary)(void *ctx, enum isa_bv2 op, unsigned width, isa_val a, isa_val b);
	isa_val (*compare)(void *ctx, enum isa_cmp op, unsigned width, isa_val a, isa_val b); /* boolean */
	isa_val (*bool_not)(void *ctx, isa_val a);
	isa_val (*ite)(void *ctx, unsigned width, isa_val cond, isa_val a, isa_val b);
	isa_val (*extract)(void *ctx, unsigned width, isa_val a, unsigned hi, unsigned lo); /* hi-lo+1 bits */
	isa_val (*concat)(void *ctx, unsigned high_width, isa_val high, unsigned low_width, isa_val low);
	isa_val (*extend)(void *ctx, bool sign, unsigned from, unsigned to, isa_val a);
};

/* The second operand as a 64-bit value: the register `src`, or the immediate sign extended. */
isa_val isa_sem_operand(const struct isa_algebra *alg, const struct isa_insn *insn, isa_val src);

/* ALU (isa_is_alu): dst and src are 64-bit values of the registers; gives the new 64-bit dst. */
isa_val isa_sem_alu(const struct isa_algebra *alg, const struct isa_insn *insn, isa_val dst, isa_val src);

/* Conditional jumps (isa_is_cond_jump): a boolean, true when the jump is taken. */
isa_val isa_sem_cond(const struct isa_algebra *alg, const struct isa_insn *insn, isa_val dst, isa_val src);

/*
 * Loads: `raw` has `size` bits, as a little-endian number; gives the 64-bit dst.
 * Stores: gives the `size` bits to store.
 */
isa_val isa_sem_load(const struct isa_algebra *alg, const struct isa_insn *insn, isa_val raw);
isa_val isa_sem_store(const struct isa_algebra *alg, const struct isa_insn *insn, isa_val src);

/*
 * Atomics: `old` is the memory content (`size` bits), src and r0 are 64-bit registers. Gives the new memory
 * content (`size` bits); what src (fetch) or r0 (cmpxchg) becomes is isa_sem_load-like: old zero extended.
 */
isa_val isa_sem_atomic(const struct isa_algebra *alg, const struct isa_insn *insn, isa_val old, isa_val src,
		       isa_val r0);

/* The algebra of numbers: booleans are 0 and 1. No context. */
extern const struct isa_algebra isa_algebra_concrete;

#endif
