// SPDX-License-Identifier: GPL-2.0-only
/* symcfg: see symcfg.h. Blocks end at jumps, exits, and before jump targets. */
#include "prove/symcfg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "common/arena.h"

struct build {
	const struct isa_insn *insns;
	size_t n;
	struct arena *arena;
	uint8_t *reached; /* by slot: 1 reached, 2 a leader too */
	uint32_t *at;     /* slot -> block */
	struct func_cfg *cfg;
	/* Bourdoncle's numbering */
	uint32_t *dfn, *stack;
	uint32_t sp, num;
	bool failed;
};

static uint32_t next_slot(const struct build *b, uint32_t i) { return i + (b->insns[i].slots ? b->insns[i].slots : 1); }

static int reach(struct build *b, uint32_t start)
{
	uint32_t *todo = calloc(b->n + 1, sizeof(*todo));
	size_t n = 0;

	if (!todo)
		return -ENOMEM;
	todo[n++] = start;
	b->reached[start] = 2;
	while (n) {
		uint32_t i = todo[--n];

		for (;;) {
			const struct isa_insn *in = &b->insns[i];
			bool jumps = isa_is_jump(in->op);

			if (!b->reached[i])
				b->reached[i] = 1;
			if (jumps) {
				if (!b->reached[in->target])
					todo[n++] = in->target;
				b->reached[in->target] = 2;
			}
			if (isa_is_terminator(in->op))
				break;
			i = next_slot(b, i);
			if (i >= b->n)
				break;
			bool seen = b->reached[i];
			if (jumps)
				b->reached[i] = 2;
			if (seen)
				break;
		}
	}
	free(todo);
	return 0;
}

static int make_blocks(struct build *b, uint32_t start)
{
	struct func_cfg *c = b->cfg;
	uint32_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->reached[i] == 2;
	c->block = arena_calloc(b->arena, n, sizeof(*c->block));
	if (!c->block)
		return -ENOMEM;
	c->block[c->n++].start = start;
	b->at[start] = 0;
	for (uint32_t i = 0; i < b->n; i++)
		if (b->reached[i] == 2 && i != start) {
			b->at[i] = c->n;
			c->block[c->n++].start = i;
		}
	for (uint32_t k = 0; k < c->n; k++) {
		struct block *bl = &c->block[k];
		uint32_t i = bl->start;

		for (;;) {
			const struct isa_insn *in = &b->insns[i];
			uint32_t next = next_slot(b, i);

			if (isa_is_jump(in->op) || in->op == ISA_EXIT || next >= b->n || b->reached[next] == 2) {
				bl->end = next;
				if (in->op != ISA_JA && in->op != ISA_EXIT && next < b->n)
					bl->succ[bl->n_succ++] = b->at[next];
				if (isa_is_jump(in->op))
					bl->succ[bl->n_succ++] = b->at[in->target];
				break;
			}
			i = next;
		}
	}
	return 0;
}

static uint32_t visit(struct build *b, uint32_t v, struct wto **list);

static struct wto *new_wto(struct build *b, uint32_t v)
{
	struct wto *w = arena_new(b->arena, struct wto);

	if (w)
		w->block = v;
	else
		b->failed = true;
	return w;
}

static void component(struct build *b, uint32_t v, struct wto **list)
{
	struct wto *w = new_wto(b, v);

	if (!w)
		return;
	for (uint32_t i = 0; i < b->cfg->block[v].n_succ; i++)
		if (!b->dfn[b->cfg->block[v].succ[i]])
			visit(b, b->cfg->block[v].succ[i], &w->body);
	w->loop = true;
	b->cfg->n_loops++;
	w->next = *list;
	*list = w;
}

static uint32_t visit(struct build *b, uint32_t v, struct wto **list)
{
	uint32_t head, min;
	bool loop = false;

	b->stack[b->sp++] = v;
	head = b->dfn[v] = ++b->num;
	for (uint32_t i = 0; i < b->cfg->block[v].n_succ; i++) {
		uint32_t s = b->cfg->block[v].succ[i];

		min = b->dfn[s] ? b->dfn[s] : visit(b, s, list);
		if (min <= head) {
			head = min;
			loop = true;
		}
	}
	if (head != b->dfn[v])
		return head;
	b->dfn[v] = UINT32_MAX;
	uint32_t e = b->stack[--b->sp];
	if (!loop) {
		struct wto *w = new_wto(b, v);
		if (w) {
			w->next = *list;
			*list = w;
		}
		return head;
	}
	while (e != v) {
		b->dfn[e] = 0;
		e = b->stack[--b->sp];
	}
	component(b, v, list);
	return head;
}

int symcfg_build(const struct isa_insn *insns, size_t n, uint32_t start, struct arena *arena,
		 struct func_cfg **ret_cfg)
{
	struct build b = { .insns = insns, .n = n, .arena = arena };
	int r = -ENOMEM;

	b.reached = calloc(n + 1, 1);
	b.at = calloc(n + 1, sizeof(*b.at));
	b.cfg = arena_new(arena, struct func_cfg);
	if (!b.reached || !b.at || !b.cfg)
		goto out;
	b.cfg->start = start;
	r = reach(&b, start);
	if (!r)
		r = make_blocks(&b, start);
	if (r)
		goto out;
	b.dfn = calloc(b.cfg->n, sizeof(*b.dfn));
	b.stack = calloc((size_t)b.cfg->n + 1, sizeof(*b.stack));
	if (!b.dfn || !b.stack) {
		r = -ENOMEM;
		goto out;
	}
	visit(&b, 0, &b.cfg->order);
	r = b.failed ? -ENOMEM : 0;
	*ret_cfg = b.cfg;
out:
	free(b.reached);
	free(b.at);
	free(b.dfn);
	free(b.stack);
	return r;
}
