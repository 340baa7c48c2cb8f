// SPDX-License-Identifier: GPL-2.0-only
/*
 * obj_relo: ELF relocations of code, understood: which map, global variable, function or extern an
 * instruction means. The instructions themselves are changed only when programs are linked.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpfobj/cursor.h"
#include "bpfobj/obj.h"

#define INSN_SIZE sizeof(struct bpf_insn)
#define CODE_LD_IMM64 (BPF_LD | BPF_IMM | BPF_DW)
#define CODE_CALL (BPF_JMP | BPF_CALL)

struct relo_at {
	struct bpfobj *obj;
	struct obj_func *func;
	const struct bpf_insn *insn;
	const struct elf64_symbol *sym;
	uint64_t byte;
};

static int relo_bad(const struct relo_at *r, const char *what)
{
	return OBJ_BAD(r->obj, r->obj->elf.sections[r->func->section].name, r->byte, "relocation against '%s': %s",
		       r->sym->name, what);
}

static int relo_add(const struct relo_at *r, struct obj_relo relo)
{
	struct obj_func *f = r->func;
	size_t cap = f->n_relos ? 1 : 0;

	while (cap && cap < f->n_relos)
		cap *= 2;
	f->relos = arena_grow(&r->obj->arena, f->relos, f->n_relos, &cap, sizeof(*f->relos));
	if (!f->relos)
		return obj_no_memory(r->obj);
	relo.insn = (uint32_t)(r->byte / INSN_SIZE) - f->start;
	if (r->sym->type != STT_SECTION)
		relo.name = r->sym->name;
	f->relos[f->n_relos++] = relo;
	return 0;
}

static int relo_extern(const struct relo_at *r)
{
	for (uint32_t i = 0; i < r->obj->n_externs; i++) {
		const struct obj_extern *e = &r->obj->externs[i];

		if (strcmp(e->name, r->sym->name))
			continue;
		if (r->insn->code == CODE_CALL && e->kind != OBJ_EXTERN_KFUNC)
			return relo_bad(r, "call of an extern that is no function");
		if (r->insn->code == CODE_CALL)
			return relo_add(r, (struct obj_relo){ .kind = OBJ_RELO_KFUNC, .ext = i });
		return relo_add(r, (struct obj_relo){ .kind = OBJ_RELO_EXTERN, .ext = i });
	}
	return relo_bad(r, "the symbol is undefined and has no BTF");
}

static int relo_call(const struct relo_at *r)
{
	if (r->insn->src_reg != BPF_PSEUDO_CALL)
		return relo_bad(r, "the instruction is no call of a function");
	if (r->sym->section != r->obj->text || !r->obj->text)
		return relo_bad(r, "call of something outside of .text");
	if (r->sym->value % INSN_SIZE)
		return relo_bad(r, "the target is not aligned to an instruction");
	return relo_add(r, (struct obj_relo){ .kind = OBJ_RELO_CALL, .target = (uint32_t)(r->sym->value / INSN_SIZE) });
}

static int relo_func_addr(const struct relo_at *r)
{
	if (r->sym->value % INSN_SIZE || r->insn->imm % (int)INSN_SIZE)
		return relo_bad(r, "the target is not aligned to an instruction");
	return relo_add(r, (struct obj_relo){ .kind = OBJ_RELO_FUNC_ADDR,
					      .target = (uint32_t)(r->sym->value / INSN_SIZE) });
}

static int relo_map(const struct relo_at *r)
{
	const char *section = r->obj->elf.sections[r->sym->section].name;

	for (uint32_t i = 0; i < r->obj->n_maps; i++) {
		const struct bpfobj_map *m = r->obj->maps[i];

		if (strcmp(m->section, section))
			continue;
		if (m->kind != BPFOBJ_MAP_DECLARED) {
			if (r->sym->value > m->value_size)
				return relo_bad(r, "the variable is outside of its section");
			return relo_add(r, (struct obj_relo){ .kind = OBJ_RELO_DATA, .map = i,
							      .offset = (uint32_t)r->sym->value });
		}
		if (m->offset == r->sym->value)
			return relo_add(r, (struct obj_relo){ .kind = OBJ_RELO_MAP, .map = i });
	}
	return relo_bad(r, "no map or global data is there");
}

static int relo_one(struct relo_at *r)
{
	const struct elf64 *elf = &r->obj->elf;
	uint32_t slot = (uint32_t)(r->byte / INSN_SIZE) - r->func->start;

	r->insn = &r->func->insns[slot];
	if (r->insn->code != CODE_CALL && r->insn->code != CODE_LD_IMM64)
		return relo_bad(r, "the instruction is neither a call nor a 64-bit constant");
	if (r->insn->code == CODE_LD_IMM64 && slot + 1 >= r->func->n)
		return relo_bad(r, "the 64-bit constant is cut off");
	if (r->sym->section == SHN_UNDEF)
		return relo_extern(r);
	if (r->insn->code == CODE_CALL)
		return relo_call(r);
	if (r->sym->section >= elf->n_sections)
		return relo_bad(r, "the symbol is in no section");
	if (r->sym->type == STT_FUNC || (r->sym->type == STT_SECTION && r->sym->section == r->obj->text))
		return r->sym->section == r->obj->text ? relo_func_addr(r) :
							 relo_bad(r, "address of a function outside of .text");
	return relo_map(r);
}

static int relo_section(struct bpfobj *obj, const struct elf64_section *s)
{
	const struct elf64_section *code = &obj->elf.sections[s->info];
	struct cursor c;

	if (s->entsize != sizeof(Elf64_Rel) || s->size % sizeof(Elf64_Rel) || !s->data)
		return OBJ_BAD(obj, s->name, 0, "relocations are malformed");
	c = cursor_over(s->data, s->size);
	while (cursor_left(&c)) {
		struct relo_at r = { .obj = obj };
		Elf64_Rel rel;
		int err;

		memcpy(&rel, cursor_take(&c, sizeof(rel)), sizeof(rel));
		if (rel.r_offset % INSN_SIZE || rel.r_offset >= code->size)
			return OBJ_BAD(obj, s->name, c.at, "relocation of byte %llu, which is no instruction",
				       (unsigned long long)rel.r_offset);
		if (ELF64_R_SYM(rel.r_info) >= obj->elf.n_symbols)
			return OBJ_BAD(obj, s->name, c.at, "relocation with symbol %u that does not exist",
				       (unsigned)ELF64_R_SYM(rel.r_info));
		r.func = obj_func_in(obj, s->info, rel.r_offset / INSN_SIZE);
		r.sym = &obj->elf.symbols[ELF64_R_SYM(rel.r_info)];
		r.byte = rel.r_offset;
		if (!r.func)
			continue; /* code that belongs to no function is dropped */
		err = relo_one(&r);
		if (err)
			return err;
	}
	return 0;
}

