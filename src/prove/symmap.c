// SPDX-License-Identifier: GPL-2.0-only
/*
 * symmap: maps as their unknown contents at the start, and a log of what the program did to them.
 *
 * A row exists for every different key that was looked at: "row j" means the element whose key is key_j unless
 * that equals the key of a row before it. So two lookups with equal keys meet in one region whatever the solver
 * chooses, and no formula needs arrays. The log is kept with absolute path conditions, so it need not be joined.
 */
#include <errno.h>
#include <string.h>
#include "prove/sym.h"

#define MAX_KEY_WORDS 64
#define MAX_OPS 512

static struct map_model *add_model(struct sym *s, const struct bpfobj_map *map, uint32_t index)
{
	struct map_model *list = arena_grow(s->arena, s->map, s->n_maps, &s->cap_maps, sizeof(*list));
	struct region *r = region_new(s, REGION_MAP, 0, "map %s", map->name ? map->name : "inner");

	if (!list)
		return NULL;
	s->map = list;
	list[s->n_maps] = (struct map_model){ .map = map, .index = index, .region = r->id };
	r->map = map;
	list[s->n_maps].is_object = map->type == BPF_MAP_TYPE_TASK_STORAGE || map->type == BPF_MAP_TYPE_INODE_STORAGE ||
				    map->type == BPF_MAP_TYPE_SK_STORAGE || map->type == 32 /* CGRP_STORAGE */;
	return &list[s->n_maps++];
}

int symmap_init(struct sym *s)
{
	for (uint32_t i = 0; i < bpfobj_map_count(s->obj); i++)
		if (!add_model(s, bpfobj_map(s->obj, i), i))
			return -ENOMEM;
	return 0;
}

struct map_model *symmap_of(struct sym *s, uint32_t region)
{
	for (size_t i = 0; i < s->n_maps; i++)
		if (s->map[i].region == region)
			return &s->map[i];
	return NULL;
}

uint32_t symmap_key_words(const struct map_model *m)
{
	return m->is_object ? 1 : (m->map->key_size + 7) / 8;
}

void symmap_read_key(struct sym *s, const struct state *st, const struct map_model *m, const struct val *ptr,
		     term *ret_key)
{
	struct terms *t = &s->t;

	for (uint32_t w = 0; w < symmap_key_words(m); w++) {
		unsigned n = m->map->key_size - 8 * w < 8 ? m->map->key_size - 8 * w : 8;
		term key = TERM_NONE;

		for (unsigned b = 0; b < n; b++) {
			term byte = term_const(t, 8, 0), init;

			for (uint32_t i = 0; i < ptr->n; i++) {
				struct region *r = region_get(s, ptr->alt[i].region);
				term off = term_add(t, ptr->alt[i].off, term_const(t, 64, 8 * w + b));
				term x = r->kind == REGION_KOBJ ? symkobj_byte(s, term_add(t, r->base, off)) :
					 term_extract(t, val_number(s, mem_load(s, st, r, off, 1, &init)), 7, 0);
				byte = i ? term_ite(t, ptr->alt[i].guard, x, byte) : x;
			}
			key = key ? term_concat(t, byte, key) : byte;
		}
		ret_key[w] = term_extend(t, false, 64, key);
	}
}

static term same_key(struct sym *s, const term *a, const term *b, uint32_t n)
{
	term e = TERM_TRUE;

	for (uint32_t i = 0; i < n; i++)
		e = term_and(&s->t, e, term_eq(&s->t, a[i], b[i]));
	return e;
}

static const char *key_name(struct sym *s, const struct map_model *m, const term *key)
{
	const char *name = m->map->name ? m->map->name : "inner";

	if (term_is_const(&s->t, key[0]) && symmap_key_words(m) == 1)
		return arena_printf(s->arena, "%s[%llu]", name, (unsigned long long)term_value(&s->t, key[0]));
	return arena_printf(s->arena, "%s[key %zu]", name, m->n_rows);
}

static bool is_array(const struct bpfobj_map *m)
{
	return m->type == BPF_MAP_TYPE_ARRAY || m->type == BPF_MAP_TYPE_PERCPU_ARRAY || m->type == BPF_MAP_TYPE_ARRAY_OF_MAPS;
}

