// SPDX-License-Identifier: GPL-2.0-only
/* symshare: see symshare.h. */
#include "prove/symshare.h"

#include "prove/contract.h"
#include "prove/helper.h"

static struct map_model *model_of(struct sym *s, const struct region *r)
{
	for (size_t i = 0; i < s->n_maps; i++)
		if (s->map[i].map == r->map)
			return &s->map[i];
	return NULL;
}

static void note_write(struct sym *s, struct map_model *m, term when)
{
	if (m)
		m->wrote = m->wrote ? term_or(&s->t, m->wrote, when) : when;
}

/* --- shared --- */

/* The element as it is at this moment: anything that has the invariant. */
static struct region *snapshot(struct sym *s, struct state *st, const struct region *r, term guard)
{
	struct terms *t = &s->t;
	struct region *now;

	if (s->in_atomic && s->atomic_of == r)
		return s->atomic_now;
	now = region_new(s, REGION_ROW, r->size, "%s", r->name);
	now->init = now->dynamic = true;
	st->pc = term_and(t, st->pc, term_implies(t, guard, contract_map_invariant(s, r->map, st, now)));
	s->atomic_of = r;
	s->atomic_now = now;
	return now;
}

static void note_access(struct sym *s, const struct state *st, enum log_kind kind, const struct region *r, term off, unsigned size,
			term value, term guard)
{
	struct log_entry *e = sym_log(s, st, kind);

	e->guard = term_and(&s->t, st->pc, guard);
	e->addr = term_add(&s->t, term_const(&s->t, 64, SYMSHARE_BASE + ((uint64_t)r->id << SYMSHARE_SHIFT)), off);
	e->value = term_extend(&s->t, false, 64, term_extract(&s->t, value, 8 * size - 1, 0));
	e->size = size;
	e->fresh = true;
}

const struct val *symshare_load(struct sym *s, struct state *st, struct region *r, term off, unsigned size, term guard)
{
	struct region *now = snapshot(s, st, r, guard);
	term init;
	const struct val *v = mem_load(s, st, now, off, size, &init);

	note_access(s, st, LOG_KREAD, r, off, size, val_number(s, v), guard);
	return v;
}

void symshare_store(struct sym *s, struct state *st, struct region *r, term off, unsigned size, const struct val *v, term guard)
{
	struct region *now = snapshot(s, st, r, guard);
	term where = term_and(&s->t, st->pc, guard);

	mem_store(s, st, now, off, size, v, TERM_TRUE);
	sym_oblige_when(s, where, PROP_INVARIANT, contract_map_invariant(s, r->map, st, now),
			arena_printf(s->arena, "this write may break the invariant of %s, which is shared", r->map->name));
	note_access(s, st, LOG_KWRITE, r, off, size, val_number(s, v), guard);
	note_write(s, model_of(s, r), where);
}

void symshare_atomic(struct sym *s, bool begins)
{
	s->in_atomic = begins;
	s->atomic_of = NULL;
}

/* --- whole elements --- */

void symshare_element(struct sym *s, struct state *st, struct map_model *m, const term *byte, uint32_t n, term flags, term when)
{
	size_t index = (size_t)(m - s->map);
	struct region *e;

	if (m->discipline == MAP_PRIVATE)
		return;
	if (m->discipline == MAP_CONSTANT) {
		sym_oblige_when(s, term_and(&s->t, st->pc, when), PROP_INVARIANT, TERM_FALSE, "an element of a constant map is replaced");
		return;
	}
	e = region_new(s, REGION_ROW, n, "new element of %s", m->map->name);
	m = &s->map[index];
	e->dynamic = true;
	for (uint32_t i = 0; i < n; i++)
		mem_set_byte(s, st, e, i, byte ? byte[i] : term_const(&s->t, 8, 0), TERM_TRUE);
	when = term_and(&s->t, st->pc, when);
	sym_oblige_when(s, when, PROP_INVARIANT, contract_map_invariant(s, m->map, st, e),
			arena_printf(s->arena, "a new element of %s does not have its invariant", m->map->name));
	if (m->discipline == MAP_LOCKED && m->map->type == BPF_MAP_TYPE_ARRAY)
		sym_oblige_when(s, when, PROP_INVARIANT, term_not(&s->t, term_eq_k(&s->t, term_bin(&s->t, TERM_OP_BAND, flags, term_const(&s->t, 64, BPF_F_LOCK)), 0)),
				arena_printf(s->arena, "an element of %s is overwritten without BPF_F_LOCK", m->map->name));
	note_write(s, m, when);
}

void symshare_remove(struct sym *s, const struct state *st, struct map_model *m, term when)
{
	if (m->discipline != MAP_PRIVATE)
		note_write(s, m, term_and(&s->t, st->pc, when));
}

/* --- locked --- */

void symshare_oblige_lock(struct sym *s, term guard, const struct region *r)
{
	struct terms *t = &s->t;
	uint64_t lock = ((uint64_t)r->id << 32) + (uint64_t)helper_lock_offset(s->obj, r->map);
	size_t before = s->n_obligs;
	term held = s->locked == TERM_FALSE ? TERM_FALSE : term_and(t, s->locked, term_eq_k(t, s->lock_held, lock));

	sym_oblige_when(s, guard, PROP_INVARIANT, held, arena_printf(s->arena, "an element of %s is used without its lock", r->map->name));
	for (size_t i = before; i < s->n_obligs; i++)
		s->oblig[i].access = true;
}

void symshare_lock(struct sym *s, struct state *st, struct region *r, term guard, uint64_t log)
{
	const struct mem_base *base = mem_havoc(s, st, r, NULL);
	struct log_havoc *h = base ? arena_new(s->arena, struct log_havoc) : NULL;

	if (h) {
		*h = (struct log_havoc){ r->id, base, s->log[log].havocs };
		s->log[log].havocs = h;
	}
	st->pc = term_and(&s->t, st->pc, term_implies(&s->t, guard, contract_map_invariant(s, r->map, st, r)));
}

void symshare_unlock(struct sym *s, struct state *st, struct region *r, term guard)
{
	struct terms *t = &s->t;

	sym_oblige_when(s, term_and(t, st->pc, guard), PROP_INVARIANT, contract_map_invariant(s, r->map, st, r),
			arena_printf(s->arena, "an element of %s is unlocked without its invariant", r->map->name));
}

void symshare_locked_store(struct sym *s, const struct state *st, const struct region *r, term guard)
{
	note_write(s, model_of(s, r), term_and(&s->t, st->pc, guard));
}
