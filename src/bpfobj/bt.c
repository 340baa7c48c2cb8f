// SPDX-License-Identifier: GPL-2.0-only
/*
 * bt: reading BTF. The layout is that of the kernel's Documentation/bpf/btf.rst:
 *
 *   | header | ... type section ... | ... string section ... |      offsets count from the header's end
 *   type: | name_off | info: kflag 1, kind 5, vlen 16 | size or type | kind-specific records |
 *
 * Must never trust a length, an offset or an id before it was compared with what is there.
 */
#include "bpfobj/bt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpfobj/bt_table.h"
#include "bpfobj/cursor.h"
#include "common/diag.h"

#define BT_MAX_BYTES (256u << 20)
#define BT_SECTION ".BTF"

struct bt_header {
	uint32_t len, type_off, type_len, str_off, str_len;
};

static int bt_bad(const struct bt *bt, struct diag *diag, uint64_t offset, const char *what)
{
	return diag_fail(diag, -EINVAL, DIAG_AT(.file = bt->name, .section = BT_SECTION, DIAG_OFFSET(offset)), "%s",
			 what);
}

static int bt_read_header(struct bt *bt, struct cursor *all, struct diag *diag, struct bt_header *h)
{
	uint16_t magic = cursor_u16(all);
	uint8_t version = cursor_u8(all), flags = cursor_u8(all);

	h->len = cursor_u32(all);
	h->type_off = cursor_u32(all);
	h->type_len = cursor_u32(all);
	h->str_off = cursor_u32(all);
	h->str_len = cursor_u32(all);
	if (all->failed)
		return bt_bad(bt, diag, 0, "BTF header is cut off");
	if (magic == 0x9feb)
		return bt_bad(bt, diag, 0, "BTF of a big-endian object");
	if (magic != BTF_MAGIC)
		return bt_bad(bt, diag, 0, "not BTF: wrong magic number");
	if (version != 1)
		return bt_bad(bt, diag, 2, "BTF version is not 1");
	if (flags)
		return bt_bad(bt, diag, 3, "BTF flags are set that are not defined");
	if (h->len < 24 || h->len > all->size)
		return bt_bad(bt, diag, 4, "BTF header length is wrong");
	for (size_t i = 24; i < h->len; i++)
		if (all->data[i])
			return bt_bad(bt, diag, i, "BTF header has unknown fields");
	if (h->type_off % 4 || h->type_len % 4)
		return bt_bad(bt, diag, 8, "type section is not aligned");
	if ((uint64_t)h->type_off + h->type_len > h->str_off)
		return bt_bad(bt, diag, 16, "type and string sections overlap");
	return 0;
}

static int bt_read_strings(struct bt *bt, const struct cursor *body, const struct bt_header *h, struct diag *diag)
{
	struct cursor s = cursor_slice(body, h->str_off, h->str_len);

	if (s.failed)
		return bt_bad(bt, diag, h->len + (uint64_t)h->str_off, "string section is cut off");
	if (!bt->base && (!s.size || s.data[0]))
		return bt_bad(bt, diag, h->len + (uint64_t)h->str_off, "string section does not start with an empty string");
	if (s.size && s.data[s.size - 1])
		return bt_bad(bt, diag, h->len + (uint64_t)h->str_off, "string section does not end with a NUL");
	bt->strings = arena_memdup(&bt->arena, s.data, s.size);
	bt->strings_len = (uint32_t)s.size;
	return bt->strings ? 0 : -ENOMEM;
}

const char *bt_string(const struct bt *bt, uint32_t offset)
{
	if (bt->base && offset < bt->strings_start)
		return bt_string(bt->base, offset);
	offset -= bt->strings_start;
	return offset < bt->strings_len ? bt->strings + offset : NULL;
}

/* A name of a record; sets the cursor to failed when it is out of range. */
static const char *bt_name(const struct bt *bt, struct cursor *c)
{
	const char *s = bt_string(bt, cursor_u32(c));

	if (!s)
		c->failed = true;
	return s ? s : "";
}

