// SPDX-License-Identifier: GPL-2.0-only
/* isa_sem: the meaning of the operations over any algebra, and the algebra of numbers. See isa_sem.h. */
#include "prove/isa_sem.h"

#include <assert.h>

static isa_val sem_const(const struct isa_algebra *alg, unsigned width, uint64_t value)
{
	return alg->constant(alg->ctx, width, value);
}

static isa_val sem_bin(const struct isa_algebra *alg, enum isa_bv2 op, unsigned width, isa_val a, isa_val b)
{
	return alg->binary(alg->ctx, op, width, a, b);
}

static isa_val sem_cmp(const struct isa_algebra *alg, enum isa_cmp op, unsigned width, isa_val a, isa_val b)
{
	return alg->compare(alg->ctx, op, width, a, b);
}

static isa_val sem_low(const struct isa_algebra *alg, unsigned from, unsigned to, isa_val a)
{
	return from == to ? a : alg->extract(alg->ctx, from, a, to - 1, 0);
}

static isa_val sem_extend(const struct isa_algebra *alg, bool sign, unsigned from, unsigned to, isa_val a)
{
	return from == to ? a : alg->extend(alg->ctx, sign, from, to, a);
}

isa_val isa_sem_operand(const struct isa_algebra *alg, const struct isa_insn *insn, isa_val src)
{
	return insn->operand == ISA_OPERAND_REG ? src : sem_const(alg, 64, (uint64_t)(int64_t)insn->imm);
}

/* a OP b unless b is zero, then `otherwise` */
static isa_val sem_divide(const struct isa_algebra *alg, enum isa_bv2 op, unsigned w, isa_val a, isa_val b,
			  isa_val otherwise)
{
	isa_val zero = sem_cmp(alg, ISA_CMP_EQ, w, b, sem_const(alg, w, 0));

	return alg->ite(alg->ctx, w, zero, otherwise, sem_bin(alg, op, w, a, b));
}

static isa_val sem_shift(const struct isa_algebra *alg, enum isa_bv2 op, unsigned w, isa_val a, isa_val b)
{
	return sem_bin(alg, op, w, a, sem_bin(alg, ISA_BV_AND, w, b, sem_const(alg, w, w - 1)));
}

/* The low `size` bits of a 64-bit value with their bytes reversed. */
static isa_val sem_swap(const struct isa_algebra *alg, unsigned size, isa_val a)
{
	isa_val r = alg->extract(alg->ctx, 64, a, 7, 0);

	for (unsigned low = 8; low < size; low += 8)
		r = alg->concat(alg->ctx, low, r, 8, alg->extract(alg->ctx, 64, a, low + 7, low));
	return r;
}

/* Both operands have `w` bits, and so has the result. */
static isa_val sem_alu_w(const struct isa_algebra *alg, enum isa_op op, unsigned w, isa_val a, isa_val b)
{
	switch (op) {
	case ISA_ADD:
		return sem_bin(alg, ISA_BV_ADD, w, a, b);
	case ISA_SUB:
		return sem_bin(alg, ISA_BV_SUB, w, a, b);
	case ISA_MUL:
		return sem_bin(alg, ISA_BV_MUL, w, a, b);
	case ISA_OR:
		return sem_bin(alg, ISA_BV_OR, w, a, b);
	case ISA_AND:
		return sem_bin(alg, ISA_BV_AND, w, a, b);
	case ISA_XOR:
		return sem_bin(alg, ISA_BV_XOR, w, a, b);
	case ISA_DIV:
		return sem_divide(alg, ISA_BV_UDIV, w, a, b, sem_const(alg, w, 0));
	case ISA_SDIV:
		return sem_divide(alg, ISA_BV_SDIV, w, a, b, sem_const(alg, w, 0));
	case ISA_MOD:
		return sem_divide(alg, ISA_BV_UREM, w, a, b, a);
	case ISA_SMOD:
		return sem_divide(alg, ISA_BV_SREM, w, a, b, a);
	case ISA_LSH:
		return sem_shift(alg, ISA_BV_SHL, w, a, b);
	case ISA_RSH:
		return sem_shift(alg, ISA_BV_LSHR, w, a, b);
	case ISA_ARSH:
		return sem_shift(alg, ISA_BV_ASHR, w, a, b);
	case ISA_NEG:
		return sem_bin(alg, ISA_BV_SUB, w, sem_const(alg, w, 0), a);
	case ISA_MOV:
		return b;
	default:
		assert(!"isa_sem_alu() called for an operation that is not ALU");
		return a;
	}
}

