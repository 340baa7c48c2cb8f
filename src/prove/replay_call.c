// SPDX-License-Identifier: GPL-2.0-only
/* replay_call: calls in a replay: of helpers, functions by contract, iterators. What the model answered, if it was asked so. */
#include "prove/replay_player.h"

#include <errno.h>
#include <string.h>
#include "prove/contract.h"
#include "prove/contract_eval.h"
#include "prove/helper.h"
#include "prove/symfunc.h"
#include "prove/symiter.h"

/* The call that the obligation is about, with the model's arguments. What memory holds now is the model's, where that is known. */
static int called_so(struct replay_player *p, const char *name)
{
	if (p->blurred)
		return replay_diverge(p, "what a write at an unknown place left, when %s is called, is not followed", name);
	p->reached = true;
	return replay_diverge(p, "%s is called so", name);
}

/* What the kernel would check of the arguments, by the interpreter's own memory. */
static int check_args(struct replay_player *p, const struct helper *h, const struct log_entry *e, const uint64_t args[5])
{
	uint8_t data[8192];
	const struct map_model *m = NULL;

	for (unsigned i = 0; h->args[i]; i++) {
		uint64_t want, size = 0;

		if (e->arg[i]->init != TERM_TRUE && !eval_term(&p->e, e->arg[i]->init))
			return interp_fail(p->it, INTERP_UNINIT, "argument %u was never set", i + 1);
		if (replay_concrete(p, e->arg[i], &want) && want != args[i])
			return replay_diverge(p, "argument %u of %s is 0x%llx, the model says 0x%llx", i + 1, h->name,
				       (unsigned long long)args[i], (unsigned long long)want);
		if (h->args[i] == 'm' && e->arg[i]->n)
			m = symmap_of(p->s, e->arg[i]->alt[0].region);
		if (h->args[i] == 'k')
			size = m && !m->is_object ? m->map->key_size : 0;
		else if (h->args[i] == 'v' || (h->args[i] == 'V' && args[i]))
			size = m ? m->map->value_size : 0;
		else if (strchr("rRwW", h->args[i]))
			size = args[i + 1 < 5 ? i + 1 : i];
		if (size && args[i] >= SYMSHARE_BASE && args[i] < REPLAY_CTX_BASE)
			return replay_diverge(p, "%s reads an element of a shared map", h->name);
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
				return replay_diverge(p, "an argument of %llu bytes", (unsigned long long)size);
			return interp_fail(p->it, args[i] < 4096 ? INTERP_NULL : INTERP_BOUNDS, "the data of %s is out of bounds", h->name);
		} else if (interp_read(p->it, args[i], data, (uint32_t)size) < 0) {
			return -1;
		}
	}
	return 0;
}

static int apply_effects(struct replay_player *p, const struct log_entry *e, const uint64_t args[5])
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

		if (!replay_concrete(p, e->dst, &to) || interp_read(p->it, args[2], value, n) < 0 || interp_write(p->it, to, value, n) < 0)
			return -1;
	}
	if (e->alloc && eval_term(&p->e, e->alloc_guard)) {
		struct region *r = region_get(p->s, e->alloc);
		struct interp_region *ir = replay_realize(p, r);

		if (!ir)
			return replay_diverge(p, "no room for %s", r->name);
		if (r->kind == REGION_ROW && args[2] && interp_read(p->it, args[2], ir->data, (uint32_t)r->size) < 0)
			return -1;
	}
	return 0;
}

/* What is copied from the packet is what the replay has there: of an offset that is no constant, the model may say something else. */
static bool same_packet(struct replay_player *p, const struct log_entry *e, const uint64_t args[5])
{
	struct interp_region *packet = p->s->packet && !p->s->packet_changed && e->writes ? replay_realize(p, region_get(p->s, p->s->packet)) : NULL;
	uint64_t from = (uint32_t)args[1];

	for (uint64_t i = 0; packet && from + args[3] <= packet->size && i < args[3]; i++)
		if (packet->data[from + i] != (uint8_t)eval_term(&p->e, e->writes->byte[i]))
			return false;
	return true;
}

