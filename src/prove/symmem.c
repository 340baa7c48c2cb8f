// SPDX-License-Identifier: GPL-2.0-only
/*
 * symmem: cells of regions. Offsets that are not constant are resolved by cases over the places they can mean;
 * too many places make a read a fresh value and a write a loss of everything it may have hit: both are sound, and what they
 * are is noted (symguess.h).
 */
#include "prove/symmem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "prove/sym.h"
#include "prove/symguess.h"

#define MAX_PLACES 1200
#define READ_PLACES 600 /* a read at more places than that gives anything: choices are long, for solvers too */
#define FEW_PLACES 8    /* to choose among fewer is no longer than to compare with other reads */
#define EXACT_PLACES 72 /* a write to more places than that is not followed exactly */

struct region *region_get(const struct sym *s, uint32_t id) { return s->region[id]; }

struct region *region_new(struct sym *s, enum region_kind kind, uint64_t size, const char *fmt, ...)
{
	static struct region none;
	char name[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	struct region **list = arena_grow(s->arena, s->region, s->n_regions, &s->cap_regions, sizeof(*list));
	struct region *r = arena_new(s->arena, struct region);
	const struct cell **first = arena_calloc(s->arena, (size + 7) / 8 + 1, sizeof(*first));
	if (list)
		s->region = list;
	if (!list || !r || !first) {
		sym_give_up(s, "out of memory");
		s->stop = true;
		return s->n_regions ? s->region[0] : &none;
	}
	*r = (struct region){ .id = (uint32_t)s->n_regions, .kind = kind, .size = size, .writable = true,
			      .name = arena_strdup(s->arena, name), .first = first,
			      .acquired = TERM_FALSE, .released = TERM_FALSE };
	s->region[s->n_regions++] = r;
	return r;
}

term region_addr(struct sym *s, struct region *r)
{
	if (r->kind == REGION_KOBJ)
		return r->base;
	if (!r->addr) /* in the kernel's half of the address space */
		r->addr = term_concat(&s->t, term_const(&s->t, 8, 0xff), term_fresh(&s->t, 56, arena_printf(s->arena, "address of %s", r->name)));
	return r->addr;
}

struct region *region_kobj(struct sym *s, uint32_t type, term base)
{
	for (size_t i = s->n_regions; i-- > 0;) {
		struct region *r = s->region[i];

		if (r->kind == REGION_KOBJ && r->type == type && r->base == base)
			return r;
	}
	const struct bt_type *ty = s->kernel ? bt_get(s->kernel, type) : NULL;
	int64_t size = ty ? bt_size(s->kernel, type) : 0;
	struct region *r = region_new(s, REGION_KOBJ, 0, "%s", ty ? ty->name : "kernel object");
	r->size = size > 0 ? (uint64_t)size : 0;
	r->type = type;
	r->base = base;
	r->writable = false;
	r->init = true;
	return r;
}

term region_holds(struct sym *s, const struct region *r, term off, term size)
{
	struct terms *t = &s->t;
	term max = term_const(t, 64, r->size), in;

	if (term_is_const(t, size) && term_value(t, size) > r->size)
		return TERM_FALSE;
	/* size <= max and off <= max - size; nothing wraps */
	in = term_and(t, term_ule(t, size, max), term_ule(t, off, term_sub(t, max, size)));
	if (r->len)
		in = term_and(t, in, term_ule(t, term_add(t, off, size), r->len));
	return in;
}

/* --- initial contents --- */

static term first_byte_of(struct sym *s, struct region *r, uint64_t off)
{
	if (r->image && (!r->known || r->known[off]) && off < r->size)
		return term_const(&s->t, 8, r->image[off]);
	return TERM_NONE;
}

term mem_first_word(struct sym *s, const struct cell *c)
{
	term w = TERM_NONE;

	for (unsigned j = 0; j < 8; j++)
		w = w ? term_concat(&s->t, c->byte[j], w) : c->byte[j];
	return w;
}

static const struct cell *first_cell(struct sym *s, struct region *r, uint64_t i)
{
	static const struct cell zero;

	if (r->first[i])
		return r->first[i];
	struct cell *c = arena_new(s->arena, struct cell);
	if (!c) {
		s->stop = true;
		sym_give_up(s, "out of memory");
		return &zero;
	}
	term word = TERM_NONE;
	for (unsigned j = 0; j < 8; j++) {
		c->byte[j] = first_byte_of(s, r, 8 * i + j);
		c->init[j] = term_bool(r->init);
		if (c->byte[j])
			continue;
		if (!r->init) {
			c->byte[j] = term_const(&s->t, 8, 0);
			continue;
		}
		if (!word)
			word = term_fresh(&s->t, 64, arena_printf(s->arena, "%s[%llu]", r->name, (unsigned long long)i * 8));
		c->byte[j] = term_extract(&s->t, word, 8 * j + 7, 8 * j);
	}
	r->first[i] = c;
	return c;
}

static const struct cell *merge_cell(struct sym *s, term sel, const struct cell *a, const struct cell *b);

static struct mem_base *new_base(struct sym *s, const struct region *r)
{
	struct mem_base *b = arena_new(s->arena, struct mem_base);

