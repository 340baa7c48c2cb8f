// SPDX-License-Identifier: GPL-2.0-only
/* symiter: see symiter.h. */
#include "prove/symiter.h"

#include <string.h>
#include "prove/symloop.h"

enum { AT_LIVE, AT_FIRST, AT_NEXT, AT_END, AT_COUNT };

static const char *const names[] = {
	[SYMITER_NEW] = "bpf_iter_num_new", [SYMITER_NEXT] = "bpf_iter_num_next", [SYMITER_DESTROY] = "bpf_iter_num_destroy",
};

enum symiter_kfunc symiter_kfunc(const struct bpfobj_prog *prog, uint32_t at)
{
	const struct bpfobj_ref *ref = bpfobj_ref_at(prog, at);

	for (int i = SYMITER_NEW; ref && ref->kind == BPFOBJ_REF_KFUNC && i <= SYMITER_DESTROY; i++)
		if (!strcmp(ref->name, names[i]))
			return (enum symiter_kfunc)i;
	return SYMITER_NONE;
}

/* --- what an iterator holds --- */

static term get(struct sym *s, const struct state *st, struct region *r, int what)
{
	term init;

	return val_number(s, mem_load(s, st, r, term_const(&s->t, 64, 8ull * (unsigned)what), 8, &init));
}

static void put(struct sym *s, struct state *st, struct region *r, int what, term v)
{
	mem_store(s, st, r, term_const(&s->t, 64, 8ull * (unsigned)what), 8, val_scalar(s, v), TERM_TRUE);
}

static struct region *find(const struct sym *s, const struct region *frame, uint64_t off)
{
	for (size_t i = 1; i < s->n_regions; i++)
		if (s->region[i]->kind == REGION_ITER && s->region[i]->frame == frame->id && s->region[i]->frame_off == off)
			return s->region[i];
	return NULL;
}

static struct region *find_or_make(struct sym *s, const struct region *frame, uint64_t off)
{
	struct region *r = find(s, frame, off), *number;

	if (r)
		return r;
	long long at = (long long)off - ISA_STACK_SIZE;
	r = region_new(s, REGION_ITER, 8 * AT_COUNT, "iterator at r10%lld", at);
	number = region_new(s, REGION_ROW, 4, "number of the iterator at r10%lld", at);
	struct cell *zero = arena_new(s->arena, struct cell);
	if (!zero || s->stop)
		return NULL;
	zero->v = val_const(s, 0);
	for (int i = 0; i < AT_COUNT; i++)
		r->first[i] = zero;
	r->writable = number->writable = false;
	r->dynamic = number->dynamic = number->is_number = true;
	r->frame = frame->id;
	r->frame_off = off;
	r->number = number->id;
	return r;
}

/* --- calls --- */

struct call {
	struct sym *s;
	struct state *st;
	enum symiter_kfunc which;
	struct region *frame, *iter;
	term place; /* offset in the frame */
};

static void oblige(struct call *c, term cond, const char *what)
{
	sym_oblige(c->s, c->st, PROP_CALL, cond, arena_printf(c->s->arena, "%s %s", names[c->which], what));
}

/* Where in which frame; false: it is said what is wrong, or that it is not known. */
static bool find_place(struct call *c, const struct val *v)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	static const char *const need = "needs 8 aligned bytes of the stack";

	if (v->bits || !v->n)
		sym_oblige_when(s, term_and(t, c->st->pc, val_scalar_guard(s, v)), PROP_CALL, TERM_FALSE,
				arena_printf(s->arena, "%s %s", names[c->which], need));
	if (!v->n)
		return false;
	c->frame = region_get(s, v->alt[0].region);
	c->place = v->alt[0].off;
	if (v->n > 1 || !term_is_const(t, c->place)) {
		sym_give_up(s, "instruction %u: %s of one of several places is not modelled", s->insn, names[c->which]);
		return false;
	}
	uint64_t off = term_value(t, c->place);
	bool good = c->frame->kind == REGION_STACK && off % 8 == 0 && off <= ISA_STACK_SIZE - 8;
	oblige(c, term_bool(good), need);
	if (good)
		c->iter = find_or_make(s, c->frame, off);
	return good && c->iter;
}

