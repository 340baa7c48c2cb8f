// SPDX-License-Identifier: GPL-2.0-only
/* bt_query: looking things up in a table that bt_check() has accepted, and printing types. */
#include <errno.h>
#include <string.h>

#include "bpfobj/bt_table.h"
#include "common/buf.h"

/* Deeper than any accepted table nests; only a bound for recursion over pointers and members. */
#define QUERY_DEPTH 64

const char *bt_kind_name(enum bt_kind kind)
{
	static const char *const names[BT_KIND_COUNT] = {
		"void",     "int",   "ptr",   "array",    "struct", "union",      "enum", "fwd",     "typedef", "volatile",
		"const",    "restrict", "func", "func_proto", "var", "datasec", "float", "decl_tag", "type_tag", "enum64",
	};

	return (unsigned)kind < BT_KIND_COUNT ? names[kind] : "?";
}

size_t bt_essential_len(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = n < 5 ? 0 : n - 4; i-- > 0;)
		if (name[i] != '_' && name[i + 1] == '_' && name[i + 2] == '_' && name[i + 3] == '_' &&
		    name[i + 4] != '_')
			return i + 1;
	return n;
}

static uint32_t query_hash(const char *name, size_t len)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)name[i]) * 16777619u;
	return h;
}

int bt_index(struct bt *bt)
{
	uint32_t size = 16;

	while (size < bt->count && size < 1u << 24)
		size *= 2;
	bt->name_mask = size - 1;
	bt->name_heads = arena_new_n(&bt->arena, size, uint32_t);
	bt->name_next = arena_new_n(&bt->arena, bt->count, uint32_t);
	if (!bt->name_heads || (!bt->name_next && bt->count))
		return -ENOMEM;
	for (uint32_t i = bt->count; i-- > 0;) { /* backwards: chains come out ascending */
		const char *name = bt->types[i].name;
		uint32_t slot = query_hash(name, bt_essential_len(name)) & bt->name_mask;

		if (!*name)
			continue;
		bt->name_next[i] = bt->name_heads[slot];
		bt->name_heads[slot] = bt->first + i;
	}
	return 0;
}

const struct bt_type *bt_next_essential(const struct bt *bt, const char *name, size_t len, uint32_t *id)
{
	uint32_t at = *id ? bt->name_next[*id - bt->first] :
			    bt->name_heads[query_hash(name, len) & bt->name_mask];

	for (; at; at = bt->name_next[at - bt->first]) {
		const struct bt_type *t = &bt->types[at - bt->first];

		if (bt_essential_len(t->name) == len && !memcmp(t->name, name, len)) {
			*id = at;
			return t;
		}
	}
	return NULL;
}

uint32_t bt_find(const struct bt *bt, const char *name, enum bt_kind kind)
{
	size_t len = bt_essential_len(name);
	const struct bt_type *t;
	uint32_t id = 0;

	if (bt->base) {
		id = bt_find(bt->base, name, kind);
		if (id)
			return id;
	}
	while ((t = bt_next_essential(bt, name, len, &id)))
		if ((kind == BT_KIND_COUNT || t->kind == kind) && !strcmp(t->name, name))
			return id;
	return 0;
}

const struct bt_type *bt_skip_mods(const struct bt *bt, uint32_t id)
{
	const struct bt_type *t = bt_get(bt, id);

	while (t && (t->kind == BT_CONST || t->kind == BT_VOLATILE || t->kind == BT_RESTRICT || t->kind == BT_TYPE_TAG))
		t = bt_get(bt, t->ref);
	return t;
}

const struct bt_type *bt_resolve(const struct bt *bt, uint32_t id)
{
	const struct bt_type *t = bt_skip_mods(bt, id);

	while (t && t->kind == BT_TYPEDEF)
		t = bt_skip_mods(bt, t->ref);
	return t;
}

int64_t bt_size(const struct bt *bt, uint32_t id)
{
	while (bt->base && id < bt->first)
		bt = bt->base;
	id -= bt->first;
	return id < bt->count ? bt->sizes[id] : -EINVAL;
}

