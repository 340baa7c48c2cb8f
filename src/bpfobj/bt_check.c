// SPDX-License-Identifier: GPL-2.0-only
/*
 * bt_check: what must hold between the types of a table, so that everybody behind it can trust ids, sizes and
 * offsets. Also computes the size of every type, once.
 *
 * Must never recurse without a bound: hostile tables chain and cycle.
 */
#include <errno.h>
#include <string.h>

#include "bpfobj/bt_table.h"
#include "common/diag.h"

#define CHECK_DEPTH 256
#define SIZE_UNKNOWN INT64_MIN
#define SIZE_BUSY (INT64_MIN + 1)

struct bt_checker {
	struct bt *bt;
	struct diag *diag;
};

static int check_bad(const struct bt_checker *c, uint32_t id, const char *what)
{
	const struct bt_type *t = bt_get(c->bt, id);

	return diag_fail(c->diag, -EINVAL,
			 DIAG_AT(.file = c->bt->name, .section = ".BTF",
				 DIAG_OFFSET(id >= c->bt->first ? c->bt->offsets[id - c->bt->first] : 0)),
			 "type %u (%s '%.64s'): %s", id, bt_kind_name(t->kind), t->name, what);
}


static bool check_ref_kind(enum bt_kind kind)
{
	return kind == BT_PTR || kind == BT_TYPEDEF || kind == BT_VOLATILE || kind == BT_CONST || kind == BT_RESTRICT ||
	       kind == BT_FUNC || kind == BT_FUNC_PROTO || kind == BT_VAR || kind == BT_DECL_TAG || kind == BT_TYPE_TAG;
}

/* Can a value have this type: not a function, a section, a tag or a variable. */
static bool check_is_value(const struct bt_type *t)
{
	return t->kind != BT_FUNC && t->kind != BT_DATASEC && t->kind != BT_VAR && t->kind != BT_DECL_TAG;
}

static bool check_value_id(const struct bt_checker *c, uint32_t id)
{
	const struct bt_type *t = bt_get(c->bt, id);

	return t && check_is_value(t);
}

static int check_int(const struct bt_checker *c, const struct bt_type *t)
{
	if (t->size == 0 || t->size > 16 || (t->size & (t->size - 1)))
		return check_bad(c, t->id, "size of an integer must be 1, 2, 4, 8 or 16");
	if (t->integer.bits == 0 || (uint32_t)t->integer.bits + t->integer.bit_offset > t->size * 8)
		return check_bad(c, t->id, "bits of the integer do not fit in its size");
	if (t->integer.encoding & ~7u)
		return check_bad(c, t->id, "unknown encoding of an integer");
	return 0;
}

static int check_ref(const struct bt_checker *c, const struct bt_type *t)
{
	const struct bt_type *to = bt_get(c->bt, t->ref);

	if (!to)
		return check_bad(c, t->id, "refers to a type that does not exist");
	if (t->kind == BT_FUNC && to->kind != BT_FUNC_PROTO)
		return check_bad(c, t->id, "a function must refer to a prototype");
	if (t->kind == BT_FUNC && t->linkage > BTF_FUNC_EXTERN)
		return check_bad(c, t->id, "unknown linkage");
	if (t->kind == BT_VAR && t->linkage > BTF_VAR_GLOBAL_EXTERN)
		return check_bad(c, t->id, "unknown linkage");
	if (t->kind == BT_DECL_TAG) {
		if (t->component < -1)
			return check_bad(c, t->id, "tag of a component with negative index");
		return 0;
	}
	if (!check_is_value(to))
		return check_bad(c, t->id, "refers to something that is not a type of values");
	return 0;
}

/* Existence of what a type refers to, and its own fields. Sizes come later. */
static int check_type(const struct bt_checker *c, const struct bt_type *t)
{
	if (check_ref_kind(t->kind))
		if (check_ref(c, t))
			return -EINVAL;
	switch (t->kind) {
	case BT_INT:
		return check_int(c, t);
	case BT_ARRAY:
		if (!check_value_id(c, t->array.elem) || !check_value_id(c, t->array.index))
			return check_bad(c, t->id, "element or index type is not a type of values");
		return 0;
	case BT_STRUCT:
	case BT_UNION:
		for (uint32_t i = 0; i < t->n; i++)
			if (!check_value_id(c, t->members[i].type))
				return check_bad(c, t->id, "a member's type is not a type of values");
		return 0;
	case BT_FUNC_PROTO:
		for (uint32_t i = 0; i < t->n; i++)
			if (!check_value_id(c, t->params[i].type) || (!t->params[i].type && i + 1 < t->n))
				return check_bad(c, t->id, "a parameter's type is not a type of values");
		return 0;
	case BT_DATASEC:
		for (uint32_t i = 0; i < t->n; i++) {
			const struct bt_type *v = bt_get(c->bt, t->vars[i].type);

			if (!v || (v->kind != BT_VAR && v->kind != BT_FUNC))
				return check_bad(c, t->id, "holds something that is no variable");
		}
		return 0;
	case BT_ENUM:
	case BT_ENUM64:
		if (t->size == 0 || t->size > 8 || (t->size & (t->size - 1)))
			return check_bad(c, t->id, "size of an enumeration must be 1, 2, 4 or 8");
		return 0;
	case BT_FLOAT:
		if (t->size != 2 && t->size != 4 && t->size != 8 && t->size != 12 && t->size != 16)
			return check_bad(c, t->id, "size of a floating-point number is wrong");
		return 0;
	default:
		return 0;
	}
}

