// SPDX-License-Identifier: GPL-2.0-only
/*
 * obj_map: the maps of an object: global data sections, legacy definitions, and through obj_btfmap.c those
 * declared by BTF. Also puts the true offsets of global variables into their BTF sections, which the
 * compiler leaves for the linker to fill in.
 */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "bpfobj/bt_table.h"
#include "bpfobj/cursor.h"
#include "bpfobj/obj.h"

#define MAP_F_RDONLY_PROG (1u << 7)
#define MAP_F_MMAPABLE (1u << 10)

struct bpfobj_map *obj_add_map(struct bpfobj *obj, const char *name, enum bpfobj_map_kind kind, uint32_t section,
			       uint32_t offset)
{
	struct bpfobj_map **list = arena_grow(&obj->arena, obj->maps, obj->n_maps, &obj->cap_maps, sizeof(*list));
	struct bpfobj_map *m = arena_new(&obj->arena, struct bpfobj_map);

	if (!list || !m)
		return NULL;
	*m = (struct bpfobj_map){ .name = name, .kind = kind, .index = (uint32_t)obj->n_maps, .offset = offset,
				  .section = section ? obj->elf.sections[section].name : ".kconfig" };
	obj->maps = list;
	obj->maps[obj->n_maps++] = m;
	return m;
}

static bool map_name_is(const char *name, const char *base)
{
	size_t len = strlen(base);

	return !strncmp(name, base, len) && (!name[len] || name[len] == '.');
}

/* Where a variable of a data section really is. */
static const struct elf64_symbol *map_symbol(const struct bpfobj *obj, uint32_t section, const char *name)
{
	for (uint32_t i = 0; i < obj->elf.n_symbols; i++) {
		const struct elf64_symbol *y = &obj->elf.symbols[i];

		if (y->section == section && y->bind != STB_LOCAL && !strcmp(y->name, name))
			return y;
	}
	return NULL;
}

/* The BTF section belongs to our own table and is not yet seen by anybody: it may be completed here. */
static int map_fix_datasec(struct bpfobj *obj, uint32_t section, uint32_t id)
{
	const struct elf64_section *s = &obj->elf.sections[section];
	struct bt_type *t = &obj->btf->types[id];
	struct bt_secvar *vars = (struct bt_secvar *)t->vars;

	t->size = (uint32_t)s->size;
	obj->btf->sizes[id] = t->size;
	for (uint32_t i = 0; i < t->n; i++) {
		const struct bt_type *v = bt_get(obj->btf, vars[i].type);
		const struct elf64_symbol *y = map_symbol(obj, section, v->name);

		if (v->kind == BT_VAR && v->linkage != BTF_VAR_STATIC && y)
			vars[i].offset = (uint32_t)y->value;
		if (vars[i].offset > s->size || vars[i].size > s->size - vars[i].offset)
			return OBJ_BAD(obj, s->name, vars[i].offset, "variable '%s' is outside of its section",
				       v->name);
	}
	return 0;
}

/* BTF of globals is used to name variables; it is completed for every section that has any. */
static int map_fix_datasecs(struct bpfobj *obj)
{
	for (uint32_t id = 1; obj->btf && id < bt_count(obj->btf); id++) {
		const struct bt_type *t = bt_get(obj->btf, id);
		int err = 0;

		if (t->kind != BT_DATASEC)
			continue;
		for (uint32_t i = 1; i < obj->elf.n_sections && !err; i++)
			if (!strcmp(obj->elf.sections[i].name, t->name) && (obj->elf.sections[i].flags & SHF_ALLOC))
				err = map_fix_datasec(obj, i, id);
		if (err)
			return err;
	}
	return 0;
}

/* User space may map a section only when it has variables that others see. */
static uint32_t map_mmap_flag(const struct bpfobj *obj, uint32_t datasec)
{
	const struct bt_type *t = datasec ? bt_get(obj->btf, datasec) : NULL;

	for (uint32_t i = 0; t && i < t->n; i++) {
		const struct bt_type *v = bt_get(obj->btf, t->vars[i].type);

		if (v->kind == BT_VAR && v->linkage != BTF_VAR_STATIC)
			return MAP_F_MMAPABLE;
	}
	return 0;
}

static int map_add_global(struct bpfobj *obj, uint32_t section, enum bpfobj_map_kind kind)
{
	const struct elf64_section *s = &obj->elf.sections[section];
	struct bpfobj_map *m;

	if (!s->size)
		return 0;
	if (s->size > (64u << 20))
		return OBJ_BAD(obj, s->name, 0, "global data of more than 64 MiB");
	m = obj_add_map(obj, s->name, kind, section, 0);
	if (!m)
		return obj_no_memory(obj);
	m->type = BPF_MAP_TYPE_ARRAY;
	m->key_size = 4;
	m->value_size = (uint32_t)s->size;
	m->max_entries = 1;
	m->value_type = obj->btf ? bt_find(obj->btf, s->name, BT_DATASEC) : 0;
	m->flags = map_mmap_flag(obj, m->value_type) | (kind == BPFOBJ_MAP_RODATA ? MAP_F_RDONLY_PROG : 0);
	m->image = s->data ? arena_memdup(&obj->arena, s->data, s->size) : arena_alloc(&obj->arena, s->size);
	return m->image ? 0 : obj_no_memory(obj);
}

