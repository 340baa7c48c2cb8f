// SPDX-License-Identifier: GPL-2.0-only
/*
 * replay: see replay.h. Never adjusts anything to make a counterexample fit: whatever differs from the model ends
 * the replay unconfirmed.
 */
#include "prove/replay_player.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/buf.h"
#include "prove/replay_reads.h"
#include "prove/symfunc.h"
#include "prove/symguess.h"
#include "prove/symlayout.h"
#include "prove/symread.h"

#define MAX_PATH 200000

int replay_diverge(struct replay_player *p, const char *fmt, ...)
{
	va_list ap;

	if (!p->diverged) {
		va_start(ap, fmt);
		vsnprintf(p->out->why, sizeof(p->out->why), fmt, ap);
		va_end(ap);
	}
	p->diverged = true;
	return -1;
}

/* What is wrong in the model is wrong with what the loops of this run left. */
static bool still_violated(struct replay_player *p)
{
	return !p->strayed && eval_term(&p->e, p->o->guard) && !eval_term(&p->e, p->o->cond);
}

bool replay_violated(struct replay_player *p)
{
	for (const struct loop_entry *e = p->s->loop_entries; e; e = e->next)
		if (e->strayed && e->cond != p->o->cond && eval_term(&p->e, e->state->pc))
			return false;
	return still_violated(p);
}

/* --- objects of the model in the interpreter's memory --- */

uint8_t replay_first_byte(struct replay_player *p, const struct region *r, uint64_t off)
{
	const struct cell *c = r->first[off / 8];
	uint64_t word;

	if (c)
		return (uint8_t)eval_term(&p->e, c->v ? 0 : c->byte[off % 8]);
	if (symread_word(p->s, &p->e, r, off / 8 * 8, &word))
		return (uint8_t)(word >> 8 * (off % 8));
	return r->image && (!r->known || r->known[off]) ? r->image[off] : 0;
}

struct interp_region *replay_realize(struct replay_player *p, struct region *r)
{
	if (r->id >= p->n_region)
		return NULL;
	if (p->region[r->id])
		return p->region[r->id];
	if (r->kind != REGION_ROW && r->kind != REGION_PACKET && r->kind != REGION_RECORD)
		return NULL;
	uint64_t size = r->len ? eval_term(&p->e, r->len) : r->size;
	struct interp_region *ir = interp_region_add(p->it, r->name, NULL, size, r->writable ? INTERP_RW : INTERP_READ,
						     r->kind != REGION_RECORD);
	if (!ir)
		return NULL;
	for (uint64_t i = 0; i < size && r->kind != REGION_RECORD; i++)
		ir->data[i] = replay_first_byte(p, r, i);
	p->region[r->id] = ir;
	return ir;
}

bool replay_concrete(struct replay_player *p, const struct val *v, uint64_t *ret)
{
	for (uint32_t i = 0; i < v->n; i++) {
		struct region *r = region_get(p->s, v->alt[i].region);
		uint64_t off;

		if (!eval_term(&p->e, v->alt[i].guard))
			continue;
		off = eval_term(&p->e, v->alt[i].off);
		if (r->kind == REGION_KOBJ)
			*ret = eval_term(&p->e, r->base) + off;
		else if (r->kind == REGION_CTX)
			*ret = REPLAY_CTX_BASE + off;
		else if (r->discipline == MAP_SHARED)
			*ret = SYMSHARE_BASE + ((uint64_t)r->id << SYMSHARE_SHIFT) + off;
		else if (r->kind == REGION_MAP)
			*ret = REPLAY_MAP_BASE + 4096ull * r->id + off;
		else if (r->kind == REGION_FUNC)
			*ret = REPLAY_FUNC_BASE + off;
		else if (replay_realize(p, r))
			*ret = p->region[r->id]->base + off;
		else
			return false;
		return true;
	}
	*ret = v->bits ? eval_term(&p->e, v->bits) : 0;
	return true;
}

/* --- hooks --- */

struct log_entry *replay_next(struct replay_player *p)
{
	while (p->next < p->s->n_log && !eval_term(&p->e, p->s->log[p->next].guard))
		p->next++;
	return p->next < p->s->n_log ? &p->s->log[p->next] : NULL;
}