/* A loop that is not unrolled ran so often: what it left is no longer what the model made up. */
static int learn_loop(struct replay_player *p, const struct log_entry *e, uint64_t count)
{
	const struct log_loop *l = e->loop;
	uint64_t want;

	if (l && l->end) {
		replay_learn(p, l->end, l->after, p->s->t.n_vars);
		replay_learn_number(p, l->after, p->s->t.n_vars, l->end->r[0], count);
		p->strayed |= !replay_memory_agrees(p, l->end);
	}
	if (!e->ret || !replay_concrete(p, e->ret, &want) || want != count)
		return replay_diverge(p, "the loop at instruction %u runs %llu times, the model says something else", e->insn, (unsigned long long)count);
	return 0;
}

/* Before iteration k. Whether it is the one that the model has. */
static bool in_iteration(struct replay_player *p, const struct log_loop *l, uint64_t k)
{
	if (!l->begin || eval_term(&p->e, l->index) != k)
		return false;
	replay_learn(p, l->begin, l->before, l->iteration);
	return replay_memory_agrees(p, l->begin);
}

/* There is one more iteration than the contract says, and it is that loop of the run which the obligation is about. */
static bool goes_on(struct replay_player *p)
{
	replay_next(p);
	p->reached = p->next >= p->o->seq && replay_violated(p);
	return p->reached;
}

static int run_loop(struct replay_player *p, const struct log_entry *e, const uint64_t args[5], uint64_t *ret_r0)
{
	uint64_t target = args[1] - REPLAY_FUNC_BASE, r = 0, k = 0, n = (uint32_t)args[0];
	bool strayed = p->strayed;

	if (args[3] || n > 1u << 23) {
		*ret_r0 = (uint64_t)(args[3] ? -EINVAL : -E2BIG);
		return 0;
	}
	if (target >= p->s->n_insns)
		return replay_diverge(p, "the callback is no function");
	while (k < n && !r) {
		const uint64_t a[5] = { k, args[2], 0, 0, 0 };

		p->idle = e->retries && eval_term(&p->e, e->value) != k;
		if (e->most && k == e->most && p->o->prop == PROP_INVARIANT && p->o->insn == target && goes_on(p))
			return replay_diverge(p, "it goes on after %llu iterations", (unsigned long long)k);
		p->strayed = strayed || (e->loop && !in_iteration(p, e->loop, k));
		if (interp_callback(p->it, (uint32_t)target, a, 2, &r) < 0)
			return -1;
		k++;
	}
	p->idle = false;
	p->strayed = strayed;
	*ret_r0 = k;
	return learn_loop(p, e, k);
}

static void release_record(struct replay_player *p, uint64_t addr, bool submit)
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
static bool apply_havoc(struct replay_player *p, const struct log_entry *e)
{
	for (const struct log_havoc *h = e->havocs; h; h = h->next) {
		struct region *r = region_get(p->s, h->region);
		struct interp_region *ir = replay_realize(p, r);

		for (uint64_t i = 0; ir && i < r->size; i++)
			if (h->base->cell[i / 8])
				ir->data[i] = (uint8_t)eval_term(&p->e, h->base->cell[i / 8]->byte[i % 8]);
		if (!ir)
			return false;
	}
	return true;
}

/* Whether the function changes nothing by its contract, so that what it returns is all there is. */
static bool is_pure(const struct replay_player *p, const struct bpfobj_func *f, const struct log_entry *e)
{
	for (size_t i = 0; i < p->s->n_maps; i++)
		if (contract_call_assigns(p->s->opts.contract, p->s->obj, f->name, NULL, p->s->map[i].map))
			return false;
	return !e->havocs && !e->writes;
}

