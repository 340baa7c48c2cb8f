/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cfg: the control-flow graph of a linked program: basic blocks, one graph per function.
 *
 * Calls of subprograms do not end a block; a block ends at a jump, an exit, or before a jump target. Blocks
 * are in slot order. Each function's first block is its entry.
 */
#ifndef PROVE_CFG_H
#define PROVE_CFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prove/isa.h"

struct arena;
struct diag;
struct bpfobj_func;

#define CFG_NONE UINT32_MAX

struct cfg_block {
	uint32_t start, end; /* slots, end is not part of it */
	uint32_t func;
	uint32_t next;  /* block reached by falling through or by "goto", CFG_NONE: exit */
	uint32_t taken; /* block reached when a conditional jump is taken, CFG_NONE: none */
	uint32_t n_preds;
	uint32_t order;   /* position in reverse post-order of its function, CFG_NONE: unreachable */
	bool is_loop_head; /* target of a back edge */
};

struct cfg {
	const struct isa_insn *insns;
	uint32_t n_insns;
	struct cfg_block *blocks;
	uint32_t n_blocks;
	uint32_t *block_of; /* per slot */
};

/* insns: from isa_decode_program(). -EINVAL with diag when a jump leaves its function. */
int cfg_build(const struct isa_insn *insns, uint32_t n, const struct bpfobj_func *funcs, uint32_t n_funcs,
	      const char *name, struct arena *arena, struct diag *diag, struct cfg *ret_cfg);

/* An edge to a block that is not later in reverse post-order. */
bool cfg_is_back_edge(const struct cfg *cfg, uint32_t from, uint32_t to);

#endif
