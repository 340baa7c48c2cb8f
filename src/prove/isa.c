// SPDX-License-Identifier: GPL-2.0-only
/*
 * isa: decoding by the table, strictly: an instruction that no row describes is refused. See isa.h.
 *
 * Must never guess: what is not in RFC 9669 is an error with its reason, not a no-op.
 */
#include "prove/isa.h"

#include <errno.h>
#include <string.h>

#include "common/arena.h"
#include "common/diag.h"

/* Why a row does not fit; ISA_FITS first. The largest is the most specific, and is what gets reported. */
enum isa_misfit { ISA_FITS, ISA_BAD_CODE, ISA_BAD_SELECTOR, ISA_BAD_DST, ISA_BAD_SRC, ISA_BAD_OFF, ISA_BAD_IMM };

static enum isa_misfit isa_row_fit(const struct isa_desc *row, const struct bpf_insn *raw)
{
	if (row->code != raw->code)
		return ISA_BAD_CODE;
	if ((row->src_field == ISA_F_EXACT && raw->src_reg != row->src_exact) ||
	    (row->imm_field == ISA_F_EXACT && raw->imm != row->imm_exact) ||
	    (row->off_field == ISA_F_EXACT && raw->off != row->off_exact))
		return ISA_BAD_SELECTOR;
	if (row->dst_field == ISA_F_ZERO ? raw->dst_reg != 0 : raw->dst_reg >= ISA_REGS)
		return ISA_BAD_DST;
	if ((row->src_field == ISA_F_ZERO && raw->src_reg != 0) ||
	    (row->src_field == ISA_F_USED && raw->src_reg >= ISA_REGS))
		return ISA_BAD_SRC;
	if (row->off_field == ISA_F_ZERO && raw->off != 0)
		return ISA_BAD_OFF;
	if (row->imm_field == ISA_F_ZERO && raw->imm != 0)
		return ISA_BAD_IMM;
	return ISA_FITS;
}

static int isa_refuse(const struct bpf_insn *raw, enum isa_misfit why, const struct diag_pos *pos, struct diag *diag)
{
	switch (why) {
	case ISA_FITS:
	case ISA_BAD_CODE:
		return diag_fail(diag, -EINVAL, pos, "opcode 0x%02x is not defined", raw->code);
	case ISA_BAD_SELECTOR:
		return diag_fail(diag, -EINVAL, pos,
				 "opcode 0x%02x is not defined with src %u, offset %d, imm 0x%x", raw->code,
				 raw->src_reg, raw->off, (unsigned)raw->imm);
	case ISA_BAD_DST:
		return diag_fail(diag, -EINVAL, pos, "opcode 0x%02x: destination register r%u not allowed",
				 raw->code, raw->dst_reg);
	case ISA_BAD_SRC:
		return diag_fail(diag, -EINVAL, pos, "opcode 0x%02x: source register r%u not allowed", raw->code,
				 raw->src_reg);
	case ISA_BAD_OFF:
		return diag_fail(diag, -EINVAL, pos, "opcode 0x%02x: reserved offset field is %d", raw->code, raw->off);
	case ISA_BAD_IMM:
		return diag_fail(diag, -EINVAL, pos, "opcode 0x%02x: reserved imm field is 0x%x", raw->code,
				 (unsigned)raw->imm);
	}
	return -EINVAL;
}

/* The second slot of ld_imm64. */
static int isa_decode_wide(const struct bpf_insn *insns, size_t n, size_t at, const struct diag_pos *pos,
			   struct diag *diag, struct isa_insn *insn)
{
	const struct bpf_insn *next = &insns[at + 1];
	enum isa_imm_kind kind = (enum isa_imm_kind)insn->desc->src_exact;

	if (at + 1 >= n)
		return diag_fail(diag, -EINVAL, pos, "64-bit constant is cut off at the end of the program");
	if (next->code || next->dst_reg || next->src_reg || next->off)
		return diag_fail(diag, -EINVAL, pos, "second slot of a 64-bit constant has reserved fields set");
	if (next->imm && kind != ISA_IMM_VALUE && kind != ISA_IMM_MAP_VALUE && kind != ISA_IMM_MAP_IDX_VALUE)
		return diag_fail(diag, -EINVAL, pos, "second slot: reserved imm field is 0x%x", (unsigned)next->imm);
	insn->slots = 2;
	insn->imm_kind = kind;
	insn->imm64 = (uint64_t)(uint32_t)next->imm << 32 | (uint32_t)insn->imm;
	return 0;
}

/* Jumps are relative to the next slot. The sum cannot overflow: at < ISA_MAX_INSNS. */
static int isa_set_target(size_t at, int64_t distance, const struct diag_pos *pos, struct diag *diag,
			  struct isa_insn *insn)
{
	int64_t target = (int64_t)at + 1 + distance;