/* The function does what it does: does it return what the model says? Then it goes on with that, and memory is compared at the end. */
static int run_body(struct replay_player *p, const struct isa_insn *insn, const struct bpfobj_func *f, const struct log_entry *e,
		    const uint64_t args[5], uint64_t *ret_r0)
{
	uint64_t model, real;
	struct cparams types;

	if (!is_pure(p, f, e) || !contract_bind(p->s, f, e->arg, &types) || !e->ret || !replay_concrete(p, e->ret, &model))
		return replay_diverge(p, "%s is known by its contract only: a stronger ensures or assigns may help", f->name);
	p->ran_body = true;
	if (interp_callback(p->it, insn->target, args, 5, &real) < 0)
		return -1;
	if (types.result_bits && (model ^ real) << (64 - types.result_bits))
		return replay_diverge(p, "%s returns 0x%llx, the model says 0x%llx: a stronger ensures may help", f->name,
				      (unsigned long long)real, (unsigned long long)model);
	*ret_r0 = real;
	return 0;
}

/*
 * A call of a function by its contract. What replaces the function at load is not there: whatever the contract allows may
 * happen. A function whose body is there does one thing, which is seen where it changes nothing.
 */
static int call_function(struct replay_player *p, const struct isa_insn *insn, uint32_t pc, const uint64_t args[5], uint64_t *ret_r0)
{
	const struct bpfobj_func *f = bpfobj_func_at(p->s->prog, insn->target);
	struct log_entry *e = replay_next(p);
	bool replaced = false;
	uint8_t data[8192];

	if (!f || !e || e->kind != LOG_CALL || e->insn != pc || e->helper != SYMFUNC_HELPER)
		return replay_diverge(p, "instruction %u: the model has no such call", pc);
	size_t index = p->next++;
	for (unsigned i = 0; i < 5; i++) {
		uint64_t want;

		if (eval_term(&p->e, e->arg[i]->init) && replay_concrete(p, e->arg[i], &want) && want != args[i])
			return replay_diverge(p, "argument %u of %s is 0x%llx, the model says 0x%llx", i + 1, f->name, (unsigned long long)args[i],
				       (unsigned long long)want);
		int64_t size = symfunc_pointee(p->s, f, i);
		if (args[i] && size > 0 && size <= (int64_t)sizeof(data) && interp_read(p->it, args[i], data, (uint32_t)size) < 0)
			return -1;
	}
	if (p->o->insn == pc && (p->o->prop == PROP_CALL || p->o->prop == PROP_CONTRACT) && (p->o->seq == index || p->o->seq == index + 1))
		return called_so(p, f->name);
	for (size_t i = 0; i < p->s->n_used; i++)
		replaced |= p->s->used[i].func == f && p->s->used[i].replaced;
	if (!replaced)
		return run_body(p, insn, f, e, args, ret_r0);
	if (!apply_havoc(p, e))
		return replay_diverge(p, "what %s changed cannot be made concrete", f->name);
	if (apply_effects(p, e, args) < 0)
		return -1;
	return !e->ret || !replay_concrete(p, e->ret, ret_r0) ? replay_diverge(p, "the result of %s cannot be made concrete", f->name) : 0;
}

/* The region that is the number of the iterator at that address of the model's frame is the interpreter's. */
static void know_number(struct replay_player *p, uint64_t addr)
{
	const struct interp_iter *i = p->iters;

	while (i && i->addr != addr)
		i = i->later;
	for (uint32_t k = 1; i && k < p->n_region; k++)
		if (p->s->region[k]->kind == REGION_ITER && p->s->region[k]->frame_off == addr - i->place->base)
			p->region[p->s->region[k]->number] = i->number;
}

/* Calls of an iterator ask nothing of the environment: the interpreter does what the kernel does. */
static int call_iterator(struct replay_player *p, enum symiter_kfunc which, uint32_t pc, const uint64_t args[5], uint64_t *ret_r0)
{
	const char *why = NULL;
	int r = which == SYMITER_NEW ? interp_iter_new(&p->iters, p->it, args, ret_r0, &why) :
		which == SYMITER_NEXT ? interp_iter_next(&p->iters, p->it, args, ret_r0, &why) :
					interp_iter_destroy(&p->iters, p->it, args, &why);

	if (!r) {
		know_number(p, args[0]);
		return which == SYMITER_DESTROY;
	}
	p->reached = p->o->prop == PROP_CALL && p->o->insn == pc;
	return replay_diverge(p, "%s", why);
}