static int relo_order(const void *a, const void *b)
{
	const struct obj_relo *x = a, *y = b;

	return x->insn < y->insn ? -1 : x->insn > y->insn;
}

static int relo_sort(struct bpfobj *obj, struct obj_func *f)
{
	if (!f->n_relos)
		return 0;
	qsort(f->relos, f->n_relos, sizeof(*f->relos), relo_order);
	for (uint32_t i = 1; i < f->n_relos; i++)
		if (f->relos[i].insn == f->relos[i - 1].insn)
			return OBJ_BAD(obj, obj->elf.sections[f->section].name,
				       (uint64_t)(f->start + f->relos[i].insn) * INSN_SIZE,
				       "two relocations of one instruction");
	return 0;
}

int obj_read_relos(struct bpfobj *obj)
{
	const struct elf64 *elf = &obj->elf;
	int err = 0;

	for (uint32_t i = 1; i < elf->n_sections && !err; i++) {
		const struct elf64_section *s = &elf->sections[i];

		if (s->type == SHT_RELA && s->info < elf->n_sections &&
		    (elf->sections[s->info].flags & SHF_EXECINSTR))
			return OBJ_BAD(obj, s->name, 0, "relocations with addends are not used by BPF");
		if (s->type != SHT_REL || s->info >= elf->n_sections)
			continue;
		if (elf->sections[s->info].flags & SHF_EXECINSTR)
			err = relo_section(obj, s);
	}
	for (uint32_t i = 0; i < obj->n_funcs && !err; i++)
		err = relo_sort(obj, &obj->funcs[i]);
	return err;
}
