// SPDX-License-Identifier: GPL-2.0-only
/*
 * helper_loop: bpf_loop(), and bpf_for_each_map_elem().
 *
 * A loop of few instructions is unrolled, iteration by iteration, until no further one is possible. A bigger one is
 * summarised: the callback runs once from a state in which every cell that the callback may change holds anything of
 * the kinds it can hold (found by repeating until nothing new is changed), with any index below the count. What
 * holds for that run holds for every iteration; after the loop those cells hold anything again. Nothing is assumed;
 * what is lost is what the loop computes, so contracts about it become unknown.
 *
 * With an invariant in the contract (loop CALLBACK { invariant ...; }) that much is known: it has to hold before the loop,
 * each iteration starts with it and has to end with it, and after the last one it holds with the count as index.
 *
 * With a bound in the contract (loop CALLBACK { unroll N; }) it is unrolled so far, and has to end there.
 *
 * A loop whose iterations change nothing unless they are the last (symretry.h) is that last iteration, and all is known of it.
 *
 * A walk over a map is always summarised: an iteration gets any element that the map has. Of an array, in order.
 */
#include <string.h>
#include "prove/contract.h"
#include "prove/helper.h"
#include "prove/symretry.h"

#define UNROLL_BUDGET 4000 /* instructions */
#define UNROLL_MOST 64      /* iterations: their states are joined one by one */

static uint32_t function_length(const struct sym *s, uint32_t start)
{
	const struct bpfobj_func *f = bpfobj_func_at(s->prog, start);

	return f && f->len ? f->len : 100;
}

/* What the callback gets no argument in. */
static void unset(struct sym *s, struct state *st, int from)
{
	for (int i = from; i <= 5; i++)
		st->r[i] = val_uninit(s);
}

/* What it returns is looked at. */
static struct state *call_back(struct sym *s, struct state *st, uint32_t target)
{
	struct state *after = sym_call(s, st, target);

	if (after) {
		s->insn = bpfobj_func_at(s->prog, target) ? target + function_length(s, target) - 1 : target;
		sym_reg(s, after, 0);
	}
	return after;
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

/* The contract says that there are no more iterations than these. */
static void oblige_count(struct helper_call *c, const struct state *run, uint32_t target, uint32_t most)
{
	const struct bpfobj_func *f = bpfobj_func_at(c->s->prog, target);

	c->s->insn = target;
	sym_oblige(c->s, run, PROP_INVARIANT, TERM_FALSE, arena_printf(c->s->arena, "the loop of %s has more than %u iterations", f->name, most));
	c->s->log[c->log].most = most;
}

/* most: said by the contract, or 0. */
static struct state *unroll(struct helper_call *c, struct state *run, term n, uint32_t target, uint32_t most)
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
		if (most && k == most) {
			oblige_count(c, run, target, most);
			break;
		}
		if (!most && k >= s->opts.max_unroll) {
			sym_give_up(s, "instruction %u: bpf_loop may run more than %u times", insn, k);
			s->stop = true;
			return NULL;
		}
		run->r[1] = val_const(s, k);
		run->r[2] = c->arg[2];
		unset(s, run, 3);
		run = call_back(s, run, target);
		if (run && !leave(s, &done, run, term_not(t, term_eq_k(t, val_number(s, run->r[0]), 0)), val_const(s, k + 1)))
			return NULL;
	}
	return done;
}

/* --- summarised --- */

/* One loop that is not unrolled. */
struct loop {
	struct helper_call *c;
	const struct bpfobj_func *func; /* the callback */
	bool invariant;
	bool each;            /* over the elements of map number `map` */
	size_t map;
	const struct val *ctx;
	struct state *entry;
	uint32_t before;      /* see struct contract_call */
	size_t pre_regions;
	uint32_t target, insn;
	term n, index;
	struct state *begin, *after; /* of the arbitrary iteration that was executed last; NULL: there is none */
	uint32_t begin_ops;          /* as `before` and `pre_regions`, of that iteration */
	size_t begin_regions;
	struct log_loop *log;        /* for the replay */
	struct loop_changes *sum;
};

/* Iteration `index`, for the contract, from the entry of the loop. */
static struct contract_call iteration_call(struct loop *l, const struct state *st, term index, const struct val *arg[5])
{
	struct sym *s = l->c->s;
	const struct val *zero = val_const(s, 0);
	term k = term_extend(&s->t, false, 64, index);

