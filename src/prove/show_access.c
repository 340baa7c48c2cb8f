// SPDX-License-Identifier: GPL-2.0-only
/* show_access: see show_access.h. Joins to "unknown", so that it always ends and never guesses. */
#include "prove/show_access.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpfobj/bpfobj.h"
#include "common/arena.h"
#include "common/buf.h"

#define SLOTS (ISA_STACK_SIZE / 8)

struct access_state {
	struct access_value r[ISA_REGS];
	struct access_value slot[SLOTS]; /* slot[i]: fp - 8 * (i + 1) */
};

struct access_job {
	const struct bpfobj *obj;
	const struct bpfobj_prog *prog;
	const struct cfg *cfg;
	struct access_state *entry; /* per block */
	bool *reached;
	struct access *out;
};

static const struct access_value unknown = { .set = true };

static bool access_same(const struct access_value *a, const struct access_value *b)
{
	return a->kind == b->kind && a->map == b->map && a->off_known == b->off_known &&
	       (!a->off_known || a->off == b->off);
}

/* true when *into changed. Different offsets of one object join to "somewhere in it". */
static bool access_join(struct access_value *into, const struct access_value *v)
{
	struct access_value j = *into;

	if (!into->set) {
		*into = *v;
		into->set = true;
		return true;
	}
	if (!v->set || access_same(into, v))
		return false;
	/* a null constant on one path does not hide the pointer of the other */
	if (into->kind == ACCESS_NUMBER && into->off_known && !into->off)
		j = *v;
	else if (v->kind == ACCESS_NUMBER && v->off_known && !v->off)
		return false;
	else if (into->kind == v->kind && into->map == v->map)
		j.off_known = false;
	else
		j = unknown;
	j.set = true;
	if (access_same(&j, into))
		return false;
	*into = j;
	return true;
}

static bool access_join_state(struct access_state *into, const struct access_state *s)
{
	bool changed = false;

	for (int i = 0; i < ISA_REGS; i++)
		changed |= access_join(&into->r[i], &s->r[i]);
	for (int i = 0; i < SLOTS; i++)
		changed |= access_join(&into->slot[i], &s->slot[i]);
	return changed;
}

static struct access_value access_number(uint64_t v)
{
	return (struct access_value){ .kind = ACCESS_NUMBER, .set = true, .off_known = true, .off = (int64_t)v };
}

static struct access_value access_add(struct access_value a, const struct access_value *b, bool minus)
{
	if (a.kind == ACCESS_NUMBER && b->kind != ACCESS_NUMBER && !minus) {
		struct access_value r = *b;

		r.off = (int64_t)((uint64_t)r.off + (uint64_t)a.off);
		r.off_known = r.off_known && a.off_known;
		return r;
	}
	if (b->kind != ACCESS_NUMBER && b->kind != ACCESS_UNKNOWN)
		return unknown; /* pointer difference */
	a.off_known = a.off_known && b->kind == ACCESS_NUMBER && b->off_known;
	a.off = (int64_t)(minus ? (uint64_t)a.off - (uint64_t)b->off : (uint64_t)a.off + (uint64_t)b->off);
	return a;
}

static void access_alu(struct access_state *s, const struct isa_insn *insn)
{
	struct access_value b = insn->operand == ISA_OPERAND_REG ? s->r[insn->src] :
								   access_number((uint64_t)(int64_t)insn->imm);
	struct access_value *d = &s->r[insn->dst];

	if (insn->width == 64 && insn->op == ISA_MOV)
		*d = b;
	else if (insn->width == 64 && (insn->op == ISA_ADD || insn->op == ISA_SUB))
		*d = access_add(*d, &b, insn->op == ISA_SUB);
	else if (insn->op == ISA_MOV && b.kind == ACCESS_NUMBER)
		*d = access_number((uint32_t)b.off);
	else
		*d = (struct access_value){ .kind = ACCESS_NUMBER, .set = true };
}

static struct access_value access_address(const struct access_state *s, const struct isa_insn *insn, unsigned reg)
{
	struct access_value off = access_number((uint64_t)(int64_t)insn->off);

	return access_add(s->r[reg], &off, false);
}

static int access_slot(const struct access_value *a, unsigned size)
{
	if (a->kind != ACCESS_STACK || !a->off_known || size != 64 || a->off % 8 || a->off < -ISA_STACK_SIZE || a->off >= 0)
		return -1;
	return (int)(-a->off / 8 - 1);
}

static void access_load(struct access_state *s, const struct isa_insn *insn, const struct access_value *at)
{
	int slot = access_slot(at, insn->size);

	if (slot >= 0 && s->slot[slot].set)
		s->r[insn->dst] = s->slot[slot];
	else if (insn->size < 64)
		s->r[insn->dst] = (struct access_value){ .kind = ACCESS_NUMBER, .set = true };
	else
		s->r[insn->dst] = unknown;
}

