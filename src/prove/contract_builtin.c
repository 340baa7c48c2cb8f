// SPDX-License-Identifier: GPL-2.0-only
/* contract_builtin: the functions that contracts have: of calls, records, packets, kernel memory. */
#include <string.h>
#include <stdlib.h>
#include "prove/contract_eval.h"
#include "prove/contract_spec.h"
#include "prove/contract.h"
#include "prove/helper.h"
#include "prove/symfunc.h"

static bool arity(struct cenv *e, const struct node *n, uint32_t want)
{
	if (n->n == want)
		return true;
	contract_fail(e, n, "%s takes %u arguments", n->text, want);
	return false;
}

static uint64_t constant_arg(struct cenv *e, const struct node *n, uint32_t i)
{
	struct cval v = contract_value(e, n->list[i]);
	term k = contract_number(e, n->list[i], &v);

	if (!e->failed && !term_is_const(&e->s->t, k))
		contract_fail(e, n->list[i], "a constant is expected here");
	return e->failed ? 0 : term_value(&e->s->t, k);
}

static struct cval fn_packet(struct cenv *e, const struct node *n)
{
	struct sym *s = e->s;
	uint64_t size = arity(e, n, 2) ? constant_arg(e, n, 1) : 0;
	term w = TERM_NONE, init;

	if (e->failed)
		return contract_int(e, term_const(&s->t, 64, 0), false);
	if (!s->packet || (size != 1 && size != 2 && size != 4 && size != 8))
		return contract_fail(e, n, "packet(offset, 1, 2, 4 or 8), in a program that gets a packet");
	struct cval o = contract_value(e, n->list[0]);
	term off = contract_number(e, n->list[0], &o);
	for (uint64_t i = 0; i < size; i++) {
		const struct val *b = mem_load(s, s->initial, region_get(s, s->packet), term_add(&s->t, off, term_const(&s->t, 64, i)), 1, &init);
		term x = term_extract(&s->t, val_number(s, b), 7, 0);
		w = w ? term_concat(&s->t, w, x) : x; /* network order */
	}
	return contract_int(e, term_extend(&s->t, false, 64, w), size == 8);
}

/* kernel(ADDRESS, N): N bytes of kernel memory, little endian */
static struct cval fn_kernel(struct cenv *e, const struct node *n)
{
	struct sym *s = e->s;
	uint64_t size = arity(e, n, 2) ? constant_arg(e, n, 1) : 0;
	term w = TERM_NONE;

	if (e->failed)
		return contract_int(e, term_const(&s->t, 64, 0), false);
	if (size < 1 || size > 8)
		return contract_fail(e, n, "kernel(address, 1 to 8)");
	struct cval at = contract_value(e, n->list[0]);
	term addr = contract_number(e, n->list[0], &at);
	for (uint64_t i = 0; i < size; i++) {
		term x = contract_kernel_byte(e, term_add(&s->t, addr, term_const(&s->t, 64, i)));
		w = w ? term_concat(&s->t, x, w) : x;
	}
	return contract_int(e, term_extend(&s->t, false, 64, w), size == 8);
}

/* The function that entry l is a call of, by contract; its result as its type says. */
static term function_result(struct sym *s, const struct log_entry *l)
{
	struct cparams types;
	const struct bpfobj_func *f = bpfobj_func_at(s->prog, s->insns[l->insn].target);
	term v = val_number(s, l->ret);

	if (!f || !contract_bind(s, f, l->arg, &types) || !types.result_bits)
		return v;
	return term_extend(&s->t, types.result_signed, 64, term_extract(&s->t, v, types.result_bits - 1, 0));
}

static const char *called_name(const struct sym *s, const struct log_entry *l)
{
	const struct bpfobj_func *f;

	if (l->helper != SYMFUNC_HELPER)
		return helper_name(l->helper);
	f = bpfobj_func_at(s->prog, s->insns[l->insn].target);
	return f ? f->name : "?";
}

static size_t parameters(const struct sym *s, const struct bpfobj_func *f)
{
	const struct bt *bt = bpfobj_btf(s->obj);
	const struct bt_type *func = bt && f->type ? bt_get(bt, f->type) : NULL;
	const struct bt_type *proto = func ? bt_resolve(bt, func->ref) : NULL;

	return proto && proto->kind == BT_FUNC_PROTO ? proto->n : 5;
}

/* An argument of the call that is judged: what it points to is as it is then. */
static struct cval given(struct cenv *e, const struct val *arg)
{
	struct cval v = contract_int(e, val_number(e->s, arg), false);

	v.ptr = arg->n ? arg : NULL;
	return v;
}