	if (target < 0 || target >= (int64_t)ISA_MAX_INSNS)
		return diag_fail(diag, -EINVAL, pos, "target %lld is outside of the program", (long long)target);
	insn->target = (uint32_t)target;
	return 0;
}

static int isa_decode_target(const struct bpf_insn *raw, size_t at, const struct diag_pos *pos, struct diag *diag,
			     struct isa_insn *insn)
{
	if (isa_is_cond_jump(insn->op) || (insn->op == ISA_JA && insn->width == 64))
		return isa_set_target(at, raw->off, pos, diag, insn);
	if (insn->op == ISA_JA || insn->op == ISA_CALL_LOCAL)
		return isa_set_target(at, raw->imm, pos, diag, insn);
	if (insn->op == ISA_LD_IMM64 && insn->imm_kind == ISA_IMM_FUNC)
		return isa_set_target(at, raw->imm, pos, diag, insn);
	return 0;
}

int isa_decode(const struct bpf_insn *insns, size_t n, size_t at, const char *where, struct diag *diag,
	       struct isa_insn *ret_insn)
{
	const struct diag_pos *pos = DIAG_AT(.section = where, DIAG_INSN(at));
	const struct bpf_insn *raw = &insns[at];
	const struct isa_desc *row = NULL;
	enum isa_misfit why = ISA_BAD_CODE;
	struct isa_insn insn = { 0 };
	int err;

	if (at >= n)
		return diag_fail(diag, -EINVAL, pos, "no instruction there: the program has %zu", n);
	for (size_t i = 0; i < isa_table_len && !row; i++) {
		enum isa_misfit fit = isa_row_fit(&isa_table[i], raw);

		if (fit == ISA_FITS)
			row = &isa_table[i];
		else if (fit > why)
			why = fit;
	}
	if (!row)
		return isa_refuse(raw, why, pos, diag);

	insn = (struct isa_insn){
		.desc = row, .op = row->op, .width = row->width, .size = row->size, .operand = row->operand,
		.fetch = row->fetch, .dst = raw->dst_reg, .src = raw->src_reg, .slots = 1, .off = raw->off,
		.imm = raw->imm,
	};
	if (row->op == ISA_LD_IMM64) {
		err = isa_decode_wide(insns, n, at, pos, diag, &insn);
		if (err)
			return err;
	}
	if (isa_writes(&insn) & 1u << ISA_REG_FP)
		return diag_fail(diag, -EINVAL, pos, "the frame pointer r10 is read-only");
	err = isa_decode_target(raw, at, pos, diag, &insn);
	if (err)
		return err;
	*ret_insn = insn;
	return 0;
}

static bool isa_has_target(const struct isa_insn *insn)
{
	return isa_is_jump(insn->op) || insn->op == ISA_CALL_LOCAL ||
	       (insn->op == ISA_LD_IMM64 && insn->imm_kind == ISA_IMM_FUNC);
}

/* Where control can go must be the start of an instruction. */
static int isa_check_flow(const struct isa_insn *list, size_t n, const char *where, struct diag *diag)
{
	size_t last = 0;
	int err = 0;

	for (size_t i = 0; i < n; i++) {
		const struct diag_pos *pos = DIAG_AT(.section = where, DIAG_INSN(i));
		const struct isa_insn *insn = &list[i];

		if (insn->slots)
			last = i;
		if (!insn->desc || !isa_has_target(insn))
			continue;
		if (insn->target >= n)
			err = diag_fail(diag, -EINVAL, pos, "target %u is outside of the program (%zu slots)",
					insn->target, n);
		else if (!list[insn->target].slots)
			err = diag_fail(diag, -EINVAL, pos, "target %u is the middle of a 64-bit constant",
					insn->target);
	}
	if (!isa_is_terminator(list[last].op))
		err = diag_fail(diag, -EINVAL, DIAG_AT(.section = where, DIAG_INSN(last)),
				"control falls off the end of the program");
	return err;
}

int isa_decode_program(const struct bpf_insn *insns, size_t n, const char *where, struct arena *arena,
		       struct diag *diag, const struct isa_insn **ret_insns)
{
	struct isa_insn *list;
	int err = 0;

	if (n == 0 || n > ISA_MAX_INSNS)
		return diag_fail(diag, -EINVAL, DIAG_AT(.section = where),
				 n ? "too many instructions: %zu" : "no instructions (%zu)", n);
	list = arena_new_n(arena, n, struct isa_insn);
	if (!list)
		return diag_fail(diag, -ENOMEM, DIAG_AT(.section = where), "out of memory");
	for (size_t i = 0; i < n; i += list[i].slots == 2 ? 2 : 1) {
		int one = isa_decode(insns, n, i, where, diag, &list[i]);

		if (one) {
			list[i].slots = 1;
			err = one;
		}
	}
	if (err)
		return err;
	err = isa_check_flow(list, n, where, diag);
	if (err)
		return err;
	*ret_insns = list;
	return 0;
}