static int read_ctx(struct replay_player *p, uint64_t off, uint32_t size, uint64_t *value)
{
	struct sym *s = p->s;
	struct region *r = region_get(s, s->ctx);
	uint8_t bytes[8] = { 0 };

	if (off + size > r->size)
		return -1;
	const struct rmem *m = r->id < s->initial->n_mem ? s->initial->mem[r->id] : NULL;
	const struct cell *c = m && m->cell[off / 8] ? m->cell[off / 8] : r->first[off / 8];
	if (c && c->v) {
		uint64_t v;
		if (!replay_concrete(p, c->v, &v))
			return replay_diverge(p, "the context has a pointer that cannot be made concrete");
		memcpy(bytes, &v, 8);
	} else {
		for (int i = 0; i < 8 && c; i++)
			bytes[i] = (uint8_t)eval_term(&p->e, c->byte[i]);
	}
	if (off % 8 + size > 8)
		return -1;
	for (uint64_t i = off; i < off + size && i < sizeof(p->ctx); i++)
		if (p->ctx_set[i])
			bytes[i % 8] = p->ctx[i];
	*value = 0;
	memcpy(value, bytes + off % 8, size);
	return 0;
}

static int write_ctx(struct replay_player *p, uint64_t off, uint32_t size, uint64_t value, bool here)
{
	enum symctx_write kept = symctx_writable(p->s, off, size);

	if (kept == SYMCTX_READONLY && here) {
		p->reached = true;
		return replay_diverge(p, "writes to byte %llu of the context", (unsigned long long)off);
	}
	if (kept != SYMCTX_KEPT || off + size > sizeof(p->ctx))
		return replay_diverge(p, "this write to the context is not replayed");
	memcpy(p->ctx + off, &value, size);
	memset(p->ctx_set + off, 1, size);
	return 0;
}

/* The model's write to a shared element, which may be what breaks its invariant. */
static int write_shared(struct replay_player *p, const struct log_entry *e, uint64_t addr, uint32_t size, uint64_t value)
{
	size_t index = (size_t)(e - p->s->log);

	if (eval_term(&p->e, e->addr) != addr || e->size != size)
		return replay_diverge(p, "instruction %u writes to another address than the model says", e->insn);
	if (size < 8)
		value &= (1ull << (8 * size)) - 1;
	if (p->o->insn == e->insn && p->o->seq == index && (p->o->prop == PROP_MEMORY || p->o->prop == PROP_INVARIANT) &&
	    eval_term(&p->e, e->value) == value) {
		p->reached = true;
		return replay_diverge(p, "writes 0x%llx", (unsigned long long)value);
	}
	p->next++;
	return 0;
}

static int hook_memory(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc, uint64_t addr,
		       uint32_t size, enum interp_access access, uint64_t *value)
{
	struct replay_player *p = ctx;
	struct sym *s = p->s;

	bool here = p->o->prop == PROP_MEMORY && p->o->insn == pc;

	if (s->ctx && addr >= REPLAY_CTX_BASE && addr < REPLAY_CTX_BASE + region_get(s, s->ctx)->size) {
		uint64_t off = addr - REPLAY_CTX_BASE;

		if (access == INTERP_WRITE)
			return write_ctx(p, off, size, *value, here);
		if (s->ctx_ptr_load[pc]) {
			if (here) {
				p->reached = true;
				return replay_diverge(p, "reads a part of a packet pointer");
			}
			if (!symctx_packet_field(s, off))
				return replay_diverge(p, "the context has a pointer that is not modelled");
			struct interp_region *packet = replay_realize(p, region_get(s, s->packet));
			bool end = symctx_packet_field(s, off) == 2;
			*value = packet ? packet->base + (end ? packet->size : 0) : 0;
			return packet ? 0 : -1;
		}
		return read_ctx(p, off, size, value);
	}
	if (p->idle)
		return replay_diverge(p, "instruction %u: an access in an iteration that only tries again", pc);
	struct log_entry *e = replay_next(p);
	if (access == INTERP_WRITE && e && e->kind == LOG_KWRITE && e->insn == pc)
		return write_shared(p, e, addr, size, *value);
	if (access != INTERP_READ || !e || e->kind != LOG_KREAD || e->insn != pc)
		return -1;
	if (eval_term(&p->e, e->addr) != addr || e->size != size)
		return replay_diverge(p, "instruction %u reads another address than the model says", pc);
	if (p->o->prop == PROP_MEMORY && p->o->insn == pc && p->o->seq == (size_t)(e - s->log)) {
		p->reached = true;
		return replay_diverge(p, "reads 0x%llx, behind the end of the structure", (unsigned long long)addr);
	}
	*value = eval_term(&p->e, e->value);
	p->next++;
	return 0;
}

