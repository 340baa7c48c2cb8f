// SPDX-License-Identifier: GPL-2.0-only
/* helper_map: models of the helpers on maps and local storage. */
#include <errno.h>
#include <string.h>
#include "prove/helper.h"

static bool read_key(struct helper_call *c, term key[SYMMAP_KEY_WORDS])
{
	struct sym *s = c->s;

	if (!c->map)
		return false;
	if (symmap_key_words(c->map) > SYMMAP_KEY_WORDS) {
		sym_give_up(s, "map %s: keys of %u bytes are too long", c->map->map->name, c->map->map->key_size);
		return false;
	}
	if (c->map->is_object)
		key[0] = val_number(s, c->arg[1]);
	else
		symmap_read_key(s, c->st, c->map, c->arg[1], key);
	return true;
}

static bool plain_map(struct helper_call *c)
{
	static const uint32_t known[] = {
		BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_PERCPU_ARRAY,
		BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH, BPF_MAP_TYPE_LPM_TRIE,
		BPF_MAP_TYPE_ARRAY_OF_MAPS, BPF_MAP_TYPE_HASH_OF_MAPS,
	};

	for (size_t i = 0; c->map && i < sizeof(known) / sizeof(known[0]); i++)
		if (c->map->map->type == known[i])
			return true;
	if (c->map)
		sym_give_up(c->s, "instruction %u: %s on a map of type %u (%s) is not modelled", c->s->insn, c->h->name,
			    c->map->map->type, c->map->map->name);
	return false;
}

bool helper_map_lookup(struct helper_call *c)
{
	term key[SYMMAP_KEY_WORDS];
	uint32_t type = c->map ? c->map->map->type : 0;

	sym_oblige(c->s, c->st, PROP_CALL, term_bool(!c->map || !(c->map->map->flags & BPF_F_WRONLY_PROG)), "a map that programs may not read");
	if (type == BPF_MAP_TYPE_XSKMAP) { /* a socket that is looked at nowhere but in redirect_map */
		struct region *socket = region_new(c->s, REGION_OPAQUE, 0, "XDP socket");

		c->ret = val_ptr_or_null(c->s, term_fresh(&c->s->t, 0, arena_printf(c->s->arena, "%s has the key", c->map->map->name)), socket->id);
		return true;
	}
	if (!plain_map(c) || !read_key(c, key)) {
		c->ret = val_const(c->s, 0);
		return false;
	}
	for (const struct map_op *o = c->map->ops; o && type == BPF_MAP_TYPE_LPM_TRIE; o = o->next)
		if (!o->unseen)
			sym_give_up(c->s, "instruction %u: lookup in an LPM trie the program changed is not modelled", c->s->insn);
	if (type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY)
		sym_assume(c->s, "the program stays on one processor");
	if (c->h->id == 195)
		sym_give_up(c->s, "instruction %u: the element of another processor is not modelled", c->s->insn);
	c->ret = symmap_lookup(c->s, c->st, c->map, key, SYMMAP_NOW);
	return true;
}