static void access_store(struct access_state *s, const struct isa_insn *insn, const struct access_value *at)
{
	int slot = access_slot(at, insn->size);

	if (slot >= 0) {
		s->slot[slot] = insn->op == ISA_STORE_REG ? s->r[insn->src] :
							    access_number((uint64_t)(int64_t)insn->imm);
		return;
	}
	if (at->kind == ACCESS_STACK || at->kind == ACCESS_UNKNOWN)
		for (int i = 0; i < SLOTS; i++)
			s->slot[i] = unknown;
}

static struct access_value access_helper_result(const struct access_job *job, const struct access_state *s, int32_t id)
{
	struct access_value map = s->r[1];
	const struct bpfobj_map *m = map.kind == ACCESS_MAP && map.map != CFG_NONE ? bpfobj_map(job->obj, map.map) : NULL;

	switch (id) {
	case BPF_FUNC_map_lookup_elem:
	case BPF_FUNC_task_storage_get:
	case BPF_FUNC_inode_storage_get:
	case BPF_FUNC_sk_storage_get:
	case BPF_FUNC_get_local_storage:
	case BPF_FUNC_map_lookup_percpu_elem:
		if (map.kind != ACCESS_MAP)
			return unknown;
		if (m && m->inner) /* the value is a map, one of the kind of the template */
			return (struct access_value){ .kind = ACCESS_MAP, .set = true, .map = CFG_NONE };
		return (struct access_value){ .kind = ACCESS_MAP_VALUE, .set = true, .off_known = true, .map = map.map };
	case BPF_FUNC_ringbuf_reserve:
		return (struct access_value){ .kind = ACCESS_RECORD, .set = true, .off_known = true, .map = map.map };
	case BPF_FUNC_get_current_task_btf:
	case BPF_FUNC_sock_from_file:
		return (struct access_value){ .kind = ACCESS_KERNEL, .set = true, .off_known = true };
	default:
		return unknown;
	}
}

static void access_call(const struct access_job *job, struct access_state *s, const struct isa_insn *insn)
{
	struct access_value r0 = insn->op == ISA_CALL_HELPER ? access_helper_result(job, s, insn->imm) : unknown;
	bool to_stack = false;

	for (int i = 1; i <= 5; i++) {
		to_stack |= s->r[i].kind == ACCESS_STACK || s->r[i].kind == ACCESS_UNKNOWN;
		s->r[i] = unknown;
	}
	s->r[0] = r0;
	for (int i = 0; to_stack && i < SLOTS; i++) /* the callee may write what it was given */
		if (s->slot[i].set && s->slot[i].kind == ACCESS_NUMBER)
			s->slot[i] = unknown;
}

static void access_imm64(const struct access_job *job, struct access_state *s, const struct isa_insn *insn, uint32_t at)
{
	const struct bpfobj_ref *ref = bpfobj_ref_at(job->prog, at);
	struct access_value v = unknown;

	if (insn->imm_kind == ISA_IMM_VALUE)
		v = access_number(insn->imm64);
	else if (insn->imm_kind == ISA_IMM_MAP_FD)
		v = (struct access_value){ .kind = ACCESS_MAP, .set = true, .off_known = true, .map = (uint32_t)insn->imm };
	else if (insn->imm_kind == ISA_IMM_MAP_VALUE)
		v = (struct access_value){ .kind = ACCESS_MAP_VALUE, .set = true, .off_known = true,
					   .map = (uint32_t)insn->imm, .off = (int64_t)(insn->imm64 >> 32) };
	else if (ref && ref->kind == BPFOBJ_REF_KSYM)
		v = (struct access_value){ .kind = ACCESS_KERNEL, .set = true, .off_known = true };
	s->r[insn->dst] = v;
}

static void access_insn(const struct access_job *job, struct access_state *s, uint32_t at)
{
	const struct isa_insn *insn = &job->cfg->insns[at];
	struct access *out = &job->out[at];
	bool load = insn->op == ISA_LOAD || insn->op == ISA_LOAD_SX;
	bool store = insn->op == ISA_STORE_REG || insn->op == ISA_STORE_IMM;

	*out = (struct access){ .is_memory = load || store || isa_is_atomic(insn->op),
				.is_write = store || isa_is_atomic(insn->op), .is_call = isa_is_call(insn->op) };
	if (out->is_memory)
		out->at = access_address(s, insn, load ? insn->src : insn->dst);
	if (insn->op == ISA_CALL_HELPER && s->r[1].kind == ACCESS_MAP)
		out->at = s->r[1];
	if (isa_is_alu(insn->op))
		access_alu(s, insn);
	else if (load)
		access_load(s, insn, &out->at);
	else if (store)
		access_store(s, insn, &out->at);
	else if (isa_is_call(insn->op))
		access_call(job, s, insn);
	else if (insn->op == ISA_LD_IMM64)
		access_imm64(job, s, insn, at);
	else if (isa_writes(insn))
		for (int i = 0; i < ISA_REGS; i++)
			if (isa_writes(insn) & 1u << i)
				s->r[i] = unknown;
}