#define BIT(r) ((uint16_t)(1u << (r)))

uint16_t isa_reads(const struct isa_insn *insn)
{
	uint16_t src = insn->operand == ISA_OPERAND_REG ? BIT(insn->src) : 0;

	if (isa_is_alu(insn->op))
		return src | (insn->op == ISA_MOV || insn->op == ISA_MOVSX ? 0 : BIT(insn->dst));
	if (isa_is_cond_jump(insn->op))
		return src | BIT(insn->dst);
	if (isa_is_atomic(insn->op))
		return src | BIT(insn->dst) | (insn->op == ISA_ATOMIC_CMPXCHG ? BIT(0) : 0);
	switch (insn->op) {
	case ISA_LOAD:
	case ISA_LOAD_SX:
		return src;
	case ISA_STORE_REG:
	case ISA_STORE_IMM:
		return src | BIT(insn->dst);
	case ISA_CALL_HELPER:
	case ISA_CALL_LOCAL:
	case ISA_CALL_KFUNC:
		return 0x3e;
	case ISA_EXIT:
		return BIT(0);
	case ISA_LEGACY_ABS:
	case ISA_LEGACY_IND:
		return src | BIT(6);
	default:
		return 0;
	}
}

uint16_t isa_writes(const struct isa_insn *insn)
{
	if (isa_is_alu(insn->op))
		return BIT(insn->dst);
	if (insn->op == ISA_ATOMIC_CMPXCHG)
		return BIT(0);
	if (isa_is_atomic(insn->op))
		return insn->fetch ? BIT(insn->src) : 0;
	switch (insn->op) {
	case ISA_LOAD:
	case ISA_LOAD_SX:
	case ISA_LD_IMM64:
		return BIT(insn->dst);
	case ISA_CALL_HELPER:
	case ISA_CALL_LOCAL:
	case ISA_CALL_KFUNC:
	case ISA_LEGACY_ABS:
	case ISA_LEGACY_IND:
		return 0x3f;
	default:
		return 0;
	}
}

const char *isa_op_name(enum isa_op op)
{
	static const char *const names[ISA_OP_COUNT] = {
		[ISA_NONE] = "none", [ISA_ADD] = "add", [ISA_SUB] = "sub", [ISA_MUL] = "mul", [ISA_DIV] = "div",
		[ISA_SDIV] = "sdiv", [ISA_OR] = "or", [ISA_AND] = "and", [ISA_LSH] = "lsh", [ISA_RSH] = "rsh",
		[ISA_ARSH] = "arsh", [ISA_NEG] = "neg", [ISA_MOD] = "mod", [ISA_SMOD] = "smod", [ISA_XOR] = "xor",
		[ISA_MOV] = "mov", [ISA_MOVSX] = "movsx", [ISA_END_LE] = "le", [ISA_END_BE] = "be",
		[ISA_BSWAP] = "bswap", [ISA_JEQ] = "jeq", [ISA_JGT] = "jgt", [ISA_JGE] = "jge",
		[ISA_JSET] = "jset", [ISA_JNE] = "jne", [ISA_JSGT] = "jsgt", [ISA_JSGE] = "jsge",
		[ISA_JLT] = "jlt", [ISA_JLE] = "jle", [ISA_JSLT] = "jslt", [ISA_JSLE] = "jsle", [ISA_JA] = "ja",
		[ISA_CALL_HELPER] = "call helper", [ISA_CALL_LOCAL] = "call local",
		[ISA_CALL_KFUNC] = "call kfunc", [ISA_EXIT] = "exit", [ISA_LOAD] = "load",
		[ISA_LOAD_SX] = "load_sx", [ISA_STORE_REG] = "store_reg", [ISA_STORE_IMM] = "store_imm",
		[ISA_ATOMIC_ADD] = "atomic_add", [ISA_ATOMIC_OR] = "atomic_or", [ISA_ATOMIC_AND] = "atomic_and",
		[ISA_ATOMIC_XOR] = "atomic_xor", [ISA_ATOMIC_XCHG] = "atomic_xchg",
		[ISA_ATOMIC_CMPXCHG] = "atomic_cmpxchg", [ISA_LD_IMM64] = "lddw", [ISA_LEGACY_ABS] = "ldabs",
		[ISA_LEGACY_IND] = "ldind",
	};

	return (unsigned)op < ISA_OP_COUNT && names[op] ? names[op] : "?";
}

const char *isa_group_name(enum isa_group group)
{
	switch (group) {
	case ISA_G_BASE32:
		return "base32";
	case ISA_G_BASE64:
		return "base64";
	case ISA_G_ATOMIC32:
		return "atomic32";
	case ISA_G_ATOMIC64:
		return "atomic64";
	case ISA_G_DIVMUL32:
		return "divmul32";
	case ISA_G_DIVMUL64:
		return "divmul64";
	case ISA_G_PACKET:
		return "packet";
	}
	return "?";
}