/* Was this call with those arguments? called(F, A0, A1, ...): of a function as their types are. */
static term with_arguments(struct cenv *e, const struct node *n, const struct log_entry *l)
{
	struct sym *s = e->s;
	const struct bpfobj_func *f = l->helper == SYMFUNC_HELPER ? bpfobj_func_at(s->prog, s->insns[l->insn].target) : NULL;
	struct cparams types = { .n = 0 };
	term same = TERM_TRUE;

	for (uint32_t i = 1; i < n->n && !e->failed; i++) {
		struct cval want = contract_value(e, n->list[i]);
		bool typed = f && contract_bind(s, f, l->arg, &types);

		same = term_and(&s->t, same, term_eq(&s->t, contract_number(e, n->list[i], &want), typed ? types.value[i - 1].t : val_number(s, l->arg[i - 1])));
	}
	return same;
}

/*
 * called(F), call(F): a helper, or a function that is judged by its contract; arg(F, 0..4): what it got. Of several calls
 * the last one. failed(F): any of them returned something else than 0. called(F, A0, ...): any with these arguments.
 * times(F): how many.
 */
static struct cval fn_called(struct cenv *e, const struct node *n)
{
	struct sym *s = e->s;
	term any = TERM_FALSE, wrong = TERM_FALSE, v = term_const(&s->t, 64, 0), times = v;
	const struct bpfobj_prog *prog;
	bool known = false, arg = !strcmp(n->text, "arg");
	const struct val *last = val_const(s, 0); /* the argument, which may be a pointer */
	size_t takes = 5;

	if ((strcmp(n->text, "called") != 0 && !arity(e, n, 1 + arg)) || !n->n || n->list[0]->kind != NODE_NAME || (arg && (n->list[1]->kind != NODE_NUM || n->list[1]->num > 4)))
		return contract_fail(e, n, "%s(NAME OF A HELPER OR FUNCTION%s)", n->text, arg ? ", 0 TO 4" : "");
	const char *name = n->list[0]->text;
	for (size_t i = 0; i < helper_table_len && !known; i++) {
		known = !strcmp(helper_table[i].name, name);
		takes = known ? strlen(helper_table[i].args) : takes;
	}
	const struct bpfobj_func *f = known ? NULL : contract_func_find(s->obj, name, &prog);
	known |= f && (contract_has_function(e->c, name, &(bool){ false }) || (s->opts.modular && f->is_global));
	if (!known)
		return contract_fail(e, n, "there is no helper '%s', and no function that is judged by its contract", name);
	if (f)
		takes = parameters(s, f);
	if (arg ? n->list[1]->num >= takes : n->n > 1 + takes)
		return contract_fail(e, n, "%s takes %zu arguments%s", name, takes, arg ? ": 0 is the first" : "");
	if (e->at_call && !strcmp(e->at_call, name) && n->n > 1 && !arg)
		return contract_fail(e, n, "what %s is called with is arg(%s, 0 TO 4) here", name, name);
	if (e->at_call && !strcmp(e->at_call, name) && strcmp(n->text, "failed") && strcmp(n->text, "times")) {
		if (!strcmp(n->text, "call"))
			return contract_fail(e, n, "what %s returns is not known here", name);
		return arg ? given(e, s->log[s->n_log - 1].arg[n->list[1]->num]) : contract_truth(TERM_TRUE);
	}
	for (size_t i = 0; i < s->n_log; i++) {
		const struct log_entry one = s->log[i], *l = &one; /* the list may move */
		if (l->kind != LOG_CALL || strcmp(called_name(s, l), name))
			continue;
		times = term_add(&s->t, times, term_ite(&s->t, l->guard, term_const(&s->t, 64, 1), term_const(&s->t, 64, 0)));
		if (!l->ret) /* the one that is judged */
			continue;
		if (l->in_loop)
			sym_give_up(s, "contract: a call of %s comes from a loop that is not unrolled", name);
		any = term_or(&s->t, any, arg ? l->guard : term_and(&s->t, l->guard, with_arguments(e, n, l)));
		last = arg ? val_merge(s, l->guard, l->arg[n->list[1]->num], last) : last;
		term x = arg ? val_number(s, l->arg[n->list[1]->num]) :
			 l->helper == SYMFUNC_HELPER ? function_result(s, l) : val_number(s, l->ret);
		v = term_ite(&s->t, l->guard, x, v);
		wrong = term_or(&s->t, wrong, term_and(&s->t, l->guard, term_not(&s->t, term_eq_k(&s->t, x, 0))));
	}
	if (!strcmp(n->text, "failed"))
		return contract_truth(wrong);
	if (!strcmp(n->text, "times"))
		return contract_int(e, times, false);
	if (!strcmp(n->text, "called"))
		return contract_truth(any);
	struct cval r = contract_int(e, v, false);
	r.ptr = last->n ? last : NULL;
	return r;
}

