// SPDX-License-Identifier: GPL-2.0-only
/*
 * obj_extern: what an object expects the kernel to have: configuration values (.kconfig), variables and
 * functions (.ksyms). Undefined symbols with BTF say what is wanted; a kernel's BTF says whether it is there.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpfobj/obj.h"

static uint32_t extern_type(const struct bpfobj *obj, const char *name)
{
	uint32_t id = bt_find(obj->btf, name, BT_VAR);

	if (id && bt_get(obj->btf, id)->linkage == BTF_VAR_GLOBAL_EXTERN)
		return id;
	id = bt_find(obj->btf, name, BT_FUNC);
	return id && bt_get(obj->btf, id)->linkage == BTF_FUNC_EXTERN ? id : 0;
}

static const char *extern_section(const struct bpfobj *obj, uint32_t type)
{
	for (uint32_t id = 1; id < bt_count(obj->btf); id++) {
		const struct bt_type *t = bt_get(obj->btf, id);

		for (uint32_t i = 0; t->kind == BT_DATASEC && i < t->n; i++)
			if (t->vars[i].type == type)
				return t->name;
	}
	return NULL;
}

static int extern_kconfig(struct bpfobj *obj, const struct bt_type *var, struct obj_extern *e)
{
	int64_t size = bt_size(obj->btf, var->ref), align = bt_align(obj->btf, var->ref);

	if (var->kind != BT_VAR || size <= 0 || align <= 0 || size > 4096)
		return OBJ_BAD(obj, ".kconfig", 0, "configuration variable '%s' has a type that cannot be", e->name);
	e->kind = OBJ_EXTERN_KCONFIG;
	e->size = (uint32_t)size;
	e->align = (uint32_t)align;
	return 0;
}

static int extern_add(struct bpfobj *obj, const struct elf64_symbol *y)
{
	struct obj_extern *e = &obj->externs[obj->n_externs];
	const struct bt_type *t;
	const char *section;
	int err = 0;

	*e = (struct obj_extern){ .name = y->name, .weak = y->bind == STB_WEAK };
	e->type = extern_type(obj, y->name);
	section = e->type ? extern_section(obj, e->type) : NULL;
	if (!section)
		return OBJ_BAD(obj, NULL, 0, "undefined symbol '%s' has no BTF that says what it is", y->name);
	t = bt_get(obj->btf, e->type);
	if (!strcmp(section, ".kconfig"))
		err = extern_kconfig(obj, t, e);
	else if (strcmp(section, ".ksyms"))
		return OBJ_BAD(obj, section, 0, "extern '%s' in a section that is not known", y->name);
	else if (t->kind == BT_FUNC)
		e->kind = OBJ_EXTERN_KFUNC;
	else {
		e->kind = OBJ_EXTERN_KSYM;
		e->typed = bt_resolve(obj->btf, t->ref)->kind != BT_VOID;
	}
	if (!err)
		obj->n_externs++;
	return err;
}

/* The order in which a .kconfig map is laid out: by falling alignment, then size, then name. */
static int extern_order(const void *a, const void *b)
{
	const struct obj_extern *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->align != y->align)
		return x->align > y->align ? -1 : 1;
	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return strcmp(x->name, y->name);
}

int obj_read_externs(struct bpfobj *obj)
{
	uint32_t offset = 0;

	if (!obj->btf)
		return 0;
	obj->externs = arena_new_n(&obj->arena, (size_t)obj->elf.n_symbols + 1, struct obj_extern);
	if (!obj->externs)
		return obj_no_memory(obj);
	for (uint32_t i = 1; i < obj->elf.n_symbols; i++) {
		const struct elf64_symbol *y = &obj->elf.symbols[i];
		int err;

		if (y->section != SHN_UNDEF || (y->bind != STB_GLOBAL && y->bind != STB_WEAK) || !*y->name)
			continue;
		err = extern_add(obj, y);
		if (err)
			return err;
	}
	qsort(obj->externs, obj->n_externs, sizeof(*obj->externs), extern_order);
	for (uint32_t i = 0; i < obj->n_externs; i++) {
		struct obj_extern *e = &obj->externs[i];

		if (e->kind != OBJ_EXTERN_KCONFIG)
			continue;
		offset = (offset + e->align - 1) / e->align * e->align;
		e->offset = offset;
		offset += e->size;
	}
	return 0;
}

static int extern_resolve(struct bpfobj *obj, struct obj_extern *e)
{
	bool func = e->kind == OBJ_EXTERN_KFUNC;
	const struct bt_type *t = bt_get(obj->btf, e->type), *k;
	char *name = arena_strndup(&obj->arena, e->name, bt_essential_len(e->name));
	uint32_t id;

	if (!name)
		return obj_no_memory(obj);
	id = bt_find(obj->kernel, name, func ? BT_FUNC : BT_VAR);
	if (!id) {
		if (e->weak || !(func || e->typed))
			return 0;
		return diag_fail(obj->diag, -ESRCH, DIAG_AT(.file = obj->path, .section = ".ksyms"),
				 "the kernel has no %s '%s'", func ? "function" : "variable", name);
	}
	k = bt_get(obj->kernel, id);
	if ((func || e->typed) && core_types_compat(obj->btf, bt_resolve(obj->btf, t->ref)->id, obj->kernel,
						     bt_resolve(obj->kernel, k->ref)->id, 32) <= 0)
		return OBJ_BAD(obj, ".ksyms", 0, "'%s' has another type in the kernel", e->name);
	e->kernel_id = id;
	return 0;
}

int obj_resolve_externs(struct bpfobj *obj)
{
	for (uint32_t i = 0; obj->kernel && i < obj->n_externs; i++) {
		int err = obj->externs[i].kind == OBJ_EXTERN_KCONFIG ? 0 : extern_resolve(obj, &obj->externs[i]);

		if (err)
			return err;
	}
	return 0;
}
