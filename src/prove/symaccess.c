// SPDX-License-Identifier: GPL-2.0-only
/*
 * symaccess: loads and stores by the program, with everything that has to hold for them.
 * Where a value may be several things, each has its own obligations under its own guard.
 */
#include <string.h>
#include "prove/helper.h"
#include "prove/sym.h"

static void oblige_aligned(struct sym *s, term guard, const struct region *r, term off, unsigned size)
{
	if ((r->kind != REGION_STACK && r->kind != REGION_CTX) || size == 1)
		return;
	term low = term_bin(&s->t, TERM_OP_BAND, off, term_const(&s->t, 64, size - 1));
	sym_oblige_when(s, guard, PROP_ALIGN, term_eq_k(&s->t, low, 0),
			arena_printf(s->arena, "%u byte access to %s is misaligned", size, r->name));
}

/* Whether this can be done to that kind of object at all. */
static void oblige_kind(struct sym *s, term guard, const struct region *r, bool write)
{
	struct terms *t = &s->t;

	if (r->kind == REGION_OPAQUE || (r->kind == REGION_MAP && !write))
		sym_give_up(s, "instruction %u: access through %s is not modelled", s->insn, r->name);
	if (r->kind == REGION_FUNC || (r->kind == REGION_MAP && write))
		sym_oblige_when(s, guard, PROP_MEMORY, TERM_FALSE, arena_printf(s->arena, "access to %s", r->name));
	if (write && !r->writable)
		sym_oblige_when(s, guard, PROP_MEMORY, TERM_FALSE, arena_printf(s->arena, "write to %s, which is read-only", r->name));
	if (r->kind == REGION_STACK && r->released == TERM_TRUE)
		sym_oblige_when(s, guard, PROP_MEMORY, TERM_FALSE, "the frame of a function that has returned is used");
	if (r->kind == REGION_RECORD)
		sym_oblige_when(s, guard, PROP_MEMORY, term_not(t, r->released), "record is used after it was submitted or discarded");
	if (r->kind == REGION_ROW && r->discipline == MAP_LOCKED)
		symshare_oblige_lock(s, guard, r);
	if (write && r->kind == REGION_ROW && r->map && r->map->type == BPF_MAP_TYPE_LPM_TRIE)
		sym_give_up(s, "instruction %u: write through a pointer into the LPM trie %s is not modelled", s->insn, r->map->name);
}

/* The lock in a value is for its helpers alone. */
static void oblige_no_lock(struct sym *s, term guard, const struct region *r, term off, term size)
{
	struct terms *t = &s->t;
	int64_t at = r->kind == REGION_ROW && r->map ? helper_lock_offset(s->obj, r->map) : -1;

	if (at < 0)
		return;
	term before = term_ule(t, term_add(t, off, size), term_const(t, 64, (uint64_t)at));
	term after = term_ule(t, term_const(t, 64, (uint64_t)at + 4), off);
	sym_oblige_there(s, guard, PROP_MEMORY, term_or(t, before, after), arena_printf(s->arena, "the lock in %s is accessed", r->name));
}

static void oblige_access(struct sym *s, term guard, const struct region *r, term off, term size, bool write)
{
	oblige_kind(s, guard, r, write);
	oblige_no_lock(s, guard, r, off, size);
	if (r->kind == REGION_KOBJ || r->kind == REGION_OPAQUE || r->kind == REGION_MAP || r->kind == REGION_FUNC)
		return;
	const char *what = term_is_const(&s->t, size) && term_is_const(&s->t, off) ?
		arena_printf(s->arena, "%s of %llu bytes at offset %lld of %s (%llu bytes%s)", write ? "write" : "read",
			     (unsigned long long)term_value(&s->t, size), (long long)term_value(&s->t, off), r->name,
			     (unsigned long long)r->size, r->len ? " at most" : "") :
		arena_printf(s->arena, "%s of %s out of its bounds (%llu bytes%s)", write ? "write" : "read", r->name,
			     (unsigned long long)r->size, r->len ? " at most" : "");
	sym_oblige_when(s, guard, PROP_MEMORY, region_holds(s, r, off, size), what);
}

/* The part of a pointer that is a number: never may memory be accessed there. */
static void oblige_not_number(struct sym *s, term pc, const struct val *v)
{
	struct terms *t = &s->t;

	if (!v->bits)
		return;
	term g = term_and(t, pc, val_scalar_guard(s, v));
	term low = term_ult(t, v->bits, term_const(t, 64, 4096));
	term high = term_not(t, term_ult(t, v->bits, term_const(t, 64, (uint64_t)-32768)));
	low = term_or(t, low, high); /* null plus a small, maybe negative, offset */
	sym_oblige_when(s, term_and(t, g, low), PROP_NULL, TERM_FALSE, "null pointer is used");
	sym_oblige_when(s, term_and(t, g, term_not(t, low)), PROP_MEMORY, TERM_FALSE,
			"a number is used as an address");
}