/* after(F, E): a number, as the last call of function F, which is judged by its contract, left it. */
static struct cval fn_after(struct cenv *e, const struct node *n)
{
	struct sym *s = e->s;
	struct cval v = contract_int(e, term_const(&s->t, 64, 0), false);
	const struct bpfobj_prog *prog;

	if (!arity(e, n, 2) || n->list[0]->kind != NODE_NAME || !contract_func_find(s->obj, n->list[0]->text, &prog) ||
	    !contract_has_function(e->c, n->list[0]->text, &(bool){ false }))
		return contract_fail(e, n, "after(A FUNCTION THAT HAS A BLOCK, EXPRESSION)");
	for (size_t i = 0; i < s->n_log && !e->failed; i++) {
		const struct log_entry l = s->log[i]; /* the list may move */
		struct cenv then = *e;

		if (l.kind != LOG_CALL || !l.left || strcmp(called_name(s, &l), n->list[0]->text))
			continue;
		if (l.in_loop)
			sym_give_up(s, "contract: a call of %s comes from a loop that is not unrolled", n->list[0]->text);
		then.pre = l.left;
		then.before = l.ops;
		then.pre_regions = l.regions;
		then.old = then.after = true;
		struct cval x = contract_value(&then, n->list[1]);
		term k = contract_number(&then, n->list[1], &x);
		v = contract_int(e, term_ite(&s->t, l.guard, k, v.t), v.is_u64 || x.is_u64);
		e->failed |= then.failed;
	}
	return v;
}

/* emitted(MAP), record(MAP, OFF, N): of the last record, little endian */
static struct cval fn_emitted(struct cenv *e, const struct node *n)
{
	struct sym *s = e->s;
	struct terms *t = &s->t;
	bool count = !strcmp(n->text, "emitted");
	struct map_model *m = arity(e, n, count ? 1 : 3) ? contract_map(e, n->list[0]) : NULL;
	uint64_t off = !count && m ? constant_arg(e, n, 1) : 0, size = !count && m ? constant_arg(e, n, 2) : 0;
	term v = term_const(t, 64, 0), done = TERM_FALSE;

	if (!m || e->failed)
		return contract_int(e, v, false);
	if (s->loop_events)
		sym_give_up(s, "contract: records are counted, but some come from a loop that was not unrolled");
	if (!count && (size < 1 || size > 8))
		return contract_fail(e, n, "record(MAP, offset, 1..8)");
	for (struct event *ev = s->events; ev; ev = ev->next) { /* newest first */
		term w = TERM_NONE;

		if (!ev->map || ev->map->map != m->map)
			continue;
		if (count) {
			term one = ev->unseen ? term_extend(t, false, 64, term_fresh(t, 32, "unseen records")) : term_const(t, 64, 1);

			v = term_add(t, v, term_ite(t, ev->guard, one, term_const(t, 64, 0)));
			continue;
		}
		if (ev->unseen) {
			term some = term_and(t, ev->guard, term_fresh(t, 0, "an unseen record"));

			w = term_fresh(t, (unsigned)(8 * size), "unseen record");
			v = term_ite(t, term_and(t, some, term_not(t, done)), term_extend(t, false, 64, w), v);
			done = term_or(t, done, some);
			continue;
		}
		for (uint64_t i = 0; i < size; i++) {
			term b = off + i < ev->n ? ev->byte[off + i] : term_fresh(t, 8, "behind the record");
			w = w ? term_concat(t, b, w) : b;
		}
		v = term_ite(t, term_and(t, ev->guard, term_not(t, done)), term_extend(t, false, 64, w), v);
		done = term_or(t, done, ev->guard);
	}
	return contract_int(e, v, size == 8);
}

static struct cval fn_bswap(struct cenv *e, const struct node *n)
{
	struct terms *t = &e->s->t;
	unsigned bits = (unsigned)atoi(n->text + 5);
	term w = TERM_NONE;

	if (!arity(e, n, 1))
		return contract_int(e, term_const(t, 64, 0), false);
	struct cval v = contract_value(e, n->list[0]);
	term x = contract_number(e, n->list[0], &v);
	for (unsigned i = 0; i < bits / 8; i++) {
		term b = term_extract(t, x, 8 * i + 7, 8 * i);
		w = w ? term_concat(t, w, b) : b;
	}
	return contract_int(e, term_extend(t, false, 64, w), bits == 64);
}

