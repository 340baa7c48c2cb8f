// SPDX-License-Identifier: GPL-2.0-only
/* cfg: see cfg.h. */
#include "prove/cfg.h"

#include <errno.h>

#include "bpfobj/bpfobj.h"
#include "common/arena.h"
#include "common/diag.h"

static int cfg_check_targets(const struct isa_insn *insns, const struct bpfobj_func *f, const char *name,
			     struct diag *diag)
{
	for (uint32_t i = f->start; i < f->start + f->len; i++) {
		if (isa_is_jump(insns[i].op) && insns[i].target - f->start >= f->len)
			return diag_fail(diag, -EINVAL, DIAG_AT(.section = name, DIAG_INSN(i)),
					 "jump out of function '%s'", f->name);
	}
	for (uint32_t i = f->start + f->len; i-- > f->start;) {
		if (!insns[i].slots)
			continue;
		if (!isa_is_terminator(insns[i].op))
			return diag_fail(diag, -EINVAL, DIAG_AT(.section = name, DIAG_INSN(i)),
					 "control falls off the end of function '%s'", f->name);
		break;
	}
	return 0;
}

/* Marks the slots at which a block starts. */
static void cfg_mark(const struct isa_insn *insns, const struct bpfobj_func *f, uint8_t *starts)
{
	starts[f->start] = 1;
	for (uint32_t i = f->start; i < f->start + f->len; i++) {
		if (isa_is_jump(insns[i].op))
			starts[insns[i].target] = 1;
		if ((isa_is_jump(insns[i].op) || insns[i].op == ISA_EXIT) && i + 1 < f->start + f->len)
			starts[i + 1] = 1;
	}
}

static void cfg_cut(struct cfg *cfg, const struct bpfobj_func *f, uint32_t func, const uint8_t *starts)
{
	for (uint32_t i = f->start; i < f->start + f->len; i++) {
		if (starts[i]) {
			cfg->blocks[cfg->n_blocks++] = (struct cfg_block){ .start = i, .func = func, .next = CFG_NONE,
									   .taken = CFG_NONE, .order = CFG_NONE };
		}
		cfg->block_of[i] = cfg->n_blocks - 1;
		cfg->blocks[cfg->n_blocks - 1].end = i + 1;
	}
}

static void cfg_connect(struct cfg *cfg)
{
	for (uint32_t b = 0; b < cfg->n_blocks; b++) {
		struct cfg_block *block = &cfg->blocks[b];
		uint32_t last = block->end - 1;
		const struct isa_insn *insn;

		while (!cfg->insns[last].slots && last > block->start)
			last--;
		insn = &cfg->insns[last];
		if (insn->op == ISA_JA)
			block->next = cfg->block_of[insn->target];
		else if (insn->op != ISA_EXIT)
			block->next = cfg->block_of[block->end];
		if (isa_is_cond_jump(insn->op))
			block->taken = cfg->block_of[insn->target];
		if (block->next != CFG_NONE)
			cfg->blocks[block->next].n_preds++;
		if (block->taken != CFG_NONE)
			cfg->blocks[block->taken].n_preds++;
	}
}

/* Depth first without recursion: programs may have 100,000 blocks. Numbers blocks in reverse post-order. */
static void cfg_order(struct cfg *cfg, uint32_t entry, uint32_t *stack, uint8_t *state, uint32_t *post)
{
	uint32_t n = 0, n_post = 0;

	stack[n++] = entry;
	while (n) {
		uint32_t b = stack[n - 1], next = CFG_NONE;

		if (state[b] == 0) {
			state[b] = 1;
			next = cfg->blocks[b].taken;
		} else if (state[b] == 1) {
			state[b] = 2;
			next = cfg->blocks[b].next;
		} else {
			state[b] = 3;
			post[n_post++] = b;
			n--;
			continue;
		}
		if (next != CFG_NONE && state[next] == 0)
			stack[n++] = next;
		else if (next != CFG_NONE && state[next] < 3)
			cfg->blocks[next].is_loop_head = true;
	}
	for (uint32_t i = 0; i < n_post; i++)
		cfg->blocks[post[i]].order = n_post - 1 - i;
}

int cfg_build(const struct isa_insn *insns, uint32_t n, const struct bpfobj_func *funcs, uint32_t n_funcs,
	      const char *name, struct arena *arena, struct diag *diag, struct cfg *ret_cfg)
{
	struct cfg cfg = { .insns = insns, .n_insns = n };
	uint8_t *starts = arena_new_n(arena, (size_t)n + 1, uint8_t);
	uint32_t *stack = arena_new_n(arena, (size_t)n + 1, uint32_t), *post = arena_new_n(arena, (size_t)n + 1, uint32_t);
	uint8_t *state = arena_new_n(arena, (size_t)n + 1, uint8_t);
	int err;

	cfg.blocks = arena_new_n(arena, n, struct cfg_block);
	cfg.block_of = arena_new_n(arena, n, uint32_t);
	if (!starts || !stack || !post || !state || !cfg.blocks || !cfg.block_of)
		return diag_fail(diag, -ENOMEM, DIAG_AT(.section = name), "out of memory");
	for (uint32_t f = 0; f < n_funcs; f++) {
		err = cfg_check_targets(insns, &funcs[f], name, diag);
		if (err)
			return err;
		cfg_mark(insns, &funcs[f], starts);
	}
	for (uint32_t f = 0; f < n_funcs; f++)
		cfg_cut(&cfg, &funcs[f], f, starts);
	cfg_connect(&cfg);
	for (uint32_t f = 0; f < n_funcs; f++)
		cfg_order(&cfg, cfg.block_of[funcs[f].start], stack, state, post);
	*ret_cfg = cfg;
	return 0;
}

bool cfg_is_back_edge(const struct cfg *cfg, uint32_t from, uint32_t to)
{
	return cfg->blocks[to].order <= cfg->blocks[from].order;
}
