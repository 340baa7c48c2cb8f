// SPDX-License-Identifier: GPL-2.0-only
/*
 * obj_link: from functions to programs. A program is its own code, then every subprogram it reaches, each once,
 * in the order in which libbpf appends them: at its first call, depth first. References get their final form.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpfobj/obj.h"

#define LINK_MAX_INSNS (1u << 20)
#define LINK_MAX_FUNCS 256 /* the kernel's own limit; also bounds recursion here */
#define CODE_LD_IMM64 (BPF_LD | BPF_IMM | BPF_DW)
#define POISON_KFUNC 2002000000

struct link {
	struct bpfobj *obj;
	const char *prog;
	struct bpf_insn *insns;
	size_t n, cap;
	struct bpfobj_func *funcs;
	const struct obj_func **from; /* per func */
	size_t n_funcs, cap_funcs, cap_from;
	struct bpfobj_line *lines;
	size_t n_lines, cap_lines;
	struct bpfobj_ref *refs;
	size_t n_refs, cap_refs;
	struct bpfobj_core *cores;
	size_t n_cores, cap_cores;
};

static int link_bad(const struct link *l, const struct obj_func *f, uint32_t insn, const char *what)
{
	return diag_fail(l->obj->diag, -EINVAL, DIAG_AT(.file = l->obj->path, .section = f->name, DIAG_INSN(insn)), "%s",
			 what);
}

#define LINK_PUSH(l, array, n, cap)                                                                                \
	((l)->array = arena_grow(&(l)->obj->arena, (l)->array, (l)->n, &(l)->cap, sizeof(*(l)->array)),        \
	 (l)->array ? &(l)->array[(l)->n++] : NULL)

/* Copy a function's code and what belongs to it to the end of the program. */
static int link_append(struct link *l, const struct obj_func *f, uint32_t *ret_func)
{
	uint32_t at = (uint32_t)l->n;
	struct bpfobj_func *out;
	struct bpf_insn *insns;

	if (f->n > LINK_MAX_INSNS - l->n)
		return link_bad(l, f, 0, "the program has more than a million instructions");
	if (l->n_funcs == LINK_MAX_FUNCS)
		return link_bad(l, f, 0, "the program has more than 256 functions");
	insns = arena_new_n(&l->obj->arena, l->n + f->n, struct bpf_insn);
	l->from = arena_grow(&l->obj->arena, l->from, l->n_funcs, &l->cap_from, sizeof(*l->from));
	if (!insns || !l->from)
		return obj_no_memory(l->obj);
	if (l->n)
		memcpy(insns, l->insns, l->n * sizeof(*insns));
	memcpy(insns + l->n, f->insns, f->n * sizeof(*insns));
	l->insns = insns;
	l->n += f->n;
	l->from[l->n_funcs] = f;
	*ret_func = (uint32_t)l->n_funcs;
	out = LINK_PUSH(l, funcs, n_funcs, cap_funcs);
	if (!out)
		return obj_no_memory(l->obj);
	*out = (struct bpfobj_func){ .name = f->name, .start = at, .len = f->n, .type = f->type,
				     .is_global = f->is_global };
	for (uint32_t i = 0; i < f->n_lines; i++) {
		struct bpfobj_line *line = LINK_PUSH(l, lines, n_lines, cap_lines);

		if (!line)
			return obj_no_memory(l->obj);
		*line = f->lines[i];
		line->insn += at;
	}
	for (uint32_t i = 0; i < f->n_cores; i++) {
		struct bpfobj_core *core = LINK_PUSH(l, cores, n_cores, cap_cores);

		if (!core)
			return obj_no_memory(l->obj);
		*core = f->cores[i];
		core->insn += at;
	}
	return 0;
}

static int link_ref(struct link *l, struct bpfobj_ref ref)
{
	struct bpfobj_ref *r = LINK_PUSH(l, refs, n_refs, cap_refs);

	if (!r)
		return obj_no_memory(l->obj);
	*r = ref;
	return 0;
}