	for (int i = 0; i < 5; i++)
		arg[i] = zero;
	if (!l->each)
		arg[0] = val_scalar(s, k);
	arg[l->each ? 3 : 1] = l->ctx; /* behind map, key, value */
	return (struct contract_call){ .func = l->func, .arg = arg, .pre = l->entry, .post = st, .before = l->before,
				       .pre_regions = l->pre_regions, .visited = l->each ? k : TERM_NONE };
}

/* The invariant before iteration `index`. */
static term invariant(struct loop *l, const struct state *st, term index)
{
	const struct val *arg[5];
	const struct contract_call call = iteration_call(l, st, index, arg);

	return l->invariant ? contract_loop_invariant(l->c->s, &call) : TERM_TRUE;
}

static bool is_array(const struct bpfobj_map *m)
{
	return m->type == BPF_MAP_TYPE_ARRAY || m->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

/* Arguments of an iteration over a map: a key that it has, and its element. */
static void any_element(struct loop *l, struct state *body)
{
	struct sym *s = l->c->s;
	struct terms *t = &s->t;
	const struct bpfobj_map *map = s->map[l->map].map;
	struct region *key = region_new(s, REGION_ROW, map->key_size, "key of an element of %s", map->name);
	term word[SYMMAP_KEY_WORDS];

	key->init = key->dynamic = true;
	key->writable = false;
	body->r[1] = l->c->arg[0];
	body->r[2] = val_ptr_k(s, key->id, 0);
	body->r[4] = l->ctx;
	symmap_read_key(s, body, &s->map[l->map], body->r[2], word);
	if (is_array(map))
		body->pc = term_and(t, body->pc, term_eq(t, word[0], term_extend(t, false, 64, l->index)));
	const struct val *v = symmap_lookup(s, body, &s->map[l->map], word, SYMMAP_NOW);
	body->pc = term_and(t, body->pc, term_not(t, val_scalar_guard(s, v)));
	body->r[3] = val_pointers(s, v);
}

/* Any iteration, from a state in which all that the loop may change holds anything that the invariant allows. */
static bool iteration(struct loop *l, const struct state *run)
{
	struct sym *s = l->c->s;
	struct terms *t = &s->t;
	struct state *body = state_copy(s, (struct state *)(uintptr_t)run);

	if (!body)
		return false;
	l->log->before = t->n_vars;
	loop_forget(s, body, l->sum);
	l->log->iteration = t->n_vars;
	body->pc = term_and(t, body->pc, term_ult(t, l->index, l->n));
	body->pc = term_and(t, body->pc, invariant(l, body, l->index));
	body->r[1] = val_scalar(s, term_extend(t, false, 64, l->index));
	body->r[2] = l->ctx;
	unset(s, body, l->each ? 5 : 3);
	if (l->each)
		any_element(l, body);
	l->begin = state_copy(s, body);
	l->begin_ops = s->n_map_ops;
	l->begin_regions = s->n_regions;
	if (!l->begin)
		return false;
	s->iteration++;
	l->after = body->pc == TERM_FALSE ? NULL : call_back(s, body, l->target);
	s->iteration--;
	s->insn = l->insn;
	return true;
}

/* What is known after the loop: it ran to its end, or the iteration that was executed ended it. */
static struct state *loop_end(struct loop *l, struct state *run)
{
	struct sym *s = l->c->s;
	struct terms *t = &s->t;
	term breaks = TERM_FALSE;

	if (l->invariant) {
		breaks = term_fresh(t, 0, "the loop is left early");
		run->pc = term_and(t, run->pc, term_not(t, breaks));
	}
	l->log->after = t->n_vars;
	loop_forget(s, run, l->sum);
	if (!l->invariant) {
		term count = term_fresh(t, 32, "iterations");

		run->pc = term_and(t, run->pc, term_ule(t, count, l->n));
		run->r[0] = val_scalar(s, term_extend(t, false, 64, count));
		return run;
	}
	run->pc = term_and(t, run->pc, invariant(l, run, l->n));
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

/* What the contract says of the arbitrary iteration. */
static void oblige_iteration(struct loop *l)
{
	struct sym *s = l->c->s;
	struct terms *t = &s->t;
	struct state *next;

	if (!l->invariant || !l->after)
		return;
	const struct val *arg[5];
	struct contract_call call = iteration_call(l, l->after, l->index, arg);
	call.pre = l->begin;
	call.before = l->begin_ops;
	call.pre_regions = l->begin_regions;
	call.result = l->after->r[0];
	next = state_copy(s, l->after);
	if (!next)
		return;
	next->pc = term_and(t, next->pc, term_eq_k(t, val_number(s, l->after->r[0]), 0));
	s->insn = l->func->start + l->func->len - 1; /* not at the call: an arbitrary iteration cannot be replayed from there */
	sym_oblige(s, next, PROP_INVARIANT, invariant(l, next, term_add(t, l->index, term_const(t, 32, 1))),
		   arena_printf(s->arena, "the invariant of %s does not survive an iteration", l->func->name));
	contract_loop_ensures(s, &call);
	s->insn = l->insn;
}

/* No more than trying again: the loop is the iteration that was executed. NULL: it is more than that. */
static struct state *retry(struct loop *l, struct state *run, const struct state *before, const struct loop_mark *m)
{
	struct sym *s = l->c->s;
	struct terms *t = &s->t;
	term goes_on;

	if (l->invariant || l->each || !l->after || s->stop)
		return NULL;
	goes_on = term_eq_k(t, val_number(s, l->after->r[0]), 0);
	if (!symretry_changes_nothing(s, before, l->after, m, term_and(t, l->after->pc, goes_on)))
		return NULL;
	for (size_t i = m->n_log; i < s->n_log; i++)
		s->log[i].in_loop = s->log[i].retried = true;
	s->log[l->c->log].retries = true;
	s->log[l->c->log].value = l->index;
	term count = term_ite(t, goes_on, l->n, term_add(t, l->index, term_const(t, 32, 1)));
	l->after->r[0] = val_scalar(s, term_extend(t, false, 64, count));
	run->pc = term_and(t, run->pc, term_eq_k(t, l->n, 0));
	run->r[0] = val_const(s, 0);
	return run->pc == TERM_FALSE ? l->after : state_join(s, l->after, run);
}

static struct state *summarise(struct loop *l, struct state *run)
{
	struct sym *s = l->c->s;
	struct loop_mark m;
	size_t n_log = s->n_log;
	bool stable = false;

	if (l->invariant)
		sym_oblige(s, run, PROP_INVARIANT, invariant(l, run, term_const(&s->t, 32, 0)),
			   arena_printf(s->arena, "the invariant of %s does not hold before the loop", l->func->name));
	for (int round = 0; round < LOOP_MAX_ROUNDS && !stable && !s->stop; round++) {
		if (!loop_mark(s, &m) || !iteration(l, run))
			return NULL;
		struct state *whole = round ? NULL : retry(l, run, l->begin, &m);
		if (whole)
			return whole;
		stable = !l->after || !loop_compare(s, l->begin, l->after, &m, l->sum);
		stable = !loop_compare_maps(s, l->after, &m, l->sum) && stable;
		if (l->sum->full) {
			sym_give_up(s, "instruction %u: the loop changes too much memory", l->insn);
			break;
		}
		if (!stable)
			loop_back_to(s, &m);
	}
	if (!stable)
		sym_give_up(s, "instruction %u: what the loop changes was not found", l->insn);
	s->abstracted = true;
	loop_refuse_unsound(s, &m);
	oblige_iteration(l);
	for (size_t i = n_log; i < s->n_log; i++)
		s->log[i].in_loop = true;
	return loop_end(l, run);
}

static struct state *start_summary(struct loop *l, struct state *run)
{
	struct sym *s = l->c->s;

	l->func = bpfobj_func_at(s->prog, l->target);
	l->invariant = l->func && contract_has_loop(s->opts.contract, l->func->name);
	l->insn = s->insn;
	l->before = s->n_map_ops;
	l->sum = arena_new(s->arena, struct loop_changes);
	l->index = term_fresh(&s->t, 32, "index in the loop"); /* one for all runs: elements by it are the same */
	l->pre_regions = s->n_regions;
	l->entry = state_copy(s, run);
	l->log = arena_new(s->arena, struct log_loop);
	if (!l->entry || !l->sum || !l->log)
		return NULL;
	struct state *end = summarise(l, run);
	if (s->log[l->c->log].retries || !end)
		return end;
	*l->log = (struct log_loop){ .begin = l->begin, .end = state_copy(s, end), .index = l->index, .before = l->log->before,
				     .iteration = l->log->iteration, .after = l->log->after };
	s->log[l->c->log].loop = l->log;
	return end;
}

static bool callback(struct helper_call *c, uint32_t *ret_target)
{
	if (c->arg[1]->n != 1 || region_get(c->s, c->arg[1]->alt[0].region)->kind != REGION_FUNC)
		return false;
	*ret_target = (uint32_t)term_value(&c->s->t, c->arg[1]->alt[0].off);
	return true;
}

/* What both ways come to; registers of the caller are as they were. */
static bool finish(struct helper_call *c, struct state *done, struct state *end, const struct val *const saved[ISA_REGS])
{
	c->st = state_join(c->s, done, end);
	if (c->st) {
		memcpy(&c->st->r[6], &saved[6], 5 * sizeof(saved[0]));
		c->ret = c->st->r[0];
	}
	return true;
}

/* The function looks at 32 bits of the count; what the kernel may put in its place at 64. */
static term too_many(struct helper_call *c, term n)
{
	struct terms *t = &c->s->t;
	term high = term_not(t, term_eq_k(t, term_extract(t, val_number(c->s, c->arg[0]), 63, 32), 0)), many = term_ult(t, term_const(t, 32, 1u << 23), n);

	return high == TERM_FALSE ? many : term_or(t, many, term_and(t, high, term_fresh(t, 0, "the loop is made of instructions")));
}

bool helper_loop(struct helper_call *c)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	struct state *run = c->st, *done = NULL, *end;
	term n = term_extract(t, val_number(s, c->arg[0]), 31, 0);
	const struct val *saved[ISA_REGS];
	struct loop l = { .c = c, .n = n, .ctx = c->arg[2] };

	c->ret = val_const(s, 0);
	if (!callback(c, &l.target))
		return false;
	memcpy(saved, run->r, sizeof(saved));
	if (!leave(s, &done, run, term_not(t, term_eq_k(t, val_number(s, c->arg[3]), 0)), val_const(s, (uint64_t)-22)) || /* -EINVAL */
	    !leave(s, &done, run, too_many(c, n), val_const(s, (uint64_t)-7))) /* -E2BIG */
		return false;
	uint64_t most = t->node[n].hi;
	const struct bpfobj_func *f = bpfobj_func_at(s->prog, l.target);
	uint32_t said = f ? contract_loop_unroll(s->opts.contract, f->name) : 0;
	bool by_invariant = f && contract_has_loop(s->opts.contract, f->name);
	if (said || (!by_invariant && most <= UNROLL_MOST && most * function_length(s, l.target) <= UNROLL_BUDGET))
		end = unroll(c, run, n, l.target, said);
	else
		end = start_summary(&l, run);
	return finish(c, done, end, saved);
}

/* How many elements it will visit, if nothing ends it early. */
static term element_count(struct helper_call *c)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	term n;

	if (is_array(c->map->map))
		return term_extract(t, symmap_entries(s, c->map), 31, 0);
	n = term_fresh(t, 32, arena_printf(s->arena, "elements of %s", c->map->map->name));
	c->st->pc = term_and(t, c->st->pc, term_ule(t, n, term_const(t, 32, c->map->map->max_entries)));
	return n;
}

