// SPDX-License-Identifier: GPL-2.0-only
/*
 * replay: see replay.h. Never adjusts anything to make a counterexample fit: whatever differs from the model ends
 * the replay unconfirmed.
 */
#include "prove/replay.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/buf.h"
#include "prove/eval.h"
#include "prove/helper.h"
#include "prove/interp.h"
#include "prove/interp_iter.h"
#include "prove/symfunc.h"
#include "prove/symiter.h"
#include "prove/symlayout.h"

#define CTX_BASE 0xffffc00000000000ull
#define MAP_BASE 0xffffd00000000000ull
#define FUNC_BASE 0xffffe00000000000ull
#define MAX_PATH 200000

struct player {
	struct sym *s;
	struct eval e;
	const struct oblig *o;
	struct interp *it;
	struct interp_region **region; /* by region id */
	size_t n_region;
	struct interp_iter *iters;
	size_t next;      /* log entry not yet consumed */
	bool reached;     /* the call the obligation is about */
	bool uninit_record;
	bool diverged;
	struct replay *out;
};

static int diverge(struct player *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int diverge(struct player *p, const char *fmt, ...)
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

/* --- objects of the model in the interpreter's memory --- */

static uint8_t first_byte(struct player *p, const struct region *r, uint64_t off)
{
	const struct cell *c = r->first[off / 8];

	if (c)
		return (uint8_t)eval_term(&p->e, c->v ? 0 : c->byte[off % 8]);
	for (const struct first_read *x = r->reads; x; x = x->next)
		if (eval_term(&p->e, x->off) == off / 8 * 8)
			return (uint8_t)(eval_term(&p->e, x->word) >> 8 * (off % 8));
	return r->image && (!r->known || r->known[off]) ? r->image[off] : 0;
}

static struct interp_region *realize(struct player *p, struct region *r)
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
		ir->data[i] = first_byte(p, r, i);
	p->region[r->id] = ir;
	return ir;
}

/* The number the program would see; false when it cannot be said (stack addresses). */
static bool concrete(struct player *p, const struct val *v, uint64_t *ret)
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
			*ret = CTX_BASE + off;
		else if (r->discipline == MAP_SHARED)
			*ret = SYMSHARE_BASE + ((uint64_t)r->id << SYMSHARE_SHIFT) + off;
		else if (r->kind == REGION_MAP)
			*ret = MAP_BASE + 4096ull * r->id + off;
		else if (r->kind == REGION_FUNC)
			*ret = FUNC_BASE + off;
		else if (realize(p, r))
			*ret = p->region[r->id]->base + off;
		else
			return false;
		return true;
	}
	*ret = v->bits ? eval_term(&p->e, v->bits) : 0;
	return true;
}

/* --- hooks --- */

/* The next thing the environment did in this model. */
static struct log_entry *next_entry(struct player *p)
{
	while (p->next < p->s->n_log && !eval_term(&p->e, p->s->log[p->next].guard))
		p->next++;
	return p->next < p->s->n_log ? &p->s->log[p->next] : NULL;
}

static int read_ctx(struct player *p, uint64_t off, uint32_t size, uint64_t *value)
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
		if (!concrete(p, c->v, &v))
			return diverge(p, "the context has a pointer that cannot be made concrete");
		memcpy(bytes, &v, 8);
	} else {
		for (int i = 0; i < 8 && c; i++)
			bytes[i] = (uint8_t)eval_term(&p->e, c->byte[i]);
	}
	if (off % 8 + size > 8)
		return -1;
	*value = 0;
	memcpy(value, bytes + off % 8, size);
	return 0;
}

/* The model's write to a shared element, which may be what breaks its invariant. */
static int write_shared(struct player *p, const struct log_entry *e, uint64_t addr, uint32_t size, uint64_t value)
{
	size_t index = (size_t)(e - p->s->log);

	if (eval_term(&p->e, e->addr) != addr || e->size != size)
		return diverge(p, "instruction %u writes to another address than the model says", e->insn);
	if (size < 8)
		value &= (1ull << (8 * size)) - 1;
	if (p->o->insn == e->insn && p->o->seq == index && (p->o->prop == PROP_MEMORY || p->o->prop == PROP_INVARIANT) &&
	    eval_term(&p->e, e->value) == value) {
		p->reached = true;
		return diverge(p, "writes 0x%llx", (unsigned long long)value);
	}
	p->next++;
	return 0;
}