static bool is_array_map(const struct map_model *m)
{
	return m->map->type == BPF_MAP_TYPE_ARRAY || m->map->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static bool is_lru_map(const struct map_model *m)
{
	return m->map->type == BPF_MAP_TYPE_LRU_HASH || m->map->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* Where an element that is there keeps its memory and gets the new contents. */
static term updated_in_place(struct helper_call *c)
{
	struct terms *t = &c->s->t;
	uint32_t type = c->map->map->type;
	bool lockable = type == BPF_MAP_TYPE_HASH && helper_lock_offset(c->s->obj, c->map->map) >= 0;

	if (is_array_map(c->map) || type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH)
		return TERM_TRUE;
	return lockable ? term_not(t, term_eq_k(t, term_bin(t, TERM_OP_BAND, val_number(c->s, c->arg[3]), term_const(t, 64, BPF_F_LOCK)), 0)) :
			  TERM_FALSE;
}

static term any_present(struct sym *s, const struct val *v) { return term_not(&s->t, val_scalar_guard(s, v)); }

/* Copy the value into every place the pointer may mean, under its guard. */
static void overwrite(struct helper_call *c, const struct val *to, uint32_t n, const term *byte, term when)
{
	struct sym *s = c->s;

	for (uint32_t j = 0; j < to->n; j++)
		for (uint32_t i = 0; i < n; i++)
			mem_set_byte(s, c->st, region_get(s, to->alt[j].region), i, byte[i], term_and(&s->t, when, to->alt[j].guard));
}

/* A new element: what lookups of that key find from now on. */
static struct region *new_element(struct helper_call *c, const term *key, uint32_t n, const term *byte, term when)
{
	struct sym *s = c->s;
	struct region *r;
	struct map_op *o;

	symshare_element(s, c->st, c->map, byte, n, val_number(s, c->arg[3]), when);
	if (c->map->any)
		return region_get(s, c->map->blob);
	r = region_new(s, REGION_ROW, n, "new element of %s", c->map->map->name);
	o = arena_new(s->arena, struct map_op);

	r->map = c->map->map;
	r->dynamic = true;
	r->discipline = c->map->discipline;
	r->init = !byte;
	s->log[c->log].alloc = r->id;
	s->log[c->log].alloc_guard = when;
	for (uint32_t i = 0; byte && i < n; i++)
		mem_set_byte(s, c->st, r, i, byte[i], TERM_TRUE);
	if (!byte) { /* zeros */
		uint8_t *zero = arena_alloc(s->arena, n + 1);
		r->image = zero;
	}
	if (o) {
		*o = (struct map_op){ .guard = when, .key = arena_memdup(s->arena, key, symmap_key_words(c->map) * sizeof(term)),
				      .row = r->id };
		if (is_lru_map(c->map)) /* room is made before anything is known */
			o->lost = c->st->pc;
	}
	symmap_add_op(s, c->map, o);
	return r;
}

/* Which error an update gives for sure, before luck decides. */
static term update_allowed(struct helper_call *c, const struct val *old, const term *key)
{
	struct terms *t = &c->s->t;
	term flags = term_bin(t, TERM_OP_BAND, val_number(c->s, c->arg[3]), term_const(t, 64, 3));
	term noexist = term_eq_k(t, flags, BPF_NOEXIST), exist = term_eq_k(t, flags, BPF_EXIST);
	term present = any_present(c->s, old);

	if (is_array_map(c->map)) /* the caller knows which flags there are */
		return term_and(t, term_ult(t, key[0], symmap_entries(c->s, c->map)), term_not(t, noexist));
	return term_and(t, term_not(t, term_and(t, noexist, present)),
			term_not(t, term_and(t, exist, term_not(t, present))));
}

/* Flags of which every kernel takes an array's element; others are errors, or mean what they mean to a later kernel. */
static term flags_known(struct helper_call *c)
{
	struct terms *t = &c->s->t;
	term flags = val_number(c->s, c->arg[3]);
	bool lockable = c->map->map->type == BPF_MAP_TYPE_ARRAY && helper_lock_offset(c->s->obj, c->map->map) >= 0;
	term known = term_or(t, term_eq_k(t, flags, BPF_ANY), term_eq_k(t, flags, BPF_EXIST));

	if (lockable)
		known = term_or(t, known, term_or(t, term_eq_k(t, flags, BPF_F_LOCK), term_eq_k(t, flags, BPF_F_LOCK | BPF_EXIST)));
	return known;
}

static void oblige_writable(struct helper_call *c)
{
	sym_oblige(c->s, c->st, PROP_CALL, term_bool(!c->map || !(c->map->map->flags & BPF_F_RDONLY_PROG)), "a map that programs may not write");
}

bool helper_map_update(struct helper_call *c)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	term key[SYMMAP_KEY_WORDS], ok;

	c->ret = val_scalar(s, helper_errno(s, "error of map_update_elem", &ok));
	oblige_writable(c);
	if (!plain_map(c) || !read_key(c, key))
		return false;
	uint32_t n = c->map->map->value_size;
	size_t index = (size_t)(c->map - s->map);
	if (c->map->map->inner || n > 8192) {
		sym_give_up(s, "instruction %u: update of map %s is not modelled", s->insn, c->map->map->name);
		return false;
	}
	const struct val *old = symmap_lookup(s, c->st, c->map, key, SYMMAP_NOW);
	c->map = &s->map[index];
	c->map->written = true;
	if (is_lru_map(c->map)) /* room is made first, by that very element perhaps */
		old = val_merge(s, term_fresh(t, 0, "evicted"), val_const(s, 0), old);
	term allowed = update_allowed(c, old, key), luck;
	/* an array element that is there can always be replaced; a hash may be full or busy */
	term err = helper_errno(s, "error of map_update_elem", &luck);
	term good = term_and(t, allowed, is_array_map(c->map) ? term_or(t, luck, flags_known(c)) : luck);
	term code = term_ite(t, luck, term_const(t, 64, (uint64_t)-EEXIST), err);
	c->ret = val_scalar(s, term_ite(t, good, term_const(t, 64, 0), code));
	term *byte = arena_new_n(s->arena, n + 1, term);
	if (!byte)
		return false;
	helper_read(c, 2, n, byte);
	term in_place = updated_in_place(c), there = is_array_map(c->map) ? TERM_TRUE : term_and(t, in_place, any_present(s, old));
	if (there != TERM_FALSE) {
		there = term_and(t, good, there);
		symshare_element(s, c->st, c->map, byte, n, val_number(s, c->arg[3]), there);
		c->map = &s->map[index];
		overwrite(c, old, n, byte, there);
		s->log[c->log].dst = c->map->discipline == MAP_SHARED ? NULL : old;
		s->log[c->log].dst_guard = there;
		good = term_and(t, good, term_not(t, there));
	}
	if (!is_array_map(c->map))
		new_element(c, key, n, byte, term_and(t, c->st->pc, good));
	return true;
}

bool helper_map_delete(struct helper_call *c)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	term key[SYMMAP_KEY_WORDS], luck;

	c->ret = val_scalar(s, helper_errno(s, "error of map_delete_elem", &luck));
	oblige_writable(c);
	if (!plain_map(c) || !read_key(c, key))
		return false;
	term err = val_number(s, c->ret), failed = term_const(t, 64, (uint64_t)-EEXIST);
	if (is_array_map(c->map)) {
		c->ret = val_scalar(s, term_ite(t, luck, failed, err));
		return true;
	}
	size_t index = (size_t)(c->map - s->map);
	term present = any_present(s, symmap_lookup(s, c->st, c->map, key, SYMMAP_NOW)), good = term_and(t, present, luck);
	c->map = &s->map[index];
	c->ret = val_scalar(s, term_ite(t, good, term_const(t, 64, 0), term_ite(t, luck, failed, err)));
	struct map_op *o = arena_new(s->arena, struct map_op);
	symshare_remove(s, c->st, c->map, good);
	if (!o || c->map->any)
		return o != NULL;
	*o = (struct map_op){ .guard = term_and(t, c->st->pc, good), .is_delete = true,
			      .key = arena_memdup(s->arena, key, symmap_key_words(c->map) * sizeof(term)) };
	symmap_add_op(s, c->map, o);
	return true;
}

