// SPDX-License-Identifier: GPL-2.0-only
/*
 * obj_btfmap: maps that are declared by the type of a variable in .maps:
 *
 *   struct {
 *       __uint(type, BPF_MAP_TYPE_HASH);    int (*type)[BPF_MAP_TYPE_HASH];
 *       __type(key, __u32);                 typeof(__u32) *key;
 *       __ulong(map_extra, N);              enum { unique = N } map_extra;
 *       __array(values, struct inner);      typeof(struct inner) *values[];
 *   } name SEC(".maps");
 *
 * A member of another name or shape is refused: a map that is not what its author meant must not be proved.
 */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "bpfobj/cursor.h"
#include "bpfobj/obj.h"


struct btfmap {
	struct bpfobj *obj;
	struct bpfobj_map *map;
	const char *name;
	bool inner;
	uint32_t values_offset; /* bytes in the variable; of the values member */
	bool has_values, is_progs;
};

static int btfmap_bad(const struct btfmap *b, const char *member, const char *what)
{
	return OBJ_BAD(b->obj, ".maps", b->map->offset, "map '%s', member '%s': %s", b->name, member, what);
}

static int btfmap_uint(const struct btfmap *b, const struct bt_member *m, uint64_t *ret)
{
	const struct bt *bt = b->obj->btf;
	const struct bt_type *t = bt_resolve(bt, m->type);

	if ((t->kind == BT_ENUM || t->kind == BT_ENUM64) && t->n == 1) {
		*ret = (uint64_t)t->enumerators[0].value;
		return 0;
	}
	if (t->kind != BT_PTR)
		return btfmap_bad(b, m->name, "is no number");
	t = bt_skip_mods(bt, t->ref);
	if (t->kind != BT_ARRAY)
		return btfmap_bad(b, m->name, "is no number");
	*ret = t->array.count;
	return 0;
}

static int btfmap_u32(const struct btfmap *b, const struct bt_member *m, uint32_t *ret)
{
	uint64_t v;
	int err = btfmap_uint(b, m, &v);

	if (err)
		return err;
	if (v > UINT32_MAX)
		return btfmap_bad(b, m->name, "is too large");
	*ret = (uint32_t)v;
	return 0;
}

/* A size given twice must be the same. */
static int btfmap_size(const struct btfmap *b, const struct bt_member *m, uint64_t size, uint32_t *ret)
{
	if (size > UINT32_MAX || (*ret && *ret != size))
		return btfmap_bad(b, m->name, "contradicts the size given before");
	*ret = (uint32_t)size;
	return 0;
}

static int btfmap_type(const struct btfmap *b, const struct bt_member *m, uint32_t *ret_size, uint32_t *ret_type)
{
	const struct bt_type *t = bt_get(b->obj->btf, m->type);
	int64_t size;

	if (t->kind != BT_PTR)
		return btfmap_bad(b, m->name, "is no pointer to a type");
	size = bt_size(b->obj->btf, t->ref);
	if (size < 0)
		return btfmap_bad(b, m->name, "has a type without a size");
	*ret_type = t->ref;
	return btfmap_size(b, m, (uint64_t)size, ret_size);
}

static int btfmap_members(struct btfmap *b, const struct bt_type *def);

static int btfmap_values(struct btfmap *b, const struct bt_type *def, const struct bt_member *m)
{
	struct bpfobj *obj = b->obj;
	const struct bt_type *t = bt_skip_mods(obj->btf, m->type);
	struct btfmap in = { .obj = obj, .inner = true };

	if (b->inner)
		return btfmap_bad(b, m->name, "maps cannot be nested deeper");
	if (m != &def->members[def->n - 1])
		return btfmap_bad(b, m->name, "must be the last member");
	if (t->kind != BT_ARRAY || t->array.count)
		return btfmap_bad(b, m->name, "is no flexible array");
	b->has_values = true;
	b->values_offset = m->bit_offset / 8;
	t = bt_resolve(obj->btf, t->array.elem);
	if (t->kind != BT_PTR)
		return btfmap_bad(b, m->name, "elements are no pointers");
	t = bt_resolve(obj->btf, t->ref);
	if (t->kind == BT_FUNC_PROTO) {
		b->is_progs = true;
		return btfmap_size(b, m, 4, &b->map->value_size);
	}
	if (t->kind != BT_STRUCT)
		return btfmap_bad(b, m->name, "elements are neither maps nor programs");
	in.map = arena_new(&obj->arena, struct bpfobj_map);
	in.name = arena_printf(&obj->arena, "%s.inner", b->name);
	if (!in.map || !in.name)
		return obj_no_memory(obj);
	*in.map = (struct bpfobj_map){ .name = in.name, .kind = BPFOBJ_MAP_INNER, .index = UINT32_MAX,
				       .section = ".maps", .offset = b->map->offset };
	b->map->inner = in.map;
	if (btfmap_size(b, m, 4, &b->map->value_size))
		return -EINVAL;
	return btfmap_members(&in, t);
}

