// SPDX-License-Identifier: GPL-2.0-only
/* symhead: loops in code by invariant; see symexec.h. */
#include <string.h>
#include "prove/contract.h"
#include "prove/symexec.h"
#include "prove/symiter.h"
#include "prove/symloop.h"

struct head {
	struct sym *s;
	struct activation *a;
	const struct wto *w;
	struct contract_head at; /* .at changes */
	struct loop_changes *sum;
	struct state **pending;  /* of the activation, before a round */
	struct state *exit;
	struct loop_entry *seen;
	term variant;            /* before the iteration */
	bool u64;
};

/* After `round` iterations. */
static term invariant(struct head *h, const struct state *st, term round)
{
	h->at.at = st;
	h->at.count = round;
	return contract_head_invariant(h->s, &h->at);
}

static term variant(struct head *h, const struct state *st, term round)
{
	h->at.at = st;
	h->at.count = round;
	return contract_head_variant(h->s, &h->at, &h->u64);
}

/* That the invariant holds where the loop is entered; the state is kept for the replay. */
static void oblige_entry(struct head *h)
{
	struct sym *s = h->s;
	term holds = invariant(h, h->at.entry, term_const(&s->t, 64, 0));

	sym_oblige(s, h->at.entry, PROP_INVARIANT, holds, "the invariant does not hold where the loop is entered");
	*h->seen = (struct loop_entry){ .insn = s->insn, .cond = holds, .state = h->at.entry, .next = s->loop_entries };
	s->loop_entries = h->seen;
}

/* Any iteration, from any state the invariant allows; returns the state before it, in *ret_back what comes round. */
static struct state *iteration(struct head *h, struct state **ret_back)
{
	struct sym *s = h->s;
	struct state *body = state_copy(s, (struct state *)(uintptr_t)h->at.entry), *before;
	uint32_t block = h->w->block;

	if (!body)
		return NULL;
	loop_forget(s, body, h->sum);
	loop_forget_registers(s, body, h->at.entry, h->sum);
	body->pc = term_and(&s->t, body->pc, invariant(h, body, h->sum->count));
	before = state_copy(s, body);
	if (!before)
		return NULL;
	h->variant = variant(h, before, h->sum->count);
	h->a->pending[block] = body;
	s->iteration++;
	if (body->pc != TERM_FALSE)
		sym_exec_block(s, h->a, block);
	if (!s->stop)
		sym_exec_list(s, h->a, h->w->body);
	s->iteration--;
	if (sym_body_pending(h->a, h->w->body))
		sym_give_up(s, "the loop at instruction %u is entered at two places", h->a->cfg->block[block].start);
	*ret_back = h->a->pending[block];
	h->a->pending[block] = NULL;
	s->insn = h->a->cfg->block[block].start;
	return before;
}

/* What was begun in an iteration has to be finished in it: what the rest of the proof sees is one iteration only. */
static void oblige_finished(struct head *h, const struct state *back, const struct loop_mark *m)
{
	struct sym *s = h->s;
	struct terms *t = &s->t;

	for (size_t i = m->n_regions; i < s->n_regions; i++)
		if (s->region[i]->kind == REGION_RECORD)
			sym_oblige(s, back, PROP_LEAK, term_not(t, term_and(t, s->region[i]->acquired, term_not(t, s->region[i]->released))),
				   arena_printf(s->arena, "the %s is held when the loop goes round", s->region[i]->name));
	symiter_goes_round(s, back, m->n_regions);
	if (m->locked == TERM_FALSE)
		sym_oblige(s, back, PROP_LEAK, term_not(t, s->locked), "a lock is held when the loop goes round");
	else if (s->locked != m->locked)
		sym_give_up(s, "instruction %u: a lock is taken or released in a loop that is not unrolled", s->insn);
}