	if (b)
		b->cell = arena_calloc(s->arena, (r->size + 7) / 8 + 1, sizeof(*b->cell));
	return b && b->cell ? b : NULL;
}

static const struct cell *base_cell(struct sym *s, struct region *r, struct mem_base *base, uint64_t i)
{
	struct cell *c;

	if (!base)
		return first_cell(s, r, i);
	if (base->cell[i])
		return base->cell[i];
	if (base->joined)
		return base->cell[i] = merge_cell(s, base->sel, base_cell(s, r, base->a, i), base_cell(s, r, base->b, i));
	c = arena_new(s->arena, struct cell);
	if (!c) {
		sym_give_up(s, "out of memory");
		s->stop = true;
		return first_cell(s, r, i);
	}
	term word = term_fresh(&s->t, 64, arena_printf(s->arena, "%s[%llu] later", r->name, (unsigned long long)i * 8));
	for (unsigned j = 0; j < 8; j++) {
		c->byte[j] = term_extract(&s->t, word, 8 * j + 7, 8 * j);
		c->init[j] = TERM_TRUE;
	}
	return base->cell[i] = c;
}

const struct cell *mem_cell_in(struct sym *s, const struct rmem *m, struct region *r, uint64_t i)
{
	return !m ? first_cell(s, r, i) : m->cell[i] ? m->cell[i] : base_cell(s, r, m->base, i);
}

static struct rmem *mem_of(const struct state *st, const struct region *r) { return r->id < st->n_mem ? st->mem[r->id] : NULL; }

const struct cell *mem_cell(struct sym *s, const struct state *st, struct region *r, uint64_t i)
{
	return mem_cell_in(s, mem_of(st, r), r, i);
}

static const struct cell *cell_at(struct sym *s, const struct state *st, struct region *r, uint64_t i)
{
	return mem_cell(s, st, r, i);
}

static void cell_byte(struct sym *s, const struct cell *c, unsigned j, term *ret_byte, term *ret_init)
{
	if (c->v) {
		*ret_byte = term_extract(&s->t, val_number(s, c->v), 8 * j + 7, 8 * j);
		*ret_init = c->v->init;
	} else {
		*ret_byte = c->byte[j];
		*ret_init = c->init[j];
	}
}

term mem_cell_byte(struct sym *s, const struct cell *c, unsigned j, term *ret_init)
{
	term byte, init;

	cell_byte(s, c, j, &byte, ret_init ? ret_init : &init);
	return byte;
}

term mem_byte(struct sym *s, const struct state *st, struct region *r, uint64_t off, term *ret_init)
{
	term b = term_const(&s->t, 8, 0);

	*ret_init = TERM_FALSE;
	if (r->any) {
		*ret_init = TERM_TRUE;
		return term_fresh(&s->t, 8, r->name);
	}
	if (off < r->size)
		cell_byte(s, cell_at(s, st, r, off / 8), off % 8, &b, ret_init);
	return b;
}

term mem_first_byte(struct sym *s, struct region *r, uint64_t off, term *ret_init)
{
	term b = term_const(&s->t, 8, 0);

	*ret_init = TERM_FALSE;
	if (off >= r->size)
		return b;
	cell_byte(s, first_cell(s, r, off / 8), off % 8, &b, ret_init);
	if (r->late == TERM_NONE)
		return b;
	if (!r->start)
		r->start = new_base(s, r);
	if (!r->start)
		return term_fresh(&s->t, 8, r->name);
	term x, init;
	cell_byte(s, base_cell(s, r, r->start, off / 8), off % 8, &x, &init);
	return term_ite(&s->t, r->late, x, b);
}

/* --- writing --- */

static struct rmem *writable_mem(struct sym *s, struct state *st, const struct region *r)
{
	uint32_t n = (uint32_t)((r->size + 7) / 8);

