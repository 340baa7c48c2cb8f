// SPDX-License-Identifier: GPL-2.0-only
/*
 * core: CO-RE relocations against a kernel's BTF: search the candidates by essential name, demand that all
 * agree, patch the instruction as libbpf does, or poison it when the kernel has no such thing.
 *
 * Must never patch an instruction whose present value is not what the relocation says it is.
 */
#include "bpfobj/core.h"

#include <errno.h>
#include <string.h>

#include "bpfobj/bt_table.h"

#define CORE_POISON 195896080 /* 0xbad2310, "bad relo" */

/* Kernel types for one local type; those that never fitted are dropped after the first that did. */
struct core_cands {
	uint32_t *ids;
	uint32_t n;
	bool known;
};

struct core_job {
	struct bpfobj *obj;
	struct core_cands *cands; /* by local type id */
	struct core_spec *scratch; /* local, candidate, chosen */
	const struct obj_func *func;
	const struct obj_core_rec *rec;
};

static int core_bad(const struct core_job *job, const char *what)
{
	const struct obj_core_rec *rec = job->rec;

	return diag_fail(job->obj->diag, -EINVAL,
			 DIAG_AT(.file = job->obj->path, .section = job->func->name, DIAG_INSN(rec->insn)),
			 "CO-RE relocation (%s of type %u, %s): %s", core_kind_name(rec->kind), rec->type, rec->access,
			 what);
}

static int core_find(struct core_job *job, const struct bt *kernel, const struct bt_type *local, struct core_cands *c)
{
	size_t len = bt_essential_len(local->name), cap = 0;
	const struct bt_type *t;
	uint32_t id = 0;

	if (kernel->base) {
		int err = core_find(job, kernel->base, local, c);

		if (err || c->n)
			return err;
	}
	while ((t = bt_next_essential(kernel, local->name, len, &id))) {
		if (!core_kinds_compat(local, t))
			continue;
		c->ids = arena_grow(&job->obj->arena, c->ids, c->n, &cap, sizeof(*c->ids));
		if (!c->ids)
			return obj_no_memory(job->obj);
		c->ids[c->n++] = id;
	}
	return 0;
}

/* Agreement of a further candidate with the one chosen first. */
static int core_agree(const struct core_job *job, const struct core_spec *a, const struct core_result *ra,
		      const struct core_spec *b, const struct core_result *rb)
{
	if (a->bit_offset != b->bit_offset)
		return core_bad(job, "several types of the kernel fit and have the field at different offsets");
	if (ra->poison != rb->poison || ra->value != rb->value)
		return core_bad(job, "several types of the kernel fit and give different values");
	return 0;
}

/* *ret_target: the spec that was found, NULL when none. */
static int core_calc(struct core_job *job, const struct core_spec *local, struct core_result *ret,
		     const struct core_spec **ret_target)
{
	struct core_cands *c = &job->cands[job->rec->type];
	struct core_spec *cand = &job->scratch[1], *chosen = &job->scratch[2];
	const struct bt_type *t = bt_get(job->obj->btf, job->rec->type);
	uint32_t kept = 0;
	int err = 0;

	if (!*t->name)
		return core_bad(job, "of a type without a name");
	if (!c->known)
		err = core_find(job, job->obj->kernel, t, c);
	if (err)
		return err;
	c->known = true;
	for (uint32_t i = 0; i < c->n; i++) {
		struct core_result r;
		int rc = core_spec_match(local, job->obj->kernel, c->ids[i], cand);

		if (rc < 0)
			return core_bad(job, "a type of the kernel cannot be compared");
		if (!rc)
			continue;
		if (core_value(job->rec->kind, local, cand, &r))
			return core_bad(job, "cannot be computed for a type of the kernel");
		if (kept && core_agree(job, chosen, ret, cand, &r))
			return -EINVAL;
		if (!kept) {
			*ret = r;
			*chosen = *cand;
		}
		c->ids[kept++] = c->ids[i];
	}
	*ret_target = kept ? chosen : NULL;
	if (kept)
		c->n = kept;
	else if (core_value(job->rec->kind, local, NULL, ret))
		return core_bad(job, "cannot be computed");
	return 0;
}

static void core_poison(struct bpf_insn *insn)
{
	if (insn->code == (BPF_LD | BPF_IMM | BPF_DW))
		insn[1] = (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = CORE_POISON };
	insn[0] = (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = CORE_POISON };
}

