// SPDX-License-Identifier: GPL-2.0-only
/* show_model: see show_model.h. */
#include "prove/show_model.h"

#include <errno.h>
#include <string.h>

#include "common/buf.h"
#include "common/diag.h"

int show_prog_init(struct show_prog *sp, const struct bpfobj *obj, const struct bpfobj_prog *prog, struct diag *diag)
{
	int err;

	*sp = (struct show_prog){ .obj = obj, .prog = prog };
	arena_init(&sp->arena, (size_t)2 << 30);
	err = isa_decode_program(prog->insns, prog->n_insns, prog->name, &sp->arena, diag, &sp->insns);
	if (!err)
		err = cfg_build(sp->insns, prog->n_insns, prog->funcs, prog->n_funcs, prog->name, &sp->arena, diag, &sp->cfg);
	if (!err)
		err = show_access(obj, prog, &sp->cfg, &sp->arena, &sp->accesses);
	if (err)
		show_prog_done(sp);
	return err;
}

void show_prog_done(struct show_prog *sp)
{
	arena_done(&sp->arena);
}

static void show_ref(const struct show_prog *sp, const struct bpfobj_ref *ref, const struct isa_insn *insn,
		     struct buf *out)
{
	switch (ref->kind) {
	case BPFOBJ_REF_MAP:
		buf_printf(out, "r%u = map %s", insn->dst, ref->map->name);
		return;
	case BPFOBJ_REF_MAP_VALUE:
		buf_printf(out, "r%u = &%s+%u", insn->dst, ref->map->name, ref->offset);
		return;
	case BPFOBJ_REF_FUNC:
		buf_printf(out, "r%u = &%s", insn->dst, sp->prog->funcs[ref->func].name);
		return;
	case BPFOBJ_REF_CALL:
		buf_printf(out, "call %s", sp->prog->funcs[ref->func].name);
		return;
	case BPFOBJ_REF_KFUNC:
		if (isa_is_call(insn->op)) {
			buf_printf(out, "call %s", ref->name);
			return;
		}
		/* fall through */
	case BPFOBJ_REF_KSYM:
		buf_printf(out, "r%u = &%s", insn->dst, ref->name);
		return;
	}
}

void show_insn(const struct show_prog *sp, uint32_t at, struct buf *out)
{
	const struct bpfobj_ref *ref = bpfobj_ref_at(sp->prog, at);
	const struct isa_insn *insn = &sp->insns[at];

	if (ref)
		show_ref(sp, ref, insn, out);
	else if (insn->op == ISA_CALL_HELPER && show_helper_name(insn->imm))
		buf_printf(out, "call %s", show_helper_name(insn->imm));
	else
		isa_print(insn, at, out);
	if (isa_is_jump(insn->op))
		buf_printf(out, " <%u>", insn->target);
}

/* A global variable's name, from the section's BTF. */
static void show_variable(const struct show_prog *sp, const struct bpfobj_map *map, uint64_t offset, struct buf *out)
{
	const struct bt *bt = bpfobj_btf(sp->obj);
	const struct bt_type *sec = bt && map->value_type ? bt_get(bt, map->value_type) : NULL;

	for (uint32_t i = 0; sec && sec->kind == BT_DATASEC && i < sec->n; i++) {
		const struct bt_secvar *v = &sec->vars[i];

		if (offset < v->offset || offset - v->offset >= v->size)
			continue;
		buf_printf(out, "%s", bt_get(bt, v->type)->name);
		if (offset > v->offset)
			buf_printf(out, "+%llu", (unsigned long long)(offset - v->offset));
		return;
	}
	buf_printf(out, "%s%+lld", map->name, (long long)offset);
}

void show_note(const struct show_prog *sp, uint32_t at, struct buf *out)
{
	const struct bpfobj_core *core = bpfobj_core_at(sp->prog, at);
	const struct bpfobj_ref *ref = bpfobj_ref_at(sp->prog, at);
	const struct access *a = &sp->accesses[at];
	const struct bpfobj_map *map;

	if (core) {
		buf_puts(out, core->spec);
		if (core->poisoned)
			buf_puts(out, " [not in this kernel]");
		else if (core->applied)
			buf_printf(out, " [%llu]", (unsigned long long)core->value);
		return;
	}
	if (ref && ref->kind == BPFOBJ_REF_MAP_VALUE) {
		show_variable(sp, ref->map, ref->offset, out);
		return;
	}
	map = a->at.kind == ACCESS_MAP_VALUE && a->at.map != CFG_NONE ? bpfobj_map(sp->obj, a->at.map) : NULL;
	if (map && map->kind != BPFOBJ_MAP_DECLARED && a->at.off_known && a->at.off >= 0 && a->is_memory)
		show_variable(sp, map, (uint64_t)a->at.off, out);
	else
		show_access_print(sp->obj, a, out);
	if (a->is_memory && a->at.kind == ACCESS_CONTEXT && a->at.off_known && a->at.off >= 0)
		show_context(sp, (uint64_t)a->at.off, out);
}
