// SPDX-License-Identifier: GPL-2.0-only
/* gen: see gen.h. */
#include "gen.h"

#include "prove/isa.h"

#define MAP_REG 6
#define STACK_BYTES 64

static const int scalars[] = { 0, 1, 2, 3, 4, 5, 7, 8, 9 };
#define N_SCALARS 9

uint64_t gen_random(struct gen *g) /* splitmix64 */
{
	uint64_t z = g->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static uint32_t pick(struct gen *g, uint32_t n)
{
	return (uint32_t)(gen_random(g) % n);
}

uint64_t gen_value(struct gen *g)
{
	static const uint64_t edges[] = { 0, 1, 2, 31, 32, 63, 64, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fffffff, 0x80000000,
					  0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000,
					  0xffffffff80000000, 0xffffffffffffffff };

	switch (pick(g, 3)) {
	case 0:
		return edges[pick(g, sizeof(edges) / sizeof(edges[0]))];
	case 1:
		return (uint64_t)(int64_t)(int8_t)gen_random(g);
	default:
		return gen_random(g);
	}
}

static void emit(struct gen *g, uint8_t code, int dst, int src, int off, int32_t imm)
{
	if (g->n < GEN_MAX)
		g->insns[g->n++] = (struct bpf_insn){ .code = code, .dst_reg = dst & 15u, .src_reg = src & 15u,
						      .off = (int16_t)off, .imm = imm };
}

static int reg_read(struct gen *g)
{
	return scalars[pick(g, N_SCALARS)];
}

static int reg_write(struct gen *g)
{
	int r = reg_read(g);

	return r == g->loop_reg ? (r == 9 ? 8 : 9) : r;
}

static bool is_v4(const struct isa_desc *d)
{
	return d->op == ISA_MOVSX || d->op == ISA_SDIV || d->op == ISA_SMOD || d->op == ISA_BSWAP ||
	       d->op == ISA_LOAD_SX || (d->op == ISA_JA && d->width == 32);
}

static bool is_plain(const struct isa_desc *d)
{
	return isa_is_alu(d->op) || d->op == ISA_LOAD || d->op == ISA_LOAD_SX || d->op == ISA_STORE_REG ||
	       d->op == ISA_STORE_IMM || isa_is_atomic(d->op) || (d->op == ISA_LD_IMM64 && d->src_exact == 0);
}

/* An immediate that no verifier refuses. */
static int32_t immediate(struct gen *g, const struct isa_desc *d)
{
	int32_t imm = (int32_t)gen_value(g);

	if (d->op == ISA_LSH || d->op == ISA_RSH || d->op == ISA_ARSH)
		return (int32_t)pick(g, d->width);
	if ((d->op == ISA_DIV || d->op == ISA_MOD || d->op == ISA_SDIV || d->op == ISA_SMOD) && !imm)
		return 3;
	return imm;
}

/* Somewhere in the map value or the stack, aligned. */
static void place(struct gen *g, uint32_t bytes, int *reg, int *off)
{
	if (g->has_map && pick(g, 2)) {
		*reg = MAP_REG;
		*off = (int)(pick(g, 128 / bytes) * bytes);
	} else {
		*reg = ISA_REG_FP;
		*off = (int)(pick(g, STACK_BYTES / bytes) * bytes) - STACK_BYTES;
	}
}

static void emit_row(struct gen *g, const struct isa_desc *d)
{
	int dst = reg_write(g), src = d->operand == ISA_OPERAND_REG ? reg_read(g) : 0, off = d->off_exact, reg;
	int32_t imm = d->imm_field == ISA_F_USED ? immediate(g, d) : d->imm_exact;

	if (d->op == ISA_LD_IMM64) {
		emit(g, d->code, dst, 0, 0, imm);
		emit(g, 0, 0, 0, 0, (int32_t)gen_value(g));
		return;
	}
	if (d->size && !isa_is_alu(d->op)) {
		place(g, d->size / 8, &reg, &off);
		if (d->op == ISA_LOAD || d->op == ISA_LOAD_SX) {
			src = reg;
		} else {
			dst = reg;
			if (d->fetch)
				src = reg_write(g);
			if (d->op == ISA_ATOMIC_CMPXCHG && g->loop_reg == 0)
				return;
		}
	}
	emit(g, d->code, dst, src, off, imm);
}

static const struct isa_desc *pick_row(struct gen *g, bool (*want)(const struct isa_desc *))
{
	const struct isa_desc *d;

	do
		d = &isa_table[pick(g, (uint32_t)isa_table_len)];
	while (!want(d) || (is_v4(d) && !g->v4));
	return d;
}

static bool is_cond(const struct isa_desc *d)
{
	return isa_is_cond_jump(d->op);
}

static void emit_straight(struct gen *g, uint32_t n)
{
	while (n--)
		emit_row(g, pick_row(g, is_plain));
}

/* if (cond) goto a; straight; goto b; a: straight; b: */
static void emit_branch(struct gen *g)
{
	const struct isa_desc *d = pick_row(g, is_cond);
	bool wide = g->v4 && pick(g, 2);
	size_t cond = g->n, skip;

	emit(g, d->code, reg_read(g), d->operand == ISA_OPERAND_REG ? reg_read(g) : 0, 0,
	     d->operand == ISA_OPERAND_IMM ? (int32_t)gen_value(g) : 0);
	emit_straight(g, 1 + pick(g, 4));
	skip = g->n;
	emit(g, wide ? 0x06 : 0x05, 0, 0, 0, 0);
	g->insns[cond].off = (int16_t)(g->n - cond - 1);
	emit_straight(g, 1 + pick(g, 4));
	if (wide)
		g->insns[skip].imm = (int32_t)(g->n - skip - 1);
	else
		g->insns[skip].off = (int16_t)(g->n - skip - 1);
}

static void emit_loop(struct gen *g)
{
	size_t top;

	g->loop_reg = 7 + (int)pick(g, 2);
	emit(g, 0xb7, g->loop_reg, 0, 0, 1 + (int)pick(g, 6));
	top = g->n;
	emit_straight(g, 3);
	emit(g, 0x17, g->loop_reg, 0, 0, 1);
	emit(g, 0x55, g->loop_reg, 0, (int)top - (int)g->n - 1, 0);
	g->loop_reg = -1;
}

static void emit_body(struct gen *g, uint32_t parts)
{
	while (parts--) {
		uint32_t kind = pick(g, 8);

		if (kind == 0)
			emit_loop(g);
		else if (kind <= 2)
			emit_branch(g);
		else
			emit_straight(g, 1 + pick(g, 6));
	}
}

static void emit_stack_init(struct gen *g)
{
	for (int i = 0; i < STACK_BYTES / 8; i++)
		emit(g, 0x7b, ISA_REG_FP, scalars[i], i * 8 - STACK_BYTES, 0);
}

static void emit_load_registers(struct gen *g)
{
	for (int i = 0; i < N_SCALARS; i++)
		emit(g, 0x79, scalars[i], MAP_REG, i * 8, 0);
}

static void emit_subprogram(struct gen *g)
{
	static const int from[] = { 1, 2, 3, 4 }, to[] = { 0, 7, 8, 9 };

	g->insns[g->call_at].imm = (int32_t)(g->n - g->call_at - 1);
	g->has_map = false;
	for (int i = 0; i < 4; i++)
		emit(g, 0xbf, to[i], from[i], 0, 0);
	emit_stack_init(g);
	emit_body(g, 3);
	emit(g, 0x95, 0, 0, 0, 0);
}

void gen_program(struct gen *g, uint64_t seed, bool v4, int map_fd)
{
	*g = (struct gen){ .state = seed, .v4 = v4, .loop_reg = -1, .has_map = true };
	emit(g, 0x18, MAP_REG, BPF_PSEUDO_MAP_VALUE, 0, map_fd);
	emit(g, 0, 0, 0, 0, 0);
	emit_load_registers(g);
	emit_stack_init(g);
	emit_body(g, 2 + pick(g, 8));
	if (pick(g, 3) == 0) {
		g->call_at = g->n;
		emit(g, 0x85, 0, BPF_PSEUDO_CALL, 0, 0);
		emit(g, 0x7b, MAP_REG, 0, 120, 0); /* the result, before the registers are set again */
		emit_load_registers(g);
		emit_body(g, 2);
	}
	for (int i = 0; i < N_SCALARS; i++)
		emit(g, 0x7b, MAP_REG, scalars[i], 128 + i * 8, 0);
	for (int i = 0; i < 7; i++) {
		emit(g, 0x79, 1, ISA_REG_FP, i * 8 - STACK_BYTES, 0);
		emit(g, 0x7b, MAP_REG, 1, 200 + i * 8, 0);
	}
	emit(g, 0x95, 0, 0, 0, 0);
	if (g->call_at)
		emit_subprogram(g);
}
