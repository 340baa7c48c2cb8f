// SPDX-License-Identifier: GPL-2.0-only
/* symretry: see symretry.h. Whatever is not known to be harmless is a change. */
#include "prove/symretry.h"

#include "prove/contract.h"

/* No way on is a way on which that happened. */
static bool never_together(struct sym *s, const struct state *after, term goes_on, term happened)
{
	term both = term_and(&s->t, goes_on, happened);
	struct state *st;

	if (both == TERM_FALSE)
		return true;
	st = state_copy(s, (struct state *)(uintptr_t)after);
	if (!st)
		return false;
	st->pc = both;
	return !state_feasible(s, st, s->opts.smt.timeout);
}

static bool same_ops(struct sym *s, const struct state *after, const struct loop_mark *m, term goes_on)
{
	for (size_t i = 0; i < s->n_maps; i++)
		for (const struct map_op *o = s->map[i].ops; o != (i < m->n_maps ? m->ops[i] : NULL); o = o->next)
			if (!never_together(s, after, goes_on, o->guard))
				return false;
	return true;
}

/* An element that an operation of the iteration made: it is there only where the iteration ends the loop. */
static bool made(const struct sym *s, const struct loop_mark *m, uint32_t region)
{
	for (size_t i = 0; i < s->n_maps; i++)
		for (const struct map_op *o = s->map[i].ops; o != (i < m->n_maps ? m->ops[i] : NULL); o = o->next)
			if (!o->unseen && !o->is_delete && o->row == region)
				return true;
	return false;
}

static bool same_memory(const struct sym *s, const struct state *before, const struct state *after, const struct loop_mark *m)
{
	for (uint32_t r = 1; r < after->n_mem; r++) {
		const struct rmem *a = after->mem[r], *b = r < before->n_mem ? before->mem[r] : NULL;

		if (!a || a == b)
			continue;
		if (r >= m->n_regions && (s->region[r]->kind == REGION_STACK || made(s, m, r)))
			continue;
		if (r >= m->n_regions || !b || a->base != b->base)
			return false;
		for (uint32_t i = 0; i < a->n; i++)
			if (a->cell[i] != b->cell[i])
				return false;
	}
	return true;
}

/* Records, iterators, locks, writes to what others see, and calls of functions that may have done anything. */
static bool same_outside(const struct sym *s, const struct loop_mark *m)
{
	for (size_t i = 0; i < s->n_regions; i++) {
		const struct region *r = s->region[i];

		if (i >= m->n_regions && (r->kind == REGION_ITER || (r->kind == REGION_RECORD && r->acquired != TERM_FALSE)))
			return false;
		if (i < m->n_regions && r->released != m->released[i])
			return false;
	}
	for (size_t i = m->n_log; i < s->n_log; i++) {
		const struct log_entry *e = &s->log[i];

		if (e->kind == LOG_KWRITE || e->writes || e->havocs || e->dst || e->release)
			return false;
	}
	return s->events == m->events && s->locked == m->locked && s->n_unseen == m->n_unseen;
}

/*
 * Of maps that no clause names it is as well to forget what they hold: what is known of many elements makes large terms.
 */
static bool worth_while(const struct sym *s, const struct loop_mark *m)
{
	bool changed = false;

	for (size_t i = 0; i < s->n_maps; i++) {
		if (s->map[i].ops == (i < m->n_maps ? m->ops[i] : NULL))
			continue;
		changed = true;
		if (contract_speaks_of(s, s->map[i].map))
			return true;
	}
	return !changed;
}

bool symretry_changes_nothing(struct sym *s, const struct state *before, const struct state *after,
			      const struct loop_mark *m, term goes_on)
{
	for (size_t i = 0; i < s->n_maps; i++)
		if (s->map[i].discipline != MAP_PRIVATE && s->map[i].wrote)
			return false;
	return worth_while(s, m) && same_outside(s, m) && same_memory(s, before, after, m) && same_ops(s, after, m, goes_on);
}
