// SPDX-License-Identifier: GPL-2.0-only
/* symfunc: see symfunc.h. Everything here errs to more behaviours than there are. */
#include "prove/symfunc.h"

#include <string.h>
#include "prove/contract.h"

#define MAX_POINTEE 4096

/* --- which functions --- */

static bool reaches(const struct sym *s, const struct bpfobj_func *from, const struct bpfobj_func *to, uint8_t *seen)
{
	seen[from - s->prog->funcs] = 1;
	for (uint32_t i = from->start; i < from->start + from->len; i++) {
		const struct isa_insn *in = &s->insns[i];
		bool calls = in->slots && (in->op == ISA_CALL_LOCAL || (in->op == ISA_LD_IMM64 && in->imm_kind == ISA_IMM_FUNC));
		const struct bpfobj_func *f = calls ? bpfobj_func_at(s->prog, in->target) : NULL;

		if (f == to || (f && !seen[f - s->prog->funcs] && reaches(s, f, to, seen)))
			return true;
	}
	return false;
}

static bool note_use(struct sym *s, const struct bpfobj_func *f, bool replaced)
{
	uint8_t *seen = arena_alloc(s->arena, s->prog->n_funcs + 1);

	for (size_t i = 0; i < s->n_used; i++)
		if (s->used[i].func == f)
			return true;
	struct used_function *list = arena_grow(s->arena, s->used, s->n_used, &s->cap_used, sizeof(*list));
	if (!list || !seen) {
		sym_give_up(s, "out of memory");
		s->stop = true;
		return false;
	}
	s->used = list;
	list[s->n_used++] = (struct used_function){ f, replaced };
	memset(seen, 0, s->prog->n_funcs + 1);
	if (reaches(s, f, f, seen))
		sym_give_up(s, "function %s calls itself: a contract cannot show that it ends", f->name);
	sym_assume(s, "function %s meets its contract (%s)%s", f->name, s->opts.alone ? "not judged in this run" : "judged by itself", replaced ? ", and so does what replaces it" : "");
	return true;
}

bool symfunc_is_modular(struct sym *s, uint32_t start)
{
	const struct bpfobj_func *f = bpfobj_func_at(s->prog, start);
	bool replaced = false;

	if (!f || f->start != start || f == s->func)
		return false;
	if (contract_has_function(s->opts.contract, f->name, &replaced))
		return true;
	return s->opts.modular && f->is_global;
}

/* --- parameters --- */

static const struct bt_type *proto_of(const struct sym *s, const struct bpfobj_func *f)
{
	const struct bt *bt = bpfobj_btf(s->obj);
	const struct bt_type *func = bt && f->type ? bt_get(bt, f->type) : NULL;
	const struct bt_type *proto = func ? bt_resolve(bt, func->ref) : NULL;

	return proto && proto->kind == BT_FUNC_PROTO && proto->n <= 5 ? proto : NULL;
}

/* 0: a number; else the size of what it points to. Negative: neither is modelled. */
static int64_t pointee_size(const struct sym *s, const struct bt_param *p)
{
	const struct bt *bt = bpfobj_btf(s->obj);
	const struct bt_type *ty = bt_resolve(bt, p->type);

	if (!ty || p->type == 0)
		return -1;
	if (ty->kind == BT_INT || ty->kind == BT_ENUM || ty->kind == BT_ENUM64)
		return bt_size(bt, ty->id) <= 8 ? 0 : -1;
	if (ty->kind != BT_PTR)
		return -1;
	int64_t size = bt_size(bt, ty->ref);
	return size > 0 && size <= MAX_POINTEE ? size : -1;
}

int64_t symfunc_pointee(const struct sym *s, const struct bpfobj_func *f, uint32_t i)
{
	const struct bt_type *proto = proto_of(s, f);

	return proto && i < proto->n ? pointee_size(s, &proto->params[i]) : -1;
}

void symfunc_enter(struct sym *s, struct state *st)
{
	const struct bt_type *proto = proto_of(s, s->func);

	if (!proto) {
		sym_give_up(s, "function %s: the types of its parameters are not known", s->func->name);
		s->stop = true;
		return;
	}
	for (uint32_t i = 0; i < proto->n; i++) {
		const struct bt_param *p = &proto->params[i];
		int64_t size = pointee_size(s, p);

		if (size < 0) {
			sym_give_up(s, "function %s: parameter %s of that type is not modelled", s->func->name, p->name);
			s->stop = true;
			return;
		}
		if (!size) {
			st->r[i + 1] = val_scalar(s, term_fresh(&s->t, 64, p->name));
			continue;
		}
		struct region *r = region_new(s, REGION_ROW, (uint64_t)size, "*%s", p->name);
		r->init = true;
		r->pointee = i + 1;
		st->r[i + 1] = val_ptr_or_null(s, term_fresh(&s->t, 0, arena_printf(s->arena, "%s is not null", p->name)), r->id);
	}
}

