// SPDX-License-Identifier: GPL-2.0-only
/*
 * helper_loop: bpf_loop().
 *
 * A loop of few instructions is unrolled, iteration by iteration, until no further one is possible. A bigger one is
 * summarised: the callback runs once from a state in which every cell that the callback may change holds anything of
 * the kinds it can hold (found by repeating until nothing new is changed), with any index below the count. What
 * holds for that run holds for every iteration; after the loop those cells hold anything again. Nothing is assumed;
 * what is lost is what the loop computes, so contracts about it become unknown.
 */
#include <string.h>
#include "prove/helper.h"

#define UNROLL_BUDGET 4000 /* instructions */
#define UNROLL_MOST 64      /* iterations: their states are joined one by one */
#define MAX_ROUNDS 8
#define MAX_CHANGED 4096

static uint32_t function_length(const struct sym *s, uint32_t start)
{
	const struct bpfobj_func *f = bpfobj_func_at(s->prog, start);

	return f && f->len ? f->len : 100;
}

/* --- unrolled --- */


static bool leave(struct sym *s, struct state **done, struct state *from, term cond, const struct val *result)
{
	struct state *out = state_copy(s, from);

	if (!out)
		return false;
	out->pc = term_and(&s->t, from->pc, cond);
	out->r[0] = result; /* joined with the state */
	if (out->pc != TERM_FALSE)
		*done = state_join(s, *done, out);
	from->pc = term_and(&s->t, from->pc, term_not(&s->t, cond));
	return true;
}

static struct state *unroll(struct helper_call *c, struct state *run, term n, uint32_t target)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	struct state *done = NULL;
	uint32_t insn = s->insn;

	for (uint32_t k = 0; run && !s->stop; k++) {
		if (!leave(s, &done, run, term_not(t, term_ult(t, term_const(t, 32, k), n)), val_const(s, k)))
			return NULL;
		s->insn = insn;
		if (run->pc == TERM_FALSE) /* k < n folds to false at the latest at the bound of n */
			break;
		if (k >= s->opts.max_unroll) {
			sym_give_up(s, "instruction %u: bpf_loop may run more than %u times", insn, k);
			s->stop = true;
			return NULL;
		}
		run->r[1] = val_const(s, k);
		run->r[2] = c->arg[2];
		run = sym_call(s, run, target);
		if (run && !leave(s, &done, run, term_not(t, term_eq_k(t, val_number(s, run->r[0]), 0)), val_const(s, k + 1)))
			return NULL;
	}
	return done;
}

/* --- summarised --- */

/* Facts that are kept outside of states, to go back to. */
struct mark {
	size_t n_obligs, n_log, n_regions, n_maps;
	size_t n_checked[PROP_COUNT];
	struct event *events;
	term locked;
	term *released;
	struct map_op **ops;
};

static bool take_mark(struct sym *s, struct mark *m)
{
	*m = (struct mark){ .n_obligs = s->n_obligs, .n_log = s->n_log, .n_regions = s->n_regions, .n_maps = s->n_maps,
			    .events = s->events, .locked = s->locked };
	memcpy(m->n_checked, s->n_checked, sizeof(m->n_checked));
	m->released = arena_new_n(s->arena, s->n_regions + 1, term);
	m->ops = arena_new_n(s->arena, s->n_maps + 1, struct map_op *);
	if (!m->released || !m->ops)
		return false;
	for (size_t i = 0; i < s->n_regions; i++)
		m->released[i] = s->region[i]->released;
	for (size_t i = 0; i < s->n_maps; i++)
		m->ops[i] = s->map[i].ops;
	return true;
}

static void back_to(struct sym *s, const struct mark *m)
{
	s->n_obligs = m->n_obligs;
	s->n_log = m->n_log;
	memcpy(s->n_checked, m->n_checked, sizeof(m->n_checked));
	s->events = m->events;
	s->locked = m->locked;
	for (size_t i = 0; i < s->n_regions; i++)
		if (i < m->n_regions)
			s->region[i]->released = m->released[i];
		else
			s->region[i]->acquired = TERM_FALSE; /* of a run that does not count */
	for (size_t i = 0; i < s->n_maps; i++)
		s->map[i].ops = i < m->n_maps ? m->ops[i] : NULL;
}

struct changed {
	uint32_t region, cell;
	const struct val *kind; /* every pointer it can be; bits: whether it can be a number */
};

struct summary {
	struct changed list[MAX_CHANGED];
	uint32_t n;
	bool full;
};

static const struct val *cell_kind(struct sym *s, const struct state *st, uint32_t region, uint32_t cell)
{
	const struct rmem *m = region < st->n_mem ? st->mem[region] : NULL;
	const struct cell *c = m ? m->cell[cell] : region_get(s, region)->first[cell];

	if (!c)
		c = region_get(s, region)->first[cell];
	return c && c->v ? c->v : NULL;
}

