// SPDX-License-Identifier: GPL-2.0-only
/*
 * core_match: when a type of the object and a type of the kernel count as the same, for CO-RE. The three
 * relations are libbpf's: fields_compat for a field access, types_compat for type existence and size,
 * types_match for the stricter BPF_CORE_TYPE_MATCHES.
 */
#include <errno.h>
#include <string.h>

#include "bpfobj/obj.h"

#define MATCH_DEPTH 32

static bool match_is_enum(const struct bt_type *t)
{
	return t->kind == BT_ENUM || t->kind == BT_ENUM64;
}

static bool match_is_composite(const struct bt_type *t)
{
	return t->kind == BT_STRUCT || t->kind == BT_UNION;
}

bool core_kinds_compat(const struct bt_type *local, const struct bt_type *kernel)
{
	return local->kind == kernel->kind || (match_is_enum(local) && match_is_enum(kernel));
}

static bool match_names(const char *local, const char *kernel)
{
	size_t l = bt_essential_len(local), k = bt_essential_len(kernel);

	return l == k && !memcmp(local, kernel, l);
}

int core_fields_compat(const struct bt *local, uint32_t local_id, const struct bt *kernel, uint32_t kernel_id)
{
	for (int depth = 0; depth < 1024; depth++) { /* accepted tables cannot chain longer */
		const struct bt_type *l = bt_resolve(local, local_id), *k = bt_resolve(kernel, kernel_id);

		if (!l || !k)
			return -EINVAL;
		if (match_is_composite(l) && match_is_composite(k))
			return 1;
		if (!core_kinds_compat(l, k))
			return 0;
		switch (l->kind) {
		case BT_PTR:
		case BT_FLOAT:
			return 1;
		case BT_FWD:
		case BT_ENUM:
		case BT_ENUM64:
			return !bt_essential_len(l->name) || !bt_essential_len(k->name) ||
			       match_names(l->name, k->name);
		case BT_INT:
			return l->integer.bit_offset == 0 && k->integer.bit_offset == 0;
		case BT_ARRAY:
			local_id = l->array.elem;
			kernel_id = k->array.elem;
			continue;
		default:
			return 0;
		}
	}
	return -EINVAL;
}

static int compat_protos(const struct bt *local, const struct bt_type *l, const struct bt *kernel,
			 const struct bt_type *k, int level)
{
	if (l->n != k->n)
		return 0;
	for (uint32_t i = 0; i < l->n; i++) {
		int rc;

		if (level <= 0)
			return -EINVAL;
		rc = core_types_compat(local, bt_resolve(local, l->params[i].type)->id, kernel,
				       bt_resolve(kernel, k->params[i].type)->id, level - 1);
		if (rc <= 0)
			return rc;
	}
	return 1;
}

int core_types_compat(const struct bt *local, uint32_t local_id, const struct bt *kernel, uint32_t kernel_id,
		      int level)
{
	if (!core_kinds_compat(bt_get(local, local_id), bt_get(kernel, kernel_id)))
		return 0;
	for (int depth = 0; depth < MATCH_DEPTH; depth++) {
		const struct bt_type *l = bt_resolve(local, local_id), *k = bt_resolve(kernel, kernel_id);
		int rc;

		if (!l || !k)
			return -EINVAL;
		if (!core_kinds_compat(l, k))
			return 0;
		switch (l->kind) {
		case BT_VOID:
		case BT_STRUCT:
		case BT_UNION:
		case BT_ENUM:
		case BT_FWD:
		case BT_ENUM64:
			return 1;
		case BT_INT:
			return l->integer.bit_offset == 0 && k->integer.bit_offset == 0;
		case BT_PTR:
			local_id = l->ref;
			kernel_id = k->ref;
			continue;
		case BT_ARRAY:
			local_id = l->array.elem;
			kernel_id = k->array.elem;
			continue;
		case BT_FUNC_PROTO:
			rc = compat_protos(local, l, kernel, k, level);
			if (rc <= 0)
				return rc;
			local_id = bt_resolve(local, l->ref)->id;
			kernel_id = bt_resolve(kernel, k->ref)->id;
			continue;
		default:
			return 0;
		}
	}
	return -EINVAL;
}

