// SPDX-License-Identifier: GPL-2.0-only
/* symloop: see symloop.h. Errs to more behaviours than there are. */
#include "prove/symloop.h"

#include <string.h>
#include "prove/contract.h"
#include "prove/symiter.h"

bool loop_mark(struct sym *s, struct loop_mark *m)
{
	*m = (struct loop_mark){ .n_obligs = s->n_obligs, .n_log = s->n_log, .n_regions = s->n_regions, .n_maps = s->n_maps, .n_unseen = s->n_unseen,
			    .events = s->events, .locked = s->locked };
	memcpy(m->n_checked, s->n_checked, sizeof(m->n_checked));
	m->released = arena_new_n(s->arena, s->n_regions + 1, term);
	m->ops = arena_new_n(s->arena, s->n_maps + 1, struct map_op *);
	m->reads = arena_new_n(s->arena, s->n_regions + 1, struct first_read *);
	if (!m->released || !m->ops || !m->reads)
		return false;
	for (size_t i = 0; i < s->n_regions; i++) {
		m->released[i] = s->region[i]->released;
		m->reads[i] = s->region[i]->reads;
	}
	for (size_t i = 0; i < s->n_maps; i++)
		m->ops[i] = s->map[i].ops;
	return true;
}

/* What was done to a map before it was looked at: that stays. */
static struct map_op *born_with(const struct map_model *m)
{
	struct map_op *first = m->ops;

	while (first && first->next)
		first = first->next;
	return first && first->unseen && first->guard == TERM_TRUE ? first : NULL;
}

void loop_back_to(struct sym *s, const struct loop_mark *m)
{
	s->n_obligs = m->n_obligs;
	s->n_log = m->n_log;
	memcpy(s->n_checked, m->n_checked, sizeof(m->n_checked));
	s->events = m->events;
	s->locked = m->locked;
	for (size_t i = 0; i < s->n_regions; i++)
		s->region[i]->reads = i < m->n_regions ? m->reads[i] : NULL;
	for (size_t i = 0; i < s->n_regions; i++)
		if (i < m->n_regions)
			s->region[i]->released = m->released[i];
		else
			s->region[i]->acquired = TERM_FALSE; /* of a run that does not count */
	for (size_t i = 0; i < s->n_maps; i++)
		s->map[i].ops = i < m->n_maps ? m->ops[i] : born_with(&s->map[i]);
}

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

/* The number it can be has an empty upper half, and not by chance of this iteration. */
static bool narrow(const struct sym *s, const struct val *v)
{
	return v && (!v->bits || s->t.node[v->bits].hi <= UINT32_MAX);
}