/* As a number it is null or nothing. */
static bool null_at_most(struct sym *s, const struct val *v)
{
	return v && (!v->bits || v->bits == term_const(&s->t, 64, 0));
}

static bool covers(struct sym *s, const struct val *kind, const struct val *v)
{
	if (!v || v->bits) {
		if (!kind->bits || (null_at_most(s, kind) && !null_at_most(s, v)))
			return false;
	}
	if (!v)
		return true;
	for (uint32_t i = 0; i < v->n; i++) {
		const struct region *r = region_get(s, v->alt[i].region);
		bool found = false;

		for (uint32_t j = 0; kind && j < kind->n && !found; j++) {
			const struct region *k = region_get(s, kind->alt[j].region);
			bool same = k == r || (k->kind == REGION_KOBJ && r->kind == REGION_KOBJ && k->type == r->type);
			found = same && (kind->alt[j].off == v->alt[i].off || term_op(&s->t, kind->alt[j].off) == TERM_OP_VAR);
		}
		if (!found)
			return false;
	}
	return true;
}

/* The object is in a already, at another offset. */
static bool moves(const struct sym *s, const struct val *a, const struct region *r, term off)
{
	for (uint32_t i = 0; a && i < a->n; i++) {
		const struct region *k = region_get(s, a->alt[i].region);
		bool same = k == r || (k->kind == REGION_KOBJ && r->kind == REGION_KOBJ && k->type == r->type);

		if (same && a->alt[i].off != off)
			return true;
	}
	return false;
}

/* Anything that a or b can be: fresh guards, fresh numbers, fresh objects of the same types. */
static const struct val *anything(struct sym *s, const struct val *a, const struct val *b)
{
	struct terms *t = &s->t;
	const struct val *from[2] = { a, b };
	const struct val *v = NULL;
	bool number = !a || !b || !a->n || !b->n || a->bits || b->bits;

	if (number)
		v = null_at_most(s, a) && null_at_most(s, b) ? val_const(s, 0) : val_scalar(s, term_fresh(t, 64, "in the loop"));
	for (int k = 0; k < 2; k++)
		for (uint32_t i = 0; from[k] && i < from[k]->n; i++) {
			struct region *r = region_get(s, from[k]->alt[i].region);
			term off = from[k]->alt[i].off;
			const struct val *p;

			if (r->kind == REGION_KOBJ)
				r = region_kobj(s, r->type, term_fresh(t, 64, r->name));
			if (k == 1 && moves(s, a, r, off))
				off = term_fresh(t, 64, "offset in the loop");
			p = val_ptr(s, r->id, off);
			v = v ? val_merge(s, term_fresh(t, 0, "is a pointer"), p, v) : p;
		}
	return v ? v : val_scalar(s, term_fresh(t, 64, "in the loop"));
}

static void forget(struct sym *s, struct state *st, const struct summary *sum)
{
	for (uint32_t i = 0; i < sum->n; i++) {
		const struct changed *c = &sum->list[i];
		struct region *r = region_get(s, c->region);
		unsigned size = r->size - 8ull * c->cell < 8 ? (unsigned)(r->size - 8ull * c->cell) : 8;
		term was_init = TERM_TRUE;

		if (!c->kind || !c->kind->n || size < 8) {
			mem_forget(s, st, r, c->cell);
			continue;
		}
		const struct val *v = anything(s, c->kind, c->kind);
		/* it stays uninitialised where it was and the loop need not have written it */
		for (unsigned j = 0; j < size; j++) {
			term in;
			mem_byte(s, st, r, 8ull * c->cell + j, &in);
			was_init = term_and(&s->t, was_init, in);
		}
		struct val *w = arena_alloc(s->arena, sizeof(*w) + v->n * sizeof(v->alt[0]));
		if (!w)
			return;
		memcpy(w, v, sizeof(*w) + v->n * sizeof(v->alt[0]));
		w->init = was_init;
		mem_store(s, st, r, term_const(&s->t, 64, 8ull * c->cell), 8, w, TERM_TRUE);
	}
}

/* What differs between the state before the callback and after it; true when something new does. */
static bool compare(struct sym *s, const struct state *before, const struct state *after, const struct mark *m,
		    struct summary *sum)
{
	bool grown = false;

	for (uint32_t r = 1; r < m->n_regions && r < after->n_mem; r++) {
		const struct rmem *b = r < before->n_mem ? before->mem[r] : NULL, *a = after->mem[r];

		for (uint32_t i = 0; a && a != b && i < a->n; i++) {
			uint32_t k = 0;

			if (a->cell[i] == (b ? b->cell[i] : NULL))
				continue;
			while (k < sum->n && (sum->list[k].region != r || sum->list[k].cell != i))
				k++;
			const struct val *now = cell_kind(s, after, r, i);
			if (k == sum->n) {
				const struct val *was = cell_kind(s, before, r, i);
				if (sum->n == MAX_CHANGED) {
					sum->full = true;
					return true;
				}
				sum->list[sum->n++] = (struct changed){ r, i, anything(s, was, now) };
				grown = true;
			} else if (!covers(s, sum->list[k].kind, now)) {
				sum->list[k].kind = anything(s, sum->list[k].kind, now);
				grown = true;
			}
		}
	}
	return grown;
}

