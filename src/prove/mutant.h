/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mutant: small changes to a program's bytecode, each a mistake somebody could make: to see whether the properties that
 * are proved of the program notice.
 *
 * A mutant keeps the number of slots; what is removed becomes "goto +0".
 */
#ifndef PROVE_MUTANT_H
#define PROVE_MUTANT_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct bpfobj;
struct bpfobj_prog;
struct isa_insn;

enum mutant_kind {
	MUTANT_NEGATE,    /* a condition the other way round */
	MUTANT_BOUNDARY,  /* > for >=, < for <=: off by one */
	MUTANT_SIGN,      /* signed for unsigned, and back; sign extension lost */
	MUTANT_NEVER,     /* a conditional jump never taken */
	MUTANT_ALWAYS,    /* ... always taken */
	MUTANT_CONSTANT,  /* an immediate plus one */
	MUTANT_OPERATOR,  /* + for -, & for |, << for >> */
	MUTANT_DROP,      /* an arithmetic instruction, mask or store left out */
	MUTANT_SWAP,      /* a byte swap forgotten */
	MUTANT_OFFSET,    /* a load or store one element further */
	MUTANT_WIDTH,     /* a load or store of half the size */
	MUTANT_CALL,      /* a helper not called, 0 in place of what it returns */
	MUTANT_MAP,       /* another map of the same shape */
	MUTANT_KIND_COUNT,
};

struct mutant {
	enum mutant_kind kind;
	uint32_t insn;
	uint32_t map; /* MUTANT_MAP: the other one's index */
};

const char *mutant_kind_name(enum mutant_kind kind);

/* Can that kind be made of the instruction? For MUTANT_MAP the first other map is put into ret_mutant. */
bool mutant_fits(const struct bpfobj *obj, const struct bpfobj_prog *prog, const struct isa_insn *insns, uint32_t insn,
		 enum mutant_kind kind, struct mutant *ret_mutant);

/* All of a program's, by instruction and kind, into an array in the arena. -ENOMEM. */
int mutant_list(const struct bpfobj *obj, const struct bpfobj_prog *prog, const struct isa_insn *insns,
		struct arena *arena, struct mutant **ret_list, uint32_t *ret_n);

/* A copy of the program with the change, in the arena; it shares everything else. NULL without memory. */
const struct bpfobj_prog *mutant_make(const struct bpfobj *obj, const struct bpfobj_prog *prog,
				      const struct isa_insn *insns, const struct mutant *m, struct arena *arena);

/* The same with an access out of bounds at that instruction: if that goes unnoticed, nothing there matters. */
const struct bpfobj_prog *mutant_canary(const struct bpfobj_prog *prog, uint32_t insn, struct arena *arena);

#endif