/* A function of which nothing is known: what it gave before for equal arguments, else anything. */
static term unknown_value(struct sym *s, const struct logic *g, const term *arg)
{
	struct terms *t = &s->t;
	struct application *new = arena_new(s->arena, struct application);
	term v = term_fresh(t, 64, g->name);

	for (const struct application *a = s->applied; a; a = a->next) {
		term same = TERM_TRUE;

		if (strcmp(a->function, g->name) != 0)
			continue;
		for (uint32_t i = 0; i < g->n_params; i++)
			same = term_and(t, same, term_eq(t, a->arg[i], arg[i]));
		if (same == TERM_TRUE)
			return a->value;
		v = term_ite(t, same, a->value, v);
	}
	if (!new) {
		sym_give_up(s, "out of memory");
		return v;
	}
	*new = (struct application){ .function = g->name, .value = v, .next = s->applied };
	memcpy(new->arg, arg, g->n_params * sizeof(*arg));
	s->applied = new;
	return v;
}

static struct cval fn_unknown(struct cenv *e, const struct node *n, const struct logic *g)
{
	term arg[8], v;

	for (uint32_t i = 0; i < g->n_params && !e->failed; i++) {
		struct cval x = contract_value(e, n->list[i]);

		arg[i] = contract_number(e, n->list[i], &x);
	}
	if (e->failed)
		return contract_int(e, term_const(&e->s->t, 64, 0), false);
	v = unknown_value(e->s, g, arg);
	return g->truth ? contract_truth(term_not(&e->s->t, term_eq_k(&e->s->t, v, 0))) : contract_int(e, v, false);
}

static struct cval fn_logic(struct cenv *e, const struct node *n, const struct logic *g)
{
	struct cenv inner = *e;

	if (!arity(e, n, g->n_params))
		return contract_int(e, term_const(&e->s->t, 64, 0), false);
	if (!g->body)
		return fn_unknown(e, n, g);
	for (uint32_t i = 0; i < g->n_params; i++) {
		inner.param[i] = g->param[i];
		inner.arg[i] = contract_value(e, n->list[i]);
	}
	inner.n_params = g->n_params;
	struct cval v = contract_value(&inner, g->body);
	e->failed |= inner.failed;
	return v;
}

/* What is about the whole run of a program, and says nothing of one call of a function. */
static bool of_program(const char *name)
{
	static const char *const list[] = { "packet", "called", "call", "arg", "after", "failed", "times", "emitted", "record" };

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (!strcmp(list[i], name))
			return true;
	return false;
}

struct cval contract_call(struct cenv *e, const struct node *n)
{
	const struct bpfobj_map *m = NULL;

	for (const struct contract *c = e->c; c; c = c->next)
		for (const struct logic *g = c->logics; g; g = g->next)
			if (!strcmp(g->name, n->text))
				return fn_logic(e, n, g);
	struct cval value;
	if (contract_spec_call(e, n, &value))
		return value;
	if (!strcmp(n->text, "has")) {
		const struct val *v = arity(e, n, 2) ? contract_element(e, n->list[0], n->list[1], &m) : NULL;
		return contract_truth(v ? term_not(&e->s->t, val_scalar_guard(e->s, v)) : TERM_FALSE);
	}
	if (contract_head_call(e, n, &value))
		return value;
	if (e->at_head && of_program(n->text) && strcmp(n->text, "packet"))
		return contract_fail(e, n, "%s() is about the whole program and has no meaning in a loop", n->text);
	if (e->fn && !e->own && of_program(n->text))
		return contract_fail(e, n, "%s() has no meaning in the contract of a function: write 'check ensures'", n->text);
	if (!strcmp(n->text, "packet"))
		return fn_packet(e, n);
	if (!strcmp(n->text, "kernel"))
		return fn_kernel(e, n);
	if (!strcmp(n->text, "called") || !strcmp(n->text, "call") || !strcmp(n->text, "arg") || !strcmp(n->text, "failed") ||
	    !strcmp(n->text, "times"))
		return fn_called(e, n);
	if (!strcmp(n->text, "after"))
		return fn_after(e, n);
	if (!strcmp(n->text, "emitted") || !strcmp(n->text, "record"))
		return fn_emitted(e, n);
	if (!strcmp(n->text, "bswap16") || !strcmp(n->text, "bswap32") || !strcmp(n->text, "bswap64"))
		return fn_bswap(e, n);
	return contract_fail(e, n, "there is no function '%s'", n->text);
}
