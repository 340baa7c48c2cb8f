// SPDX-License-Identifier: GPL-2.0-only
/*
 * obj_ext: .BTF.ext: function types, source lines and CO-RE relocations, put with their functions.
 *
 *   | header | func info | line info | core relocations |       offsets count from the header's end
 *   each:  record size u32, then per ELF section: name u32, count u32, records
 *
 * Must never trust a count or record size: the bytes left decide.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpfobj/cursor.h"
#include "bpfobj/obj.h"

#define EXT ".BTF.ext"
#define INSN_SIZE sizeof(struct bpf_insn)

struct ext_part {
	const char *what;
	uint32_t at, len;     /* after the header */
	uint32_t record_size; /* the least */
	int (*record)(struct bpfobj *obj, struct obj_func *f, uint32_t insn, struct cursor *c);
};

static int ext_func(struct bpfobj *obj, struct obj_func *f, uint32_t insn, struct cursor *c)
{
	uint32_t id = cursor_u32(c);
	const struct bt_type *t = bt_get(obj->btf, id);

	if (!t || t->kind != BT_FUNC)
		return OBJ_BAD(obj, EXT, 0, "function info of '%s' refers to type %u, which is no function", f->name, id);
	if (insn)
		return OBJ_BAD(obj, EXT, 0, "function info for the middle of '%s'", f->name);
	f->type = id;
	if (t->linkage == BTF_FUNC_STATIC)
		f->is_global = false;
	return 0;
}

/* A record more in an array that grows by doubling in the arena. */
static void *ext_grow(struct bpfobj *obj, void *array, uint32_t n, size_t size)
{
	size_t cap = n ? 1 : 0;

	while (cap && cap < n)
		cap *= 2;
	return arena_grow(&obj->arena, array, n, &cap, size);
}

static int ext_line(struct bpfobj *obj, struct obj_func *f, uint32_t insn, struct cursor *c)
{
	const char *file = bt_string(obj->btf, cursor_u32(c));
	const char *text = bt_string(obj->btf, cursor_u32(c));
	uint32_t where = cursor_u32(c);

	if (!file || !text)
		return OBJ_BAD(obj, EXT, 0, "line info of '%s' insn %u refers outside of the strings", f->name, insn);
	if (f->n_lines && insn < f->lines[f->n_lines - 1].insn)
		return OBJ_BAD(obj, EXT, 0, "line info of '%s' is not ordered at insn %u", f->name, insn);
	if (f->n_lines && insn == f->lines[f->n_lines - 1].insn)
		f->n_lines--; /* the last word counts */
	f->lines = ext_grow(obj, f->lines, f->n_lines, sizeof(*f->lines));
	if (!f->lines)
		return obj_no_memory(obj);
	f->lines[f->n_lines++] = (struct bpfobj_line){ .insn = insn, .file = file, .text = text, .line = where >> 10,
						       .col = where & 0x3ff };
	return 0;
}

static int ext_core(struct bpfobj *obj, struct obj_func *f, uint32_t insn, struct cursor *c)
{
	uint32_t type = cursor_u32(c);
	const char *access = bt_string(obj->btf, cursor_u32(c));
	uint32_t kind = cursor_u32(c);

	if (!access || !bt_get(obj->btf, type) || !type)
		return OBJ_BAD(obj, EXT, 0, "CO-RE relocation of '%s' insn %u: no type %u, or no access string", f->name,
			       insn, type);
	f->core_recs = ext_grow(obj, f->core_recs, f->n_cores, sizeof(*f->core_recs));
	if (!f->core_recs)
		return obj_no_memory(obj);
	f->core_recs[f->n_cores++] =
		(struct obj_core_rec){ .insn = insn, .kind = kind, .type = type, .access = access };
	return 0;
}

static uint32_t ext_find_section(const struct bpfobj *obj, const char *name)
{
	for (uint32_t i = 1; i < obj->elf.n_sections; i++)
		if (!strcmp(obj->elf.sections[i].name, name) && obj->elf.sections[i].data)
			return i;
	return 0;
}