static const struct val *load_from(struct sym *s, struct state *st, struct region *r, term off, unsigned size,
				   term guard)
{
	term init;
	const struct val *v;

	if (r->kind == REGION_KOBJ)
		return symkobj_load(s, st, r, off, size, guard);
	if (r->kind == REGION_CTX)
		return symctx_load(s, st, r, off, size);
	if (r->kind == REGION_OPAQUE || r->kind == REGION_MAP || r->kind == REGION_FUNC)
		return val_scalar(s, term_extend(&s->t, false, 64, term_fresh(&s->t, 8 * size, "opaque")));
	if (r->discipline == MAP_SHARED)
		return symshare_load(s, st, r, off, size, guard);
	v = mem_load(s, st, r, off, size, &init);
	sym_oblige_when(s, guard, PROP_INIT, init, arena_printf(s->arena, "read of %s that was never written", r->name));
	return v;
}

const struct val *sym_load(struct sym *s, struct state *st, const struct val *ptr, int64_t off, unsigned size)
{
	struct terms *t = &s->t;
	const struct val *v = val_add(s, ptr, term_const(t, 64, (uint64_t)off)), *res = NULL;

	for (uint32_t i = 0; i < v->n; i++) {
		struct region *r = region_get(s, v->alt[i].region);
		term g = term_and(t, st->pc, v->alt[i].guard);

		if (g == TERM_FALSE)
			continue;
		oblige_access(s, g, r, v->alt[i].off, term_const(t, 64, size), false);
		oblige_aligned(s, g, r, v->alt[i].off, size);
		const struct val *x = load_from(s, st, r, v->alt[i].off, size, g);
		res = res ? val_merge(s, v->alt[i].guard, x, res) : x;
	}
	oblige_not_number(s, st->pc, v);
	return res ? res : val_const(s, 0);
}

void sym_store(struct sym *s, struct state *st, const struct val *ptr, int64_t off, unsigned size,
	       const struct val *x)
{
	struct terms *t = &s->t;
	const struct val *v = val_add(s, ptr, term_const(t, 64, (uint64_t)off));

	for (uint32_t i = 0; i < v->n; i++) {
		struct region *r = region_get(s, v->alt[i].region);
		term g = term_and(t, st->pc, v->alt[i].guard);

		if (g == TERM_FALSE)
			continue;
		oblige_access(s, g, r, v->alt[i].off, term_const(t, 64, size), true);
		oblige_aligned(s, g, r, v->alt[i].off, size);
		/* the value must be right where the path is taken; elsewhere it does not matter */
		if (r->discipline == MAP_SHARED)
			symshare_store(s, st, r, v->alt[i].off, size, x, v->alt[i].guard);
		if (r->discipline == MAP_LOCKED)
			symshare_locked_store(s, st, r, v->alt[i].guard);
		if (r->kind == REGION_CTX)
			symctx_store(s, st, r, v->alt[i].off, size, x, v->alt[i].guard);
		else if (r->kind != REGION_KOBJ && r->writable)
			mem_store(s, st, r, v->alt[i].off, size, x, v->alt[i].guard);
	}
	oblige_not_number(s, st->pc, v);
}

/* A helper reads a kernel object without a net. */
static void oblige_object(struct sym *s, term guard, const struct region *r, term off, term size, const char *why)
{
	struct terms *t = &s->t;

	if (!r->size)
		sym_give_up(s, "instruction %u: a kernel object whose type is not known is a helper's %s", s->insn, why);
	else
		sym_oblige_there(s, guard, PROP_MEMORY, region_holds(s, r, off, size), arena_printf(s->arena, "%s behind the end of a %s", why, r->name));
	sym_oblige_there(s, guard, PROP_NULL, term_not(t, term_eq_k(t, r->base, 0)), arena_printf(s->arena, "null is a helper's %s", why));
}

void sym_check_mem(struct sym *s, struct state *st, const struct val *ptr, term size, bool write, const char *why)
{
	struct terms *t = &s->t;
	term some = term_not(t, term_eq_k(t, size, 0)); /* nothing is touched otherwise */

	for (uint32_t i = 0; i < ptr->n; i++) {
		struct region *r = region_get(s, ptr->alt[i].region);
		term g = term_and(t, st->pc, ptr->alt[i].guard);

		if (g == TERM_FALSE)
			continue;
		oblige_access(s, term_and(t, g, some), r, ptr->alt[i].off, size, write);
		if (write && r->discipline == MAP_SHARED)
			sym_give_up(s, "instruction %u: a helper writes to an element of %s, which is shared", s->insn, r->map->name);
		if (r->kind == REGION_KOBJ)
			oblige_object(s, term_and(t, g, some), r, ptr->alt[i].off, size, why);
		if (r->kind == REGION_CTX)
			sym_give_up(s, "instruction %u: a helper gets the context as memory (%s)", s->insn, why);
		if (write || r->init)
			continue;
		uint64_t max = t->node[size].hi;
		for (uint64_t j = 0; j < max && j < r->size; j++) {
			term in, o = term_add(t, ptr->alt[i].off, term_const(t, 64, j));
			mem_load(s, st, r, o, 1, &in);
			sym_oblige_when(s, term_and(t, g, term_ult(t, term_const(t, 64, j), size)), PROP_INIT, in,
					arena_printf(s->arena, "byte %llu of the helper's %s was never written",
						     (unsigned long long)j, why));
		}
	}
	if (term_is_const(t, size) && term_value(t, size) == 0)
		return;
	oblige_not_number(s, term_and(t, st->pc, some), ptr);
}