static int64_t query_align(const struct bt *bt, uint32_t id, unsigned depth)
{
	const struct bt_type *t = bt_resolve(bt, id);
	int64_t align = 1;

	if (!t || depth > QUERY_DEPTH)
		return -EINVAL;
	switch (t->kind) {
	case BT_INT:
	case BT_ENUM:
	case BT_ENUM64:
	case BT_FLOAT:
		return t->size > 8 ? (t->size == 12 ? 4 : 16) : t->size;
	case BT_PTR:
		return 8;
	case BT_VAR:
		return query_align(bt, t->ref, depth + 1);
	case BT_ARRAY:
		return query_align(bt, t->array.elem, depth + 1);
	case BT_STRUCT:
	case BT_UNION:
		for (uint32_t i = 0; i < t->n; i++) {
			int64_t a = query_align(bt, t->members[i].type, depth + 1);

			if (a < 0)
				return a;
			if (!t->members[i].bit_size && t->members[i].bit_offset % (uint64_t)(a * 8))
				return 1; /* packed */
			align = a > align ? a : align;
		}
		return t->size % (uint64_t)align ? 1 : align;
	default:
		return -EINVAL;
	}
}

int64_t bt_align(const struct bt *bt, uint32_t id)
{
	return query_align(bt, id, 0);
}

int bt_is_signed(const struct bt *bt, uint32_t id)
{
	const struct bt_type *t = bt_resolve(bt, id);

	if (!t)
		return -EINVAL;
	if (t->kind == BT_INT)
		return !!(t->integer.encoding & BTF_INT_SIGNED);
	if (t->kind == BT_ENUM || t->kind == BT_ENUM64)
		return t->kflag;
	return -EINVAL;
}

static int query_member(const struct bt *bt, uint32_t id, const char *name, uint32_t bits, unsigned depth,
			struct bt_member *ret)
{
	const struct bt_type *t = bt_resolve(bt, id);

	if (!t || (t->kind != BT_STRUCT && t->kind != BT_UNION))
		return -EINVAL;
	if (depth > QUERY_DEPTH)
		return -ELOOP;
	for (uint32_t i = 0; i < t->n; i++) {
		const struct bt_member *m = &t->members[i];

		if (!*m->name) {
			if (!query_member(bt, m->type, name, bits + m->bit_offset, depth + 1, ret))
				return 0;
		} else if (!strcmp(m->name, name)) {
			*ret = *m;
			ret->bit_offset += bits;
			return 0;
		}
	}
	return -ENOENT;
}

int bt_member_find(const struct bt *bt, uint32_t id, const char *name, struct bt_member *ret_member)
{
	return query_member(bt, id, name, 0, 0, ret_member);
}

/* One step of bt_path_at(): into a struct or an array. 1: gone deeper, 0: stop here. */
static int query_step(const struct bt *bt, uint32_t *id, uint64_t *offset, struct buf *out)
{
	const struct bt_type *t = bt_resolve(bt, *id);
	int64_t size;

	if (!t)
		return 0;
	if (t->kind == BT_ARRAY) {
		size = bt_size(bt, t->array.elem);
		if (size <= 0)
			return 0;
		buf_printf(out, "[%llu]", (unsigned long long)(*offset / (uint64_t)size));
		*offset %= (uint64_t)size;
		*id = t->array.elem;
		return 1;
	}
	if (t->kind != BT_STRUCT && t->kind != BT_UNION)
		return 0;
	for (uint32_t i = 0; i < t->n; i++) {
		const struct bt_member *m = &t->members[i];
		uint64_t from = m->bit_offset / 8;

		size = m->bit_size ? (m->bit_offset % 8 + m->bit_size + 7) / 8 : bt_size(bt, m->type);
		if (size <= 0 || *offset < from || *offset - from >= (uint64_t)size)
			continue;
		if (*m->name)
			buf_printf(out, "%s%s", out->len ? "." : "", m->name);
		*offset -= from;
		*id = m->type;
		return m->bit_size ? 0 : 1;
	}
	return 0;
}