static void bt_read_members(struct bt *bt, struct cursor *c, struct bt_type *t)
{
	struct bt_member *m = arena_new_n(&bt->arena, t->n, struct bt_member);

	for (uint32_t i = 0; m && i < t->n; i++) {
		uint32_t where;

		m[i].name = bt_name(bt, c);
		m[i].type = cursor_u32(c);
		where = cursor_u32(c);
		m[i].bit_offset = t->kflag ? where & 0xffffff : where;
		m[i].bit_size = t->kflag ? where >> 24 : 0;
	}
	t->members = m;
}

static void bt_read_params(struct bt *bt, struct cursor *c, struct bt_type *t)
{
	struct bt_param *p = arena_new_n(&bt->arena, t->n, struct bt_param);

	for (uint32_t i = 0; p && i < t->n; i++) {
		p[i].name = bt_name(bt, c);
		p[i].type = cursor_u32(c);
	}
	t->params = p;
}

static void bt_read_enumerators(struct bt *bt, struct cursor *c, struct bt_type *t)
{
	struct bt_enumerator *e = arena_new_n(&bt->arena, t->n, struct bt_enumerator);

	for (uint32_t i = 0; e && i < t->n; i++) {
		uint64_t low;

		e[i].name = bt_name(bt, c);
		low = cursor_u32(c);
		if (t->kind == BT_ENUM64)
			e[i].value = (int64_t)(low | (uint64_t)cursor_u32(c) << 32);
		else /* compilers before the flag existed left it 0 for signed ones as well */
			e[i].value = (int32_t)low;
	}
	t->enumerators = e;
}

static void bt_read_vars(struct bt *bt, struct cursor *c, struct bt_type *t)
{
	struct bt_secvar *v = arena_new_n(&bt->arena, t->n, struct bt_secvar);

	for (uint32_t i = 0; v && i < t->n; i++) {
		v[i].type = cursor_u32(c);
		v[i].offset = cursor_u32(c);
		v[i].size = cursor_u32(c);
	}
	t->vars = v;
}

/* Bytes of one record after the head of its kind; times vlen. */
static size_t bt_record_size(enum bt_kind kind)
{
	switch (kind) {
	case BT_STRUCT:
	case BT_UNION:
	case BT_DATASEC:
	case BT_ENUM64:
		return 12;
	case BT_ENUM:
	case BT_FUNC_PROTO:
		return 8;
	default:
		return 0;
	}
}

static void bt_read_tail(struct bt *bt, struct cursor *c, struct bt_type *t)
{
	uint32_t v;

	if (bt_record_size(t->kind) * (size_t)t->n > cursor_left(c)) {
		c->failed = true; /* before memory is taken for it */
		return;
	}
	switch (t->kind) {
	case BT_INT:
		v = cursor_u32(c);
		t->integer.encoding = (v >> 24) & 0xf;
		t->integer.bit_offset = (v >> 16) & 0xff;
		t->integer.bits = v & 0xff;
		break;
	case BT_ARRAY:
		t->array.elem = cursor_u32(c);
		t->array.index = cursor_u32(c);
		t->array.count = cursor_u32(c);
		break;
	case BT_STRUCT:
	case BT_UNION:
		bt_read_members(bt, c, t);
		break;
	case BT_ENUM:
	case BT_ENUM64:
		bt_read_enumerators(bt, c, t);
		break;
	case BT_FUNC_PROTO:
		bt_read_params(bt, c, t);
		break;
	case BT_DATASEC:
		bt_read_vars(bt, c, t);
		break;
	case BT_VAR:
		t->linkage = cursor_u32(c);
		break;
	case BT_DECL_TAG:
		t->component = (int32_t)cursor_u32(c);
		break;
	default:
		break;
	}
}

static int bt_read_type(struct bt *bt, struct cursor *c, uint64_t at, struct diag *diag, struct bt_type *t)
{
	uint32_t info;

	t->name = bt_name(bt, c);
	if (c->failed)
		return bt_bad(bt, diag, at, "type name is outside of the string section");
	info = cursor_u32(c);
	t->size = cursor_u32(c);
	t->kind = (enum bt_kind)(info >> 24 & 0x1f);
	t->kflag = info >> 31;
	t->n = info & 0xffff;
	if (c->failed)
		return bt_bad(bt, diag, at, "type is cut off");
	if (info & 0x60ff0000)
		return bt_bad(bt, diag, at, "type has reserved bits set");
	if (t->kind == BT_VOID || t->kind >= BT_KIND_COUNT)
		return bt_bad(bt, diag, at, "type is of no known kind");
	if (t->n && !bt_record_size(t->kind) && t->kind != BT_FUNC)
		return bt_bad(bt, diag, at, "type has members where its kind has none");
	if (t->kind == BT_FUNC) {
		t->linkage = t->n;
		t->n = 0;
	}
	bt_read_tail(bt, c, t);
	if (c->failed)
		return bt_bad(bt, diag, at, "type is cut off, or a name in it is outside of the string section");
	return bt->arena.exhausted ? -ENOMEM : 0;
}