bool loop_covers(struct sym *s, const struct val *kind, const struct val *v)
{
	if (!v || v->bits) {
		if (!kind->bits || (null_at_most(s, kind) && !null_at_most(s, v)) || (narrow(s, kind) && !narrow(s, v)))
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

/* The object is in a; *ret_moves: at another offset. */
static bool among(const struct sym *s, const struct val *a, const struct region *r, term off, bool *ret_moves)
{
	bool found = false;

	for (uint32_t i = 0; a && i < a->n; i++) {
		const struct region *k = region_get(s, a->alt[i].region);

		if (k == r || (k->kind == REGION_KOBJ && r->kind == REGION_KOBJ && k->type == r->type)) {
			found = true;
			*ret_moves |= a->alt[i].off != off;
		}
	}
	return found;
}

const struct val *loop_anything(struct sym *s, const struct val *a, const struct val *b)
{
	struct terms *t = &s->t;
	const struct val *from[2] = { a, b };
	const struct val *v = NULL;
	bool number = !a || !b || !a->n || !b->n || a->bits || b->bits;

	if (number && narrow(s, a) && narrow(s, b))
		v = val_scalar(s, null_at_most(s, a) && null_at_most(s, b) ? term_const(t, 64, 0) :
				  term_extend(t, false, 64, term_fresh(t, 32, "in the loop")));
	else if (number)
		v = val_scalar(s, term_fresh(t, 64, "in the loop"));
	for (int k = 0; k < 2; k++)
		for (uint32_t i = 0; from[k] && i < from[k]->n; i++) {
			struct region *r = region_get(s, from[k]->alt[i].region);
			term off = from[k]->alt[i].off;
			const struct val *p;
			bool moves = false;

			if (among(s, from[!k], r, off, &moves) && k == 1)
				continue; /* that of a stands for it */
			if (r->kind == REGION_KOBJ)
				r = region_kobj(s, r->type, term_fresh(t, 64, r->name));
			if (moves)
				off = term_fresh(t, 64, "offset in the loop");
			p = val_ptr(s, r->id, off);
			v = v ? val_merge(s, term_fresh(t, 0, "is a pointer"), p, v) : p;
		}
	return v ? v : val_scalar(s, term_fresh(t, 64, "in the loop"));
}

static const struct val *with_init(struct sym *s, const struct val *v, term init)
{
	struct val *w = arena_alloc(s->arena, sizeof(*w) + v->n * sizeof(v->alt[0]));

	if (!w)
		return val_uninit(s);
	memcpy(w, v, sizeof(*w) + v->n * sizeof(v->alt[0]));
	w->init = init;
	return w;
}

static bool same_value(const struct val *a, const struct val *b)
{
	return a == b || (a->n == b->n && a->bits == b->bits && a->init == b->init && !memcmp(a->alt, b->alt, a->n * sizeof(a->alt[0])));
}

/*
 * The iteration adds a constant to the register, as the ones before did: it is known by their number. True: there is
 * nothing else to say of it.
 */
static bool counts(struct sym *s, struct loop_changes *sum, int i, const struct val *was, const struct val *now, bool *ret_grown)
{
	struct terms *t = &s->t;
	bool numbers = !was->n && !now->n && was->init == TERM_TRUE && now->init == TERM_TRUE;
	term step = numbers && was != now ? term_sub(t, now->bits, was->bits) : TERM_NONE;

	if (sum->reg[i]) {
		if (!sum->step[i] || step == sum->step[i])
			return sum->step[i];
		sum->step[i] = TERM_NONE;
		sum->reg[i] = loop_anything(s, was, now);
		*ret_grown = true;
		return false;
	}
	if (!step || !term_is_const(t, step) || !term_value(t, step))
		return false;
	sum->step[i] = step;
	sum->reg[i] = now;
	*ret_grown = true;
	return true;
}

bool loop_compare_registers(struct sym *s, const struct state *before, const struct state *after, struct loop_changes *sum)
{
	bool grown = false;

	for (int i = 0; i < ISA_REG_FP; i++) {
		const struct val *was = before->r[i], *now = after->r[i], *kind = sum->reg[i];
		bool init = was->init == TERM_TRUE && now->init == TERM_TRUE;

		if (counts(s, sum, i, was, now, &grown))
			continue;
		if (kind ? (kind->init != TERM_TRUE || init) && loop_covers(s, kind, now) : same_value(was, now))
			continue;
		sum->reg[i] = with_init(s, loop_anything(s, kind ? kind : was, now), term_bool(init && (!kind || kind->init == TERM_TRUE)));
		grown = true;
	}
	return grown;
}

void loop_forget_registers(struct sym *s, struct state *st, const struct state *entry, const struct loop_changes *sum)
{
	struct terms *t = &s->t;

	for (int i = 0; i < ISA_REG_FP; i++)
		if (sum->step[i])
			st->r[i] = val_scalar(s, term_add(t, entry->r[i]->bits, term_bin(t, TERM_OP_MUL, sum->count, sum->step[i])));
		else if (sum->reg[i])
			st->r[i] = with_init(s, loop_anything(s, sum->reg[i], sum->reg[i]), sum->reg[i]->init);
}

void loop_forget(struct sym *s, struct state *st, const struct loop_changes *sum)
{
	for (uint32_t i = 0; i < sum->n; i++) {
		const struct loop_changed *c = &sum->list[i];
		struct region *r = region_get(s, c->region);
		unsigned size = r->size - 8ull * c->cell < 8 ? (unsigned)(r->size - 8ull * c->cell) : 8;
		term was_init = TERM_TRUE;

		if (!c->kind || !c->kind->n || size < 8) {
			mem_forget(s, st, r, c->cell, c->bytes);
			continue;
		}
		const struct val *v = loop_anything(s, c->kind, c->kind);
		/* it stays uninitialised where it was and the loop need not have written it */
		for (unsigned j = 0; j < size; j++) {
			term in;
			mem_byte(s, st, r, 8ull * c->cell + j, &in);
			was_init = term_and(&s->t, was_init, in);
		}
		mem_store(s, st, r, term_const(&s->t, 64, 8ull * c->cell), 8, with_init(s, v, was_init), TERM_TRUE);
	}
	symiter_recall(s, st);
	for (size_t i = 0; i < sum->n_maps; i++)
		symmap_havoc(s, st, sum->map[i], NULL, SIZE_MAX);
}

/* The bytes of a cell that differ, as halves: what is counted there carries. */
static uint8_t changed_bytes(struct sym *s, const struct state *before, const struct state *after, uint32_t region, uint32_t cell)
{
	struct region *r = region_get(s, region);
	uint8_t bytes = 0;

	for (unsigned j = 0; j < 8 && 8ull * cell + j < r->size; j++) {
		term in_b, in_a, b = mem_byte(s, before, r, 8ull * cell + j, &in_b), a = mem_byte(s, after, r, 8ull * cell + j, &in_a);

		if (a != b || in_a != in_b)
			bytes |= j < 4 ? 0x0f : 0xf0;
	}
	return bytes;
}

static bool all_numbers(const struct val *v) { return !v || !v->n; }

bool loop_compare(struct sym *s, const struct state *before, const struct state *after, const struct loop_mark *m,
		  struct loop_changes *sum)
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
			const struct val *now = cell_kind(s, after, r, i), *was = cell_kind(s, before, r, i);
			uint8_t bytes = all_numbers(now) && all_numbers(was) ? changed_bytes(s, before, after, r, i) : 0xff;
			if (k == sum->n && region_get(s, r)->kind == REGION_ITER && same_value(was, now))
				continue; /* made and destroyed again */
			if (k == sum->n) {
				if (!bytes)
					continue;
				if (sum->n == LOOP_MAX_CHANGED) {
					sum->full = true;
					return true;
				}
				sum->list[sum->n++] = (struct loop_changed){ r, i, loop_anything(s, was, now), bytes };
				grown = true;
				continue;
			}
			if (bytes & ~sum->list[k].bytes) {
				sum->list[k].bytes |= bytes;
				grown = true;
			}
			if (!loop_covers(s, sum->list[k].kind, now)) {
				sum->list[k].kind = loop_anything(s, sum->list[k].kind, now);
				grown = true;
			}
		}
	}
	return grown;
}