/* The place holds what bpf_iter_num_new() left there. */
static term is_made(struct call *c)
{
	struct sym *s = c->s;
	term init, held = TERM_FALSE;
	const struct val *v = mem_load(s, c->st, c->frame, c->place, 8, &init);

	for (uint32_t i = 0; i < v->n; i++)
		if (v->alt[i].region == c->iter->id)
			held = term_or(&s->t, held, v->alt[i].guard);
	return term_and(&s->t, held, term_eq_k(&s->t, get(s, c->st, c->iter, AT_LIVE), 1));
}

static void set_place(struct call *c, const struct val *v)
{
	struct val *handle = arena_memdup(c->s->arena, v, sizeof(*v) + v->n * sizeof(v->alt[0]));

	if (!handle) {
		sym_give_up(c->s, "out of memory");
		c->s->stop = true;
		return;
	}
	handle->init = TERM_FALSE;
	mem_store(c->s, c->st, c->frame, c->place, 8, handle, TERM_TRUE);
}

static void set_number(struct call *c, const struct val *v)
{
	mem_store(c->s, c->st, region_get(c->s, c->iter->number), term_const(&c->s->t, 64, 0), 8, v, TERM_TRUE);
}

static term argument(struct call *c, unsigned i)
{
	struct sym *s = c->s;
	const struct val *v = c->st->r[i];

	oblige(c, val_scalar_guard(s, v), "gets a pointer for a number");
	return term_extend(&s->t, true, 64, term_extract(&s->t, val_number(s, v), 31, 0));
}

static const struct val *make(struct call *c)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	term zero = term_const(t, 64, 0), first = argument(c, 2), end = argument(c, 3);
	term wrong = term_cmp(t, TERM_OP_SLT, end, first);
	term big = term_cmp(t, TERM_OP_SLT, term_const(t, 64, SYMITER_MOST), term_sub(t, end, first));
	term good = term_not(t, term_or(t, wrong, big));
	term error = term_ite(t, wrong, term_const(t, 32, (uint32_t)-22), term_ite(t, big, term_const(t, 32, (uint32_t)-7), term_const(t, 32, 0)));

	oblige(c, term_not(t, term_eq_k(t, get(s, c->st, c->iter, AT_LIVE), 1)), "is called for an iterator that is not destroyed");
	set_place(c, val_ptr_k(s, c->iter->id, 0));
	set_number(c, val_uninit(s));
	put(s, c->st, c->iter, AT_LIVE, term_const(t, 64, 1));
	put(s, c->st, c->iter, AT_FIRST, term_ite(t, good, first, zero));
	put(s, c->st, c->iter, AT_NEXT, term_ite(t, good, first, zero));
	put(s, c->st, c->iter, AT_END, term_ite(t, good, end, zero));
	/* it is an int: nothing is said of the upper half */
	return val_scalar(s, term_concat(t, term_fresh(t, 32, "upper half of bpf_iter_num_new"), error));
}

static const struct val *next(struct call *c)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	term at = get(s, c->st, c->iter, AT_NEXT), more = term_cmp(t, TERM_OP_SLT, at, get(s, c->st, c->iter, AT_END));

	oblige(c, is_made(c), "needs an iterator");
	set_number(c, val_scalar(s, term_ite(t, more, at, term_const(t, 64, 0))));
	put(s, c->st, c->iter, AT_NEXT, term_ite(t, more, term_add(t, at, term_const(t, 64, 1)), at));
	return val_ptr_or_null(s, more, c->iter->number);
}

static const struct val *destroy(struct call *c)
{
	struct sym *s = c->s;

	oblige(c, is_made(c), "needs an iterator");
	set_place(c, val_uninit(s));
	set_number(c, val_uninit(s));
	put(s, c->st, c->iter, AT_LIVE, term_const(&s->t, 64, 0));
	return val_uninit(s);
}

bool symiter_call(struct sym *s, struct state *st, uint32_t at)
{
	struct call c = { .s = s, .st = st, .which = symiter_kfunc(s->prog, at) };
	const struct bpfobj_ref *ref = bpfobj_ref_at(s->prog, at);
	const struct val *ret = val_scalar(s, term_fresh(&s->t, 64, "unmodelled"));

	if (c.which == SYMITER_NONE)
		return false;
	if (!ref->kernel_id)
		sym_assume(s, "the kernel has bpf_iter_num_new, _next and _destroy (Linux 6.4)");
	for (unsigned i = 1; i <= (c.which == SYMITER_NEW ? 3 : 1); i++) {
		st->r[i] = val_prune(s, st, st->r[i]);
		sym_oblige(s, st, PROP_INIT, st->r[i]->init, arena_printf(s->arena, "argument %u of %s was never set", i, names[c.which]));
	}
	if (s->locked != TERM_FALSE)
		sym_give_up(s, "instruction %u: %s with a lock held is not modelled", s->insn, names[c.which]);
	if (find_place(&c, st->r[1]))
		ret = c.which == SYMITER_NEW ? make(&c) : c.which == SYMITER_NEXT ? next(&c) : destroy(&c);
	st->r[0] = ret;
	for (int i = 1; i <= 5; i++)
		st->r[i] = val_uninit(s);
	return true;
}