static int64_t check_size(struct bt_checker *c, uint32_t id, unsigned depth);

static int64_t check_size_members(struct bt_checker *c, const struct bt_type *t, unsigned depth)
{
	for (uint32_t i = 0; i < t->n; i++) {
		const struct bt_member *m = &t->members[i];
		int64_t size = check_size(c, m->type, depth + 1);
		uint64_t end;

		if (size < 0) {
			if (size != -EINVAL)
				return size;
			check_bad(c, t->id, "a member's type has no size");
			return -EBADMSG;
		}
		end = m->bit_offset + (m->bit_size ? m->bit_size : (uint64_t)size * 8);
		if (m->bit_size > (uint64_t)size * 8 || (!m->bit_size && t->kflag && m->bit_offset % 8)) {
			check_bad(c, t->id, "a bit-field does not fit in its type");
			return -EBADMSG;
		}
		/* an old-style bit-field is a narrow integer at a bit offset */
		if (!m->bit_size && m->bit_offset % 8) {
			const struct bt_type *mt = bt_resolve(c->bt, m->type);

			if (mt->kind == BT_INT)
				end = (uint64_t)m->bit_offset + mt->integer.bits;
		}
		if (end > (uint64_t)t->size * 8) {
			check_bad(c, t->id, "a member reaches beyond the end");
			return -EBADMSG;
		}
	}
	return t->size;
}

static int64_t check_size_compute(struct bt_checker *c, const struct bt_type *t, unsigned depth)
{
	int64_t size;

	switch (t->kind) {
	case BT_INT:
	case BT_ENUM:
	case BT_ENUM64:
	case BT_FLOAT:
	case BT_DATASEC:
		return t->size;
	case BT_PTR:
		return 8;
	case BT_TYPEDEF:
	case BT_VOLATILE:
	case BT_CONST:
	case BT_RESTRICT:
	case BT_TYPE_TAG:
	case BT_VAR:
		return check_size(c, t->ref, depth + 1);
	case BT_ARRAY:
		size = check_size(c, t->array.elem, depth + 1);
		if (size < 0)
			return size;
		if (__builtin_mul_overflow(size, (int64_t)t->array.count, &size) || size > UINT32_MAX) {
			check_bad(c, t->id, "array is too large");
			return -EBADMSG;
		}
		return size;
	case BT_STRUCT:
	case BT_UNION:
		return check_size_members(c, t, depth);
	default:
		return -EINVAL;
	}
}

/* -EINVAL: has no size, which may be all right; -EBADMSG: refused, diag has it. */
static int64_t check_size(struct bt_checker *c, uint32_t id, unsigned depth)
{
	struct bt *bt = c->bt;
	int64_t *memo;

	if (id < bt->first)
		return bt_size(bt->base, id);
	memo = &bt->sizes[id - bt->first];
	if (*memo != SIZE_UNKNOWN && *memo != SIZE_BUSY)
		return *memo;
	if (*memo == SIZE_BUSY) {
		check_bad(c, id, "contains itself");
		return -EBADMSG;
	}
	if (depth > CHECK_DEPTH) {
		check_bad(c, id, "types are nested too deep");
		return -EBADMSG;
	}
	*memo = SIZE_BUSY;
	*memo = check_size_compute(c, &bt->types[id - bt->first], depth);
	return *memo;
}

int bt_check(struct bt *bt, struct diag *diag)
{
	struct bt_checker c = { .bt = bt, .diag = diag };

	for (uint32_t i = 0; i < bt->count; i++) {
		bt->sizes[i] = SIZE_UNKNOWN;
		if (bt->types[i].kind != BT_VOID && check_type(&c, &bt->types[i]))
			return -EINVAL;
	}
	for (uint32_t i = 0; i < bt->count; i++)
		if (check_size(&c, bt->first + i, 0) == -EBADMSG)
			return -EINVAL;
	return 0;
}