isa_val isa_sem_alu(const struct isa_algebra *alg, const struct isa_insn *insn, isa_val dst, isa_val src)
{
	unsigned w = insn->width;
	isa_val r;

	switch (insn->op) {
	case ISA_END_LE:
		return sem_extend(alg, false, insn->size, 64, sem_low(alg, 64, insn->size, dst));
	case ISA_END_BE:
	case ISA_BSWAP:
		return sem_extend(alg, false, insn->size, 64, sem_swap(alg, insn->size, dst));
	case ISA_MOVSX:
		r = sem_extend(alg, true, insn->size, w, sem_low(alg, 64, insn->size, src));
		break;
	default:
		r = sem_alu_w(alg, insn->op, w, sem_low(alg, 64, w, dst),
			      sem_low(alg, 64, w, isa_sem_operand(alg, insn, src)));
		break;
	}
	return sem_extend(alg, false, w, 64, r);
}

isa_val isa_sem_cond(const struct isa_algebra *alg, const struct isa_insn *insn, isa_val dst, isa_val src)
{
	unsigned w = insn->width;
	isa_val a = sem_low(alg, 64, w, dst);
	isa_val b = sem_low(alg, 64, w, isa_sem_operand(alg, insn, src));

	switch (insn->op) {
	case ISA_JEQ:
		return sem_cmp(alg, ISA_CMP_EQ, w, a, b);
	case ISA_JNE:
		return alg->bool_not(alg->ctx, sem_cmp(alg, ISA_CMP_EQ, w, a, b));
	case ISA_JGT:
		return sem_cmp(alg, ISA_CMP_ULT, w, b, a);
	case ISA_JGE:
		return sem_cmp(alg, ISA_CMP_ULE, w, b, a);
	case ISA_JLT:
		return sem_cmp(alg, ISA_CMP_ULT, w, a, b);
	case ISA_JLE:
		return sem_cmp(alg, ISA_CMP_ULE, w, a, b);
	case ISA_JSGT:
		return sem_cmp(alg, ISA_CMP_SLT, w, b, a);
	case ISA_JSGE:
		return sem_cmp(alg, ISA_CMP_SLE, w, b, a);
	case ISA_JSLT:
		return sem_cmp(alg, ISA_CMP_SLT, w, a, b);
	case ISA_JSLE:
		return sem_cmp(alg, ISA_CMP_SLE, w, a, b);
	case ISA_JSET:
		return alg->bool_not(alg->ctx, sem_cmp(alg, ISA_CMP_EQ, w, sem_bin(alg, ISA_BV_AND, w, a, b),
						       sem_const(alg, w, 0)));
	default:
		assert(!"isa_sem_cond() called for an operation that is no conditional jump");
		return a;
	}
}

isa_val isa_sem_load(const struct isa_algebra *alg, const struct isa_insn *insn, isa_val raw)
{
	return sem_extend(alg, insn->op == ISA_LOAD_SX, insn->size, 64, raw);
}

isa_val isa_sem_store(const struct isa_algebra *alg, const struct isa_insn *insn, isa_val src)
{
	return sem_low(alg, 64, insn->size, isa_sem_operand(alg, insn, src));
}

isa_val isa_sem_atomic(const struct isa_algebra *alg, const struct isa_insn *insn, isa_val old, isa_val src, isa_val r0)
{
	unsigned w = insn->size;
	isa_val b = sem_low(alg, 64, w, src);

	switch (insn->op) {
	case ISA_ATOMIC_ADD:
		return sem_bin(alg, ISA_BV_ADD, w, old, b);
	case ISA_ATOMIC_OR:
		return sem_bin(alg, ISA_BV_OR, w, old, b);
	case ISA_ATOMIC_AND:
		return sem_bin(alg, ISA_BV_AND, w, old, b);
	case ISA_ATOMIC_XOR:
		return sem_bin(alg, ISA_BV_XOR, w, old, b);
	case ISA_ATOMIC_XCHG:
		return b;
	case ISA_ATOMIC_CMPXCHG:
		return alg->ite(alg->ctx, w, sem_cmp(alg, ISA_CMP_EQ, w, old, sem_low(alg, 64, w, r0)), b, old);
	default:
		assert(!"isa_sem_atomic() called for an operation that is not atomic");
		return old;
	}
}