static int hook_imm64(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc, uint64_t *ret_value)
{
	struct replay_player *p = ctx;
	struct sym *s = p->s;

	if (insn->imm_kind == ISA_IMM_MAP_FD && (uint32_t)insn->imm < s->n_maps) {
		*ret_value = REPLAY_MAP_BASE + 4096ull * s->map[insn->imm].region;
		return 0;
	}
	if (insn->imm_kind == ISA_IMM_FUNC) {
		*ret_value = REPLAY_FUNC_BASE + insn->target;
		return 0;
	}
	if (insn->imm_kind == ISA_IMM_MAP_VALUE) {
		struct region *r = symmap_global(s, (uint32_t)insn->imm);
		struct interp_region *ir = r ? replay_realize(p, r) : NULL;

		if (!ir)
			return replay_diverge(p, "instruction %u: a global that cannot be made concrete", pc);
		*ret_value = ir->base + (insn->imm64 >> 32);
		return 0;
	}
	if (insn->imm_kind == ISA_IMM_VAR && sym_address(s, bpfobj_ref_at(s->prog, pc))) {
		*ret_value = eval_term(&p->e, sym_address(s, bpfobj_ref_at(s->prog, pc)));
		return 0;
	}
	return replay_diverge(p, "instruction %u: a reference that cannot be made concrete", pc);
}

/* Registers and memory are as the model's state has them. */
static bool state_agrees(struct replay_player *p, const struct state *st, const uint64_t r[ISA_REGS])
{
	for (int i = 0; i < ISA_REG_FP; i++) {
		uint64_t want;

		if (eval_term(&p->e, st->r[i]->init) && replay_concrete(p, st->r[i], &want) && want != r[i])
			return false;
	}
	return replay_memory_agrees(p, st);
}

/* A loop by invariant, which the run passes here: is it where the model has it, where it is entered, or in the one iteration? */
static void at_loop(struct replay_player *p, struct loop_entry *e, const uint64_t r[ISA_REGS])
{
	e->strayed = !e->begin || !state_agrees(p, e->begin, r);
	if (p->o->prop != PROP_INVARIANT || e->cond != p->o->cond || p->reached || p->diverged || !state_agrees(p, e->state, r) || !replay_violated(p))
		return;
	p->reached = true;
	snprintf(p->out->why, sizeof(p->out->why), "the loop is entered so");
}

/* What is wrong is that the access happens: without a lock, to a member that the kernel has not. It happens where the model has come as far. */
static void at_access(struct replay_player *p)
{
	replay_next(p);
	if (p->o->access && !p->diverged && p->next >= p->o->seq && replay_violated(p)) {
		p->reached = true;
		snprintf(p->out->why, sizeof(p->out->why), "it is used here");
	}
}

static void hook_trace(void *ctx, const struct interp *it, uint32_t pc, const struct isa_insn *insn,
		       const uint64_t r[ISA_REGS])
{
	struct replay_player *p = ctx;
	struct replay *out = p->out;

	for (struct loop_entry *e = p->s->loop_entries; e; e = e->next)
		if (e->insn == pc)
			at_loop(p, e, r);
	if (p->o->insn == pc)
		at_access(p);
	if (out->n_path >= MAX_PATH)
		return;
	if (out->n_path == out->cap_path) {
		size_t cap = out->cap_path ? out->cap_path * 2 : 256;
		uint32_t *path = realloc(out->path, cap * sizeof(*path));
		if (!path)
			return;
		out->path = path;
		out->cap_path = cap;
	}
	out->path[out->n_path++] = pc;
}

/* --- judging --- */

static bool at_exit(enum prop p)
{
	return p == PROP_RETURN || p == PROP_WEAKEN || p == PROP_LEAK || p == PROP_CONTRACT || p == PROP_INVARIANT;
}

static bool fault_fits(enum prop prop, enum interp_stop stop)
{
	switch (prop) {
	case PROP_MEMORY:
		return stop == INTERP_BOUNDS || stop == INTERP_PERMISSION || stop == INTERP_FREED || stop == INTERP_NULL;
	case PROP_NULL:
		return stop == INTERP_NULL || stop == INTERP_BOUNDS;
	case PROP_INIT:
		return stop == INTERP_UNINIT;
	case PROP_ALIGN:
		return stop == INTERP_ALIGN;
	default:
		return false;
	}
}