bool helper_storage_get(struct helper_call *c)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	term key[SYMMAP_KEY_WORDS];

	c->ret = val_const(s, 0);
	if (!c->map || !c->map->is_object) {
		sym_oblige(s, c->st, PROP_CALL, TERM_FALSE, "the map is no local storage");
		return false;
	}
	read_key(c, key);
	uint32_t n = c->map->map->value_size;
	size_t index = (size_t)(c->map - s->map);
	const struct val *old = symmap_lookup(s, c->st, c->map, key, SYMMAP_NOW);
	c->map = &s->map[index];
	term alive = term_not(t, term_eq_k(t, key[0], 0));
	term flag = val_number(s, c->arg[3]); /* of others it gives null, but who knows later kernels */
	term valid = term_or(t, term_ult(t, flag, term_const(t, 64, 2)), term_fresh(t, 0, "the flags are known"));
	old = val_merge(s, term_and(t, alive, valid), old, val_const(s, 0));
	term create = term_and(t, term_and(t, alive, term_not(t, any_present(s, old))), term_eq_k(t, term_bin(t, TERM_OP_BAND, flag, term_const(t, 64, 1)), 1));
	create = term_and(t, create, valid);
	create = term_and(t, create, term_fresh(t, 0, "storage is created"));
	c->ret = old;
	if (create == TERM_FALSE)
		return true;
	term *byte = NULL;
	if (c->arg[2]->n) {
		byte = arena_new_n(s->arena, n + 1, term);
		if (!byte)
			return false;
		helper_read(c, 2, n, byte);
		term null = val_scalar_guard(s, c->arg[2]); /* then zeros */
		for (uint32_t i = 0; i < n && c->arg[2]->bits; i++)
			byte[i] = term_ite(t, null, term_const(t, 8, 0), byte[i]);
	}
	struct region *r = new_element(c, key, n, byte, term_and(t, c->st->pc, create));
	c->ret = val_merge(s, create, val_ptr_k(s, r->id, 0), old);
	return true;
}

bool helper_storage_delete(struct helper_call *c)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	term key[SYMMAP_KEY_WORDS], luck;
	struct map_op *o = arena_new(s->arena, struct map_op);

	c->ret = val_scalar(s, helper_errno(s, "error of storage_delete", &luck));
	if (!c->map || !c->map->is_object || !o)
		return false;
	symshare_remove(s, c->st, c->map, luck);
	if (c->map->any)
		return true;
	read_key(c, key);
	*o = (struct map_op){ .guard = term_and(t, c->st->pc, luck), .is_delete = true,
			      .key = arena_memdup(s->arena, key, sizeof(term)) };
	symmap_add_op(s, c->map, o);
	return true;
}