static bool is_changed(const struct loop_changes *sum, const struct bpfobj_map *map)
{
	for (size_t i = 0; i < sum->n_maps; i++)
		if (sum->map[i] == map)
			return true;
	return false;
}

/* The map did in that run what one run cannot stand for. */
static bool changes_map(const struct sym *s, const struct state *after, const struct loop_mark *m, size_t i)
{
	if (s->map[i].ops != (i < m->n_maps ? m->ops[i] : born_with(&s->map[i])))
		return true;
	for (size_t r = m->n_regions; after && r < after->n_mem && r < s->n_regions; r++)
		if (after->mem[r] && s->region[r]->kind == REGION_ROW && s->region[r]->map == s->map[i].map)
			return true;
	return false;
}

bool loop_compare_maps(struct sym *s, const struct state *after, const struct loop_mark *m, struct loop_changes *sum)
{
	bool more = false, follow = ++sum->rounds < LOOP_MAP_ROUNDS;

	if (!follow)
		sum->n_maps = 0;
	for (size_t i = 0; i < s->n_maps; i++) {
		if (s->map[i].any || is_changed(sum, s->map[i].map) || !changes_map(s, after, m, i))
			continue;
		if (!follow || !symmap_writable(s->map[i].map) || !contract_speaks_of(s, s->map[i].map)) {
			symmap_forget(s, &s->map[i]);
		} else {
			const struct bpfobj_map **list = arena_grow(s->arena, sum->map, sum->n_maps, &sum->cap_maps, sizeof(*list));

			if (!list) {
				sym_give_up(s, "out of memory");
				s->stop = true;
				return false;
			}
			sum->map = list;
			list[sum->n_maps++] = s->map[i].map;
		}
		more = true;
	}
	return more;
}

void loop_refuse_unsound(struct sym *s, const struct loop_mark *m)
{
	for (size_t i = m->n_regions; i < s->n_regions; i++)
		if (s->region[i]->kind == REGION_ITER && s->region[i]->frame < m->n_regions)
			sym_give_up(s, "instruction %u: an iterator of a frame outside is made in a loop that is not unrolled", s->insn);
	if (s->locked != m->locked)
		sym_give_up(s, "instruction %u: a lock is taken or released in a loop that is not unrolled", s->insn);
	for (size_t i = 0; i < m->n_regions; i++)
		if (s->region[i]->released != m->released[i])
			sym_give_up(s, "instruction %u: a record from outside is released in a loop that is not unrolled", s->insn);
	if (s->events != m->events)
		s->loop_events = true;
}