/* The interpreter starts with r1..r5 set, the kernel with r1 alone: look for a read of r2..r5 on the path. */
static bool reads_unset_argument(const struct replay_player *p)
{
	uint16_t known = 1u << 1 | 1u << ISA_REG_FP;

	for (int i = 1; p->s->func && i <= 5; i++)
		known |= (uint16_t)((p->s->initial->r[i]->init == TERM_TRUE) << i);

	for (size_t i = 0; i < p->out->n_path; i++) {
		uint32_t pc = p->out->path[i];
		const struct isa_insn *in = &p->s->insns[pc];

		if (isa_is_call(in->op))
			return false;
		if (isa_reads(in) & ~known)
			return pc == p->o->insn;
		known |= isa_writes(in);
	}
	return false;
}

static void judge(struct replay_player *p, const struct interp_result *r)
{
	struct replay *out = p->out;
	const struct oblig *o = p->o;

	out->r0 = r->r0;
	out->steps = r->steps;
	if (p->reached) {
		out->confirmed = replay_violated(p);
		if (!out->confirmed)
			snprintf(out->why, sizeof(out->why), "a loop that is not unrolled leaves something else than the model says");
		return;
	}
	if (o->prop == PROP_INIT && reads_unset_argument(p)) {
		out->confirmed = true;
		snprintf(out->why, sizeof(out->why), "a register that the kernel does not set is read");
		return;
	}
	if (p->diverged)
		return;
	if (r->stop != INTERP_EXIT) {
		out->confirmed = fault_fits(o->prop, r->stop) && r->pc == o->insn;
		snprintf(out->why, sizeof(out->why), "%s at instruction %u%s%s", interp_stop_name(r->stop), r->pc,
			 *r->message ? ": " : "", r->message);
		return;
	}
	/* of a loop, an arbitrary iteration breaks it: no run shows that */
	if (!at_exit(o->prop) || (o->prop == PROP_INVARIANT && o->insn != sym_last_insn(p->s))) {
		snprintf(out->why, sizeof(out->why), "the interpreter ran to the end without the violation");
		return;
	}
	uint64_t want = 0;
	if (o->iterator && !interp_iter_live(p->iters)) {
		snprintf(out->why, sizeof(out->why), "the interpreter ran to the end, and every iterator is destroyed");
		return;
	}
	if ((p->s->abstracted || p->ran_body || p->blurred) && p->s->final && !replay_memory_agrees(p, p->s->final)) {
		snprintf(out->why, sizeof(out->why), "the model's loop leaves other contents than the program's");
		return;
	}
	if (p->s->final && replay_concrete(p, p->s->final->r[0], &want) && (uint32_t)want == (uint32_t)r->r0 && !replay_next(p) && still_violated(p)) {
		out->confirmed = true;
		snprintf(out->why, sizeof(out->why), "returns %d", (int)(uint32_t)r->r0);
	} else {
		snprintf(out->why, sizeof(out->why), p->strayed ? "a loop that is not unrolled leaves something else than the model says" :
			 "the interpreter returns 0x%llx, the model says 0x%llx",
			 (unsigned long long)r->r0, (unsigned long long)want);
	}
}

/* As the loader would, for the model's layout. */
static void relocate(struct isa_insn *in, uint64_t value)
{
	if (in->op == ISA_LD_IMM64)
		in->imm64 = value;
	else if (isa_is_alu(in->op))
		in->imm = (int32_t)value;
	else
		in->off = (int16_t)value;
}

/* The kernel makes 64-bit loads of packet pointers; so does the replay. Calls by contract come to a hook. */
static struct isa_insn *rewrite_program(struct sym *s, struct eval *e)
{
	struct isa_insn *copy = malloc(s->n_insns * sizeof(*copy));

	if (!copy)
		return NULL;
	memcpy(copy, s->insns, s->n_insns * sizeof(*copy));
	for (size_t i = 0; i < s->n_insns; i++) {
		if (s->ctx_ptr_load[i] && copy[i].op == ISA_LOAD)
			copy[i].size = 64;
		if (copy[i].slots && copy[i].op == ISA_CALL_LOCAL && symfunc_is_modular(s, copy[i].target)) {
			copy[i].op = ISA_CALL_HELPER;
			copy[i].imm = SYMFUNC_HELPER;
		}
		if (symlayout_value(s, (uint32_t)i))
			relocate(&copy[i], eval_term(e, symlayout_value(s, (uint32_t)i)));
	}
	return copy;
}