/* ---- numbers ---- */

static uint64_t num_mask(unsigned width)
{
	return width >= 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
}

static int64_t num_signed(unsigned width, uint64_t a)
{
	uint64_t top = UINT64_C(1) << (width - 1);

	return (int64_t)(((a & num_mask(width)) ^ top) - top);
}

static isa_val num_constant(void *ctx, unsigned width, uint64_t value)
{
	return value & num_mask(width);
}

/* Truncating division on magnitudes: no undefined overflow for the least value by -1. */
static uint64_t num_sdivrem(bool rem, unsigned width, uint64_t a, uint64_t b)
{
	bool an = num_signed(width, a) < 0, bn = num_signed(width, b) < 0;
	uint64_t ua = an ? (0 - a) & num_mask(width) : a;
	uint64_t ub = bn ? (0 - b) & num_mask(width) : b;
	uint64_t r;

	if (rem) {
		r = ub ? ua % ub : ua;
		return an ? 0 - r : r;
	}
	r = ub ? ua / ub : num_mask(width);
	return an != bn ? 0 - r : r;
}

static uint64_t num_shift(enum isa_bv2 op, unsigned width, uint64_t a, uint64_t b)
{
	if (op == ISA_BV_ASHR)
		return (uint64_t)(num_signed(width, a) >> (b < 63 ? b : 63));
	if (b >= width)
		return 0;
	return op == ISA_BV_SHL ? a << b : a >> b;
}

static isa_val num_binary(void *ctx, enum isa_bv2 op, unsigned width, isa_val a, isa_val b)
{
	uint64_t r = 0;

	switch (op) {
	case ISA_BV_ADD:
		r = a + b;
		break;
	case ISA_BV_SUB:
		r = a - b;
		break;
	case ISA_BV_MUL:
		r = a * b;
		break;
	case ISA_BV_UDIV:
		r = b ? a / b : UINT64_MAX;
		break;
	case ISA_BV_UREM:
		r = b ? a % b : a;
		break;
	case ISA_BV_SDIV:
		r = num_sdivrem(false, width, a, b);
		break;
	case ISA_BV_SREM:
		r = num_sdivrem(true, width, a, b);
		break;
	case ISA_BV_AND:
		r = a & b;
		break;
	case ISA_BV_OR:
		r = a | b;
		break;
	case ISA_BV_XOR:
		r = a ^ b;
		break;
	case ISA_BV_SHL:
	case ISA_BV_LSHR:
	case ISA_BV_ASHR:
		r = num_shift(op, width, a, b);
		break;
	}
	return r & num_mask(width);
}

static isa_val num_compare(void *ctx, enum isa_cmp op, unsigned width, isa_val a, isa_val b)
{
	switch (op) {
	case ISA_CMP_EQ:
		return a == b;
	case ISA_CMP_ULT:
		return a < b;
	case ISA_CMP_ULE:
		return a <= b;
	case ISA_CMP_SLT:
		return num_signed(width, a) < num_signed(width, b);
	case ISA_CMP_SLE:
		return num_signed(width, a) <= num_signed(width, b);
	}
	return 0;
}

static isa_val num_not(void *ctx, isa_val a)
{
	return !a;
}

static isa_val num_ite(void *ctx, unsigned width, isa_val cond, isa_val a, isa_val b)
{
	return cond ? a : b;
}

static isa_val num_extract(void *ctx, unsigned width, isa_val a, unsigned hi, unsigned lo)
{
	return a >> lo & num_mask(hi - lo + 1);
}

static isa_val num_concat(void *ctx, unsigned high_width, isa_val high, unsigned low_width, isa_val low)
{
	return high << low_width | low;
}

static isa_val num_extend(void *ctx, bool sign, unsigned from, unsigned to, isa_val a)
{
	return sign ? (uint64_t)num_signed(from, a) & num_mask(to) : a;
}

const struct isa_algebra isa_algebra_concrete = {
	.constant = num_constant,
	.binary = num_binary,
	.compare = num_compare,
	.bool_not = num_not,
	.ite = num_ite,
	.extract = num_extract,
	.concat = num_concat,
	.extend = num_extend,
};
