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
#include "prove/contract.h"
#include "prove/sym.h"

#define MAX_OPS 512

static void unseen_op(struct sym *s, struct map_model *m, term guard, bool in_loop);

/* Whether any program of the object could take the storage of an object away. */
static bool deletes_storage(const struct bpfobj *obj)
{
	for (uint32_t p = 0; p < bpfobj_prog_count(obj); p++) {
		const struct bpfobj_prog *prog = bpfobj_prog(obj, p);

		for (uint32_t i = 0; i < prog->n_insns; i++) {
			const struct bpf_insn *in = &prog->insns[i];

			if (in->code == (BPF_JMP | BPF_CALL) && !in->src_reg &&
			    (in->imm == BPF_FUNC_sk_storage_delete || in->imm == BPF_FUNC_inode_storage_delete ||
			     in->imm == BPF_FUNC_task_storage_delete || in->imm == 211 /* cgrp_storage_delete */))
				return true;
		}
	}
	return false;
}

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
	struct map_model *m = &list[s->n_maps++];
	m->stays = m->is_object && !deletes_storage(s->obj);
	m->discipline = contract_map_discipline(s, map);
	for (size_t i = 0; i < s->n_unseen; i++)
		if (s->unseen[i] == map) {
			unseen_op(s, m, TERM_TRUE, s->abstracted);
			break;
		}
	return m;
}

