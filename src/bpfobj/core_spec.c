// SPDX-License-Identifier: GPL-2.0-only
/* core_spec: access strings ("0:1:2") walked through types, and the same walk by names in the kernel's types. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpfobj/core.h"
#include "common/buf.h"

#define SPEC_MAX_INDEX (1u << 28)

const char *core_kind_name(uint32_t kind)
{
	static const char *const names[CORE_KIND_COUNT] = {
		"byte offset", "byte size", "field exists", "field is signed", "left shift", "right shift",
		"local type id", "target type id", "type exists", "type size", "enumerator exists",
		"enumerator value", "type matches",
	};

	return kind < CORE_KIND_COUNT ? names[kind] : "unknown";
}

static bool spec_is_composite(const struct bt_type *t)
{
	return t->kind == BT_STRUCT || t->kind == BT_UNION;
}

static bool spec_is_enum(const struct bt_type *t)
{
	return t->kind == BT_ENUM || t->kind == BT_ENUM64;
}

static int spec_numbers(const char *s, struct core_spec *spec)
{
	if (*s < '0' || *s > '9')
		return -EINVAL;
	while (*s) {
		char *end;
		unsigned long v;

		if (*s < '0' || *s > '9')
			return -EINVAL;
		v = strtoul(s, &end, 10);
		if (v > SPEC_MAX_INDEX || (*end && *end != ':') || (*end == ':' && !end[1]))
			return -EINVAL;
		if (spec->n_raw == CORE_SPEC_MAX)
			return -E2BIG;
		spec->raw[spec->n_raw++] = (uint32_t)v;
		s = *end ? end + 1 : end;
	}
	return 0;
}

static void spec_step(struct core_spec *spec, uint32_t type, uint32_t index, const char *name)
{
	spec->steps[spec->n_steps++] = (struct core_step){ .type = type, .index = index, .name = name };
}

/* An array of no length counts as open when it is the last member of a named step's struct. */
static bool spec_is_flexible(const struct bt *bt, const struct core_step *step, const struct bt_type *array)
{
	if (!step->name || array->array.count)
		return false;
	return step->index == bt_get(bt, step->type)->n - 1;
}

static int spec_into_member(struct core_spec *spec, const struct bt_type *t, uint32_t index, uint32_t *id)
{
	const struct bt_member *m;

	if (index >= t->n)
		return -EINVAL;
	m = &t->members[index];
	spec->bit_offset += m->bit_offset;
	if (*m->name)
		spec_step(spec, t->id, index, m->name);
	*id = m->type;
	return 0;
}

static int spec_into_element(struct core_spec *spec, const struct bt_type *t, uint32_t index, uint32_t *id)
{
	const struct bt_type *elem = bt_resolve(spec->bt, t->array.elem);
	int64_t size = bt_size(spec->bt, elem->id);

	if (index >= t->array.count && !spec_is_flexible(spec->bt, &spec->steps[spec->n_steps - 1], t))
		return -EINVAL;
	if (size < 0)
		return (int)size;
	spec_step(spec, elem->id, index, NULL);
	spec->bit_offset += (uint64_t)index * (uint64_t)size * 8;
	*id = elem->id;
	return 0;
}

int core_spec_parse(const struct bt *bt, const struct obj_core_rec *rec, struct core_spec *ret)
{
	const struct bt_type *t = bt_resolve(bt, rec->type);
	uint32_t id = t->id;
	int64_t size;
	int err;

	*ret = (struct core_spec){ .bt = bt, .root = rec->type, .kind = rec->kind };
	if (rec->kind >= CORE_KIND_COUNT)
		return -EOPNOTSUPP;
	if (!core_is_field(rec->kind) && !core_is_enumval(rec->kind))
		return strcmp(rec->access, "0") ? -EINVAL : 0;
	err = spec_numbers(rec->access, ret);
	if (err)
		return err;
	if (core_is_enumval(rec->kind)) {
		if (!spec_is_enum(t) || ret->n_raw != 1 || ret->raw[0] >= t->n)
			return -EINVAL;
		spec_step(ret, id, ret->raw[0], t->enumerators[ret->raw[0]].name);
		return 0;
	}
	size = bt_size(bt, id);
	if (size < 0)
		return (int)size;
	spec_step(ret, id, ret->raw[0], NULL);
	ret->bit_offset = (uint64_t)ret->raw[0] * (uint64_t)size * 8;
	for (unsigned i = 1; i < ret->n_raw && !err; i++) {
		t = bt_resolve(bt, id);
		if (spec_is_composite(t))
			err = spec_into_member(ret, t, ret->raw[i], &id);
		else if (t->kind == BT_ARRAY)
			err = spec_into_element(ret, t, ret->raw[i], &id);
		else
			err = -EINVAL;
	}
	return err;
}

/* Find the local step's member by name in a kernel composite, through anonymous members too. */
static int match_member(const struct core_spec *local, const struct core_step *step, uint32_t id,
			struct core_spec *spec, uint32_t *next)
{
	const struct bt_type *t = bt_resolve(spec->bt, id);
	const struct bt_member *want = &bt_get(local->bt, step->type)->members[step->index];
	int rc;