int bt_path_at(const struct bt *bt, uint32_t id, uint64_t offset, struct buf *out)
{
	int64_t size = bt_size(bt, id);
	size_t before = out->len;

	if (size < 0 || offset >= (uint64_t)size)
		return -ENOENT;
	for (unsigned i = 0; i < QUERY_DEPTH && query_step(bt, &id, &offset, out); i++)
		;
	return out->len > before ? 0 : -ENOENT;
}

static void query_print(const struct bt *bt, uint32_t id, unsigned depth, struct buf *out);

static void query_print_named(const struct bt_type *t, const char *keyword, struct buf *out)
{
	buf_printf(out, "%s %s", keyword, *t->name ? t->name : "(anon)");
}

static bool query_after_star(const struct buf *out)
{
	return out->len && out->data && out->data[out->len - 1] == '*';
}

static void query_print_proto(const struct bt *bt, const struct bt_type *t, const char *name, unsigned depth,
			      struct buf *out)
{
	query_print(bt, t->ref, depth + 1, out);
	buf_printf(out, " %s(", name);
	for (uint32_t i = 0; i < t->n; i++) {
		buf_puts(out, i ? ", " : "");
		if (!t->params[i].type) {
			buf_puts(out, "...");
			continue;
		}
		query_print(bt, t->params[i].type, depth + 1, out);
		if (*t->params[i].name)
			buf_printf(out, "%s%s", query_after_star(out) ? "" : " ", t->params[i].name);
	}
	buf_puts(out, t->n ? ")" : "void)");
}

static void query_print_modified(const struct bt *bt, const struct bt_type *t, unsigned depth, struct buf *out)
{
	const char *word = bt_kind_name(t->kind);
	const struct bt_type *to = bt_get(bt, t->ref);

	if (to->kind == BT_PTR) { /* "char *const" */
		query_print(bt, t->ref, depth + 1, out);
		buf_printf(out, "%s", word);
	} else {
		buf_printf(out, "%s ", word);
		query_print(bt, t->ref, depth + 1, out);
	}
}

static void query_print_ptr(const struct bt *bt, const struct bt_type *t, unsigned depth, struct buf *out)
{
	const struct bt_type *to = bt_skip_mods(bt, t->ref);

	if (to && to->kind == BT_FUNC_PROTO) {
		query_print_proto(bt, to, "(*)", depth, out);
		return;
	}
	query_print(bt, t->ref, depth + 1, out);
	buf_puts(out, query_after_star(out) ? "*" : " *");
}

static void query_print(const struct bt *bt, uint32_t id, unsigned depth, struct buf *out)
{
	const struct bt_type *t = bt_get(bt, id);

	if (!t || depth > QUERY_DEPTH) {
		buf_puts(out, "?");
		return;
	}
	switch (t->kind) {
	case BT_VOID:
		buf_puts(out, "void");
		return;
	case BT_PTR:
		query_print_ptr(bt, t, depth, out);
		return;
	case BT_ARRAY:
		query_print(bt, t->array.elem, depth + 1, out);
		buf_printf(out, "[%u]", t->array.count);
		return;
	case BT_STRUCT:
	case BT_UNION:
		query_print_named(t, bt_kind_name(t->kind), out);
		return;
	case BT_ENUM:
	case BT_ENUM64:
		query_print_named(t, "enum", out);
		return;
	case BT_FWD:
		query_print_named(t, t->kflag ? "union" : "struct", out);
		return;
	case BT_VOLATILE:
	case BT_CONST:
	case BT_RESTRICT:
		query_print_modified(bt, t, depth, out);
		return;
	case BT_TYPE_TAG:
		query_print(bt, t->ref, depth + 1, out);
		buf_printf(out, " __%s ", t->name);
		return;
	case BT_FUNC:
		query_print_proto(bt, bt_get(bt, t->ref), t->name, depth, out);
		return;
	case BT_FUNC_PROTO:
		query_print_proto(bt, t, "(*)", depth, out);
		return;
	case BT_VAR:
		query_print(bt, t->ref, depth + 1, out);
		buf_printf(out, " %s", t->name);
		return;
	default:
		buf_puts(out, *t->name ? t->name : bt_kind_name(t->kind));
		return;
	}
}

void bt_print(const struct bt *bt, uint32_t id, struct buf *out)
{
	query_print(bt, id, 0, out);
}