/* How many types there are: walks the heads only. 12 bytes is the least a type takes. */
static int bt_read_types(struct bt *bt, const struct cursor *body, const struct bt_header *h, struct diag *diag)
{
	struct cursor c = cursor_slice(body, h->type_off, h->type_len);
	uint32_t n = bt->base ? 0 : 1;
	size_t cap = c.size / 12 + 2;
	int err;

	if (c.failed)
		return bt_bad(bt, diag, h->len + (uint64_t)h->type_off, "type section is cut off");
	bt->types = arena_new_n(&bt->arena, cap, struct bt_type);
	bt->offsets = arena_new_n(&bt->arena, cap, uint32_t);
	bt->sizes = arena_new_n(&bt->arena, cap, int64_t);
	if (!bt->types || !bt->offsets || !bt->sizes)
		return -ENOMEM;
	if (n) /* id 0 */
		bt->types[0] = (struct bt_type){ .kind = BT_VOID, .name = "" };
	while (cursor_left(&c)) {
		struct bt_type *t = &bt->types[n];

		t->id = bt->first + n;
		bt->offsets[n] = (uint32_t)(h->len + h->type_off + c.at);
		err = bt_read_type(bt, &c, bt->offsets[n], diag, t);
		if (err)
			return err;
		n++;
	}
	bt->count = n;
	return 0;
}

static int bt_read(struct bt *bt, const void *data, size_t size, struct diag *diag)
{
	struct cursor all = cursor_over(data, size);
	struct bt_header h;
	struct cursor body;
	int err;

	if (size > BT_MAX_BYTES)
		return bt_bad(bt, diag, 0, "BTF is larger than anything real");
	err = bt_read_header(bt, &all, diag, &h);
	if (err)
		return err;
	body = cursor_over(all.data + h.len, all.size - h.len);
	err = bt_read_strings(bt, &body, &h, diag);
	if (!err)
		err = bt_read_types(bt, &body, &h, diag);
	if (!err)
		err = bt_check(bt, diag);
	if (!err)
		err = bt_index(bt);
	return err;
}

int bt_parse(const void *data, size_t size, const struct bt *base, const char *name, struct diag *diag,
	     struct bt **ret_bt)
{
	struct bt *bt = calloc(1, sizeof(*bt));
	int err;

	if (!bt)
		return diag_fail(diag, -ENOMEM, NULL, "out of memory");
	arena_init(&bt->arena, (size_t)4 << 30);
	bt->base = base;
	bt->first = base ? bt_count(base) : 0;
	bt->strings_start = base ? base->strings_start + base->strings_len : 0;
	bt->name = arena_strdup(&bt->arena, name ? name : "BTF");
	err = bt->name ? bt_read(bt, data, size, diag) : -ENOMEM;
	if (err) {
		if (err == -ENOMEM)
			diag_fail(diag, err, DIAG_AT(.file = name), "out of memory reading BTF");
		bt_free(bt);
		return err;
	}
	*ret_bt = bt;
	return 0;
}

void bt_free(struct bt *bt)
{
	if (!bt)
		return;
	arena_done(&bt->arena);
	free(bt);
}

uint32_t bt_count(const struct bt *bt)
{
	return bt->first + bt->count;
}

uint32_t bt_first_own(const struct bt *bt)
{
	return bt->first ? bt->first : 1;
}

const struct bt_type *bt_get(const struct bt *bt, uint32_t id)
{
	while (bt->base && id < bt->first)
		bt = bt->base;
	id -= bt->first;
	return id < bt->count ? &bt->types[id] : NULL;
}