/*
 * In an iteration that is not the model's, of a loop that only tries again: storage that is not there could not be made. The
 * kernel may say so at any time; whether the iteration then goes on is seen. Any other call is not replayed.
 */
static int call_idle(struct replay_player *p, const struct helper *h, uint32_t pc, uint64_t *ret_r0)
{
	bool storage = h && h->model == helper_storage_get;

	for (size_t i = 0; storage && i < p->s->n_log; i++) {
		const struct log_entry *e = &p->s->log[i];
		bool here = e->kind == LOG_CALL && e->in_loop && e->insn == pc && eval_term(&p->e, e->guard);
		bool is_new = here && e->alloc && eval_term(&p->e, e->alloc_guard);

		*ret_r0 = 1;
		if (is_new || (here && e->ret && replay_concrete(p, e->ret, ret_r0) && !*ret_r0)) {
			*ret_r0 = 0;
			return 0;
		}
	}
	return replay_diverge(p, "instruction %u: a call in an iteration that only tries again", pc);
}

int replay_call(void *ctx, struct interp *it, const struct isa_insn *insn, uint32_t pc, const uint64_t args[5],
		     uint64_t *ret_r0)
{
	struct replay_player *p = ctx;

	if (insn->op == ISA_CALL_HELPER && insn->imm == SYMFUNC_HELPER && !p->idle)
		return call_function(p, &p->s->insns[pc], pc, args, ret_r0);
	if (insn->op == ISA_CALL_KFUNC && symiter_kfunc(p->s->prog, pc) && !p->idle)
		return call_iterator(p, symiter_kfunc(p->s->prog, pc), pc, args, ret_r0);
	const struct helper *h = insn->op == ISA_CALL_HELPER ? helper_find(insn->imm) : NULL;
	if (p->idle)
		return call_idle(p, h, pc, ret_r0);
	struct log_entry *e = replay_next(p);

	if (!h || !e || e->kind != LOG_CALL || e->insn != pc || e->helper != insn->imm)
		return replay_diverge(p, "instruction %u: the model has no such call", pc);
	size_t index = p->next++;
	bool here = p->o->insn == pc && (p->o->seq == index || p->o->seq == index + 1);
	if (check_args(p, h, e, args) < 0)
		return -1;
	if (here && (p->o->prop == PROP_CALL || p->o->prop == PROP_INVARIANT || p->o->prop == PROP_CONTRACT))
		return called_so(p, h->name);
	if (e->release) {
		release_record(p, args[0], insn->imm == 132);
		if (here && p->o->prop == PROP_RECORD && p->uninit_record) {
			p->reached = true;
			return replay_diverge(p, "an uninitialised record is submitted");
		}
	}
	if (e->havocs && !apply_havoc(p, e))
		return replay_diverge(p, "what %s changed cannot be made concrete", h->name);
	if (insn->imm == 181)
		return run_loop(p, e, args, ret_r0);
	if (insn->imm == 164 && !args[3] && e->value && eval_term(&p->e, e->value))
		return replay_diverge(p, "a walk over elements is not replayed");
	if (insn->imm == 164 && e->loop && learn_loop(p, e, 0) < 0) /* over none */
		return -1;
	if ((insn->imm == 26 || insn->imm == 189) && !same_packet(p, e, args))
		return replay_diverge(p, "%s copies other bytes than the packet has", h->name);
	if (apply_effects(p, e, args) < 0)
		return -1;
	if (!e->ret || !replay_concrete(p, e->ret, ret_r0))
		return replay_diverge(p, "the result of %s cannot be made concrete", h->name);
	return h->ret == 'v';
}