/* --- at a call --- */

struct call {
	struct sym *s;
	struct state *st;
	const struct bpfobj_func *func;
	const struct bt_type *proto;
	const struct val *arg[5];
	bool by_contract;
	size_t log;
};

/* Null, or memory of the frame (or of a record) that holds `size` initialised bytes; or what a parameter of this very function
 * points to, which is such memory of its caller. */
static void check_pointer(struct call *c, unsigned i, int64_t size)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	const struct val *v = c->arg[i];
	const char *name = c->proto->params[i].name;

	if (v->bits)
		sym_oblige_when(s, term_and(t, c->st->pc, val_scalar_guard(s, v)), PROP_CALL, term_eq_k(t, v->bits, 0),
				arena_printf(s->arena, "%s of %s is a number, not a pointer", name, c->func->name));
	for (uint32_t j = 0; j < v->n; j++) {
		const struct region *r = region_get(s, v->alt[j].region);

		if (r->kind != REGION_STACK && r->kind != REGION_RECORD && !r->pointee)
			sym_give_up(s, "instruction %u: %s of %s points to %s; only memory that the caller alone has is modelled", s->insn, name,
				    c->func->name, r->name);
	}
	if (v->n)
		sym_check_mem(s, c->st, val_pointers(s, v), term_const(t, 64, (uint64_t)size), false, name);
}

static void check_apart(struct call *c, unsigned i, unsigned j, int64_t size_i, int64_t size_j)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;

	for (uint32_t a = 0; a < c->arg[i]->n; a++)
		for (uint32_t b = 0; b < c->arg[j]->n; b++) {
			const struct alt *x = &c->arg[i]->alt[a], *y = &c->arg[j]->alt[b];
			term before = term_ule(t, term_add(t, x->off, term_const(t, 64, (uint64_t)size_i)), y->off);
			term behind = term_ule(t, term_add(t, y->off, term_const(t, 64, (uint64_t)size_j)), x->off);

			if (x->region == y->region)
				sym_oblige_when(s, term_and(t, c->st->pc, term_and(t, x->guard, y->guard)), PROP_CALL, term_or(t, before, behind),
						arena_printf(s->arena, "arguments of %s overlap", c->func->name));
		}
}

static bool check_arguments(struct call *c)
{
	struct sym *s = c->s;
	int64_t size[5] = { 0 };

	for (unsigned i = 0; i < c->proto->n; i++) {
		size[i] = pointee_size(s, &c->proto->params[i]);
		if (size[i] < 0) {
			sym_give_up(s, "function %s: parameter %s of that type is not modelled", c->func->name, c->proto->params[i].name);
			return false;
		}
		sym_oblige(s, c->st, PROP_INIT, c->arg[i]->init, arena_printf(s->arena, "argument %u of %s was never set", i + 1, c->func->name));
		if (size[i])
			check_pointer(c, i, size[i]);
		for (unsigned j = 0; j < i && size[i]; j++)
			if (size[j])
				check_apart(c, i, j, size[i], size[j]);
	}
	sym_oblige(s, c->st, PROP_CALL, term_not(&s->t, s->locked), arena_printf(s->arena, "%s is called with a lock held", c->func->name));
	return true;
}

static bool may_assign(const struct call *c, const char *what, const struct bpfobj_map *map)
{
	return !c->by_contract || contract_call_assigns(c->s->opts.contract, c->s->obj, c->func->name, what, map);
}

/* What parameter i points to holds anything. */
static void forget_pointee(struct call *c, unsigned i, uint32_t size)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	struct log_write *w = arena_new(s->arena, struct log_write);
	term *byte = arena_new_n(s->arena, size, term), *when = arena_new_n(s->arena, size, term), word = TERM_NONE;

	if (!w || !byte || !when) {
		sym_give_up(s, "out of memory");
		s->stop = true;
		return;
	}
	for (uint32_t k = 0; k < size; k++) {
		if (k % 8 == 0)
			word = term_fresh(t, 64, arena_printf(s->arena, "*%s after %s", c->proto->params[i].name, c->func->name));
		byte[k] = term_extract(t, word, 8 * (k % 8) + 7, 8 * (k % 8));
		when[k] = TERM_TRUE;
		for (uint32_t j = 0; j < c->arg[i]->n; j++) {
			const struct alt *a = &c->arg[i]->alt[j];

			mem_store(s, c->st, region_get(s, a->region), term_add(t, a->off, term_const(t, 64, k)), 1,
				  val_scalar(s, term_extend(t, false, 64, byte[k])), a->guard);
		}
	}
	*w = (struct log_write){ .arg = (uint8_t)i, .n = size, .byte = byte, .when = when, .next = s->log[c->log].writes };
	s->log[c->log].writes = w;
}

