// SPDX-License-Identifier: GPL-2.0-only
/* mutant: see mutant.h. */
#include "prove/mutant.h"

#include <errno.h>
#include <string.h>

#include "bpfobj/bpfobj.h"
#include "common/arena.h"
#include "prove/isa.h"

const char *mutant_kind_name(enum mutant_kind kind)
{
	static const char *const names[MUTANT_KIND_COUNT] = {
		[MUTANT_NEGATE] = "condition negated",       [MUTANT_BOUNDARY] = "boundary off by one",
		[MUTANT_SIGN] = "signedness changed",        [MUTANT_NEVER] = "jump never taken",
		[MUTANT_ALWAYS] = "jump always taken",       [MUTANT_CONSTANT] = "constant off by one",
		[MUTANT_OPERATOR] = "other operator",        [MUTANT_DROP] = "instruction left out",
		[MUTANT_SWAP] = "byte swap forgotten",       [MUTANT_OFFSET] = "next element",
		[MUTANT_WIDTH] = "half the width",           [MUTANT_CALL] = "helper not called",
		[MUTANT_MAP] = "another map",
	};

	return names[kind];
}

/* The operation that `kind` makes of `op`, ISA_NONE when it makes nothing of it. */
static enum isa_op mutant_op(enum mutant_kind kind, enum isa_op op)
{
	static const struct {
		enum mutant_kind kind;
		enum isa_op a, b; /* each becomes the other */
	} pairs[] = {
		{ MUTANT_NEGATE, ISA_JEQ, ISA_JNE },    { MUTANT_NEGATE, ISA_JGT, ISA_JLE },
		{ MUTANT_NEGATE, ISA_JGE, ISA_JLT },    { MUTANT_NEGATE, ISA_JSGT, ISA_JSLE },
		{ MUTANT_NEGATE, ISA_JSGE, ISA_JSLT },  { MUTANT_BOUNDARY, ISA_JGT, ISA_JGE },
		{ MUTANT_BOUNDARY, ISA_JLT, ISA_JLE },  { MUTANT_BOUNDARY, ISA_JSGT, ISA_JSGE },
		{ MUTANT_BOUNDARY, ISA_JSLT, ISA_JSLE }, { MUTANT_SIGN, ISA_JGT, ISA_JSGT },
		{ MUTANT_SIGN, ISA_JGE, ISA_JSGE },     { MUTANT_SIGN, ISA_JLT, ISA_JSLT },
		{ MUTANT_SIGN, ISA_JLE, ISA_JSLE },     { MUTANT_SIGN, ISA_RSH, ISA_ARSH },
		{ MUTANT_OPERATOR, ISA_ADD, ISA_SUB },  { MUTANT_OPERATOR, ISA_AND, ISA_OR },
		{ MUTANT_OPERATOR, ISA_LSH, ISA_RSH },  { MUTANT_OPERATOR, ISA_MUL, ISA_ADD },
		{ MUTANT_OPERATOR, ISA_XOR, ISA_OR },   { MUTANT_OPERATOR, ISA_DIV, ISA_MOD },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (pairs[i].kind != kind)
			continue;
		if (pairs[i].a == op)
			return pairs[i].b;
		if (pairs[i].b == op)
			return pairs[i].a;
	}
	return ISA_NONE;
}

/* The opcode byte of the same form with another operation; 0 when there is none. */
static uint8_t mutant_code(const struct isa_insn *insn, enum isa_op op, uint8_t size)
{
	for (size_t i = 0; i < isa_table_len; i++) {
		const struct isa_desc *d = &isa_table[i];

		if (d->op == op && d->width == insn->width && d->operand == insn->operand && d->size == size &&
		    d->off_exact == insn->desc->off_exact)
			return d->code;
	}
	return 0;
}

static bool mutant_is_memory(enum isa_op op)
{
	return op == ISA_LOAD || op == ISA_LOAD_SX || op == ISA_STORE_REG || op == ISA_STORE_IMM;
}

static bool mutant_other_map(const struct bpfobj *obj, const struct bpfobj_prog *prog, uint32_t insn, uint32_t *ret)
{
	const struct bpfobj_ref *ref = bpfobj_ref_at(prog, insn);

	if (!ref || ref->kind != BPFOBJ_REF_MAP)
		return false;
	for (uint32_t i = 0; i < bpfobj_map_count(obj); i++) {
		const struct bpfobj_map *m = bpfobj_map(obj, i);

		if (m != ref->map && m->type == ref->map->type && m->key_size == ref->map->key_size &&
		    m->value_size == ref->map->value_size) {
			*ret = i;
			return true;
		}
	}
	return false;
}

bool mutant_fits(const struct bpfobj *obj, const struct bpfobj_prog *prog, const struct isa_insn *insns, uint32_t at,
		 enum mutant_kind kind, struct mutant *ret_mutant)
{
	const struct isa_insn *insn = &insns[at];
	bool alu = isa_is_alu(insn->op), jump = isa_is_cond_jump(insn->op), memory = mutant_is_memory(insn->op);
	bool swap = insn->op == ISA_END_BE || insn->op == ISA_BSWAP;