static bool is_map_of_maps(const struct bpfobj_map *m)
{
	return m->type == BPF_MAP_TYPE_ARRAY_OF_MAPS || m->type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

static struct region *new_row_region(struct sym *s, struct map_model *m, const term *key)
{
	uint32_t n = symmap_key_words(m);
	struct region *r;

	if (is_map_of_maps(m->map)) {
		uint32_t outer = (uint32_t)(m - s->map);
		const struct bpfobj_map *inner = m->map->inner;

		if (!inner) {
			sym_give_up(s, "map %s: its inner map is not declared", m->map->name);
			return region_new(s, REGION_OPAQUE, 0, "inner map");
		}
		struct map_model *im = add_model(s, inner, UINT32_MAX);
		m = &s->map[outer]; /* the list may have moved */
		r = im ? region_get(s, im->region) : region_get(s, 0);
		r->is_inner_map = true;
	} else {
		r = region_new(s, REGION_ROW, m->map->value_size, "%s", key_name(s, m, key));
		r->init = true;
		r->map = m->map;
		r->writable = !(m->map->flags & BPF_F_RDONLY_PROG);
		r->any = m->any;
	}
	r->key = arena_memdup(s->arena, key, n * sizeof(*key));
	r->n_key = n;
	return r;
}

static bool add_row(struct sym *s, size_t index, const term *key)
{
	struct region *r = new_row_region(s, &s->map[index], key);
	struct map_model *m = &s->map[index];
	size_t cap = m->cap_rows;
	uint32_t *rows = arena_grow(s->arena, m->rows, m->n_rows, &cap, sizeof(*rows));

	cap = m->cap_rows;
	term *present = arena_grow(s->arena, m->present, m->n_rows, &cap, sizeof(*present));
	if (!rows || !present)
		return false;
	m->rows = rows;
	m->present = present;
	m->cap_rows = cap;
	term there;
	if (m->map->kind != BPFOBJ_MAP_DECLARED && m->map->kind != BPFOBJ_MAP_INNER)
		there = TERM_TRUE;
	else if (is_array(m->map) && !is_map_of_maps(m->map)) {
		sym_assume(s, "map %s is loaded with the %u entries it declares", m->map->name, m->map->max_entries);
		there = term_ult(&s->t, key[0], term_const(&s->t, 64, m->map->max_entries));
	} else
		there = term_fresh(&s->t, 0, arena_printf(s->arena, "has %s", r->name));
	if (m->is_object) /* there is no object at address 0 */
		there = term_and(&s->t, there, term_not(&s->t, term_eq_k(&s->t, key[0], 0)));
	if (is_map_of_maps(m->map) && is_array(m->map))
		there = term_and(&s->t, there, term_ult(&s->t, key[0], term_const(&s->t, 64, m->map->max_entries)));
	present[m->n_rows] = there;
	rows[m->n_rows++] = r->id;
	return true;
}

static const struct val *lookup_first(struct sym *s, size_t index, const term *key)
{
	uint32_t n = symmap_key_words(&s->map[index]);
	const struct val *v = val_const(s, 0);
	size_t j = 0;

	for (;; j++) {
		if (j == s->map[index].n_rows && !add_row(s, index, key)) {
			sym_give_up(s, "out of memory");
			return v;
		}
		struct region *r = region_get(s, s->map[index].rows[j]);
		if (same_key(s, key, r->key, n) == TERM_TRUE)
			break;
	}
	/* from the last to the first, which wins */
	for (size_t i = j + 1; i-- > 0;) {
		struct region *r = region_get(s, s->map[index].rows[i]);
		term same = same_key(s, key, r->key, n);

		if (same != TERM_FALSE)
			v = val_merge(s, same, val_ptr_or_null(s, s->map[index].present[i], r->id), v);
	}
	return v;
}

const struct val *symmap_lookup(struct sym *s, const struct state *st, struct map_model *m, const term *key,
				bool initial)
{
	size_t index = (size_t)(m - s->map);
	uint32_t n = symmap_key_words(m), n_ops = 0;
	struct map_op *ops[MAX_OPS];

	if (n > MAX_KEY_WORDS) {
		sym_give_up(s, "map %s: keys of %u bytes are too long", m->map->name, m->map->key_size);
		return val_const(s, 0);
	}
	sym_assume(s, "nobody else changes maps while the program runs");
	if (m->any && !initial) {
		term there = term_fresh(&s->t, 0, "is there");

		if (m->is_object)
			there = term_and(&s->t, there, term_not(&s->t, term_eq_k(&s->t, key[0], 0)));
		if (is_array(m->map))
			there = term_ult(&s->t, key[0], term_const(&s->t, 64, m->map->max_entries));
		return val_ptr_or_null(s, there, m->blob);
	}
	if (is_map_of_maps(m->map))
		sym_assume(s, "map %s: inner maps of different keys are different maps", m->map->name);
	const struct val *v = lookup_first(s, index, key);
	m = &s->map[index];
	for (struct map_op *o = m->ops; o && !initial; o = o->next) {
		if (n_ops == MAX_OPS) {
			sym_give_up(s, "map %s: too many updates", m->map->name);
			return v;
		}
		ops[n_ops++] = o;
	}
	while (n_ops--) {
		struct map_op *o = ops[n_ops];
		term hit = term_and(&s->t, o->guard, same_key(s, key, o->key, n));

		if (term_and(&s->t, st->pc, o->guard) == TERM_FALSE)
			continue;
		if (o->lost)
			v = val_merge(s, term_and(&s->t, o->guard, term_fresh(&s->t, 0, "evicted")), val_const(s, 0), v);
		v = val_merge(s, hit, o->is_delete ? val_const(s, 0) : val_ptr_k(s, o->row, 0), v);
	}
	return v;
}

void symmap_forget(struct sym *s, struct map_model *m)
{
	size_t index = (size_t)(m - s->map);
	struct region *r;

	if (m->any)
		return;
	if (is_map_of_maps(m->map)) {
		sym_give_up(s, "map %s of maps is changed in a bpf_loop that is not unrolled", m->map->name);
		return;
	}
	r = region_new(s, REGION_ROW, m->map->value_size, "an element of %s", m->map->name ? m->map->name : "an inner map");
	m = &s->map[index];
	r->map = m->map;
	r->writable = !(m->map->flags & BPF_F_RDONLY_PROG);
	r->any = r->init = r->dynamic = true;
	m->any = true;
	m->blob = r->id;
	/* whoever holds a pointer to an element found or made before: the loop may change that one too */
	for (size_t i = 1; i < s->n_regions; i++)
		if (s->region[i]->kind == REGION_ROW && s->region[i]->map == m->map)
			s->region[i]->any = true;
}

/* Bytes of a global that user space may set before load: `const volatile` is made for that. */
static const uint8_t *known_bytes(struct sym *s, const struct bpfobj_map *m)
{
	const struct bt *bt = bpfobj_btf(s->obj);
	const struct bt_type *sec = bt && m->value_type ? bt_get(bt, m->value_type) : NULL;
	uint8_t *known = arena_alloc(s->arena, m->value_size + 1);

	if (!known)
		return NULL;
	memset(known, 1, m->value_size);
	for (uint32_t i = 0; sec && sec->kind == BT_DATASEC && i < sec->n; i++) {
		const struct bt_type *var = bt_get(bt, sec->vars[i].type);

		for (const struct bt_type *ty = var ? bt_get(bt, var->ref) : NULL;
		     ty && (ty->kind == BT_CONST || ty->kind == BT_VOLATILE || ty->kind == BT_TYPEDEF); ty = bt_get(bt, ty->ref))
			if (ty->kind == BT_VOLATILE && sec->vars[i].offset + (uint64_t)sec->vars[i].size <= m->value_size)
				memset(known + sec->vars[i].offset, 0, sec->vars[i].size);
	}
	return known;
}

struct region *symmap_global(struct sym *s, uint32_t map_index)
{
	term zero = term_const(&s->t, 64, 0);

	if (map_index >= s->n_maps)
		return NULL;
	const struct bpfobj_map *map = s->map[map_index].map;
	if (s->map[map_index].n_rows)
		return region_get(s, s->map[map_index].rows[0]);
	if (map->kind == BPFOBJ_MAP_DECLARED && (!is_array(map) || map->max_entries != 1))
		return NULL;
	if (!add_row(s, map_index, &zero))
		return NULL;
	struct region *r = region_get(s, s->map[map_index].rows[0]);
	r->name = map->name;
	if (map->kind != BPFOBJ_MAP_RODATA)
		sym_assume(s, "nobody else changes maps while the program runs");
	if (map->kind == BPFOBJ_MAP_RODATA) {
		r->image = map->image;
		r->known = known_bytes(s, map);
		r->writable = false;
		sym_assume(s, "%s: constants that are not volatile are as in the object", map->name);
	} else if (map->kind == BPFOBJ_MAP_KCONFIG) {
		r->writable = false;
	}
	return r;
}