/* --- where they end --- */

static void oblige_destroyed(struct sym *s, const struct state *st, struct region *r, const char *when)
{
	size_t n = s->n_obligs;

	sym_oblige(s, st, PROP_LEAK, term_eq_k(&s->t, get(s, st, r, AT_LIVE), 0),
		   arena_printf(s->arena, "the %s is not destroyed when %s", r->name, when));
	if (s->n_obligs > n)
		s->oblig[n].iterator = true;
}

void symiter_program_ends(struct sym *s, const struct state *st)
{
	for (size_t i = 1; i < s->n_regions; i++)
		if (s->region[i]->kind == REGION_ITER)
			oblige_destroyed(s, st, s->region[i], "another program goes on");
}

void symiter_frame_ends(struct sym *s, const struct state *st, const struct region *frame)
{
	for (size_t i = frame->id; i < s->n_regions; i++)
		if (s->region[i]->kind == REGION_ITER && s->region[i]->frame == frame->id)
			oblige_destroyed(s, st, s->region[i], "its frame ends");
}

void symiter_goes_round(struct sym *s, const struct state *back, size_t n_regions)
{
	for (size_t i = n_regions; i < s->n_regions; i++)
		if (s->region[i]->kind == REGION_ITER)
			oblige_destroyed(s, back, s->region[i], "the loop goes round");
}

/* --- loops --- */

void symiter_recall(struct sym *s, struct state *st)
{
	struct terms *t = &s->t;
	term low = term_const(t, 64, (uint64_t)INT32_MIN), high = term_const(t, 64, INT32_MAX), most = term_const(t, 64, SYMITER_MOST);

	for (size_t i = 1; i < s->n_regions; i++) {
		struct region *r = s->region[i];

		if (r->kind != REGION_ITER)
			continue;
		term first = get(s, st, r, AT_FIRST), at = get(s, st, r, AT_NEXT), end = get(s, st, r, AT_END);
		st->pc = term_and(t, st->pc, term_and(t, term_cmp(t, TERM_OP_SLE, low, first), term_cmp(t, TERM_OP_SLE, end, high)));
		st->pc = term_and(t, st->pc, term_and(t, term_cmp(t, TERM_OP_SLE, first, at), term_cmp(t, TERM_OP_SLE, at, end)));
		st->pc = term_and(t, st->pc, term_cmp(t, TERM_OP_SLE, term_sub(t, end, first), most));
	}
}

static bool is_changed(const struct loop_changes *sum, const struct region *r, uint32_t cell)
{
	for (uint32_t i = 0; i < sum->n; i++)
		if (sum->list[i].region == r->id && sum->list[i].cell == cell)
			return true;
	return false;
}

term symiter_variant(struct sym *s, const struct loop_changes *sum, size_t n_regions, const struct state *before, const struct state *after)
{
	struct terms *t = &s->t;
	term left[2] = { term_const(t, 64, 0), term_const(t, 64, 0) };
	const struct state *const st[2] = { before, after };
	bool some = false;

	for (size_t i = 1; i < n_regions; i++)
		for (int k = 0; k < 2 && s->region[i]->kind == REGION_ITER; k++)
			if (is_changed(sum, s->region[i], AT_NEXT) && !is_changed(sum, s->region[i], AT_END)) {
				some = true;
				left[k] = term_add(t, left[k], term_sub(t, get(s, st[k], s->region[i], AT_END), get(s, st[k], s->region[i], AT_NEXT)));
			}
	if (!some)
		return TERM_NONE;
	return term_and(t, term_cmp(t, TERM_OP_SLE, term_const(t, 64, 0), left[0]), term_cmp(t, TERM_OP_SLT, left[1], left[0]));
}

term symiter_number(struct sym *s, const struct state *st, const struct region *frame, uint64_t off, bool end)
{
	struct region *r = find(s, frame, off);

	return r ? get(s, st, r, end ? AT_END : AT_NEXT) : TERM_NONE;
}