static int hook_memory(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc, uint64_t addr,
		       uint32_t size, enum interp_access access, uint64_t *value)
{
	struct player *p = ctx;
	struct sym *s = p->s;

	bool here = p->o->prop == PROP_MEMORY && p->o->insn == pc;

	if (s->ctx && addr >= CTX_BASE && addr < CTX_BASE + region_get(s, s->ctx)->size) {
		uint64_t off = addr - CTX_BASE;

		if (access == INTERP_WRITE && here) {
			p->reached = true;
			return diverge(p, "writes to byte %llu of the context", (unsigned long long)off);
		}
		if (access == INTERP_WRITE)
			return diverge(p, "writes to the context are not replayed");
		if (s->ctx_ptr_load[pc]) {
			if (here) {
				p->reached = true;
				return diverge(p, "reads a part of a packet pointer");
			}
			if (!symctx_packet_field(s, off))
				return diverge(p, "the context has a pointer that is not modelled");
			struct interp_region *packet = realize(p, region_get(s, s->packet));
			bool end = symctx_packet_field(s, off) == 2;
			*value = packet ? packet->base + (end ? packet->size : 0) : 0;
			return packet ? 0 : -1;
		}
		return read_ctx(p, off, size, value);
	}
	struct log_entry *e = next_entry(p);
	if (access == INTERP_WRITE && e && e->kind == LOG_KWRITE && e->insn == pc)
		return write_shared(p, e, addr, size, *value);
	if (access != INTERP_READ || !e || e->kind != LOG_KREAD || e->insn != pc)
		return -1;
	if (eval_term(&p->e, e->addr) != addr || e->size != size)
		return diverge(p, "instruction %u reads another address than the model says", pc);
	if (p->o->prop == PROP_MEMORY && p->o->insn == pc && p->o->seq == (size_t)(e - s->log)) {
		p->reached = true;
		return diverge(p, "reads 0x%llx, behind the end of the structure", (unsigned long long)addr);
	}
	*value = eval_term(&p->e, e->value);
	p->next++;
	return 0;
}

static int hook_imm64(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc, uint64_t *ret_value)
{
	struct player *p = ctx;
	struct sym *s = p->s;

	if (insn->imm_kind == ISA_IMM_MAP_FD && (uint32_t)insn->imm < s->n_maps) {
		*ret_value = MAP_BASE + 4096ull * s->map[insn->imm].region;
		return 0;
	}
	if (insn->imm_kind == ISA_IMM_FUNC) {
		*ret_value = FUNC_BASE + insn->target;
		return 0;
	}
	if (insn->imm_kind == ISA_IMM_MAP_VALUE) {
		struct region *r = symmap_global(s, (uint32_t)insn->imm);
		struct interp_region *ir = r ? realize(p, r) : NULL;

		if (!ir)
			return diverge(p, "instruction %u: a global that cannot be made concrete", pc);
		*ret_value = ir->base + (insn->imm64 >> 32);
		return 0;
	}
	return diverge(p, "instruction %u: a reference that cannot be made concrete", pc);
}