	*ret_mutant = (struct mutant){ .kind = kind, .insn = at };
	switch (kind) {
	case MUTANT_NEGATE:
	case MUTANT_BOUNDARY:
	case MUTANT_SIGN:
	case MUTANT_OPERATOR:
		return mutant_op(kind, insn->op) != ISA_NONE && mutant_code(insn, mutant_op(kind, insn->op), insn->size);
	case MUTANT_NEVER:
	case MUTANT_ALWAYS:
		return jump && insn->target != at + 1;
	case MUTANT_CONSTANT:
		return (alu || jump || insn->op == ISA_STORE_IMM) && insn->operand == ISA_OPERAND_IMM &&
		       insn->imm != INT32_MAX;
	case MUTANT_DROP:
		return (alu && insn->op != ISA_MOV && !swap) || insn->op == ISA_STORE_REG || insn->op == ISA_STORE_IMM ||
		       isa_is_atomic(insn->op);
	case MUTANT_SWAP:
		return swap;
	case MUTANT_OFFSET:
		return memory && insn->off <= INT16_MAX - 8;
	case MUTANT_WIDTH:
		return memory && insn->size > 8 && mutant_code(insn, insn->op, insn->size / 2);
	case MUTANT_CALL:
		return insn->op == ISA_CALL_HELPER;
	case MUTANT_MAP:
		return mutant_other_map(obj, prog, at, &ret_mutant->map);
	default:
		return false;
	}
}

int mutant_list(const struct bpfobj *obj, const struct bpfobj_prog *prog, const struct isa_insn *insns,
		struct arena *arena, struct mutant **ret_list, uint32_t *ret_n)
{
	struct mutant *list = NULL, m;
	size_t n = 0, cap = 0;

	for (uint32_t i = 0; i < prog->n_insns; i++) {
		for (int k = 0; insns[i].slots && k < MUTANT_KIND_COUNT; k++) {
			if (!mutant_fits(obj, prog, insns, i, (enum mutant_kind)k, &m))
				continue;
			list = arena_grow(arena, list, n, &cap, sizeof(*list));
			if (!list)
				return -ENOMEM;
			list[n++] = m;
		}
	}
	*ret_list = list;
	*ret_n = (uint32_t)n;
	return 0;
}

static void mutant_map(const struct bpfobj *obj, struct bpfobj_prog *prog, struct bpfobj_ref *refs, const struct mutant *m)
{
	for (uint32_t i = 0; i < prog->n_refs; i++)
		if (refs[i].insn == m->insn)
			refs[i].map = bpfobj_map(obj, m->map);
	prog->refs = refs;
}

static void mutant_apply(const struct isa_insn *from, const struct mutant *m, struct bpf_insn *insn)
{
	static const struct bpf_insn nothing = { .code = BPF_JMP | BPF_JA };
	int16_t off = insn->off;

	switch (m->kind) {
	case MUTANT_NEGATE:
	case MUTANT_BOUNDARY:
	case MUTANT_SIGN:
	case MUTANT_OPERATOR:
		insn->code = mutant_code(from, mutant_op(m->kind, from->op), from->size);
		return;
	case MUTANT_NEVER:
	case MUTANT_DROP:
	case MUTANT_SWAP:
		*insn = nothing;
		return;
	case MUTANT_ALWAYS:
		*insn = nothing;
		insn->off = off;
		return;
	case MUTANT_CONSTANT:
		insn->imm++;
		return;
	case MUTANT_OFFSET:
		insn->off = (int16_t)(off + from->size / 8);
		return;
	case MUTANT_WIDTH:
		insn->code = mutant_code(from, from->op, from->size / 2);
		return;
	case MUTANT_CALL:
		*insn = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K };
		return;
	case MUTANT_MAP:
		insn->imm = (int32_t)m->map;
		return;
	default:
		return;
	}
}

static struct bpfobj_prog *mutant_copy(const struct bpfobj_prog *prog, struct arena *arena, struct bpf_insn **ret_insns)
{
	struct bpfobj_prog *copy = arena_memdup(arena, prog, sizeof(*prog));

	*ret_insns = arena_memdup(arena, prog->insns, prog->n_insns * sizeof(**ret_insns));
	if (!copy || !*ret_insns)
		return NULL;
	copy->insns = *ret_insns;
	return copy;
}

const struct bpfobj_prog *mutant_make(const struct bpfobj *obj, const struct bpfobj_prog *prog,
				      const struct isa_insn *insns, const struct mutant *m, struct arena *arena)
{
	struct bpf_insn *changed;
	struct bpfobj_prog *copy = mutant_copy(prog, arena, &changed);
	struct bpfobj_ref *refs;

	if (!copy)
		return NULL;
	mutant_apply(&insns[m->insn], m, &changed[m->insn]);
	if (m->kind == MUTANT_MAP) {
		refs = arena_memdup(arena, prog->refs, prog->n_refs * sizeof(*refs));
		if (!refs)
			return NULL;
		mutant_map(obj, copy, refs, m);
	}
	return copy;
}

const struct bpfobj_prog *mutant_canary(const struct bpfobj_prog *prog, uint32_t insn, struct arena *arena)
{
	struct bpf_insn *changed;
	struct bpfobj_prog *copy = mutant_copy(prog, arena, &changed);

	if (!copy)
		return NULL;
	/* r0 = *(u8 *)(r10 + 0): just above the stack, out of bounds whatever happened before */
	if (changed[insn].code == (BPF_LD | BPF_IMM | BPF_DW))
		changed[insn + 1] = (struct bpf_insn){ .code = BPF_JMP | BPF_JA };
	changed[insn] = (struct bpf_insn){ .code = BPF_LDX | BPF_MEM | BPF_B, .src_reg = BPF_REG_10 };
	return copy;
}
