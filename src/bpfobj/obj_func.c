// SPDX-License-Identifier: GPL-2.0-only
/*
 * obj_func: the functions of an object: every function symbol of a section with code, with its own copy of the
 * instructions. In .text they are subprograms, elsewhere programs.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpfobj/obj.h"

#define INSN_SIZE sizeof(struct bpf_insn)

static bool func_is_code(const struct elf64_section *s)
{
	return s->type == SHT_PROGBITS && (s->flags & SHF_EXECINSTR) && s->size;
}

static int func_check_section(struct bpfobj *obj, const struct elf64_section *s)
{
	if (s->size % INSN_SIZE)
		return OBJ_BAD(obj, s->name, s->size, "code of %llu bytes: an instruction has 8",
			       (unsigned long long)s->size);
	if (s->size / INSN_SIZE > UINT32_MAX / 2)
		return OBJ_BAD(obj, s->name, 0, "code is too long");
	return 0;
}

static int func_add(struct bpfobj *obj, const struct elf64_symbol *y)
{
	const struct elf64_section *s = &obj->elf.sections[y->section];
	struct obj_func *f = &obj->funcs[obj->n_funcs];

	if (y->value % INSN_SIZE || y->size % INSN_SIZE)
		return OBJ_BAD(obj, s->name, y->value, "function '%s' is not aligned to instructions", y->name);
	if (y->value > s->size || y->size > s->size - y->value || !y->size)
		return OBJ_BAD(obj, s->name, y->value, "function '%s' is empty or outside of its section", y->name);
	*f = (struct obj_func){ .name = y->name, .section = y->section, .start = (uint32_t)(y->value / INSN_SIZE),
				.n = (uint32_t)(y->size / INSN_SIZE),
				.is_global = y->bind != STB_LOCAL && y->visibility == STV_DEFAULT };
	f->insns = arena_memdup(&obj->arena, s->data + y->value, y->size);
	if (!f->insns)
		return obj_no_memory(obj);
	obj->n_funcs++;
	return 0;
}

static int func_order(const void *a, const void *b)
{
	const struct obj_func *x = a, *y = b;

	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	return x->start < y->start ? -1 : x->start > y->start;
}

static int func_check_overlap(struct bpfobj *obj)
{
	for (uint32_t i = 1; i < obj->n_funcs; i++) {
		const struct obj_func *a = &obj->funcs[i - 1], *b = &obj->funcs[i];

		if (a->section == b->section && b->start < a->start + a->n)
			return OBJ_BAD(obj, obj->elf.sections[b->section].name, (uint64_t)b->start * INSN_SIZE,
				       "functions '%s' and '%s' overlap", a->name, b->name);
	}
	return 0;
}

int obj_read_funcs(struct bpfobj *obj)
{
	const struct elf64 *elf = &obj->elf;
	int err;

	for (uint32_t i = 1; i < elf->n_sections; i++) {
		if (!func_is_code(&elf->sections[i]))
			continue;
		err = func_check_section(obj, &elf->sections[i]);
		if (err)
			return err;
		if (!strcmp(elf->sections[i].name, ".text"))
			obj->text = i;
	}
	obj->funcs = arena_new_n(&obj->arena, (size_t)elf->n_symbols + 1, struct obj_func);
	if (!obj->funcs)
		return obj_no_memory(obj);
	for (uint32_t i = 0; i < elf->n_symbols; i++) {
		const struct elf64_symbol *y = &elf->symbols[i];

		if (y->type != STT_FUNC || y->section == SHN_UNDEF || y->section >= elf->n_sections ||
		    !func_is_code(&elf->sections[y->section]))
			continue;
		err = func_add(obj, y);
		if (err)
			return err;
	}
	qsort(obj->funcs, obj->n_funcs, sizeof(*obj->funcs), func_order);
	return func_check_overlap(obj);
}

struct obj_func *obj_func_in(const struct bpfobj *obj, uint32_t section, uint64_t slot)
{
	uint32_t lo = 0, hi = obj->n_funcs;

	while (lo < hi) { /* the last function that starts at or before the slot */
		uint32_t mid = lo + (hi - lo) / 2;
		const struct obj_func *f = &obj->funcs[mid];

		if (f->section < section || (f->section == section && f->start <= slot))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return NULL;
	struct obj_func *f = &obj->funcs[lo - 1];
	return f->section == section && slot - f->start < f->n ? f : NULL;
}

bool obj_is_subprog(const struct bpfobj *obj, const struct obj_func *f)
{
	return f->section == obj->text && obj->n_funcs > 1;
}