/* What the kernel would check of the arguments, by the interpreter's own memory. */
static int check_args(struct player *p, const struct helper *h, const struct log_entry *e, const uint64_t args[5])
{
	uint8_t data[8192];
	const struct map_model *m = NULL;

	for (unsigned i = 0; h->args[i]; i++) {
		uint64_t want, size = 0;

		if (e->arg[i]->init != TERM_TRUE && !eval_term(&p->e, e->arg[i]->init))
			return interp_fail(p->it, INTERP_UNINIT, "argument %u was never set", i + 1);
		if (concrete(p, e->arg[i], &want) && want != args[i])
			return diverge(p, "argument %u of %s is 0x%llx, the model says 0x%llx", i + 1, h->name,
				       (unsigned long long)args[i], (unsigned long long)want);
		if (h->args[i] == 'm' && e->arg[i]->n)
			m = symmap_of(p->s, e->arg[i]->alt[0].region);
		if (h->args[i] == 'k')
			size = m && !m->is_object ? m->map->key_size : 0;
		else if (h->args[i] == 'v' || (h->args[i] == 'V' && args[i]))
			size = m ? m->map->value_size : 0;
		else if (strchr("rRwW", h->args[i]))
			size = args[i + 1 < 5 ? i + 1 : i];
		if (size && args[i] >= SYMSHARE_BASE && args[i] < CTX_BASE)
			return diverge(p, "%s reads an element of a shared map", h->name);
		if (!size || (strchr("kvVrR", h->args[i]) && args[i] >= 0xff00000000000000ull))
			continue;
		if (strchr("wW", h->args[i])) {
			struct interp_region *r = interp_region_at(p->it, args[i]);
			if (!r || args[i] < r->base || args[i] - r->base > r->size || size > r->size - (args[i] - r->base))
				return interp_fail(p->it, args[i] < 4096 ? INTERP_NULL : INTERP_BOUNDS, "the buffer of %s is out of bounds", h->name);
			if (!(r->access & INTERP_WRITE))
				return interp_fail(p->it, INTERP_PERMISSION, "the buffer of %s is read-only", h->name);
		} else if (size > sizeof(data)) {
			struct interp_region *r = interp_region_at(p->it, args[i]);
			if (r && args[i] >= r->base && args[i] - r->base <= r->size && size <= r->size - (args[i] - r->base))
				return diverge(p, "an argument of %llu bytes", (unsigned long long)size);
			return interp_fail(p->it, args[i] < 4096 ? INTERP_NULL : INTERP_BOUNDS, "the data of %s is out of bounds", h->name);
		} else if (interp_read(p->it, args[i], data, (uint32_t)size) < 0) {
			return -1;
		}
	}
	return 0;
}

static int apply_effects(struct player *p, const struct log_entry *e, const uint64_t args[5])
{
	uint8_t value[8192];

	for (const struct log_write *w = e->writes; w; w = w->next)
		for (uint32_t i = 0; i < w->n; i++) {
			uint8_t b = (uint8_t)eval_term(&p->e, w->byte[i]);

			if (eval_term(&p->e, w->when[i]) && interp_write(p->it, args[w->arg] + i, &b, 1) < 0)
				return -1;
		}
	if (e->dst && eval_term(&p->e, e->dst_guard)) {
		uint64_t to;
		uint32_t n = symmap_of(p->s, e->arg[0]->alt[0].region)->map->value_size;

		if (!concrete(p, e->dst, &to) || interp_read(p->it, args[2], value, n) < 0 || interp_write(p->it, to, value, n) < 0)
			return -1;
	}
	if (e->alloc && eval_term(&p->e, e->alloc_guard)) {
		struct region *r = region_get(p->s, e->alloc);
		struct interp_region *ir = realize(p, r);

		if (!ir)
			return diverge(p, "no room for %s", r->name);
		if (r->kind == REGION_ROW && args[2] && interp_read(p->it, args[2], ir->data, (uint32_t)r->size) < 0)
			return -1;
	}
	return 0;
}

static int run_loop(struct player *p, const struct log_entry *e, const uint64_t args[5], uint64_t *ret_r0)
{
	uint64_t target = args[1] - FUNC_BASE, r = 0, k = 0, n = (uint32_t)args[0];

	if (args[3] || n > 1u << 23) {
		*ret_r0 = (uint64_t)(args[3] ? -EINVAL : -E2BIG);
		return 0;
	}
	if (target >= p->s->n_insns)
		return diverge(p, "the callback is no function");
	while (k < n && !r) {
		const uint64_t a[5] = { k, args[2], 0, 0, 0 };

		if (interp_callback(p->it, (uint32_t)target, a, 2, &r) < 0)
			return -1;
		k++;
	}
	*ret_r0 = k;
	return 0;
}

static void release_record(struct player *p, uint64_t addr, bool submit)
{
	struct interp_region *r = interp_region_at(p->it, addr);

	if (!r)
		return;
	for (uint64_t i = 0; submit && r->init && i < r->size; i++)
		if (!r->init[i])
			p->uninit_record = true;
	interp_region_release(p->it, r);
}

/* What the objects that it may have changed hold now, as far as the model says. */
static bool apply_havoc(struct player *p, const struct log_entry *e)
{
	for (const struct log_havoc *h = e->havocs; h; h = h->next) {
		struct region *r = region_get(p->s, h->region);
		struct interp_region *ir = realize(p, r);

		for (uint64_t i = 0; ir && i < r->size; i++)
			if (h->base->cell[i / 8])
				ir->data[i] = (uint8_t)eval_term(&p->e, h->base->cell[i / 8]->byte[i % 8]);
		if (!ir)
			return false;
	}
	return true;
}