	if (!spec_is_composite(t))
		return 0;
	for (uint32_t i = 0; i < t->n; i++) {
		const struct bt_member *m = &t->members[i];

		if (spec->n_raw == CORE_SPEC_MAX || spec->n_steps == CORE_SPEC_MAX)
			return -E2BIG;
		spec->bit_offset += m->bit_offset;
		spec->raw[spec->n_raw++] = i;
		if (!*m->name) {
			rc = match_member(local, step, m->type, spec, next);
			if (rc)
				return rc;
		} else if (!strcmp(want->name, m->name)) {
			*next = m->type;
			rc = core_fields_compat(local->bt, want->type, spec->bt, m->type);
			if (rc > 0)
				spec_step(spec, t->id, i, m->name);
			return rc;
		}
		spec->bit_offset -= m->bit_offset;
		spec->n_raw--;
	}
	return 0;
}

static int match_enumerator(const struct core_spec *local, uint32_t id, struct core_spec *ret)
{
	const struct bt_type *t = bt_resolve(ret->bt, id);
	const char *want = local->steps[0].name;
	size_t len = bt_essential_len(want);

	if (!spec_is_enum(t))
		return 0;
	for (uint32_t i = 0; i < t->n; i++) {
		const char *name = t->enumerators[i].name;

		if (bt_essential_len(name) != len || memcmp(name, want, len))
			continue;
		spec_step(ret, t->id, i, name);
		ret->raw[ret->n_raw++] = i;
		return 1;
	}
	return 0;
}

/* An array index; the first one of all counts whole objects of the root type. */
static int match_index(const struct core_step *step, bool first, uint32_t *id, struct core_spec *ret)
{
	const struct bt_type *t = bt_resolve(ret->bt, *id);
	int64_t size;

	if (!first) {
		if (t->kind != BT_ARRAY)
			return 0;
		if (step->index >= t->array.count && !spec_is_flexible(ret->bt, &ret->steps[ret->n_steps - 1], t))
			return 0;
		t = bt_resolve(ret->bt, t->array.elem);
	}
	if (ret->n_raw == CORE_SPEC_MAX || ret->n_steps == CORE_SPEC_MAX)
		return -E2BIG;
	*id = t->id;
	spec_step(ret, t->id, step->index, NULL);
	ret->raw[ret->n_raw++] = step->index;
	size = bt_size(ret->bt, t->id);
	if (size < 0)
		return (int)size;
	ret->bit_offset += (uint64_t)step->index * (uint64_t)size * 8;
	return 1;
}

int core_spec_match(const struct core_spec *local, const struct bt *kernel, uint32_t id, struct core_spec *ret)
{
	int rc = 1;

	*ret = (struct core_spec){ .bt = kernel, .root = id, .kind = local->kind };
	if (core_is_enumval(local->kind))
		return match_enumerator(local, id, ret);
	if (local->kind == CORE_TYPE_MATCHES)
		return core_types_match(local->bt, local->root, kernel, id, false, 32);
	if (!core_is_field(local->kind))
		return core_types_compat(local->bt, local->root, kernel, id, 32);
	for (unsigned i = 0; i < local->n_steps && rc > 0; i++) {
		const struct core_step *step = &local->steps[i];

		if (step->name)
			rc = match_member(local, step, id, ret, &id);
		else
			rc = match_index(step, i == 0, &id, ret);
	}
	return rc;
}

static void spec_text_enum(const struct core_spec *spec, struct buf *b)
{
	const struct bt_type *t = bt_get(spec->bt, spec->steps[0].type);
	const struct bt_enumerator *e = &t->enumerators[spec->steps[0].index];

	if (t->kind == BT_ENUM64 && !t->kflag)
		buf_printf(b, "::%s = %llu", e->name, (unsigned long long)e->value);
	else
		buf_printf(b, "::%s = %lld", e->name, (long long)e->value);
}

char *core_spec_text(const struct core_spec *spec, struct arena *arena)
{
	struct buf b = BUF_INIT;
	char *text;

	bt_print(spec->bt, spec->root, &b);
	if (core_is_enumval(spec->kind) && spec->n_steps)
		spec_text_enum(spec, &b);
	for (unsigned i = 0; core_is_field(spec->kind) && i < spec->n_steps; i++) {
		if (spec->steps[i].name)
			buf_printf(&b, ".%s", spec->steps[i].name);
		else if (i || spec->steps[i].index)
			buf_printf(&b, "[%u]", spec->steps[i].index);
	}
	if (core_is_field(spec->kind)) {
		for (unsigned i = 0; i < spec->n_raw; i++)
			buf_printf(&b, "%s%u", i ? ":" : " (", spec->raw[i]);
		buf_printf(&b, " @ offset %llu", (unsigned long long)(spec->bit_offset / 8));
		if (spec->bit_offset % 8)
			buf_printf(&b, ".%u", (unsigned)(spec->bit_offset % 8));
		buf_putc(&b, ')');
	}
	text = arena_strdup(arena, buf_str(&b));
	buf_done(&b);
	return text;
}