static int link_data(struct link *l, const struct obj_relo *relo, uint32_t at)
{
	const struct bpfobj_map *map = l->obj->maps[relo->map];
	struct bpf_insn *insn = &l->insns[at];
	struct bpfobj_ref ref = { .insn = at, .kind = BPFOBJ_REF_MAP, .map = map, .name = relo->name };

	insn->src_reg = BPF_PSEUDO_MAP_FD;
	if (relo->kind == OBJ_RELO_DATA) {
		uint64_t offset = (uint64_t)relo->offset + (uint64_t)(int64_t)insn->imm;

		if (offset > UINT32_MAX)
			offset = (uint32_t)offset; /* as libbpf: 32-bit arithmetic; out of bounds shows in proving */
		ref.kind = BPFOBJ_REF_MAP_VALUE;
		ref.offset = (uint32_t)offset;
		insn->src_reg = BPF_PSEUDO_MAP_VALUE;
		insn[1].imm = (int32_t)(uint32_t)offset;
	}
	insn->imm = (int32_t)relo->map;
	return link_ref(l, ref);
}

static const struct bpfobj_map *link_kconfig(const struct bpfobj *obj, uint32_t *ret_index)
{
	for (uint32_t i = 0; i < obj->n_maps; i++) {
		if (obj->maps[i]->kind == BPFOBJ_MAP_KCONFIG) {
			*ret_index = i;
			return obj->maps[i];
		}
	}
	return NULL;
}

static int link_extern(struct link *l, const struct obj_relo *relo, uint32_t at)
{
	const struct obj_extern *e = &l->obj->externs[relo->ext];
	struct bpf_insn *insn = &l->insns[at];
	struct bpfobj_ref ref = { .insn = at, .kind = BPFOBJ_REF_KSYM, .name = e->name, .type = e->type,
				  .weak = e->weak, .kernel_id = e->kernel_id };
	uint32_t index = 0;

	if (e->kind == OBJ_EXTERN_KCONFIG) {
		ref.kind = BPFOBJ_REF_MAP_VALUE;
		ref.map = link_kconfig(l->obj, &index);
		ref.offset = e->offset;
		insn->src_reg = BPF_PSEUDO_MAP_VALUE;
		insn->imm = (int32_t)index;
		insn[1].imm = (int32_t)e->offset;
		return link_ref(l, ref);
	}
	if (e->kind == OBJ_EXTERN_KFUNC) {
		ref.kind = BPFOBJ_REF_KFUNC;
		insn->src_reg = BPF_PSEUDO_KFUNC_CALL;
		insn->imm = (int32_t)e->kernel_id;
		if (relo->kind == OBJ_RELO_KFUNC && l->obj->kernel && !e->kernel_id) /* weak and absent */
			*insn = (struct bpf_insn){ .code = BPF_JMP | BPF_CALL,
						   .imm = (int32_t)(POISON_KFUNC + relo->ext) };
		if (relo->kind != OBJ_RELO_KFUNC) { /* address of a kfunc: only tested against 0 */
			insn->src_reg = l->obj->kernel && !e->kernel_id ? 0 : BPF_PSEUDO_BTF_ID;
			insn[1].imm = 0;
		}
		return link_ref(l, ref);
	}
	insn->imm = (int32_t)e->kernel_id;
	insn[1].imm = 0;
	/* absent and weak: the constant 0; else the kernel's, even when not known here */
	insn->src_reg = l->obj->kernel && e->weak && e->typed && !e->kernel_id ? 0 : BPF_PSEUDO_BTF_ID;
	return link_ref(l, ref);
}

/* The slot in .text that a call or function address means; UINT32_MAX: none. */
static uint32_t link_target(const struct obj_func *f, uint32_t insn, const struct obj_relo *relo)
{
	const struct bpf_insn *i = &f->insns[insn];
	int64_t slot;

	if (!relo)
		slot = (int64_t)f->start + insn + i->imm + 1;
	else if (relo->kind == OBJ_RELO_CALL)
		slot = (int64_t)relo->target + i->imm + 1;
	else
		slot = (int64_t)relo->target + i->imm / (int)sizeof(*i);
	return slot < 0 || slot >= UINT32_MAX ? UINT32_MAX : (uint32_t)slot;
}

static int link_function(struct link *l, uint32_t index);