/*
 * A call of a function by its contract. What replaces the function at load is not there: whatever the contract allows may
 * happen. A function whose body is there would do one thing, and that is not known here.
 */
static int call_function(struct player *p, const struct isa_insn *insn, uint32_t pc, const uint64_t args[5], uint64_t *ret_r0)
{
	const struct bpfobj_func *f = bpfobj_func_at(p->s->prog, insn->target);
	struct log_entry *e = next_entry(p);
	bool replaced = false;
	uint8_t data[8192];

	if (!f || !e || e->kind != LOG_CALL || e->insn != pc || e->helper != SYMFUNC_HELPER)
		return diverge(p, "instruction %u: the model has no such call", pc);
	size_t index = p->next++;
	for (unsigned i = 0; i < 5; i++) {
		uint64_t want;

		if (eval_term(&p->e, e->arg[i]->init) && concrete(p, e->arg[i], &want) && want != args[i])
			return diverge(p, "argument %u of %s is 0x%llx, the model says 0x%llx", i + 1, f->name, (unsigned long long)args[i],
				       (unsigned long long)want);
		int64_t size = symfunc_pointee(p->s, f, i);
		if (args[i] && size > 0 && size <= (int64_t)sizeof(data) && interp_read(p->it, args[i], data, (uint32_t)size) < 0)
			return -1;
	}
	if (p->o->insn == pc && (p->o->prop == PROP_CALL || p->o->prop == PROP_CONTRACT) && (p->o->seq == index || p->o->seq == index + 1)) {
		p->reached = true;
		return diverge(p, "%s is called so", f->name);
	}
	for (size_t i = 0; i < p->s->n_used; i++)
		replaced |= p->s->used[i].func == f && p->s->used[i].replaced;
	if (!replaced)
		return diverge(p, "%s is known by its contract only: a stronger ensures or assigns may help", f->name);
	if (!apply_havoc(p, e))
		return diverge(p, "what %s changed cannot be made concrete", f->name);
	if (apply_effects(p, e, args) < 0)
		return -1;
	return !e->ret || !concrete(p, e->ret, ret_r0) ? diverge(p, "the result of %s cannot be made concrete", f->name) : 0;
}

/* The region that is the number of the iterator at that address of the model's frame is the interpreter's. */
static void know_number(struct player *p, uint64_t addr)
{
	const struct interp_iter *i = p->iters;

	while (i && i->addr != addr)
		i = i->later;
	for (uint32_t k = 1; i && k < p->n_region; k++)
		if (p->s->region[k]->kind == REGION_ITER && p->s->region[k]->frame_off == addr - i->place->base)
			p->region[p->s->region[k]->number] = i->number;
}

/* Calls of an iterator ask nothing of the environment: the interpreter does what the kernel does. */
static int call_iterator(struct player *p, enum symiter_kfunc which, uint32_t pc, const uint64_t args[5], uint64_t *ret_r0)
{
	const char *why = NULL;
	int r = which == SYMITER_NEW ? interp_iter_new(&p->iters, p->it, args, ret_r0, &why) :
		which == SYMITER_NEXT ? interp_iter_next(&p->iters, p->it, args, ret_r0, &why) :
					interp_iter_destroy(&p->iters, p->it, args, &why);

	if (!r) {
		know_number(p, args[0]);
		return 0;
	}
	p->reached = p->o->prop == PROP_CALL && p->o->insn == pc;
	return diverge(p, "%s", why);
}