static int match_enums(const struct bt_type *l, const struct bt_type *k)
{
	if (l->size != k->size || l->n > k->n)
		return 0;
	for (uint32_t i = 0; i < l->n; i++) {
		bool found = false;

		for (uint32_t j = 0; j < k->n && !found; j++)
			found = match_names(l->enumerators[i].name, k->enumerators[j].name);
		if (!found)
			return 0;
	}
	return 1;
}

static int match_composites(const struct bt *local, const struct bt_type *l, const struct bt *kernel,
			    const struct bt_type *k, bool behind_ptr, int level)
{
	if (l->n > k->n)
		return 0;
	for (uint32_t i = 0; i < l->n; i++) {
		bool found = false;

		for (uint32_t j = 0; j < k->n && !found; j++) {
			int rc;

			if (!match_names(l->members[i].name, k->members[j].name))
				continue;
			rc = core_types_match(local, l->members[i].type, kernel, k->members[j].type, behind_ptr,
					      level - 1);
			if (rc < 0)
				return rc;
			found = rc > 0;
		}
		if (!found)
			return 0;
	}
	return 1;
}

/* A forward declaration says struct (no kflag) or union (kflag). */
static int match_forward(const struct bt_type *l, const struct bt_type *k, bool behind_ptr)
{
	if (l->kind == k->kind)
		return l->kflag == k->kflag;
	return behind_ptr && ((k->kind == BT_STRUCT && !l->kflag) || (k->kind == BT_UNION && l->kflag));
}

static int match_struct(const struct bt *local, const struct bt_type *l, const struct bt *kernel,
			const struct bt_type *k, bool behind_ptr, int level)
{
	if (!behind_ptr)
		return l->kind == k->kind ? match_composites(local, l, kernel, k, behind_ptr, level) : 0;
	if (l->kind == k->kind)
		return 1;
	return k->kind == BT_FWD && (l->kind == BT_UNION) == k->kflag;
}

static int match_params(const struct bt *local, const struct bt_type *l, const struct bt *kernel,
			const struct bt_type *k, bool behind_ptr, int level)
{
	if (l->kind != k->kind || l->n != k->n)
		return 0;
	for (uint32_t i = 0; i < l->n; i++) {
		int rc = core_types_match(local, l->params[i].type, kernel, k->params[i].type, behind_ptr, level - 1);

		if (rc <= 0)
			return rc;
	}
	return 1;
}

int core_types_match(const struct bt *local, uint32_t local_id, const struct bt *kernel, uint32_t kernel_id,
		     bool behind_ptr, int level)
{
	if (level <= 0)
		return -EINVAL;
	for (int depth = 0; depth < MATCH_DEPTH; depth++) {
		const struct bt_type *l = bt_resolve(local, local_id), *k = bt_resolve(kernel, kernel_id);
		int rc;

		if (!l || !k)
			return -EINVAL;
		if (!match_names(l->name, k->name))
			return 0;
		switch (l->kind) {
		case BT_VOID:
			return l->kind == k->kind;
		case BT_FWD:
			return match_forward(l, k, behind_ptr);
		case BT_ENUM:
		case BT_ENUM64:
			return match_is_enum(k) ? match_enums(l, k) : 0;
		case BT_STRUCT:
		case BT_UNION:
			return match_struct(local, l, kernel, k, behind_ptr, level);
		case BT_INT:
			return l->kind == k->kind && l->size == k->size &&
			       (l->integer.encoding & BTF_INT_SIGNED) == (k->integer.encoding & BTF_INT_SIGNED);
		case BT_PTR:
			if (l->kind != k->kind)
				return 0;
			behind_ptr = true;
			local_id = l->ref;
			kernel_id = k->ref;
			continue;
		case BT_ARRAY:
			if (l->kind != k->kind || l->array.count != k->array.count)
				return 0;
			local_id = l->array.elem;
			kernel_id = k->array.elem;
			continue;
		case BT_FUNC_PROTO:
			rc = match_params(local, l, kernel, k, behind_ptr, level);
			if (rc <= 0)
				return rc;
			local_id = l->ref;
			kernel_id = k->ref;
			continue;
		default:
			return 0;
		}
	}
	return -EINVAL;
}
