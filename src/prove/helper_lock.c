// SPDX-License-Identifier: GPL-2.0-only
/* helper_lock: spin locks. One is held at most; what is unlocked must be what was locked. */
#include <string.h>
#include "prove/helper.h"

int64_t helper_lock_offset(const struct bpfobj *obj, const struct bpfobj_map *map)
{
	const struct bt *bt = bpfobj_btf(obj);
	const struct bt_type *v = bt && map && map->value_type ? bt_resolve(bt, map->value_type) : NULL;

	if (!v || v->kind != BT_STRUCT)
		return -1;
	for (uint32_t i = 0; i < v->n; i++) {
		const struct bt_type *m = bt_resolve(bt, v->members[i].type);

		if (m && m->kind == BT_STRUCT && m->name && !strcmp(m->name, "bpf_spin_lock"))
			return v->members[i].bit_offset / 8;
	}
	return -1;
}

/* Which lock the argument is, as region << 32 | offset; that it is one is an obligation. */
static term which_lock(struct helper_call *c)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	const struct val *v = c->arg[0];
	term which = term_const(t, 64, 0);

	for (uint32_t j = 0; j < v->n; j++) {
		const struct region *r = region_get(s, v->alt[j].region);
		term at = term_const(t, 64, (uint64_t)r->id << 32), off = v->alt[j].off;
		int64_t want = r->kind == REGION_ROW ? helper_lock_offset(s->obj, r->map) : -1;

		sym_oblige_when(s, term_and(t, c->st->pc, v->alt[j].guard), PROP_CALL,
				want < 0 ? TERM_FALSE : term_eq_k(t, off, (uint64_t)want), "the argument is no lock in a map value");
		which = term_ite(t, v->alt[j].guard, term_add(t, at, off), which);
	}
	sym_oblige_when(s, term_and(t, c->st->pc, val_scalar_guard(s, v)), PROP_CALL, TERM_FALSE, "the argument is no lock in a map value");
	return which;
}

bool helper_lock(struct helper_call *c)
{
	struct sym *s = c->s;
	term which = which_lock(c);

	s->lock_held = s->locked == TERM_FALSE ? which : term_ite(&s->t, c->st->pc, which, s->lock_held);
	s->locked = term_or(&s->t, s->locked, c->st->pc);
	sym_assume(s, "all users of a value with a lock take that lock");
	for (uint32_t j = 0; j < c->arg[0]->n; j++) {
		struct region *r = region_get(s, c->arg[0]->alt[j].region);

		if (r->kind == REGION_ROW && r->discipline == MAP_LOCKED)
			symshare_lock(s, c->st, r, c->arg[0]->alt[j].guard, c->log);
	}
	return true;
}

bool helper_unlock(struct helper_call *c)
{
	struct sym *s = c->s;
	term which = which_lock(c);

	for (uint32_t j = 0; j < c->arg[0]->n; j++) {
		struct region *r = region_get(s, c->arg[0]->alt[j].region);

		if (r->kind == REGION_ROW && r->discipline == MAP_LOCKED)
			symshare_unlock(s, c->st, r, c->arg[0]->alt[j].guard);
	}
	sym_oblige(s, c->st, PROP_CALL, s->locked, "unlock without a lock");
	if (s->locked != TERM_FALSE)
		sym_oblige_when(s, term_and(&s->t, c->st->pc, s->locked), PROP_CALL, term_eq(&s->t, which, s->lock_held),
				"another lock is held than the one that is unlocked");
	s->locked = term_and(&s->t, s->locked, term_not(&s->t, c->st->pc));
	return true;
}