int replay_run(struct sym *s, const uint64_t *model, const struct oblig *o, struct replay *ret)
{
	struct replay_player p = { .s = s, .o = o, .out = ret, .n_region = s->n_regions };
	struct interp_opts opts = { .max_steps = 1u << 22, .max_depth = 16, .strict = true, .align = o->prop == PROP_ALIGN };
	struct interp_result res = { 0 };
	struct isa_insn *insns = NULL;
	int r = -ENOMEM;

	*ret = (struct replay){ .confirmed = false };
	p.region = calloc(s->n_regions + 1, sizeof(*p.region));
	p.var = calloc(s->t.n_vars + 1, sizeof(*p.var));
	if (!p.region || !p.var || eval_init(&p.e, &s->t, p.var, s->t.n_vars) < 0)
		goto out;
	memcpy(p.var, model, s->t.n_vars * sizeof(*model));
	for (struct loop_entry *e = s->loop_entries; e; e = e->next)
		e->strayed = false;
	insns = rewrite_program(s, &p.e);
	if (!insns)
		goto out;
	opts.hooks = (struct interp_hooks){ .ctx = &p, .call = replay_call, .imm64 = hook_imm64, .memory = hook_memory, .trace = hook_trace };
	r = interp_new(&opts, &p.it);
	if (r < 0)
		goto out;
	uint64_t args[5] = { REPLAY_CTX_BASE, 0, 0, 0, 0 };
	p.blurred = symguess_unknown(s, (const term[]){ o->guard, o->cond }, 2);
	if (replay_contradiction(s, &p.e, &(struct read_pair){ 0 })) {
		snprintf(ret->why, sizeof(ret->why), "the model needs kernel memory that contradicts itself");
		r = 0;
		goto out;
	}
	for (unsigned i = 0; s->func && i < 5; i++)
		if (s->initial->r[i + 1]->init != TERM_TRUE || !replay_concrete(&p, s->initial->r[i + 1], &args[i]))
			args[i] = 0;
	r = interp_run_at(p.it, insns, s->n_insns, s->func ? s->func->start : 0, args, &res);
	if (!r)
		judge(&p, &res);
out:
	eval_done(&p.e);
	interp_iter_free(p.iters);
	if (p.it)
		interp_free(p.it);
	free(p.region);
	free(p.var);
	free(insns);
	return r;
}

void replay_done(struct replay *r)
{
	free(r->path);
	r->path = NULL;
}

/* As the source has it: an earlier answer is kept negated (symctx.c), and a word of the context is its member. */
static void print_input(const struct sym *s, const char *name, int length, uint64_t value, struct buf *out)
{
	struct buf member = BUF_INIT;
	const struct bt *bt;
	unsigned long long at;
	int end = 0;

	if (length > 1 && *name == '-')
		buf_printf(out, "%.*s = -%llu\n", length - 1, name + 1, (unsigned long long)value);
	else if (sscanf(name, "ctx[%llu]%n", &at, &end) == 1 && end == length && symctx_struct(s, &bt) &&
		 !bt_path_at(bt, symctx_struct(s, &bt), at, &member))
		buf_printf(out, "ctx.%s = 0x%llx\n", buf_str(&member), (unsigned long long)value);
	else
		buf_printf(out, "%.*s = 0x%llx\n", length, name, (unsigned long long)value);
	buf_done(&member);
}

void replay_print_inputs(struct sym *s, const uint64_t *model, const struct oblig *o, struct buf *out)
{
	const term roots[2] = { o->guard, o->cond };
	uint8_t *mark = calloc(s->t.n, 1);
	size_t shown = 0;

	if (!mark)
		return;
	term_mark(&s->t, roots, 2, mark);
	for (size_t i = 0; i < s->t.n_vars && shown < 60; i++) {
		const char *name = s->t.var[i].name, *end = strrchr(name, '!');

		if (!mark[s->t.var[i].t] || strstr(name, "in the loop")) /* of an iteration, not of the start */
			continue;
		print_input(s, name, end ? (int)(end - name) : (int)strlen(name), model[i], out);
		shown++;
	}
	free(mark);
}