static int btfmap_member(struct btfmap *b, const struct bt_type *def, const struct bt_member *m)
{
	struct bpfobj_map *map = b->map;
	uint32_t ignored;
	uint64_t v;

	if (!strcmp(m->name, "type"))
		return btfmap_u32(b, m, &map->type);
	if (!strcmp(m->name, "max_entries"))
		return btfmap_u32(b, m, &map->max_entries);
	if (!strcmp(m->name, "map_flags"))
		return btfmap_u32(b, m, &map->flags);
	if (!strcmp(m->name, "numa_node"))
		return btfmap_u32(b, m, &map->numa_node);
	if (!strcmp(m->name, "pinning"))
		return btfmap_u32(b, m, &map->pinning);
	if (!strcmp(m->name, "map_extra"))
		return btfmap_uint(b, m, &map->map_extra);
	if (!strcmp(m->name, "key_size"))
		return btfmap_uint(b, m, &v) ? -EINVAL : btfmap_size(b, m, v, &map->key_size);
	if (!strcmp(m->name, "value_size"))
		return btfmap_uint(b, m, &v) ? -EINVAL : btfmap_size(b, m, v, &map->value_size);
	if (!strcmp(m->name, "key"))
		return btfmap_type(b, m, &map->key_size, &map->key_type);
	if (!strcmp(m->name, "value"))
		return btfmap_type(b, m, &map->value_size, &map->value_type);
	if (!strcmp(m->name, "values"))
		return btfmap_values(b, def, m);
	if (m->name[0] == '_') /* libbpf's convention for hints it does not know */
		return btfmap_u32(b, m, &ignored);
	return btfmap_bad(b, m->name, "is not known");
}

static int btfmap_members(struct btfmap *b, const struct bt_type *def)
{
	for (uint32_t i = 0; i < def->n; i++) {
		int err = btfmap_member(b, def, &def->members[i]);

		if (err)
			return err;
	}
	if (b->map->type == BPF_MAP_TYPE_UNSPEC)
		return btfmap_bad(b, "type", "is missing");
	return 0;
}

static int btfmap_add_slot(struct btfmap *b, uint32_t index, const char *name)
{
	struct bpfobj_map *map = b->map;
	size_t cap = map->n_slots;
	struct bpfobj_slot *p = arena_grow(&b->obj->arena, (void *)map->slots, map->n_slots, &cap, sizeof(*p));

	if (!p)
		return obj_no_memory(b->obj);
	p[map->n_slots++] = (struct bpfobj_slot){ .index = index, .name = name };
	map->slots = p;
	return 0;
}

/* Initial entries: relocations of the values member that name maps or programs. */
static int btfmap_slots(struct btfmap *b, uint32_t section, uint64_t var_size)
{
	const struct elf64 *elf = &b->obj->elf;

	for (uint32_t i = 1; i < elf->n_sections; i++) {
		const struct elf64_section *s = &elf->sections[i];
		struct cursor c;

		if (s->type != SHT_REL || s->info != section || !s->data || s->entsize != sizeof(Elf64_Rel))
			continue;
		c = cursor_over(s->data, s->size);
		while (cursor_left(&c) >= sizeof(Elf64_Rel)) {
			Elf64_Rel rel;
			uint64_t at;
			int err;

			memcpy(&rel, cursor_take(&c, sizeof(rel)), sizeof(rel));
			at = rel.r_offset - b->map->offset;
			if (rel.r_offset < b->map->offset || at >= var_size)
				continue;
			if (ELF64_R_SYM(rel.r_info) >= elf->n_symbols || at < b->values_offset ||
			    (at - b->values_offset) % 8)
				return btfmap_bad(b, "values", "has a relocation that makes no sense");
			err = btfmap_add_slot(b, (uint32_t)((at - b->values_offset) / 8),
					      elf->symbols[ELF64_R_SYM(rel.r_info)].name);
			if (err)
				return err;
		}
	}
	return 0;
}

static int btfmap_var(struct bpfobj *obj, uint32_t section, const struct bt_secvar *v)
{
	const struct bt_type *var = bt_get(obj->btf, v->type);
	struct btfmap b = { .obj = obj, .name = var->name };
	const struct bt_type *def;
	int err;

	b.map = obj_add_map(obj, var->name, BPFOBJ_MAP_DECLARED, section, v->offset);
	if (!b.map)
		return obj_no_memory(obj);
	if (var->kind != BT_VAR || !*var->name)
		return OBJ_BAD(obj, ".maps", v->offset, "holds something that is no variable");
	if (var->linkage == BTF_VAR_GLOBAL_EXTERN)
		return btfmap_bad(&b, "", "is extern: link the objects first");
	def = bt_resolve(obj->btf, var->ref);
	if (def->kind != BT_STRUCT)
		return btfmap_bad(&b, "", "is no struct");
	err = btfmap_members(&b, def);
	if (!err && b.has_values)
		err = btfmap_slots(&b, section, v->size);
	return err;
}

int obj_read_btf_maps(struct bpfobj *obj, uint32_t section)
{
	uint32_t id = obj->btf ? bt_find(obj->btf, ".maps", BT_DATASEC) : 0;
	const struct bt_type *sec;

	if (!id)
		return OBJ_BAD(obj, ".maps", 0, "maps without BTF: compile with -g");
	sec = bt_get(obj->btf, id);
	for (uint32_t i = 0; i < sec->n; i++) {
		int err = btfmap_var(obj, section, &sec->vars[i]);

		if (err)
			return err;
	}
	return 0;
}