	if (r->id >= st->n_mem) {
		uint32_t want = r->id + 16;
		struct rmem **mem = arena_calloc(s->arena, want, sizeof(*mem));
		if (!mem)
			return NULL;
		if (st->n_mem)
			memcpy(mem, st->mem, st->n_mem * sizeof(*mem));
		st->mem = mem;
		st->n_mem = want;
	}
	struct rmem *m = st->mem[r->id];
	if (m && m->owner == st->id)
		return m;
	struct rmem *copy = arena_alloc(s->arena, sizeof(*copy) + n * sizeof(copy->cell[0]));
	if (!copy)
		return NULL;
	if (m)
		memcpy(copy->cell, m->cell, n * sizeof(copy->cell[0]));
	copy->base = m ? m->base : NULL;
	copy->owner = st->id;
	copy->n = n;
	st->mem[r->id] = copy;
	return copy;
}

static void put_cell(struct sym *s, struct state *st, struct region *r, uint64_t i, const struct cell *c)
{
	struct rmem *m = writable_mem(s, st, r);

	if (!m || !c) {
		sym_give_up(s, "out of memory");
		s->stop = true;
		return;
	}
	m->cell[i] = c;
}

static const struct cell *to_bytes(struct sym *s, const struct cell *c, struct cell *ret)
{
	for (unsigned j = 0; j < 8; j++)
		cell_byte(s, c, j, &ret->byte[j], &ret->init[j]);
	ret->v = NULL;
	return ret;
}

void mem_set_byte(struct sym *s, struct state *st, struct region *r, uint64_t off, term byte, term guard)
{
	struct cell *c = arena_new(s->arena, struct cell);
	unsigned j = off % 8;

	if (off >= r->size || guard == TERM_FALSE || r->any)
		return;
	if (!c) {
		put_cell(s, st, r, off / 8, NULL);
		return;
	}
	to_bytes(s, cell_at(s, st, r, off / 8), c);
	c->byte[j] = term_ite(&s->t, guard, byte, c->byte[j]);
	c->init[j] = term_or(&s->t, guard, c->init[j]);
	put_cell(s, st, r, off / 8, c);
}

static const struct val *cell_value(struct sym *s, const struct cell *c)
{
	term w = TERM_NONE, in = TERM_TRUE;

	if (c->v)
		return c->v;
	for (unsigned j = 0; j < 8; j++) {
		w = w ? term_concat(&s->t, c->byte[j], w) : c->byte[j];
		in = term_and(&s->t, in, c->init[j]);
	}
	struct val *v = (struct val *)(uintptr_t)val_scalar(s, w);
	v->init = in;
	return v;
}

static void store_at(struct sym *s, struct state *st, struct region *r, uint64_t off, unsigned size,
		     const struct val *v, term guard)
{
	if (size == 8 && off % 8 == 0) {
		struct cell *c = arena_new(s->arena, struct cell);

		if (c)
			c->v = guard == TERM_TRUE ? v : val_merge(s, guard, v, cell_value(s, cell_at(s, st, r, off / 8)));
		put_cell(s, st, r, off / 8, c);
		return;
	}
	term n = val_number(s, v);
	for (unsigned j = 0; j < size; j++)
		mem_set_byte(s, st, r, off + j, term_extract(&s->t, n, 8 * j + 7, 8 * j), guard);
}

static const struct val *load_at(struct sym *s, const struct state *st, struct region *r, uint64_t off,
				 unsigned size, term *ret_init)
{
	term w = TERM_NONE, in = TERM_TRUE;

	if (size == 8 && off % 8 == 0 && off + 8 <= r->size) {
		const struct val *v = cell_value(s, cell_at(s, st, r, off / 8));
		*ret_init = v->init;
		return v;
	}
	for (unsigned j = 0; j < size; j++) {
		term i, b = mem_byte(s, st, r, off + j, &i);

		w = w ? term_concat(&s->t, b, w) : b;
		in = term_and(&s->t, in, i);
	}
	*ret_init = in;
	return val_scalar(s, term_extend(&s->t, false, 64, w));
}

/* --- places --- */

struct places {
	uint64_t off[MAX_PLACES];
	uint32_t n;
	bool all; /* the list is complete */
};

/* a is a multiple of *ret_step, without having wrapped, and at most so much where st is. */
static uint64_t multiple_up_to(struct sym *s, const struct state *st, term a, uint64_t *ret_step)
{
	const struct terms *t = &s->t;
	const struct term_node *n = &t->node[a];
	bool shift = n->op == TERM_OP_SHL && term_is_const(t, n->b), first = n->op == TERM_OP_MUL && term_is_const(t, n->a);
	term of = first ? n->b : n->a;
	uint64_t step = 1, most;

	*ret_step = 1;
	if (!shift && (n->op != TERM_OP_MUL || (!first && !term_is_const(t, n->b))))
		return state_upper(s, st, a);
	step = term_value(t, first ? n->a : n->b);
	if (shift)
		step = step < 63 ? 1ull << step : 0;
	most = t->node[of].hi;
	if (!step || most > UINT64_MAX / step)
		return n->hi;
	*ret_step = step;
	return step * state_upper(s, st, of);
}

/* The offsets inside of the object that off can be where st is; to be outside is an obligation of its own. */
static void find_places(struct sym *s, const struct state *st, const struct region *r, term off, unsigned size, struct places *p)
{
	struct terms *t = &s->t;
	const struct term_node *n = &t->node[off];
	uint64_t k = 0, step, most;

	p->n = 0;
	p->all = true;
	if (n->op == TERM_OP_ADD && term_is_const(t, n->a)) {
		k = term_value(t, n->a);
		off = n->b;
	} else if (n->op == TERM_OP_ADD && term_is_const(t, n->b)) {
		k = term_value(t, n->b);
		off = n->a;
	}
	n = &t->node[off];
	most = multiple_up_to(s, st, off, &step);
	for (uint64_t o = 0; o + size <= r->size; o++) {
		uint64_t v = o - k; /* off = v + k */

		if (v < n->lo || v > most || v % step || (v & ~n->poss))
			continue;
		if (p->n == MAX_PLACES) {
			p->all = false;
			return;
		}
		p->off[p->n++] = o;
	}
}

/* Whether every place it can mean is initialised. */
static term places_init(struct sym *s, const struct state *st, struct region *r, const struct places *p, unsigned size)
{
	term all = term_bool(p->all);

	for (uint32_t i = 0; i < p->n && p->all; i++)
		for (unsigned j = 0; j < size; j++) {
			term in;
			mem_byte(s, st, r, p->off[i] + j, &in);
			all = term_and(&s->t, all, in);
		}
	return all;
}

static bool any_blurred(struct sym *s, const struct state *st, struct region *r, const struct places *p)
{
	for (uint32_t i = 0; i < p->n; i++)
		if (cell_at(s, st, r, p->off[i] / 8)->blurred)
			return true;
	return false;
}

/* Nothing was written to these places, which are words, and what they hold is unknown. */
static bool untouched(const struct state *st, const struct region *r, const struct places *p, unsigned size)
{
	const struct rmem *m = mem_of(st, r);

	if (size != 8 || !p->all || p->n < FEW_PLACES || r->kind != REGION_ROW || !r->init || r->image || (m && m->base))
		return false;
	for (uint32_t i = 0; i < p->n; i++)
		if (p->off[i] % 8 || (m && m->cell[p->off[i] / 8]) || (r->first[p->off[i] / 8] && r->first[p->off[i] / 8]->v))
			return false;
	return true;
}

static const struct val *first_read(struct sym *s, struct region *r, term off)
{
	struct terms *t = &s->t;
	struct first_read *x = r->reads;
	term word;

	while (x && x->off != off)
		x = x->next;
	if (x)
		return val_scalar(s, x->word);
	word = term_fresh(t, 64, arena_printf(s->arena, "%s[somewhere]", r->name));
	x = arena_new(s->arena, struct first_read);
	if (x) {
		*x = (struct first_read){ off, word, r->reads };
		r->reads = x;
	}
	return val_scalar(s, word);
}

/* A read at very many places. */
static term read_somewhere(struct sym *s, const struct state *st, struct region *r, term off, unsigned size)
{
	struct rmem *m = mem_of(st, r);
	struct fuzzy_read *f = r->fuzzy;

	while (f && (f->off != off || f->size != size || f->mem != m))
		f = f->next;
	if (f) {
		symguess_read_again(s, f->guess, st->pc);
		return f->value;
	}
	term word = term_fresh(&s->t, 8 * size, arena_printf(s->arena, "%s[somewhere]", r->name));
	if (m)
		m->owner = 0; /* who writes it from now on takes a copy */
	f = arena_new(s->arena, struct fuzzy_read);
	if (f) {
		*f = (struct fuzzy_read){ off, size, m, symguess_read(s, r, m, off, size, st->pc, word), word, r->fuzzy };
		r->fuzzy = f;
	}
	return word;
}

const struct val *mem_load(struct sym *s, const struct state *st, struct region *r, term off, unsigned size,
			   term *ret_init)
{
	struct terms *t = &s->t;
	struct places p;

	if (r->any) {
		*ret_init = TERM_TRUE;
		return val_scalar(s, term_extend(t, false, 64, term_fresh(t, 8 * size, r->name)));
	}
	if (term_is_const(t, off)) {
		if (term_value(t, off) < r->size)
			return load_at(s, st, r, term_value(t, off), size, ret_init);
		*ret_init = TERM_TRUE;
		return val_const(s, 0);
	}
	find_places(s, st, r, off, size, &p);
	if (untouched(st, r, &p, size)) {
		*ret_init = TERM_TRUE;
		return first_read(s, r, off);
	}
	if (!p.all || p.n > READ_PLACES || (p.n > EXACT_PLACES && any_blurred(s, st, r, &p))) {
		*ret_init = r->init ? TERM_TRUE : places_init(s, st, r, &p, size);
		return val_scalar(s, term_extend(t, false, 64, read_somewhere(s, st, r, off, size)));
	}
	const struct val *v = val_const(s, 0);
	term in = TERM_TRUE;
	for (uint32_t i = 0; i < p.n; i++) {
		term here = term_eq_k(t, off, p.off[i]), one;
		const struct val *x = load_at(s, st, r, p.off[i], size, &one);

		v = i ? val_merge(s, here, x, v) : x;
		in = i ? term_ite(t, here, one, in) : one;
	}
	*ret_init = in;
	return v;
}

/* The number `word`, where a was if sel and else b. */
static const struct cell *blurred_cell(struct sym *s, const struct cell *a, const struct cell *b, term sel, term word)
{
	struct cell *c = arena_new(s->arena, struct cell);

	for (unsigned j = 0; c && j < 8; j++) {
		term x, ia, ib;

		cell_byte(s, a, j, &x, &ia);
		cell_byte(s, b, j, &x, &ib);
		c->byte[j] = term_extract(&s->t, word, 8 * j + 7, 8 * j);
		c->init[j] = ia == ib ? ia : term_ite(&s->t, sel, ia, ib);
		c->blurred = true;
	}
	return c;
}

void mem_forget(struct sym *s, struct state *st, struct region *r, uint64_t cell, uint8_t bytes)
{
	const struct cell *old = cell_at(s, st, r, cell);
	term word = term_fresh(&s->t, 64, "forgotten"), init;
	struct cell *c = (struct cell *)(uintptr_t)blurred_cell(s, old, old, TERM_TRUE, word);

	if (c)
		c->blurred = false;
	for (unsigned j = 0; c && j < 8; j++)
		if (!(bytes >> j & 1))
			cell_byte(s, old, j, &c->byte[j], &init);
	if (!r->any)
		put_cell(s, st, r, cell, c);
}

const struct mem_base *mem_havoc(struct sym *s, struct state *st, struct region *r, const uint8_t *kept)
{
	static const uint8_t all[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };
	struct rmem *m;
	struct mem_base *base;

	if (r->any)
		return NULL;
	for (uint64_t i = 0; kept && 8 * i + 8 <= r->size; i++)
		if (!memcmp(kept + 8 * i, all, 8))
			put_cell(s, st, r, i, cell_at(s, st, r, i));
	m = writable_mem(s, st, r);
	base = new_base(s, r);
	if (!m || !base) {
		sym_give_up(s, "out of memory");
		s->stop = true;
		return NULL;
	}
	for (uint64_t i = 0; i < m->n; i++)
		if (!kept || 8 * i + 8 > r->size || memcmp(kept + 8 * i, all, 8) != 0)
			m->cell[i] = NULL;
	m->base = base;
	return base;
}

void mem_blur(struct sym *s, struct state *st, struct region *r, uint64_t from, uint64_t to, const struct guess_write *w)
{
	for (uint64_t i = from / 8; 8 * i < to && 8 * i < r->size && !r->any; i++) {
		const struct cell *c = cell_at(s, st, r, i);
		term word = term_fresh(&s->t, 64, "one of many places");

		symguess_written(s, i, c, w, st->pc, word);
		put_cell(s, st, r, i, blurred_cell(s, c, c, TERM_TRUE, word));
	}
}

void mem_mark_init(struct sym *s, struct state *st, struct region *r, uint64_t off, term when)
{
	const struct cell *old = off < r->size && !r->any ? cell_at(s, st, r, off / 8) : NULL;
	struct cell *c = old ? arena_new(s->arena, struct cell) : NULL;

	if (!c)
		return;
	to_bytes(s, old, c);
	c->blurred = old->blurred;
	c->init[off % 8] = term_or(&s->t, when, c->init[off % 8]);
	put_cell(s, st, r, off / 8, c);
}

bool mem_blur_at(struct sym *s, struct state *st, struct region *r, const struct guess_write *w)
{
	struct places p;

	find_places(s, st, r, w->off, 1, &p);
	if (p.n <= EXACT_PLACES)
		return false;
	mem_blur(s, st, r, p.off[0], p.all ? p.off[p.n - 1] + w->n : r->size, w);
	return true;
}

/* What a store of these bytes is. NULL: no memory. */
static const struct guess_write *store_of(struct sym *s, term off, unsigned size, const struct val *v, term guard)
{
	struct guess_write *w = arena_new(s->arena, struct guess_write);
	term *byte = arena_calloc(s->arena, 2 * size, sizeof(*byte)), n = val_number(s, v);

	for (unsigned i = 0; byte && i < size; i++) {
		byte[i] = term_extract(&s->t, n, 8 * i + 7, 8 * i);
		byte[size + i] = TERM_TRUE;
	}
	if (w && byte)
		*w = (struct guess_write){ .off = off, .guard = guard, .n = size, .byte = byte, .when = byte + size };
	return byte ? w : NULL;
}

void mem_store(struct sym *s, struct state *st, struct region *r, term off, unsigned size, const struct val *v,
	       term guard)
{
	struct terms *t = &s->t;
	struct places p;

	if (guard == TERM_FALSE || r->any)
		return;
	if (term_is_const(t, off)) {
		if (term_value(t, off) < r->size)
			store_at(s, st, r, term_value(t, off), size, v, guard);
		return;
	}
	find_places(s, st, r, off, size, &p);
	const struct guess_write *w = p.n > EXACT_PLACES ? store_of(s, off, size, v, guard) : NULL;
	if (!p.all) {
		mem_blur(s, st, r, 0, r->size, w);
		return;
	}
	if (p.n > EXACT_PLACES) {
		uint64_t done = 0; /* cells below are blurred */

		for (uint32_t i = 0; i < p.n; i++) {
			uint64_t from = p.off[i] > done ? p.off[i] : done, to = (p.off[i] + size + 7) / 8 * 8;

			if (to > done)
				mem_blur(s, st, r, from, to, w);
			done = to;
		}
		return;
	}
	for (uint32_t i = 0; i < p.n; i++)
		store_at(s, st, r, p.off[i], size, v, term_and(t, guard, term_eq_k(t, off, p.off[i])));
}

/* --- joining --- */

static const struct cell *merge_cell(struct sym *s, term sel, const struct cell *a, const struct cell *b)
{
	struct cell *c, xa, xb;

	if (a == b)
		return a;
	if (a->blurred || b->blurred) {
		term word = term_fresh(&s->t, 64, "one of many places");

		symguess_joined(s, a, b, sel, word);
		return blurred_cell(s, a, b, sel, word);
	}
	c = arena_new(s->arena, struct cell);
	if (!c)
		return a;
	if (a->v || b->v) {
		const struct val *va = cell_value(s, a), *vb = cell_value(s, b);

		if (va->n || vb->n || (a->v && b->v)) {
			c->v = val_merge(s, sel, va, vb);
			return c;
		}
	}
	a = to_bytes(s, a, &xa);
	b = to_bytes(s, b, &xb);
	for (unsigned j = 0; j < 8; j++) {
		c->byte[j] = term_ite(&s->t, sel, a->byte[j], b->byte[j]);
		c->init[j] = term_ite(&s->t, sel, a->init[j], b->init[j]);
	}
	return c;
}

/* Both are NULL only when they are the same. */
static struct mem_base *join_bases(struct sym *s, const struct region *r, term sel, struct mem_base *a, struct mem_base *b)
{
	struct mem_base *j;