static int hook_call(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc, const uint64_t args[5],
		     uint64_t *ret_r0)
{
	struct player *p = ctx;

	if (insn->op == ISA_CALL_HELPER && insn->imm == SYMFUNC_HELPER)
		return call_function(p, &p->s->insns[pc], pc, args, ret_r0);
	if (insn->op == ISA_CALL_KFUNC && symiter_kfunc(p->s->prog, pc))
		return call_iterator(p, symiter_kfunc(p->s->prog, pc), pc, args, ret_r0);
	struct log_entry *e = next_entry(p);
	const struct helper *h = insn->op == ISA_CALL_HELPER ? helper_find(insn->imm) : NULL;

	if (!h || !e || e->kind != LOG_CALL || e->insn != pc || e->helper != insn->imm)
		return diverge(p, "instruction %u: the model has no such call", pc);
	size_t index = p->next++;
	bool here = p->o->insn == pc && (p->o->seq == index || p->o->seq == index + 1);
	if (check_args(p, h, e, args) < 0)
		return -1;
	if (here && (p->o->prop == PROP_CALL || p->o->prop == PROP_INVARIANT || p->o->prop == PROP_CONTRACT)) {
		p->reached = true;
		return diverge(p, "%s is called so", h->name);
	}
	if (e->release) {
		release_record(p, args[0], insn->imm == 132);
		if (here && p->o->prop == PROP_RECORD && p->uninit_record) {
			p->reached = true;
			return diverge(p, "an uninitialised record is submitted");
		}
	}
	if (e->havocs && !apply_havoc(p, e))
		return diverge(p, "what %s changed cannot be made concrete", h->name);
	if (insn->imm == 181)
		return run_loop(p, e, args, ret_r0);
	if (insn->imm == 164 && !args[3] && e->value && eval_term(&p->e, e->value))
		return diverge(p, "a walk over elements is not replayed");
	if (apply_effects(p, e, args) < 0)
		return -1;
	if (!e->ret || !concrete(p, e->ret, ret_r0))
		return diverge(p, "the result of %s cannot be made concrete", h->name);
	return 0;
}

/* Whether the frame holds what the model says, wherever the model says something. */
static bool frame_agrees(struct player *p, const struct state *st, uint64_t fp)
{
	const struct region *model = region_get(p->s, st->r[ISA_REG_FP]->alt[0].region);
	const struct rmem *m = model->id < st->n_mem ? st->mem[model->id] : NULL;
	struct interp_region *ir = interp_region_at(p->it, fp - 1);

	for (uint32_t i = 0; m && i < 8 * m->n; i++) {
		const struct cell *c = m->cell[i / 8];
		uint64_t at = fp - ISA_STACK_SIZE + i, want;

		if (!c || !ir || at < ir->base || at - ir->base >= ir->size)
			continue;
		if (c->v ? !eval_term(&p->e, c->v->init) || !concrete(p, c->v, &want) : !eval_term(&p->e, c->init[i % 8]))
			continue;
		if (!c->v)
			want = eval_term(&p->e, c->byte[i % 8]) << (8 * (i % 8));
		if ((uint8_t)(want >> (8 * (i % 8))) != ir->data[at - ir->base])
			return false;
	}
	return true;
}

/* The loop whose entry the obligation is about is entered, in the state the model says. */
static void at_loop_entry(struct player *p, uint32_t pc, const uint64_t r[ISA_REGS])
{
	const struct loop_entry *e = p->s->loop_entries;

	while (e && (e->insn != pc || e->cond != p->o->cond))
		e = e->next;
	if (!e || p->reached || p->diverged)
		return;
	for (int i = 0; i < ISA_REG_FP; i++) {
		uint64_t want;

		if (eval_term(&p->e, e->state->r[i]->init) && concrete(p, e->state->r[i], &want) && want != r[i])
			return;
	}
	if (!frame_agrees(p, e->state, r[ISA_REG_FP]))
		return;
	p->reached = true;
	snprintf(p->out->why, sizeof(p->out->why), "the loop is entered so");
}

/* What is wrong is that the access happens: without a lock, to a member that the kernel has not. It happens where the model has come as far. */
static void at_access(struct player *p)
{
	next_entry(p);
	if (p->o->access && !p->diverged && p->next >= p->o->seq) {
		p->reached = true;
		snprintf(p->out->why, sizeof(p->out->why), "it is used here");
	}
}