static int map_add_globals(struct bpfobj *obj)
{
	int err = 0;

	for (uint32_t i = 1; i < obj->elf.n_sections && !err; i++) {
		const struct elf64_section *s = &obj->elf.sections[i];

		if (!(s->flags & SHF_ALLOC))
			continue;
		if (s->type == SHT_PROGBITS && map_name_is(s->name, ".rodata"))
			err = map_add_global(obj, i, BPFOBJ_MAP_RODATA);
		else if (s->type == SHT_PROGBITS && map_name_is(s->name, ".data"))
			err = map_add_global(obj, i, BPFOBJ_MAP_DATA);
		else if (s->type == SHT_NOBITS && map_name_is(s->name, ".bss"))
			err = map_add_global(obj, i, BPFOBJ_MAP_BSS);
	}
	return err;
}

/* struct bpf_map_def: type, key size, value size, max entries, flags; anything after must be zero. */
static int map_add_legacy(struct bpfobj *obj, uint32_t section, const struct elf64_symbol *y, uint64_t size)
{
	const struct elf64_section *s = &obj->elf.sections[section];
	struct cursor all = cursor_over(s->data, s->size), c = cursor_slice(&all, y->value, size);
	struct bpfobj_map *m;

	if (c.failed || size < 16)
		return OBJ_BAD(obj, s->name, y->value, "definition of map '%s' is cut off", y->name);
	m = obj_add_map(obj, y->name, BPFOBJ_MAP_DECLARED, section, (uint32_t)y->value);
	if (!m)
		return obj_no_memory(obj);
	m->type = cursor_u32(&c);
	m->key_size = cursor_u32(&c);
	m->value_size = cursor_u32(&c);
	m->max_entries = cursor_u32(&c);
	if (size >= 20)
		m->flags = cursor_u32(&c);
	while (cursor_left(&c))
		if (cursor_u8(&c))
			return OBJ_BAD(obj, s->name, y->value, "map '%s' has fields that are not known", y->name);
	return 0;
}

static int map_add_legacies(struct bpfobj *obj, uint32_t section)
{
	uint32_t n = 0;
	uint64_t size;

	for (uint32_t i = 0; i < obj->elf.n_symbols; i++)
		n += obj->elf.symbols[i].section == section && obj->elf.symbols[i].type != STT_SECTION;
	if (!n || !obj->elf.sections[section].data)
		return 0;
	size = obj->elf.sections[section].size / n;
	for (uint32_t i = 0; i < obj->elf.n_symbols; i++) {
		const struct elf64_symbol *y = &obj->elf.symbols[i];
		int err;

		if (y->section != section || y->type == STT_SECTION)
			continue;
		err = map_add_legacy(obj, section, y, size);
		if (err)
			return err;
	}
	return 0;
}

/* The externs of .kconfig become one array map, laid out by obj_read_externs(). */
static int map_add_kconfig(struct bpfobj *obj)
{
	struct bpfobj_map *m;
	uint32_t size = 0;

	for (uint32_t i = 0; i < obj->n_externs; i++) {
		const struct obj_extern *e = &obj->externs[i];

		if (e->kind == OBJ_EXTERN_KCONFIG && e->offset + e->size > size)
			size = e->offset + e->size;
	}
	if (!size)
		return 0;
	m = obj_add_map(obj, ".kconfig", BPFOBJ_MAP_KCONFIG, 0, 0);
	if (!m)
		return obj_no_memory(obj);
	m->type = BPF_MAP_TYPE_ARRAY;
	m->key_size = 4;
	m->value_size = size;
	m->max_entries = 1;
	m->flags = MAP_F_MMAPABLE | MAP_F_RDONLY_PROG;
	m->value_type = bt_find(obj->btf, ".kconfig", BT_DATASEC);
	return 0;
}

int obj_read_maps(struct bpfobj *obj)
{
	int err = map_fix_datasecs(obj);

	for (uint32_t i = 1; i < obj->elf.n_sections && !err; i++) {
		const struct elf64_section *s = &obj->elf.sections[i];

		if (s->type == SHT_PROGBITS && !strcmp(s->name, "maps"))
			err = map_add_legacies(obj, i);
		else if (s->type == SHT_PROGBITS && !strcmp(s->name, ".maps"))
			err = obj_read_btf_maps(obj, i);
	}
	if (!err)
		err = map_add_globals(obj);
	return err ? err : map_add_kconfig(obj);
}