	if (a == b)
		return a;
	j = new_base(s, r);
	if (!j) {
		sym_give_up(s, "out of memory");
		s->stop = true;
		return a;
	}
	j->joined = true;
	j->sel = sel;
	j->a = a;
	j->b = b;
	return j;
}

void mem_merge(struct sym *s, struct state *dst, const struct state *a, const struct state *b, term sel)
{
	uint32_t n = a->n_mem > b->n_mem ? a->n_mem : b->n_mem;

	for (uint32_t i = 0; i < n; i++) {
		const struct rmem *ma = i < a->n_mem ? a->mem[i] : NULL, *mb = i < b->n_mem ? b->mem[i] : NULL;
		struct mem_base *base_a = ma ? ma->base : NULL, *base_b = mb ? mb->base : NULL;
		struct region *r;

		if (ma == mb)
			continue;
		r = s->region[i];
		struct rmem *m = writable_mem(s, dst, r);
		if (!m) {
			s->stop = true;
			sym_give_up(s, "out of memory");
			return;
		}
		m->base = join_bases(s, r, sel, base_a, base_b);
		for (uint32_t j = 0; j < m->n; j++) {
			const struct cell *ca = ma ? ma->cell[j] : NULL, *cb = mb ? mb->cell[j] : NULL;

			if (ca == cb)
				m->cell[j] = ca;
			else
				m->cell[j] = merge_cell(s, sel, ca ? ca : base_cell(s, r, base_a, j),
							cb ? cb : base_cell(s, r, base_b, j));
		}
	}
}