static int core_patch_mem(const struct core_job *job, struct bpf_insn *insn, struct core_result *r)
{
	static const uint8_t sizes[4] = { 4, 2, 1, 8 };             /* BPF_W, H, B, DW, by bits 3 and 4 */
	static const uint8_t codes[9] = { [1] = BPF_B, [2] = BPF_H, [4] = BPF_W, [8] = BPF_DW }; /* BPF_W is 0 */

	if (r->validate && (uint64_t)(int64_t)insn->off != r->local_value)
		return core_bad(job, "the instruction's offset is not what the compiler recorded");
	if (r->value > INT16_MAX)
		return core_bad(job, "the kernel's offset does not fit in the instruction");
	if (r->bad_size) {
		r->poison = true;
		core_poison(insn);
		return 0;
	}
	insn->off = (int16_t)r->value;
	if (r->size == r->local_size)
		return 0;
	if (sizes[insn->code >> 3 & 3] != r->local_size)
		return core_bad(job, "the instruction's width is not what the compiler recorded");
	if (r->size != 1 && r->size != 2 && r->size != 4 && r->size != 8)
		return core_bad(job, "the kernel's field has a width no instruction has");
	insn->code = (uint8_t)(BPF_MODE(insn->code) | codes[r->size] | BPF_CLASS(insn->code));
	return 0;
}

static int core_patch_imm64(const struct core_job *job, struct bpf_insn *insn, const struct core_result *r)
{
	uint64_t imm;

	if (job->rec->insn + 1 >= job->func->n || insn->code != (BPF_LD | BPF_IMM | BPF_DW) || insn->src_reg ||
	    insn->off || insn[1].code || insn[1].dst_reg || insn[1].src_reg || insn[1].off)
		return core_bad(job, "the instruction is no 64-bit constant");
	imm = (uint32_t)insn->imm | (uint64_t)(uint32_t)insn[1].imm << 32;
	if (r->validate && imm != r->local_value)
		return core_bad(job, "the instruction's constant is not what the compiler recorded");
	insn->imm = (int32_t)(uint32_t)r->value;
	insn[1].imm = (int32_t)(uint32_t)(r->value >> 32);
	return 0;
}

static int core_patch(const struct core_job *job, struct bpf_insn *insn, struct core_result *r)
{
	if (r->poison) {
		if (insn->code == (BPF_LD | BPF_IMM | BPF_DW) && job->rec->insn + 1 >= job->func->n)
			return core_bad(job, "the 64-bit constant is cut off");
		core_poison(insn);
		return 0;
	}
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		if (BPF_SRC(insn->code) != BPF_K)
			return core_bad(job, "the instruction has no constant");
		if (r->validate && (uint64_t)(int64_t)insn->imm != r->local_value)
			return core_bad(job, "the instruction's constant is not what the compiler recorded");
		insn->imm = (int32_t)(uint32_t)r->value;
		return 0;
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		return core_patch_mem(job, insn, r);
	case BPF_LD:
		return core_patch_imm64(job, insn, r);
	default:
		return core_bad(job, "the instruction is of a kind that is never relocated");
	}
}

static int core_one(struct core_job *job, struct obj_func *f, struct bpfobj_core *ret)
{
	struct bpfobj *obj = job->obj;
	struct core_spec *local = &job->scratch[0];
	const struct core_spec *target = NULL;
	struct core_result r = { 0 };
	int err;

	*ret = (struct bpfobj_core){ .insn = job->rec->insn, .kind = job->rec->kind, .type = job->rec->type,
				     .access = job->rec->access, .spec = "" };
	if (core_spec_parse(obj->btf, job->rec, local))
		return core_bad(job, "the access string does not fit the type");
	ret->spec = core_spec_text(local, &obj->arena);
	if (!ret->spec)
		return obj_no_memory(obj);
	if (!obj->kernel)
		return 0;
	if (job->rec->kind == CORE_TYPE_ID_LOCAL) {
		r.value = r.local_value = job->rec->type;
		target = local;
		err = 0;
	} else
		err = core_calc(job, local, &r, &target);
	if (!err)
		err = core_patch(job, &f->insns[job->rec->insn], &r);
	if (err)
		return err;
	ret->applied = true;
	ret->resolved = target != NULL;
	ret->poisoned = r.poison;
	ret->local_value = r.local_value;
	ret->value = r.value;
	ret->kernel_type = target && target != local ? target->root : 0;
	ret->kernel_spec = target ? core_spec_text(target, &obj->arena) : NULL;
	return 0;
}

int obj_apply_core(struct bpfobj *obj)
{
	struct core_job job = { .obj = obj };
	int err = 0;

	if (!obj->btf)
		return 0;
	job.cands = arena_new_n(&obj->arena, bt_count(obj->btf), struct core_cands);
	job.scratch = arena_new_n(&obj->arena, 3, struct core_spec);
	if (!job.cands || !job.scratch)
		return obj_no_memory(obj);
	for (uint32_t i = 0; i < obj->n_funcs; i++) {
		struct obj_func *f = &obj->funcs[i];

		f->cores = arena_new_n(&obj->arena, f->n_cores, struct bpfobj_core);
		if (!f->cores)
			return obj_no_memory(obj);
		for (uint32_t j = 0; j < f->n_cores && !err; j++) {
			job.func = f;
			job.rec = &f->core_recs[j];
			err = core_one(&job, f, &f->cores[j]);
		}
	}
	return err;
}
