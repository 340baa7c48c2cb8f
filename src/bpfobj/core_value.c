// SPDX-License-Identifier: GPL-2.0-only
/* core_value: the number a CO-RE relocation puts into the instruction, once for each side. */
#include <errno.h>

#include "bpfobj/core.h"

/* One side's value of a field relocation. */
struct value_side {
	uint64_t value, size;
	uint32_t type;
	bool validate;
};

static int value_element(uint32_t kind, const struct core_spec *spec, const struct core_step *step,
			 struct value_side *ret)
{
	int64_t size = bt_size(spec->bt, step->type);

	if (size < 0 || (kind != CORE_FIELD_BYTE_OFFSET && kind != CORE_FIELD_BYTE_SIZE))
		return -EINVAL;
	ret->validate = true;
	if (kind == CORE_FIELD_BYTE_SIZE) {
		ret->value = (uint64_t)size;
		return 0;
	}
	ret->value = spec->bit_offset / 8;
	ret->size = (uint64_t)size;
	ret->type = step->type;
	return 0;
}

/* The smallest aligned load that covers a bit-field. */
static int value_window(uint64_t bit_offset, uint64_t bits, uint64_t *bytes, uint64_t *byte_offset)
{
	if (!*bytes)
		return -EINVAL;
	*byte_offset = bit_offset / 8 / *bytes * *bytes;
	while (bit_offset + bits - *byte_offset * 8 > *bytes * 8) {
		if (*bytes >= 8)
			return -E2BIG;
		*bytes *= 2;
		*byte_offset = bit_offset / 8 / *bytes * *bytes;
	}
	return 0;
}

static int value_of_field(uint32_t kind, const struct core_spec *spec, struct value_side *ret)
{
	const struct core_step *step = &spec->steps[spec->n_steps - 1];
	uint64_t bytes, byte_offset, bits;
	const struct bt_member *m;
	const struct bt_type *mt;
	int64_t size;

	if (!step->name)
		return value_element(kind, spec, step, ret);
	m = &bt_get(spec->bt, step->type)->members[step->index];
	mt = bt_resolve(spec->bt, m->type);
	size = bt_size(spec->bt, mt->id);
	if (size < 0)
		return -EINVAL;
	bytes = (uint64_t)size;
	bits = m->bit_size ? m->bit_size : bytes * 8;
	byte_offset = spec->bit_offset / 8;
	if (m->bit_size && value_window(spec->bit_offset, bits, &bytes, &byte_offset))
		return -E2BIG;
	ret->validate = !m->bit_size; /* where a bit-field is loaded from is the compiler's choice */
	switch (kind) {
	case CORE_FIELD_BYTE_OFFSET:
		ret->value = byte_offset;
		if (!m->bit_size) {
			ret->size = bytes;
			ret->type = mt->id;
		}
		return 0;
	case CORE_FIELD_BYTE_SIZE:
		ret->value = bytes;
		return 0;
	case CORE_FIELD_SIGNED:
		ret->value = bt_is_signed(spec->bt, mt->id) > 0;
		ret->validate = true;
		return 0;
	case CORE_FIELD_LSHIFT_U64:
		ret->value = 64 - (spec->bit_offset + bits - byte_offset * 8);
		return 0;
	case CORE_FIELD_RSHIFT_U64:
		ret->value = 64 - bits;
		ret->validate = true;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/* -EUCLEAN: there is no value, the instruction must be poisoned. */
static int value_field(uint32_t kind, const struct core_spec *spec, struct value_side *ret)
{
	if (kind == CORE_FIELD_EXISTS) {
		ret->value = spec != NULL;
		ret->validate = true;
		return 0;
	}
	return spec ? value_of_field(kind, spec, ret) : -EUCLEAN;
}

static int value_type(uint32_t kind, const struct core_spec *spec, struct value_side *ret)
{
	int64_t size;

	ret->validate = true;
	if (!spec)
		return 0;
	switch (kind) {
	case CORE_TYPE_ID_TARGET:
		ret->value = spec->root;
		ret->validate = false;
		return 0;
	case CORE_TYPE_EXISTS:
	case CORE_TYPE_MATCHES:
		ret->value = 1;
		return 0;
	case CORE_TYPE_SIZE:
		size = bt_size(spec->bt, spec->root);
		if (size < 0)
			return -EINVAL;
		ret->value = (uint64_t)size;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static int value_enum(uint32_t kind, const struct core_spec *spec, struct value_side *ret)
{
	ret->validate = true;
	if (kind == CORE_ENUMVAL_EXISTS) {
		ret->value = spec != NULL;
		return 0;
	}
	if (!spec)
		return -EUCLEAN;
	ret->value = (uint64_t)bt_get(spec->bt, spec->steps[0].type)->enumerators[spec->steps[0].index].value;
	return 0;
}

static int value_side(uint32_t kind, const struct core_spec *spec, struct value_side *ret)
{
	*ret = (struct value_side){ 0 };
	if (core_is_field(kind))
		return value_field(kind, spec, ret);
	return core_is_enumval(kind) ? value_enum(kind, spec, ret) : value_type(kind, spec, ret);
}

/* Changing the width of a load is sound for pointers and unsigned integers only: zeros come in. */
static bool value_may_resize(const struct core_spec *local, const struct core_spec *target,
			     const struct core_result *r)
{
	const struct bt_type *l = bt_get(local->bt, r->local_type), *t = bt_get(target->bt, r->type);

	if (l->kind == BT_PTR && t->kind == BT_PTR)
		return true;
	return l->kind == BT_INT && t->kind == BT_INT && l->integer.encoding != BTF_INT_SIGNED &&
	       t->integer.encoding != BTF_INT_SIGNED;
}

int core_value(uint32_t kind, const struct core_spec *local, const struct core_spec *target, struct core_result *ret)
{
	struct value_side l, t;
	int err = value_side(kind, local, &l);

	*ret = (struct core_result){ .validate = true };
	if (!err) {
		ret->local_value = l.value;
		ret->local_size = l.size;
		ret->local_type = l.type;
		ret->validate = l.validate;
		err = value_side(kind, target, &t);
	}
	if (err == -EUCLEAN) {
		ret->poison = true;
		return 0;
	}
	if (err)
		return err;
	ret->value = t.value;
	ret->size = t.size;
	ret->type = t.type;
	if (target && ret->local_size != ret->size)
		ret->bad_size = !value_may_resize(local, target, ret);
	return 0;
}