/* Records may have been handed out: how many, and what is in them, is not known. */
static void unseen_record(struct sym *s, const struct state *st, const struct map_model *m)
{
	struct event *e = arena_new(s->arena, struct event);

	if (!e) {
		sym_give_up(s, "out of memory");
		s->stop = true;
		return;
	}
	*e = (struct event){ .guard = st->pc, .insn = s->insn, .map = m, .unseen = true, .next = s->events };
	s->events = e;
}

static bool seen_before(const struct sym *s, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (s->map[k].map == s->map[i].map)
			return true;
	return false;
}

/* Of each element, the bytes that the function leaves; NULL: none. */
static const uint8_t *kept_bytes(const struct call *c, const struct bpfobj_map *map)
{
	uint8_t *kept = c->by_contract ? arena_alloc(c->s->arena, map->value_size + 8) : NULL;

	if (!kept)
		return NULL;
	memset(kept, 0, map->value_size + 8);
	return contract_call_keeps(c->s->opts.contract, c->s->obj, c->func->name, map, kept) ? kept : NULL;
}

static void forget(struct call *c)
{
	struct sym *s = c->s;
	size_t n_maps = s->n_maps;

	for (unsigned i = 0; i < c->proto->n; i++) {
		int64_t size = pointee_size(s, &c->proto->params[i]);

		if (size > 0 && may_assign(c, arena_printf(s->arena, "*%s", c->proto->params[i].name), NULL))
			forget_pointee(c, i, (uint32_t)size);
	}
	for (size_t i = 0; i < n_maps; i++) {
		const struct bpfobj_map *map = s->map[i].map;
		bool records = map->type == BPF_MAP_TYPE_RINGBUF || map->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY;

		if (seen_before(s, i) || !may_assign(c, NULL, map))
			continue;
		if (records)
			unseen_record(s, c->st, &s->map[i]);
		else
			symmap_havoc(s, c->st, map, kept_bytes(c, map), c->log);
	}
	/* inner maps of which none was looked at yet */
	for (uint32_t i = 0; i < bpfobj_map_count(s->obj); i++) {
		const struct bpfobj_map *inner = bpfobj_map(s->obj, i)->inner;

		if (inner && may_assign(c, NULL, inner))
			symmap_unseen_later(s, inner);
	}
}

static void finish(struct call *c, const struct contract_call *about)
{
	struct sym *s = c->s;
	struct contract_call call = *about;

	call.post = c->st;
	if (c->by_contract)
		c->st->pc = term_and(&s->t, c->st->pc, contract_call_ensures(s, &call));
	s->log[c->log].ret = call.result;
	c->st->r[0] = c->proto->ref ? call.result : val_uninit(s);
	for (int i = 1; i <= 5; i++)
		c->st->r[i] = val_uninit(s);
	s->log[c->log].left = state_copy(s, c->st);
	s->log[c->log].ops = s->n_map_ops;
	s->log[c->log].regions = s->n_regions;
}

struct state *symfunc_call(struct sym *s, struct state *st, uint32_t start)
{
	struct call c = { .s = s, .st = st, .func = bpfobj_func_at(s->prog, start) };
	bool replaced = false;

	c.proto = proto_of(s, c.func);
	c.by_contract = contract_has_function(s->opts.contract, c.func->name, &replaced);
	for (int i = 0; i < 5; i++)
		c.arg[i] = st->r[i + 1] = val_prune(s, st, st->r[i + 1]);
	if (!c.proto)
		sym_give_up(s, "function %s: the types of its parameters are not known", c.func->name);
	if (!c.proto || !note_use(s, c.func, replaced) || !check_arguments(&c)) {
		s->stop = true;
		return NULL;
	}
	struct log_entry *e = sym_log(s, st, LOG_CALL);
	e->helper = SYMFUNC_HELPER;
	memcpy(e->arg, c.arg, sizeof(e->arg));
	c.log = (size_t)(e - s->log);
	struct state *pre = state_copy(s, st);
	struct contract_call call = { .func = c.func, .arg = c.arg, .pre = pre, .post = pre, .before = s->n_map_ops };
	if (!pre)
		return NULL;
	contract_call_requires(s, &call);
	call.result = val_scalar(s, term_fresh(&s->t, 64, c.func->name));
	contract_at_call(s, c.func->name, pre);
	contract_call_ensures(s, &call); /* so that the elements it speaks of are looked at before the call */
	call.pre_regions = s->n_regions;
	forget(&c);
	finish(&c, &call);
	return s->stop ? NULL : c.st;
}