static void oblige_round(struct head *h, const struct state *before, const struct state *back, size_t n_regions)
{
	struct sym *s = h->s;
	struct terms *t = &s->t;
	term round = term_add(t, h->sum->count, term_const(t, 64, 1)), after, smaller;

	sym_oblige(s, back, PROP_INVARIANT, invariant(h, back, round), "the invariant does not survive an iteration");
	if (!contract_head_has_variant(&h->at)) {
		smaller = symiter_variant(s, h->sum, n_regions, before, back);
		if (smaller)
			sym_oblige(s, back, PROP_TERMINATION, smaller, "the loop has no variant, and may go on without a number of its iterator");
		else
			contract_head_refuse(s, &h->at, "a loop in code needs a variant: a number that gets smaller with every iteration");
		return;
	}
	after = variant(h, back, round);
	smaller = term_cmp(t, h->u64 ? TERM_OP_ULT : TERM_OP_SLT, after, h->variant);
	if (!h->u64)
		smaller = term_and(t, smaller, term_cmp(t, TERM_OP_SLE, term_const(t, 64, 0), h->variant));
	sym_oblige(s, back, PROP_TERMINATION, smaller, "the variant does not get smaller, or is negative while the loop goes on");
}

/* What happened in the one iteration may have happened in others before it. */
static void spread(struct head *h, const struct loop_mark *m)
{
	struct sym *s = h->s;

	for (size_t i = m->n_log; i < s->n_log; i++)
		s->log[i].in_loop = true;
	for (struct event *e = s->events; e != m->events; e = e->next) {
		e->guard = h->at.entry->pc;
		e->unseen = true;
		s->loop_events = true;
	}
	for (size_t i = 0; i < s->n_maps; i++)
		if (s->map[i].wrote)
			s->map[i].wrote = term_or(&s->t, s->map[i].wrote, h->at.entry->pc);
	for (size_t i = 0; i < m->n_regions; i++)
		if (s->region[i]->released != m->released[i])
			sym_give_up(s, "instruction %u: a record from outside is released in a loop that is not unrolled", s->insn);
}

static void run(struct head *h)
{
	struct sym *s = h->s;
	struct activation *a = h->a;
	struct state *before = NULL, *back = NULL;
	struct loop_mark m;
	bool stable = false;

	for (int round = 0; round < LOOP_MAX_ROUNDS && !stable && !s->stop; round++) {
		memcpy(h->pending, a->pending, a->cfg->n * sizeof(*a->pending));
		h->exit = a->exit;
		if (!loop_mark(s, &m))
			return;
		before = iteration(h, &back);
		if (!before)
			return;
		stable = true;
		if (back) {
			stable = !loop_compare(s, before, back, &m, h->sum);
			stable = !loop_compare_registers(s, before, back, h->sum) && stable;
		}
		stable = !loop_compare_maps(s, back, &m, h->sum) && stable;
		if (h->sum->full)
			break;
		if (!stable) {
			loop_back_to(s, &m);
			memcpy(a->pending, h->pending, a->cfg->n * sizeof(*a->pending));
			a->exit = h->exit;
		}
	}
	if (!stable) {
		sym_give_up(s, "instruction %u: what the loop changes was not found", s->insn);
		s->stop = true;
		return;
	}
	h->seen->begin = before;
	spread(h, &m);
	if (!back)
		return;
	oblige_round(h, before, back, m.n_regions);
	oblige_finished(h, back, &m);
}

void symhead_run(struct sym *s, struct activation *a, const struct wto *w)
{
	struct state *entry = a->pending[w->block];
	struct head h = { .s = s, .a = a, .w = w, .sum = arena_new(s->arena, struct loop_changes), .seen = arena_new(s->arena, struct loop_entry),
			  .pending = arena_calloc(s->arena, a->cfg->n, sizeof(*h.pending)) };

	s->insn = a->cfg->block[w->block].start;
	if (sym_body_pending(a, w->body))
		sym_give_up(s, "the loop at instruction %u is entered at two places", s->insn);
	a->pending[w->block] = NULL;
	if (!entry)
		return;
	h.at = (struct contract_head){ .block = w->head, .entry = entry, .before = s->n_map_ops, .pre_regions = s->n_regions };
	if (!h.sum || !h.pending || !h.seen) {
		sym_give_up(s, "out of memory");
		s->stop = true;
		return;
	}
	h.sum->count = term_fresh(&s->t, 64, "iterations");
	if (a->cfg->start) {
		h.at.func = bpfobj_func_at(s->prog, a->cfg->start);
		h.at.arg = a->arg;
	}
	s->abstracted = true;
	invariant(&h, entry, term_const(&s->t, 64, 0)); /* so that the elements it speaks of are looked at before the loop */
	h.at.pre_regions = s->n_regions;
	oblige_entry(&h);
	run(&h);
}