int symmap_init(struct sym *s)
{
	for (uint32_t i = 0; i < bpfobj_map_count(s->obj); i++)
		if (!add_model(s, bpfobj_map(s->obj, i), i))
			return -ENOMEM;
	for (uint32_t i = 0; i < bpfobj_map_count(s->obj); i++)
		if (s->map[i].discipline == MAP_SHARED)
			symmap_forget(s, &s->map[i]);
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

/* n bytes of a key at ptr + at: whole where they can be, so that a stored sum stays one */
static term read_key_part(struct sym *s, const struct state *st, const struct val *ptr, uint32_t at, unsigned n)
{
	struct terms *t = &s->t;
	term key = TERM_NONE;

	for (unsigned b = 0, step = n & (n - 1) ? 1 : n; b < n; b += step) {
		term part = term_const(t, 8 * step, 0), init;

		for (uint32_t i = 0; i < ptr->n; i++) {
			struct region *r = region_get(s, ptr->alt[i].region);
			term off = term_add(t, ptr->alt[i].off, term_const(t, 64, at + b)), x = TERM_NONE;

			if (r->kind == REGION_KOBJ) {
				term byte[8];

				symkobj_read(s, term_add(t, r->base, off), step, "key", term_and(t, st->pc, ptr->alt[i].guard), byte);
				for (unsigned j = 0; j < step; j++)
					x = j ? term_concat(t, byte[j], x) : byte[j];
			} else {
				x = term_extract(t, val_number(s, mem_load(s, st, r, off, step, &init)), 8 * step - 1, 0);
			}
			part = i ? term_ite(t, ptr->alt[i].guard, x, part) : x;
		}
		key = key ? term_concat(t, part, key) : part;
	}
	return key;
}

void symmap_read_key(struct sym *s, const struct state *st, const struct map_model *m, const struct val *ptr,
		     term *ret_key)
{
	for (uint32_t w = 0; w < symmap_key_words(m); w++) {
		unsigned n = m->map->key_size - 8 * w < 8 ? m->map->key_size - 8 * w : 8;

		ret_key[w] = term_extend(&s->t, false, 64, read_key_part(s, st, ptr, 8 * w, n));
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
	return arena_printf(s->arena, "%s[key %zu]", name, m->first.n);
}

static bool is_array(const struct bpfobj_map *m)
{
	return m->type == BPF_MAP_TYPE_ARRAY || m->type == BPF_MAP_TYPE_PERCPU_ARRAY || m->type == BPF_MAP_TYPE_ARRAY_OF_MAPS;
}

static bool is_map_of_maps(const struct bpfobj_map *m)
{
	return m->type == BPF_MAP_TYPE_ARRAY_OF_MAPS || m->type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

/* Where the map may have been changed unseen before now. */
static term unseen_guard(struct sym *s, const struct map_model *m)
{
	term any = TERM_FALSE;

	for (const struct map_op *o = m->ops; o; o = o->next)
		if (o->unseen)
			any = term_or(&s->t, any, o->guard);
	return any;
}

term symmap_entries(struct sym *s, struct map_model *m)
{
	if (m->map->kind != BPFOBJ_MAP_INNER || !(m->map->flags & BPF_F_INNER_MAP)) {
		if (m->map->kind == BPFOBJ_MAP_DECLARED || m->map->kind == BPFOBJ_MAP_INNER)
			sym_assume(s, "map %s is loaded with the %u entries it declares", m->map->name, m->map->max_entries);
		return term_const(&s->t, 64, m->map->max_entries);
	}
	/* an inner map that may have any size, whatever the template says */
	if (!m->entries)
		m->entries = term_extend(&s->t, false, 64, term_fresh(&s->t, 32, arena_printf(s->arena, "entries of %s", m->map->name)));
	return m->entries;
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
		r->writable = !(m->map->flags & BPF_F_RDONLY_PROG) && m->discipline != MAP_CONSTANT;
		r->group = m->discipline == MAP_CONSTANT ? m->region : 0;
		r->any = m->any;
		r->discipline = m->discipline;
	}
	r->key = arena_memdup(s->arena, key, n * sizeof(*key));
	r->n_key = n;
	return r;
}

/* Whether a key can have an element at all. */
static term possible(struct sym *s, const struct map_model *m, const term *key, term there)
{
	struct terms *t = &s->t;

	if (m->is_object) /* there is no object at address 0 */
		there = term_and(t, there, term_not(t, term_eq_k(t, key[0], 0)));
	if (is_map_of_maps(m->map) && is_array(m->map))
		there = term_and(t, there, term_ult(t, key[0], term_const(t, 64, m->map->max_entries)));
	return there;
}

static term first_presence(struct sym *s, struct map_model *m, const struct region *r, const term *key)
{
	if (m->map->kind != BPFOBJ_MAP_DECLARED && m->map->kind != BPFOBJ_MAP_INNER)
		return TERM_TRUE;
	if (is_array(m->map) && !is_map_of_maps(m->map))
		return term_ult(&s->t, key[0], symmap_entries(s, m));
	return possible(s, m, key, term_fresh(&s->t, 0, arena_printf(s->arena, "has %s", r->name)));
}

/* What a real map has for a key that is known. TERM_NONE: nobody read that. */
static term real_presence(struct sym *s, const struct map_model *m, struct region *r, const term *key)
{
	uint8_t byte[8 * SYMMAP_KEY_WORDS];
	bool known = s->contents && !m->is_object && m->map->key_size <= sizeof(byte);

	for (uint32_t i = 0; known && i < m->map->key_size; i++) {
		known = term_is_const(&s->t, key[i / 8]);
		byte[i] = (uint8_t)(term_value(&s->t, key[i / 8]) >> i % 8 * 8);
	}
	if (!known)
		return TERM_NONE;
	r->image = s->contents->find(s->contents->ctx, m->map, byte, &known);
	return known ? term_bool(r->image != NULL) : TERM_NONE;
}

/* table: m->first, or that of an operation on m */
static bool add_row(struct sym *s, size_t index, struct row_table *table, bool first, const term *key)
{
	struct region *r = new_row_region(s, &s->map[index], key);
	struct map_model *m = &s->map[index];

	if (first)
		table = &m->first; /* the list may have moved */
	uint32_t *row = arena_grow(s->arena, table->row, table->n, &table->cap_row, sizeof(*row));
	term *present = arena_grow(s->arena, table->present, table->n, &table->cap_present, sizeof(*present));
	term *kept = arena_grow(s->arena, table->kept, table->n, &table->cap_kept, sizeof(*kept));
	if (!row || !present || !kept)
		return false;
	table->row = row;
	table->present = present;
	table->kept = kept;
	row[table->n] = r->id;
	if (first) {
		term late = unseen_guard(s, m);

		present[table->n] = real_presence(s, m, r, key);
		if (!present[table->n])
			present[table->n] = first_presence(s, m, r, key);
		kept[table->n] = TERM_TRUE;
		r->late = late == TERM_FALSE ? TERM_NONE : late;
	} else {
		r->dynamic = true; /* not of the start */
		kept[table->n] = term_fresh(&s->t, 0, arena_printf(s->arena, "%s is as it was", r->name));
		present[table->n] = possible(s, m, key, term_fresh(&s->t, 0, arena_printf(s->arena, "has new %s", r->name)));
	}
	table->n++;
	return true;
}

/* What the table has for a key; `before`: what the key had before (kept). NULL: there is no before. */
static const struct val *lookup_in(struct sym *s, size_t index, struct map_op *op, const term *key, const struct val *before)
{
	uint32_t n = symmap_key_words(&s->map[index]);
	struct row_table *table = op ? op->unseen : &s->map[index].first;
	const struct val *v = val_const(s, 0);
	size_t j = 0;

	for (;; j++) {
		if (j == table->n && !add_row(s, index, table, !op, key)) {
			sym_give_up(s, "out of memory");
			s->stop = true;
			return v;
		}
		table = op ? op->unseen : &s->map[index].first;
		if (same_key(s, key, region_get(s, table->row[j])->key, n) == TERM_TRUE)
			break;
	}
	/* from the last to the first, which wins */
	for (size_t i = j + 1; i-- > 0;) {
		struct region *r = region_get(s, table->row[i]);

		if (r->group && i != j) /* that other keys may be equal is said of the contents: symread.h */
			continue;
		term same = same_key(s, key, r->key, n);
		const struct val *x = val_ptr_or_null(s, table->present[i], r->id);

		if (before)
			x = val_merge(s, table->kept[i], before, x);
		if (same != TERM_FALSE)
			v = val_merge(s, same, x, v);
	}
	return v;
}

const struct val *symmap_lookup(struct sym *s, const struct state *st, struct map_model *m, const term *key,
				uint32_t before)
{
	size_t index = (size_t)(m - s->map);
	uint32_t n = symmap_key_words(m), n_ops = 0;
	struct map_op *ops[MAX_OPS];

	if (n > SYMMAP_KEY_WORDS) {
		sym_give_up(s, "map %s: keys of %u bytes are too long", m->map->name, m->map->key_size);
		return val_const(s, 0);
	}
	if (m->discipline == MAP_PRIVATE || m->discipline == MAP_CONSTANT)
		sym_assume(s, "nobody else changes maps while the program runs");
	if (m->any && before) {
		term there = term_fresh(&s->t, 0, "is there");

		if (m->is_object)
			there = term_and(&s->t, there, term_not(&s->t, term_eq_k(&s->t, key[0], 0)));
		if (is_array(m->map))
			there = term_ult(&s->t, key[0], symmap_entries(s, m));
		return val_ptr_or_null(s, there, m->blob);
	}
	if (is_map_of_maps(m->map))
		sym_assume(s, "map %s: inner maps of different keys are different maps", m->map->name);
	const struct val *v = lookup_in(s, index, NULL, key, NULL);
	m = &s->map[index];
	for (struct map_op *o = m->ops; o; o = o->next) {
		if (n_ops == MAX_OPS) {
			sym_give_up(s, "map %s: too many updates", m->map->name);
			return v;
		}
		if (o->seq < before)
			ops[n_ops++] = o;
	}
	while (n_ops--) {
		struct map_op *o = ops[n_ops];

		if (term_and(&s->t, st->pc, o->lost ? o->lost : o->guard) == TERM_FALSE)
			continue;
		if (o->unseen && is_array(m->map)) /* elements of arrays stay */
			continue;
		if (o->unseen) {
			const struct val *after = lookup_in(s, index, o, key, v);

			if (s->map[index].stays)
				after = val_merge(s, term_not(&s->t, val_scalar_guard(s, v)), v, after);
			v = val_merge(s, o->guard, after, v);
			continue;
		}
		term hit = term_and(&s->t, o->guard, same_key(s, key, o->key, n));
		if (o->lost)
			v = val_merge(s, term_and(&s->t, o->lost, term_fresh(&s->t, 0, "evicted")), val_const(s, 0), v);
		v = val_merge(s, hit, o->is_delete ? val_const(s, 0) : val_ptr_k(s, o->row, 0), v);
	}
	return v;
}

void symmap_add_op(struct sym *s, struct map_model *m, struct map_op *op)
{
	if (!op) {
		sym_give_up(s, "out of memory");
		s->stop = true;
		return;
	}
	if (!op->unseen)
		sym_assume(s, "map %s: the memory of an element that the program replaced or removed is not used for another key while it runs", m->map->name);
	op->seq = s->n_map_ops++;
	op->next = m->ops;
	m->ops = op;
}

bool symmap_writable(const struct bpfobj_map *map)
{
	return map->kind != BPFOBJ_MAP_RODATA && map->kind != BPFOBJ_MAP_KCONFIG && !is_map_of_maps(map) &&
	       !(map->flags & BPF_F_RDONLY_PROG) && map->type != BPF_MAP_TYPE_RINGBUF;
}

static void unseen_op(struct sym *s, struct map_model *m, term guard, bool in_loop)
{
	struct map_op *o = arena_new(s->arena, struct map_op);

	if (o) {
		o->guard = guard;
		o->in_loop = in_loop;
		o->unseen = arena_new(s->arena, struct row_table);
	}
	symmap_add_op(s, m, o && o->unseen ? o : NULL);
}

static void havoc_row(struct sym *s, struct state *st, struct region *r, const uint8_t *kept, size_t log)
{
	const struct mem_base *base = mem_havoc(s, st, r, kept);
	struct log_havoc *h = base && log != SIZE_MAX ? arena_new(s->arena, struct log_havoc) : NULL;

	if (!h)
		return;
	*h = (struct log_havoc){ r->id, base, s->log[log].havocs };
	s->log[log].havocs = h;
}

void symmap_havoc(struct sym *s, struct state *st, const struct bpfobj_map *map, const uint8_t *kept, size_t log)
{
	if (!symmap_writable(map) || contract_map_discipline(s, map) == MAP_CONSTANT)
		return;
	for (size_t i = 0; i < s->n_maps; i++)
		if (s->map[i].map == map) {
			unseen_op(s, &s->map[i], st->pc, log == SIZE_MAX);
			symshare_remove(s, st, &s->map[i], TERM_TRUE);
		}
	for (size_t i = 1; i < s->n_regions; i++)
		if (s->region[i]->kind == REGION_ROW && s->region[i]->map == map)
			havoc_row(s, st, s->region[i], kept, log);
	if (map->kind == BPFOBJ_MAP_INNER)
		symmap_unseen_later(s, map);
}

void symmap_unseen_later(struct sym *s, const struct bpfobj_map *map)
{
	if (!symmap_writable(map) || contract_map_discipline(s, map) == MAP_CONSTANT)
		return;
	const struct bpfobj_map **list = arena_grow(s->arena, s->unseen, s->n_unseen, &s->cap_unseen, sizeof(*list));
	if (!list) {
		sym_give_up(s, "out of memory");
		s->stop = true;
		return;
	}
	s->unseen = list;
	list[s->n_unseen++] = map;
}

void symmap_forget(struct sym *s, struct map_model *m)
{
	size_t index = (size_t)(m - s->map);
	struct region *r;

	if (m->any)
		return;
	if (is_map_of_maps(m->map)) {
		sym_give_up(s, "map %s of maps is changed in a loop that is not unrolled", m->map->name);
		return;
	}
	r = region_new(s, REGION_ROW, m->map->value_size, "an element of %s", m->map->name ? m->map->name : "an inner map");
	m = &s->map[index];
	r->map = m->map;
	r->writable = !(m->map->flags & BPF_F_RDONLY_PROG);
	r->any = r->init = r->dynamic = true;
	r->discipline = m->discipline;
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
	if (s->map[map_index].first.n)
		return region_get(s, s->map[map_index].first.row[0]);
	if (map->kind == BPFOBJ_MAP_DECLARED && (!is_array(map) || map->max_entries != 1))
		return NULL;
	if (!add_row(s, map_index, NULL, true, &zero))
		return NULL;
	struct region *r = region_get(s, s->map[map_index].first.row[0]);
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