static int link_subprog(struct link *l, uint32_t index, uint32_t insn, const struct obj_relo *relo)
{
	const struct obj_func *f = l->from[index], *to;
	uint32_t at = l->funcs[index].start + insn, slot = link_target(f, insn, relo), callee;
	bool address = l->insns[at].code == CODE_LD_IMM64;
	int err;

	/* without a relocation the call stays in its own section */
	to = slot == UINT32_MAX ? NULL : obj_func_in(l->obj, relo ? l->obj->text : f->section, slot);
	if (!to || to->start != slot)
		return link_bad(l, f, insn, "the call goes to no function");
	for (callee = 0; callee < l->n_funcs && l->from[callee] != to; callee++)
		;
	if (callee == l->n_funcs) {
		if (!obj_is_subprog(l->obj, to))
			return link_bad(l, f, insn, "call of a program");
		err = link_append(l, to, &callee);
		if (!err)
			err = link_function(l, callee);
		if (err)
			return err;
	}
	if (address) {
		l->insns[at].src_reg = BPF_PSEUDO_FUNC;
		l->insns[at + 1].imm = 0;
		l->funcs[callee].is_callback = true;
	}
	l->insns[at].imm = (int32_t)(l->funcs[callee].start - at - 1);
	return link_ref(l, (struct bpfobj_ref){ .insn = at, .kind = address ? BPFOBJ_REF_FUNC : BPFOBJ_REF_CALL,
						.func = callee, .name = to->name, .type = to->type });
}

static int link_insn(struct link *l, uint32_t index, uint32_t insn, const struct obj_relo *relo)
{
	uint32_t at = l->funcs[index].start + insn;

	if (relo && (relo->kind == OBJ_RELO_MAP || relo->kind == OBJ_RELO_DATA))
		return link_data(l, relo, at);
	if (relo && (relo->kind == OBJ_RELO_EXTERN || relo->kind == OBJ_RELO_KFUNC))
		return link_extern(l, relo, at);
	return link_subprog(l, index, insn, relo);
}

/* All references of a function that was just appended. */
static int link_function(struct link *l, uint32_t index)
{
	const struct obj_func *f = l->from[index];
	uint32_t next = 0;

	for (uint32_t i = 0; i < f->n; i++) {
		const struct bpf_insn *insn = &f->insns[i];
		const struct obj_relo *relo = NULL;
		int err = 0;

		if (next < f->n_relos && f->relos[next].insn == i)
			relo = &f->relos[next++];
		if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == 0 && relo)
			continue; /* a CO-RE relocation poisoned it */
		if (relo || (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL))
			err = link_insn(l, index, i, relo);
		else if (insn->code == CODE_LD_IMM64 && insn->src_reg == BPF_PSEUDO_FUNC)
			err = link_bad(l, f, i, "address of a function without a relocation");
		if (err)
			return err;
		i += insn->code == CODE_LD_IMM64;
	}
	return 0;
}

static int link_ref_order(const void *a, const void *b)
{
	const struct bpfobj_ref *x = a, *y = b;

	return x->insn < y->insn ? -1 : x->insn > y->insn;
}

static int link_prog(struct bpfobj *obj, const struct obj_func *f, struct bpfobj_prog *p)
{
	struct link l = { .obj = obj, .prog = f->name };
	uint32_t index;
	int err;

	*p = (struct bpfobj_prog){ .name = f->name, .section = obj->elf.sections[f->section].name,
				   .section_offset = f->start * (uint32_t)sizeof(struct bpf_insn) };
	sec_name_parse(p->section, p);
	err = link_append(&l, f, &index);
	if (!err)
		err = link_function(&l, index);
	if (err)
		return err;
	if (l.n_refs)
		qsort(l.refs, l.n_refs, sizeof(*l.refs), link_ref_order);
	p->insns = l.insns;
	p->n_insns = (uint32_t)l.n;
	p->funcs = l.funcs;
	p->n_funcs = (uint32_t)l.n_funcs;
	p->lines = l.lines;
	p->n_lines = (uint32_t)l.n_lines;
	p->refs = l.refs;
	p->n_refs = (uint32_t)l.n_refs;
	p->cores = l.cores;
	p->n_cores = (uint32_t)l.n_cores;
	return 0;
}

int obj_link(struct bpfobj *obj)
{
	obj->progs = arena_new_n(&obj->arena, (size_t)obj->n_funcs + 1, struct bpfobj_prog);
	if (!obj->progs)
		return obj_no_memory(obj);
	for (uint32_t i = 0; i < obj->n_funcs; i++) {
		int err;

		if (obj_is_subprog(obj, &obj->funcs[i]))
			continue;
		err = link_prog(obj, &obj->funcs[i], &obj->progs[obj->n_progs]);
		if (err)
			return err;
		obj->n_progs++;
	}
	return 0;
}
