// SPDX-License-Identifier: GPL-2.0-only
/*
 * helper_loop: bpf_loop().
 *
 * A loop of few instructions is unrolled, iteration by iteration, until no further one is possible. A bigger one is
 * summarised: the callback runs once from a state in which every cell that the callback may change holds anything of
 * the kinds it can hold (found by repeating until nothing new is changed), with any index below the count. What
 * holds for that run holds for every iteration; after the loop those cells hold anything again. Nothing is assumed;
 * what is lost is what the loop computes, so contracts about it become unknown.
 *
 * With an invariant in the contract (loop CALLBACK { invariant ...; }) that much is known: it has to hold before the loop,
 * each iteration starts with it and has to end with it, and after the last one it holds with the count as index.
 */
#include <string.h>
#include "prove/contract.h"
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

/* One loop that is not unrolled. */
struct loop {
	struct helper_call *c;
	const struct bpfobj_func *func; /* the callback */
	bool invariant;
	struct state *entry;
	uint32_t before;      /* see struct contract_call */
	size_t pre_regions;
	uint32_t target, insn;
	term n, index;
	struct state *after;  /* of the arbitrary iteration that was executed last; NULL: there is none */
	struct summary *sum;
};

/* The invariant before iteration `index`. */
static term invariant(struct loop *l, const struct state *st, term index)
{
	struct sym *s = l->c->s;
	const struct val *arg[5] = { val_scalar(s, term_extend(&s->t, false, 64, index)), l->c->arg[2], val_const(s, 0),
				     val_const(s, 0), val_const(s, 0) };
	const struct contract_call call = { .func = l->func, .arg = arg, .pre = l->entry, .post = st, .before = l->before,
					    .pre_regions = l->pre_regions };

	return l->invariant ? contract_loop_invariant(s, &call) : TERM_TRUE;
}

/* Any iteration, from a state in which all that the loop may change holds anything that the invariant allows. */
static bool iteration(struct loop *l, const struct state *run, struct state **ret_before)
{
	struct sym *s = l->c->s;
	struct terms *t = &s->t;
	struct state *body = state_copy(s, (struct state *)(uintptr_t)run);

	l->index = term_fresh(t, 32, "index in the loop");
	if (!body)
		return false;
	forget(s, body, l->sum);
	body->pc = term_and(t, body->pc, term_ult(t, l->index, l->n));
	body->pc = term_and(t, body->pc, invariant(l, body, l->index));
	body->r[1] = val_scalar(s, term_extend(t, false, 64, l->index));
	body->r[2] = l->c->arg[2];
	*ret_before = state_copy(s, body);
	if (!*ret_before)
		return false;
	l->after = body->pc == TERM_FALSE ? NULL : sym_call(s, body, l->target);
	s->insn = l->insn;
	return true;
}

/* What is known after the loop: it ran to its end, or the iteration that was executed ended it. */
static struct state *loop_end(struct loop *l, struct state *run)
{
	struct sym *s = l->c->s;
	struct terms *t = &s->t;

	forget(s, run, l->sum);
	if (!l->invariant) {
		term count = term_fresh(t, 32, "iterations");

		run->pc = term_and(t, run->pc, term_ule(t, count, l->n));
		run->r[0] = val_scalar(s, term_extend(t, false, 64, count));
		return run;
	}
	term breaks = term_fresh(t, 0, "the loop is left early");
	run->pc = term_and(t, term_and(t, run->pc, term_not(t, breaks)), invariant(l, run, l->n));
	run->r[0] = val_scalar(s, term_extend(t, false, 64, l->n));
	if (!l->after)
		return run;
	struct state *left = state_copy(s, l->after);
	if (!left)
		return NULL;
	left->pc = term_and(t, left->pc, term_and(t, breaks, term_not(t, term_eq_k(t, val_number(s, l->after->r[0]), 0))));
	left->r[0] = val_scalar(s, term_add(t, term_extend(t, false, 64, l->index), term_const(t, 64, 1)));
	return state_join(s, run, left);
}

static void oblige_invariant(struct loop *l)
{
	struct sym *s = l->c->s;
	struct terms *t = &s->t;
	struct state *next;

	if (!l->invariant || !l->after)
		return;
	next = state_copy(s, l->after);
	if (!next)
		return;
	next->pc = term_and(t, next->pc, term_eq_k(t, val_number(s, l->after->r[0]), 0));
	s->insn = l->func->start + l->func->len - 1; /* not at the call: an arbitrary iteration cannot be replayed from there */
	sym_oblige(s, next, PROP_INVARIANT, invariant(l, next, term_add(t, l->index, term_const(t, 32, 1))),
		   arena_printf(s->arena, "the invariant of %s does not survive an iteration", l->func->name));
	s->insn = l->insn;
}

static struct state *summarise(struct loop *l, struct state *run)
{
	struct sym *s = l->c->s;
	struct mark m;
	size_t n_log = s->n_log;
	bool stable = false;

	if (l->invariant)
		sym_oblige(s, run, PROP_INVARIANT, invariant(l, run, term_const(&s->t, 32, 0)),
			   arena_printf(s->arena, "the invariant of %s does not hold before the loop", l->func->name));
	for (int round = 0; round < MAX_ROUNDS && !stable && !s->stop; round++) {
		struct state *before;

		if (!take_mark(s, &m) || !iteration(l, run, &before))
			return NULL;
		stable = !l->after || !compare(s, before, l->after, &m, l->sum);
		stable = !forget_maps(s, l->after, &m) && stable;
		if (l->sum->full) {
			sym_give_up(s, "instruction %u: bpf_loop changes too much memory", l->insn);
			break;
		}
		if (!stable)
			back_to(s, &m);
	}
	if (!stable)
		sym_give_up(s, "instruction %u: what bpf_loop changes was not found", l->insn);
	refuse_unsound(s, &m);
	oblige_invariant(l);
	for (size_t i = n_log; i < s->n_log; i++)
		s->log[i].in_loop = true;
	return loop_end(l, run);
}

static struct state *start_summary(struct helper_call *c, struct state *run, term n, uint32_t target, bool by_invariant)
{
	struct sym *s = c->s;
	struct loop l = { .c = c, .func = bpfobj_func_at(s->prog, target), .invariant = by_invariant, .target = target, .insn = s->insn,
			  .n = n, .before = s->n_map_ops, .pre_regions = s->n_regions, .sum = arena_new(s->arena, struct summary) };

	l.entry = state_copy(s, run);
	return l.entry && l.sum ? summarise(&l, run) : NULL;
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
	const struct bpfobj_func *f = bpfobj_func_at(s->prog, target);
	bool by_invariant = f && contract_has_loop(s->opts.contract, f->name);
	if (!by_invariant && most <= UNROLL_MOST && most * function_length(s, target) <= UNROLL_BUDGET)
		end = unroll(c, run, n, target);
	else
		end = start_summary(c, run, n, target, by_invariant);
	c->st = state_join(s, done, end);
	if (c->st) {
		memcpy(&c->st->r[6], &saved[6], 5 * sizeof(saved[0]));
		c->ret = c->st->r[0];
	}
	return true;
}