/* All records for one section. Those of code that no function symbol covers are dropped with the code. */
static int ext_section(struct bpfobj *obj, const struct ext_part *part, struct cursor *c, uint32_t size)
{
	const char *name = bt_string(obj->btf, cursor_u32(c));
	uint32_t n = cursor_u32(c), section;
	int err;

	if (c->failed || !name)
		return OBJ_BAD(obj, EXT, c->at, "%s: head of a section is cut off or has no name", part->what);
	section = ext_find_section(obj, name);
	if (!section)
		return OBJ_BAD(obj, EXT, c->at, "%s: no section '%s'", part->what, name);
	if (!n || n > cursor_left(c) / size)
		return OBJ_BAD(obj, EXT, c->at, "%s: %u records do not fit in what is left", part->what, n);
	for (uint32_t i = 0; i < n; i++) {
		size_t at = c->at;
		struct cursor record = cursor_over(cursor_take(c, size), size);
		uint32_t offset = cursor_u32(&record);
		struct obj_func *f = obj_func_in(obj, section, offset / INSN_SIZE);

		if (offset % INSN_SIZE || offset >= obj->elf.sections[section].size)
			return OBJ_BAD(obj, EXT, at, "%s: byte %u of '%s' is no instruction", part->what, offset, name);
		if (!f)
			continue;
		err = part->record(obj, f, (uint32_t)(offset / INSN_SIZE) - f->start, &record);
		if (err)
			return err;
	}
	return 0;
}

static int ext_part_read(struct bpfobj *obj, const struct ext_part *part, const struct cursor *body)
{
	struct cursor c = cursor_slice(body, part->at, part->len);
	uint32_t size;
	int err = 0;

	if (!part->len)
		return 0;
	if (c.failed)
		return OBJ_BAD(obj, EXT, part->at, "%s is outside of the section", part->what);
	size = cursor_u32(&c);
	if (c.failed || size < part->record_size || size % 4 || size > 4096)
		return OBJ_BAD(obj, EXT, part->at, "%s: record size %u is wrong", part->what, size);
	while (!err && cursor_left(&c))
		err = ext_section(obj, part, &c, size);
	return err;
}

static int ext_order(const void *a, const void *b)
{
	const struct obj_core_rec *x = a, *y = b;

	return x->insn < y->insn ? -1 : x->insn > y->insn;
}

int obj_read_ext(struct bpfobj *obj)
{
	const struct elf64_section *s = elf64_find(&obj->elf, EXT);
	struct ext_part parts[3] = {
		{ .what = "function info", .record_size = 8, .record = ext_func },
		{ .what = "line info", .record_size = 16, .record = ext_line },
		{ .what = "CO-RE relocations", .record_size = 16, .record = ext_core },
	};
	struct cursor c, body;
	uint32_t head, magic;
	int err = 0;

	if (!s || !s->data || !obj->btf)
		return 0;
	c = cursor_over(s->data, s->size);
	magic = cursor_u32(&c); /* magic 16, version 8, flags 8 */
	head = cursor_u32(&c);
	for (int i = 0; i < 3 && (i < 2 || head >= 32); i++) {
		parts[i].at = cursor_u32(&c);
		parts[i].len = cursor_u32(&c);
	}
	if (c.failed || magic != (BTF_MAGIC | 1u << 16))
		return OBJ_BAD(obj, EXT, 0, "header is cut off, or of an unknown version");
	if (head < 24 || head > s->size)
		return OBJ_BAD(obj, EXT, 4, "header length %u is wrong", head);
	body = cursor_over(s->data + head, s->size - head);
	for (int i = 0; !err && i < 3; i++)
		err = ext_part_read(obj, &parts[i], &body);
	for (uint32_t i = 0; !err && i < obj->n_funcs; i++)
		if (obj->funcs[i].n_cores)
			qsort(obj->funcs[i].core_recs, obj->funcs[i].n_cores, sizeof(struct obj_core_rec), ext_order);
	return err;
}
