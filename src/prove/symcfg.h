/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symcfg: the control flow of one function, in the order the executor follows.
 *
 * The order is a weak topological order (Bourdoncle 1993): a list whose elements are blocks or components; a
 * component is a loop: its head, then its body, a list again. Every graph has one, irreducible ones too.
 */
#ifndef PROVE_SYMCFG_H
#define PROVE_SYMCFG_H

#include <stdbool.h>
#include <stdint.h>
#include "prove/isa.h"

struct arena;
struct block_ast;

struct block {
	uint32_t start, end; /* slots [start, end) */
	uint32_t succ[2];    /* blocks; for a conditional jump [0] falls through, [1] is taken */
	uint32_t n_succ;
};

struct wto {
	uint32_t block;     /* the block, or the head of the component */
	bool loop;
	struct wto *body;   /* of a loop */
	const struct block_ast *head; /* the block of the contract that is about it, or NULL */
	struct wto *next;
};

struct func_cfg {
	uint32_t start;
	struct block *block; /* [0] is the entry */
	uint32_t n;
	struct wto *order;
	uint32_t n_loops;
};

/* -ENOMEM; insns come from isa_decode_program(). */
int symcfg_build(const struct isa_insn *insns, size_t n, uint32_t start, struct arena *arena,
		 struct func_cfg **ret_cfg);

#endif