/* Maps that the callback changes, or whose rows it writes by keys that are new each time: no longer followed. */
static bool forget_maps(struct sym *s, const struct state *after, const struct mark *m)
{
	size_t n_regions = s->n_regions, n_maps = s->n_maps;
	bool more = false;

	for (size_t i = 0; i < n_maps; i++) {
		bool changed = s->map[i].ops != (i < m->n_maps ? m->ops[i] : NULL);

		for (size_t r = m->n_regions; after && r < after->n_mem && r < n_regions && !changed; r++)
			changed = after->mem[r] && s->region[r]->kind == REGION_ROW && s->region[r]->map == s->map[i].map;
		if (!changed || s->map[i].any)
			continue;
		symmap_forget(s, &s->map[i]);
		more = true;
	}
	return more;
}

/* Effects on things outside of states that one run cannot stand for. */
static void refuse_unsound(struct sym *s, const struct mark *m)
{
	if (s->locked != m->locked)
		sym_give_up(s, "instruction %u: a lock is taken or released in a bpf_loop that is not unrolled", s->insn);
	for (size_t i = 0; i < m->n_regions; i++)
		if (s->region[i]->released != m->released[i])
			sym_give_up(s, "instruction %u: a record from outside is released in a bpf_loop that is not unrolled", s->insn);
	if (s->events != m->events)
		s->loop_events = true;
}

static struct state *summarise(struct helper_call *c, struct state *run, term n, uint32_t target)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	struct summary *sum = arena_new(s->arena, struct summary);
	struct mark m;
	uint32_t insn = s->insn;
	size_t n_log = s->n_log;
	struct state *after = NULL;
	bool stable = false;

	if (!sum)
		return NULL;
	for (int round = 0; round < MAX_ROUNDS && !stable && !s->stop; round++) {
		struct state *body = state_copy(s, run), *before;
		term index = term_fresh(t, 32, "index in the loop");

		if (!body || !take_mark(s, &m))
			return NULL;
		forget(s, body, sum);
		body->pc = term_and(t, body->pc, term_ult(t, index, n));
		body->r[1] = val_scalar(s, term_extend(t, false, 64, index));
		body->r[2] = c->arg[2];
		before = state_copy(s, body);
		if (!before)
			return NULL;
		after = body->pc == TERM_FALSE ? NULL : sym_call(s, body, target);
		s->insn = insn;
		stable = !after || !compare(s, before, after, &m, sum);
		stable = !forget_maps(s, after, &m) && stable;
		if (sum->full) {
			sym_give_up(s, "instruction %u: bpf_loop changes too much memory", insn);
			break;
		}
		if (!stable)
			back_to(s, &m);
	}
	if (!stable)
		sym_give_up(s, "instruction %u: what bpf_loop changes was not found", insn);
	refuse_unsound(s, &m);
	for (size_t i = n_log; i < s->n_log; i++)
		s->log[i].in_loop = true;
	forget(s, run, sum);
	term count = term_fresh(t, 32, "iterations");
	run->pc = term_and(t, run->pc, term_ule(t, count, n));
	run->r[0] = val_scalar(s, term_extend(t, false, 64, count));
	return run;
}

bool helper_loop(struct helper_call *c)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	struct state *run = c->st, *done = NULL, *end;
	term n = term_extract(t, val_number(s, c->arg[0]), 31, 0), max = term_const(t, 32, 1u << 23);
	const struct val *saved[ISA_REGS];

	c->ret = val_const(s, 0);
	if (c->arg[1]->n != 1 || region_get(s, c->arg[1]->alt[0].region)->kind != REGION_FUNC)
		return false;
	uint32_t target = (uint32_t)term_value(t, c->arg[1]->alt[0].off);
	memcpy(saved, run->r, sizeof(saved));
	if (!leave(s, &done, run, term_ult(t, max, n), val_const(s, (uint64_t)-7))) /* -E2BIG */
		return false;
	uint64_t most = t->node[n].hi;
	if (most <= UNROLL_MOST && most * function_length(s, target) <= UNROLL_BUDGET)
		end = unroll(c, run, n, target);
	else
		end = summarise(c, run, n, target);
	c->st = state_join(s, done, end);
	if (c->st) {
		memcpy(&c->st->r[6], &saved[6], 5 * sizeof(saved[0]));
		c->ret = c->st->r[0];
	}
	return true;
}