bool helper_for_each(struct helper_call *c)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	struct state *run = c->st, *done = NULL;
	uint32_t type = c->map ? c->map->map->type : 0;
	bool percpu = type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
	const struct val *saved[ISA_REGS];
	struct loop l = { .c = c, .each = true, .ctx = c->arg[2] };

	c->ret = val_const(s, 0);
	if (!c->map || !callback(c, &l.target))
		return false;
	const struct bpfobj_func *f = bpfobj_func_at(s->prog, l.target);
	if (f && contract_loop_unroll(s->opts.contract, f->name)) {
		contract_loop_refuse(s, f->name, "a walk over a map is not unrolled: there may be any number of elements");
		return false;
	}
	bool known = percpu || type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_ARRAY;
	if (!known || symmap_key_words(c->map) > SYMMAP_KEY_WORDS) {
		sym_give_up(s, "instruction %u: for_each_map_elem on map %s is not modelled", s->insn, c->map->map->name);
		return false;
	}
	if (percpu)
		sym_assume(s, "the program stays on one processor");
	memcpy(saved, run->r, sizeof(saved));
	if (!leave(s, &done, run, term_not(t, term_eq_k(t, val_number(s, c->arg[3]), 0)), val_const(s, (uint64_t)-22))) /* -EINVAL */
		return false;
	l.map = (size_t)(c->map - s->map);
	l.n = element_count(c);
	s->log[c->log].value = l.n;
	return finish(c, done, start_summary(&l, run), saved);
}