static void hook_trace(void *ctx, const struct interp *it, uint32_t pc, const struct isa_insn *insn,
		       const uint64_t r[ISA_REGS])
{
	struct player *p = ctx;
	struct replay *out = p->out;

	if (p->o->prop == PROP_INVARIANT && p->o->insn == pc)
		at_loop_entry(p, pc, r);
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
static bool reads_unset_argument(const struct player *p)
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

/*
 * Whether memory that outlives the program holds at the end what the model says. Where a loop was not unrolled, the model
 * may say more than there is.
 */
static bool memory_agrees(struct player *p)
{
	const struct state *st = p->s->final;

	for (size_t i = 0; i < p->s->n_maps; i++)
		if (p->s->map[i].any)
			return false;
	for (uint32_t i = 1; st && i < st->n_mem && i < p->n_region; i++)
		for (uint32_t k = 0; st->mem[i] && p->region[i] && !p->s->region[i]->is_number && k < 8 * st->mem[i]->n && k < p->region[i]->size; k++) {
			const struct cell *c = st->mem[i]->cell[k / 8];
			uint64_t want;

			if (!c || (c->v && !concrete(p, c->v, &want)))
				continue;
			if (!c->v)
				want = eval_term(&p->e, c->byte[k % 8]) << (8 * (k % 8));
			if ((uint8_t)(want >> (8 * (k % 8))) != p->region[i]->data[k])
				return false;
		}
	return true;
}

static void judge(struct player *p, const struct interp_result *r)
{
	struct replay *out = p->out;
	const struct oblig *o = p->o;

	out->r0 = r->r0;
	out->steps = r->steps;
	if (p->reached) {
		out->confirmed = true;
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
	if (p->s->abstracted && !memory_agrees(p)) {
		snprintf(out->why, sizeof(out->why), "the model's loop leaves other contents than the program's");
		return;
	}
	if (p->s->final && concrete(p, p->s->final->r[0], &want) && (uint32_t)want == (uint32_t)r->r0 && !next_entry(p)) {
		out->confirmed = true;
		snprintf(out->why, sizeof(out->why), "returns %d", (int)(uint32_t)r->r0);
	} else {
		snprintf(out->why, sizeof(out->why), "the interpreter returns 0x%llx, the model says 0x%llx",
			 (unsigned long long)r->r0, (unsigned long long)want);
	}
}

/* Two reads of one place must agree, unless memory may change. */
static bool reads_agree(struct player *p)
{
	struct sym *s = p->s;

	if (s->opts.racy)
		return true;
	for (size_t i = 0; i < s->n_log; i++) {
		const struct log_entry *a = &s->log[i];

		if (a->kind != LOG_KREAD || a->fresh || !eval_term(&p->e, a->guard))
			continue;
		for (size_t j = 0; j < i; j++) {
			const struct log_entry *b = &s->log[j];
			uint64_t x, y;

			if (b->kind != LOG_KREAD || b->fresh || !eval_term(&p->e, b->guard))
				continue;
			x = eval_term(&p->e, a->addr);
			y = eval_term(&p->e, b->addr);
			for (uint32_t k = 0; k < a->size; k++)
				if (x + k >= y && x + k < y + b->size &&
				    (eval_term(&p->e, a->value) >> (8 * k) & 0xff) !=
					    (eval_term(&p->e, b->value) >> (8 * (x + k - y)) & 0xff))
					return false;
		}
	}
	return true;
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
	struct player p = { .s = s, .o = o, .out = ret, .n_region = s->n_regions };
	struct interp_opts opts = { .max_steps = 1u << 22, .max_depth = 16, .strict = true, .align = o->prop == PROP_ALIGN };
	struct interp_result res = { 0 };
	struct isa_insn *insns = NULL;
	int r = -ENOMEM;

	*ret = (struct replay){ .confirmed = false };
	p.region = calloc(s->n_regions + 1, sizeof(*p.region));
	if (!p.region || eval_init(&p.e, &s->t, model, s->t.n_vars) < 0)
		goto out;
	insns = rewrite_program(s, &p.e);
	if (!insns)
		goto out;
	opts.hooks = (struct interp_hooks){ .ctx = &p, .call = hook_call, .imm64 = hook_imm64, .memory = hook_memory, .trace = hook_trace };
	r = interp_new(&opts, &p.it);
	if (r < 0)
		goto out;
	uint64_t args[5] = { CTX_BASE, 0, 0, 0, 0 };
	if (!reads_agree(&p)) {
		snprintf(ret->why, sizeof(ret->why), "the model needs kernel memory that contradicts itself");
		r = 0;
		goto out;
	}
	for (unsigned i = 0; s->func && i < 5; i++)
		if (s->initial->r[i + 1]->init != TERM_TRUE || !concrete(&p, s->initial->r[i + 1], &args[i]))
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
	free(insns);
	return r;
}

void replay_done(struct replay *r)
{
	free(r->path);
	r->path = NULL;
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
		buf_printf(out, "%.*s = 0x%llx\n", end ? (int)(end - name) : (int)strlen(name), name, (unsigned long long)model[i]);
		shown++;
	}
	free(mark);
}