static bool access_flow(struct access_job *job, uint32_t to, const struct access_state *s)
{
	bool changed;

	if (to == CFG_NONE)
		return false;
	changed = access_join_state(&job->entry[to], s) || !job->reached[to];
	job->reached[to] = true;
	return changed;
}

static void access_start(struct access_job *job)
{
	for (uint32_t f = 0; f < job->prog->n_funcs; f++) {
		uint32_t b = job->cfg->block_of[job->prog->funcs[f].start];
		struct access_state *s = &job->entry[b];

		job->reached[b] = true;
		for (int i = 0; i < ISA_REGS; i++)
			s->r[i] = unknown;
		s->r[ISA_REG_FP] =
			(struct access_value){ .kind = ACCESS_STACK, .set = true, .off_known = true };
		if (f == 0)
			s->r[1] = (struct access_value){ .kind = ACCESS_CONTEXT, .set = true, .off_known = true };
	}
}

int show_access(const struct bpfobj *obj, const struct bpfobj_prog *prog, const struct cfg *cfg, struct arena *arena,
		const struct access **ret_accesses)
{
	struct access_job job = { .obj = obj, .prog = prog, .cfg = cfg };
	bool changed = true;

	job.entry = arena_new_n(arena, cfg->n_blocks, struct access_state);
	job.reached = arena_new_n(arena, cfg->n_blocks, bool);
	job.out = arena_new_n(arena, cfg->n_insns, struct access);
	if (!job.entry || !job.reached || !job.out)
		return -ENOMEM;
	access_start(&job);
	while (changed) { /* every value can change at most four times: it ends */
		changed = false;
		for (uint32_t b = 0; b < cfg->n_blocks; b++) {
			const struct cfg_block *block = &cfg->blocks[b];
			struct access_state s = job.entry[b];

			if (!job.reached[b])
				continue;
			for (uint32_t i = block->start; i < block->end; i++)
				if (cfg->insns[i].slots)
					access_insn(&job, &s, i);
			changed |= access_flow(&job, block->next, &s);
			changed |= access_flow(&job, block->taken, &s);
		}
	}
	*ret_accesses = job.out;
	return 0;
}

static void access_print_place(const struct bpfobj *obj, const struct access *a, const char *what, struct buf *out)
{
	const struct bpfobj_map *m = a->at.map == CFG_NONE ? NULL : bpfobj_map(obj, a->at.map);
	const struct bt *bt = bpfobj_btf(obj);
	struct buf path = BUF_INIT;

	buf_printf(out, "%s%s", m ? m->name : "inner map", what);
	if (!a->at.off_known) {
		buf_puts(out, " +?");
		return;
	}
	buf_printf(out, " %+lld", (long long)a->at.off);
	if (a->at.kind == ACCESS_MAP_VALUE && m && m->value_type && bt && a->at.off >= 0 && m->kind == BPFOBJ_MAP_DECLARED &&
	    !bt_path_at(bt, m->value_type, (uint64_t)a->at.off, &path))
		buf_printf(out, " (%s)", buf_str(&path));
	buf_done(&path);
}

void show_access_print(const struct bpfobj *obj, const struct access *a, struct buf *out)
{
	static const char *const names[] = { [ACCESS_CONTEXT] = "ctx", [ACCESS_STACK] = "stack",
					     [ACCESS_KERNEL] = "kernel memory" };

	if (a->is_call && a->at.kind != ACCESS_MAP)
		return;
	switch (a->at.kind) {
	case ACCESS_CONTEXT:
	case ACCESS_STACK:
	case ACCESS_KERNEL:
		if (a->at.off_known)
			buf_printf(out, "%s %+lld", names[a->at.kind], (long long)a->at.off);
		else
			buf_printf(out, "%s +?", names[a->at.kind]);
		return;
	case ACCESS_MAP:
		buf_printf(out, "map %s", a->at.map == CFG_NONE ? "(inner)" : bpfobj_map(obj, a->at.map)->name);
		return;
	case ACCESS_MAP_VALUE:
		access_print_place(obj, a, " value", out);
		return;
	case ACCESS_RECORD:
		access_print_place(obj, a, " record", out);
		return;
	default:
		return;
	}
}
