// SPDX-License-Identifier: GPL-2.0-only
/*
 * contract_apply: the clauses of a program or function as obligations of its execution, and the clauses of a function
 * as what a caller has to establish and may rely on.
 */
#include <errno.h>
#include <string.h>
#include "common/diag.h"
#include "prove/contract.h"
#include "prove/contract_eval.h"
#include "prove/helper.h"

#define FUNCTION "function:"

/* The k-th block about a name: its own; for a program also those of functions it replaces. */
static const struct block_ast *nth_block(const struct contract *c, const char *name, uint32_t k, const struct contract **ret_file)
{
	bool function = !strncmp(name, FUNCTION, strlen(FUNCTION));

	for (int pass = 0; pass < (function ? 1 : 2); pass++)
		for (const struct contract *f = c; f; f = f->next)
			for (const struct block_ast *b = f->blocks; b; b = b->next) {
				bool own = b->kind == (function ? BLOCK_FUNCTION : BLOCK_PROGRAM) && !strcmp(b->program, name + (function ? strlen(FUNCTION) : 0));
				bool replaces = b->replaced && !strcmp(b->replaced, name);

				if ((pass == 0 ? own : replaces) && !k--) {
					*ret_file = f;
					return b;
				}
			}
	return NULL;
}

const struct block_ast *contract_find_block(const struct contract *c, enum block_kind kind, const char *name,
					    const struct contract **ret_file)
{
	for (; c; c = c->next)
		for (const struct block_ast *b = c->blocks; b; b = b->next)
			if (b->kind == kind && !strcmp(b->program, name)) {
				*ret_file = c;
				return b;
			}
	return NULL;
}

static bool judged(const struct clause *c) { return c->kind != CLAUSE_REQUIRES && c->kind != CLAUSE_GIVEN; }

static const struct clause *nth_clause(const struct contract *c, const char *name, uint32_t k)
{
	const struct contract *file;
	const struct block_ast *b;

	for (uint32_t j = 0; (b = nth_block(c, name, j, &file)); j++)
		for (size_t i = 0; i < b->n; i++)
			if (judged(&b->clause[i]) && !k--)
				return &b->clause[i];
	return NULL;
}

uint32_t contract_clause_count(const struct contract *c, const char *name)
{
	uint32_t n = 0;

	while (nth_clause(c, name, n))
		n++;
	return n;
}

const char *contract_clause_text(const struct contract *c, const char *name, uint32_t k)
{
	const struct clause *cl = nth_clause(c, name, k);

	return !cl ? "" : cl->label ? cl->label : cl->text;
}

/* --- which maps clauses speak of --- */

static bool names(const struct contract *c, const struct node *n, const char *name, unsigned depth)
{
	if (!n || depth > 64)
		return n != NULL;
	if (n->kind == NODE_NAME && !strcmp(n->text, name))
		return true;
	for (const struct contract *f = c; n->kind == NODE_CALL && f; f = f->next)
		for (const struct logic *g = f->logics; g; g = g->next)
			if (!strcmp(g->name, n->text) && names(c, g->body, name, depth + 1))
				return true;
	for (int i = 0; i < 3; i++)
		if (names(c, n->kid[i], name, depth + 1))
			return true;
	for (uint32_t i = 0; i < n->n; i++)
		if (names(c, n->list[i], name, depth + 1))
			return true;
	return false;
}

/* Of the map's elements something is not assigned, which has to be followed. */
static bool keeps_some(const struct clause *c, const char *map)
{
	size_t len = strlen(map);

	for (uint32_t i = 0; i < c->n_keeps; i++)
		if (!strncmp(c->keeps[i], map, len) && c->keeps[i][len] == '.')
			return true;
	return false;
}

bool contract_block_names(const struct contract *c, const struct block_ast *b, const char *name)
{
	for (size_t i = 0; i < b->n; i++)
		if (keeps_some(&b->clause[i], name) || names(c, b->clause[i].expr, name, 0) || names(c, b->clause[i].assumes, name, 0))
			return true;
	return false;
}

static bool speaks_of(const struct contract *c, const char *program, const char *map)
{
	const struct contract *file;
	const struct block_ast *b;

	for (uint32_t i = 0; (b = nth_block(c, program, i, &file)); i++)
		if (contract_block_names(c, b, map))
			return true;
	for (file = c; file; file = file->next)
		for (b = file->blocks; b; b = b->next)
			if ((b->kind == BLOCK_LOOP || b->kind == BLOCK_HEAD) && contract_block_names(c, b, map))
				return true;
	return false;
}

bool contract_speaks_of(const struct sym *s, const struct bpfobj_map *map)
{
	const struct contract *c = s->opts.contract;

	if (map->name && speaks_of(c, s->name, map->name))
		return true;
	for (uint32_t i = 0; map->kind == BPFOBJ_MAP_INNER && i < bpfobj_map_count(s->obj); i++)
		if (bpfobj_map(s->obj, i)->inner == map && speaks_of(c, s->name, bpfobj_map(s->obj, i)->name))
			return true;
	return false;
}

/* --- functions of the object --- */

/* Of a structure that a pointer leads to, clang may keep a forward declaration only. */
const struct bt_type *contract_pointee(const struct bt *bt, const struct bt_type *ptr)
{
	const struct bt_type *to = ptr && ptr->kind == BT_PTR ? bt_resolve(bt, ptr->ref) : NULL;
	uint32_t id = to && to->kind == BT_FWD ? bt_find(bt, to->name, BT_STRUCT) : 0;

	return id ? bt_get(bt, id) : to;
}

bool contract_bind(struct sym *s, const struct bpfobj_func *f, const struct val *const arg[5], struct cparams *ret)
{
	const struct bt *bt = bpfobj_btf(s->obj);
	const struct bt_type *func = bt && f->type ? bt_get(bt, f->type) : NULL;
	const struct bt_type *proto = func ? bt_resolve(bt, func->ref) : NULL;

	*ret = (struct cparams){ .n = 0 };
	if (!proto || proto->kind != BT_FUNC_PROTO || proto->n > 5)
		return false;
	for (uint32_t i = 0; i < proto->n; i++) {
		const struct bt_type *ty = bt_resolve(bt, proto->params[i].type);
		const struct bt_type *to = contract_pointee(bt, ty);
		int64_t size = ty ? bt_size(bt, ty->id) : -1;
		bool sign = ty && ty->kind != BT_PTR && bt_is_signed(bt, ty->id) > 0;
		term n = val_number(s, arg[i]);

		if (size < 1 || size > 8)
			return false;
		if (size < 8)
			n = term_extend(&s->t, sign, 64, term_extract(&s->t, n, (unsigned)(8 * size - 1), 0));
		if (ty->kind == BT_PTR) /* null or not is all that its number says */
			n = term_ite(&s->t, val_scalar_guard(s, arg[i]), n, term_bin(&s->t, TERM_OP_BOR, n, term_const(&s->t, 64, 1ull << 63)));
		ret->name[i] = proto->params[i].name;
		ret->value[i] = (struct cval){ .t = n, .is_u64 = size == 8 && !sign };
		if (to && (to->kind == BT_STRUCT || to->kind == BT_UNION)) {
			ret->value[i].bt = bt;
			ret->value[i].type = to->id;
			ret->value[i].ptr = arg[i];
		}
	}
	const struct bt_type *res = bt_resolve(bt, proto->ref);
	int64_t size = res && res->kind != BT_VOID ? bt_size(bt, res->id) : 0;

	if (size < 0 || size > 8)
		return false;
	ret->result_bits = 8 * (unsigned)size;
	ret->result_signed = size && res->kind != BT_PTR && bt_is_signed(bt, res->id) > 0;
	ret->n = proto->n;
	return true;
}

const struct bpfobj_func *contract_func_find(const struct bpfobj *obj, const char *name, const struct bpfobj_prog **ret_prog)
{
	for (uint32_t i = 0; i < bpfobj_prog_count(obj); i++) {
		const struct bpfobj_prog *p = bpfobj_prog(obj, i);

		for (uint32_t j = 1; j < p->n_funcs; j++)
			if (!strcmp(p->funcs[j].name, name)) {
				*ret_prog = p;
				return &p->funcs[j];
			}
	}
	return NULL;
}

static bool is_callable(const struct contract *c, const char *name)
{
	for (size_t i = 0; i < helper_table_len; i++)
		if (!strcmp(helper_table[i].name, name))
			return true;
	return contract_has_function(c, name, &(bool){ false });
}

/* "map.member" */
static bool has_member(const struct bpfobj *obj, const char *what)
{
	const struct bt *bt = bpfobj_btf(obj);
	const char *dot = strchr(what, '.');

	for (uint32_t i = 0; bt && i < bpfobj_map_count(obj); i++) {
		const struct bpfobj_map *m = bpfobj_map(obj, i);
		const struct bt_type *value = m->value_type ? bt_resolve(bt, m->value_type) : NULL;

		if (m->name && value && strlen(m->name) == (size_t)(dot - what) && !strncmp(m->name, what, (size_t)(dot - what)))
			return bt_member_find(bt, value->id, dot + 1, &(struct bt_member){ 0 }) >= 0;
	}
	return false;
}

int contract_check_names(const struct contract *c, const struct bpfobj *obj, struct diag *diag)
{
	const struct contract *all = c;
	const struct bpfobj_prog *prog;
	int r = 0;

	for (; c; c = c->next)
		for (const struct block_ast *b = c->blocks; b; b = b->next) {
			if (b->kind == BLOCK_MAP) {
				const struct bpfobj_map *m = bpfobj_map_find(obj, b->program);

				if (!m || (!m->value_type && b->discipline != MAP_CONSTANT))
					r = diag_fail(diag, -ENOENT, DIAG_AT(.file = c->file, .line = b->line, .col = b->col),
						      "the object has no map '%s' whose values have a type", b->program);
				else
					r = contract_check_map(c, b, obj, diag) ? -EINVAL : r;
				continue;
			}
			for (size_t i = 0; i < b->n; i++)
				for (uint32_t k = 0; k < b->clause[i].n_keeps; k++)
					if (!has_member(obj, b->clause[i].keeps[k]))
						r = diag_fail(diag, -ENOENT, DIAG_AT(.file = c->file, .line = b->clause[i].line),
							      "'%s' is no member of what a map has", b->clause[i].keeps[k]);
			for (size_t i = 0; i < b->n; i++)
				if (b->clause[i].kind == CLAUSE_AT && !is_callable(all, b->clause[i].function))
					r = diag_fail(diag, -ENOENT, DIAG_AT(.file = c->file, .line = b->clause[i].line),
						      "'%s' is no helper, and no function that has a block", b->clause[i].function);
			bool function = b->kind != BLOCK_PROGRAM, either = b->kind == BLOCK_HEAD;
			bool there = function && contract_func_find(obj, b->program, &prog);

			if (!function || either)
				there |= bpfobj_prog_find(obj, b->program) != NULL;

			if (!there)
				r = diag_fail(diag, -ENOENT, DIAG_AT(.file = c->file, .line = b->line, .col = b->col),
					      either ? "the object has no program or function '%s'" :
					      function ? "no program of the object calls a function '%s'" : "the object has no program '%s'",
					      b->program);
			if (b->replaced && !bpfobj_prog_find(obj, b->replaced))
				r = diag_fail(diag, -ENOENT, DIAG_AT(.file = c->file, .line = b->line, .col = b->col),
					      "the object has no program '%s' to replace '%s'", b->replaced, b->program);
		}
	return r;
}

bool contract_is_modular(const struct contract *c)
{
	for (; c; c = c->next)
		if (c->modular)
			return true;
	return false;
}

const char *contract_stable(const struct contract *c, const char *name)
{
	const struct block_ast *b;
	const struct contract *file;

	for (uint32_t i = 0; (b = nth_block(c, name, i, &file)); i++)
		if (b->stable)
			return b->stable;
	while (c && !c->stable)
		c = c->next;
	return c ? c->stable : NULL;
}

bool contract_has_function(const struct contract *c, const char *name, bool *ret_replaced)
{
	const struct contract *file;
	const struct block_ast *b = contract_find_block(c, BLOCK_FUNCTION, name, &file);

	if (b)
		*ret_replaced = b->replaced != NULL;
	return b != NULL;
}

const char *contract_nth_function(const struct contract *c, uint32_t k)
{
	for (; c; c = c->next)
		for (const struct block_ast *b = c->blocks; b; b = b->next)
			if (b->kind == BLOCK_FUNCTION && !k--)
				return b->program;
	return NULL;
}

/* --- clauses of what was executed --- */

static bool listed(const struct clause *c, const char *what)
{
	for (uint32_t i = 0; i < c->n_maps; i++)
		if (!strcmp(c->maps[i], what))
			return true;
	return false;
}

static bool listed_variable(const struct bpfobj *obj, const struct clause *c, const struct bpfobj_map *map)
{
	const struct bt *bt = bpfobj_btf(obj);
	const struct bt_type *sec = bt && map->kind != BPFOBJ_MAP_DECLARED && map->value_type ? bt_get(bt, map->value_type) : NULL;

	for (uint32_t i = 0; sec && sec->kind == BT_DATASEC && i < sec->n; i++)
		if (listed(c, bt_get(bt, sec->vars[i].type)->name))
			return true;
	return false;
}

/* By its name; the section of a global by one of its variables; an inner map by the map it is in. */
static bool listed_map(const struct bpfobj *obj, const struct clause *c, const struct bpfobj_map *map)
{
	if ((map->name && listed(c, map->name)) || listed_variable(obj, c, map))
		return true;
	for (uint32_t i = 0; map->kind == BPFOBJ_MAP_INNER && i < bpfobj_map_count(obj); i++)
		if (bpfobj_map(obj, i)->inner == map && listed(c, bpfobj_map(obj, i)->name))
			return true;
	return false;
}

/* The bytes of values that "assigns map - member" leaves out. */
static bool mark_kept(const struct bpfobj *obj, const struct clause *c, const struct bpfobj_map *map, uint8_t *ret_kept)
{
	const struct bt *bt = bpfobj_btf(obj);
	size_t len = map->name ? strlen(map->name) : 0;
	bool any = false;

	for (uint32_t i = 0; len && map->value_type && i < c->n_keeps; i++) {
		const struct bt_type *value = bt_resolve(bt, map->value_type);
		struct bt_member m;

		if (strncmp(c->keeps[i], map->name, len) != 0 || c->keeps[i][len] != '.' || !value ||
		    bt_member_find(bt, value->id, c->keeps[i] + len + 1, &m) < 0 || m.bit_size)
			continue;
		for (int64_t k = 0; k < bt_size(bt, m.type) && m.bit_offset / 8 + k < map->value_size; k++)
			ret_kept[m.bit_offset / 8 + k] = 1;
		any = true;
	}
	return any;
}

static void oblige(struct sym *s, term guard, term cond, uint32_t clause, const char *what)
{
	size_t before = s->n_obligs;

	sym_oblige_when(s, guard, PROP_CONTRACT, cond, what);
	if (s->n_obligs > before)
		s->oblig[s->n_obligs - 1].clause = clause;
}

/* kept: of these bytes only; or NULL */
static void same_contents(struct sym *s, struct region *r, const uint8_t *kept, term guard, uint32_t k, const char *what)
{
	const struct rmem *mem = r->id < s->final->n_mem ? s->final->mem[r->id] : NULL;

	for (uint64_t o = 0; mem && o < r->size; o++) {
		term in, same;

		if ((!mem->cell[o / 8] && !mem->base) || (kept && !kept[o]))
			continue;
		same = term_eq(&s->t, mem_byte(s, s->final, r, o, &in), mem_first_byte(s, r, o, &in));
		oblige(s, guard, same, k, what);
	}
}

/* No operation on the map, and every row we know of has its first contents. */
static void frame(struct cenv *e, const struct clause *c, uint32_t k, term guard)
{
	struct sym *s = e->s;

	for (size_t i = 0; i < s->n_maps; i++) {
		struct map_model *m = &s->map[i];
		const char *name = m->map->name ? m->map->name : "an inner map";
		const char *what = arena_printf(s->arena, "%s is changed", name);
		uint8_t *kept = listed_map(s->obj, c, m->map) ? arena_alloc(s->arena, m->map->value_size + 1) : NULL;

		if (kept) {
			memset(kept, 0, m->map->value_size + 1);
			if (!mark_kept(s->obj, c, m->map, kept))
				continue;
		}
		if (m->wrote) {
			oblige(s, term_and(&s->t, guard, m->wrote), TERM_FALSE, k, what);
			continue;
		}
		if (m->discipline != MAP_PRIVATE)
			continue;
		if (m->any)
			sym_give_up(s, "contract: map %s is changed in a loop that is not unrolled", name);
		for (struct map_op *o = m->ops; o && !kept; o = o->next)
			oblige(s, term_and(&s->t, guard, o->guard), TERM_FALSE, k, what);
		for (size_t j = 0; j < m->first.n; j++)
			same_contents(s, region_get(s, m->first.row[j]), kept, term_and(&s->t, guard, m->first.present[j]), k, what);
	}
	for (size_t i = 1; i < s->n_regions; i++) {
		uint32_t arg = s->region[i]->pointee;
		const char *name = arg && e->fn && arg <= e->fn->n ? arena_printf(s->arena, "*%s", e->fn->name[arg - 1]) : NULL;

		if (arg && !(name && listed(c, name)))
			same_contents(s, s->region[i], NULL, guard, k, arena_printf(s->arena, "%s is changed", s->region[i]->name));
	}
	for (struct event *v = s->events; v; v = v->next)
		if (v->map && !listed_map(s->obj, c, v->map->map))
			oblige(s, term_and(&s->t, guard, v->guard), TERM_FALSE, k, arena_printf(s->arena, "a record is written to %s", v->map->map->name));
}

static void apply_requires(struct cenv *e, const struct block_ast *b)
{
	struct sym *s = e->s;
	const struct state *post = e->post;

	e->post = e->pre;
	for (size_t i = 0; i < b->n; i++)
		if (b->clause[i].kind == CLAUSE_REQUIRES) {
			e->old = true;
			s->requires = term_and(&s->t, s->requires, contract_bool(e, b->clause[i].expr));
			sym_assume(s, b->kind == BLOCK_FUNCTION ? "contract, line %u: requires %s (callers are judged by it)" : "contract, line %u: requires %s",
				   b->clause[i].line, b->clause[i].text);
		}
	e->post = post;
}

/* The clause is about the runs that come there with guard and meet what stands before its ==>. */
static void about(struct cenv *e, const struct clause *cl, uint32_t k, term guard)
{
	struct sym *s = e->s;

	if (!s->opts.vacuity)
		return;
	for (const struct node *n = cl->expr; guard != TERM_FALSE && n->kind == NODE_BINARY && n->op == OP_IMPLIES; n = n->kid[1])
		guard = term_and(&s->t, guard, contract_bool(e, n->kid[0]));
	struct about *list = arena_grow(s->arena, s->about, s->n_about, &s->cap_about, sizeof(*list));
	if (!list) {
		s->bad = true;
		return;
	}
	s->about = list;
	list[s->n_about++] = (struct about){ k, guard };
}

static void apply_ensures(struct cenv *e, const struct block_ast *b, uint32_t *k)
{
	struct sym *s = e->s;

	for (size_t i = 0; i < b->n && !e->failed; i++) {
		const struct clause *cl = &b->clause[i];
		term guard = term_and(&s->t, s->final->pc, s->requires);

		if (!judged(cl))
			continue;
		e->old = true;
		if (cl->assumes)
			guard = term_and(&s->t, guard, contract_bool(e, cl->assumes));
		e->old = false;
		if (cl->kind == CLAUSE_ASSIGNS) {
			frame(e, cl, *k, guard);
		} else if (cl->kind != CLAUSE_AT) {
			e->own = b->kind == BLOCK_PROGRAM || cl->kind == CLAUSE_CHECK;
			term cond = contract_bool(e, cl->expr); /* may add to what is required: layouts */

			oblige(s, term_and(&s->t, guard, s->requires), cond, *k, cl->text);
			about(e, cl, *k, guard);
		} else {
			about(e, cl, *k, TERM_FALSE); /* its calls were found while the program ran */
		}
		(*k)++;
	}
}

/* The parameters that a block speaks of: of the function it is about, bound to what was given at the start. */
static bool bind(struct cenv *e, const struct block_ast *b, struct cparams *params)
{
	struct sym *s = e->s;
	const struct bpfobj_prog *prog = s->prog;
	const struct bpfobj_func *f = s->func;

	e->fn = NULL;
	if (b->kind == BLOCK_FUNCTION)
		f = contract_func_find(s->obj, b->program, &prog);
	if (!f)
		return true;
	if (!contract_bind(s, f, &s->initial->r[1], params)) {
		diag_fail(e->diag, -EINVAL, DIAG_AT(.file = e->file, .line = b->line, .col = b->col),
			  "the types of the parameters of '%s' are not known, or not modelled", b->program);
		return false;
	}
	e->fn = params;
	return true;
}

int contract_apply(const struct contract *c, struct sym *s, struct diag *diag)
{
	struct cenv e = { .s = s, .c = c, .diag = diag, .pre = s->initial, .post = s->final };
	const struct contract *file;
	const struct block_ast *b;
	struct cparams params;
	uint32_t k = 0;

	if (!s->initial || s->stop)
		return 0;
	for (uint32_t i = 0; (b = nth_block(c, s->name, i, &file)); i++) {
		e.file = file->file;
		if (!bind(&e, b, &params))
			return -EINVAL;
		apply_requires(&e, b);
	}
	contract_map_start(&e, c);
	if (e.failed)
		return -EINVAL;
	for (size_t i = 0; i < s->n_obligs; i++)
		s->oblig[i].guard = term_and(&s->t, s->oblig[i].guard, s->requires);
	if (!s->final)
		return 0;
	s->insn = sym_last_insn(s);
	e.result = s->final->r[0];
	for (uint32_t i = 0; (b = nth_block(c, s->name, i, &file)); i++) {
		e.file = file->file;
		if (!bind(&e, b, &params))
			return -EINVAL;
		apply_ensures(&e, b, &k);
	}
	contract_map_end(&e, c);
	return e.failed ? -EINVAL : 0;
}

/* --- at a call --- */

static bool call_env(struct cenv *e, struct cparams *params, struct sym *s, const struct contract_call *call,
		     const struct block_ast **ret_block)
{
	const struct contract *file = NULL;
	const struct block_ast *b = contract_find_block(s->opts.contract, BLOCK_FUNCTION, call->func->name, &file);

	*ret_block = b;
	if (!b)
		return false;
	*e = (struct cenv){ .s = s, .c = s->opts.contract, .file = file->file, .diag = s->diag, .pre = call->pre, .post = call->post,
			    .before = call->before, .pre_regions = call->pre_regions, .result = call->result, .fn = params,
			    .anew = !s->stable };
	if (contract_bind(s, call->func, call->arg, params))
		return true;
	sym_give_up(s, "the types of the parameters of %s are not known, or not modelled", call->func->name);
	return false;
}

void contract_call_requires(struct sym *s, const struct contract_call *call)
{
	const struct block_ast *b;
	struct cparams params;
	struct cenv e;

	if (!call_env(&e, &params, s, call, &b))
		return;
	for (size_t i = 0; i < b->n; i++)
		if (b->clause[i].kind == CLAUSE_REQUIRES)
			sym_oblige(s, call->post, PROP_CALL, contract_bool(&e, b->clause[i].expr),
				   arena_printf(s->arena, "%s requires %s", call->func->name, b->clause[i].text));
	s->bad |= e.failed;
}

void contract_at_call(struct sym *s, const char *function, const struct state *st)
{
	const struct contract *file;
	const struct block_ast *b;
	uint32_t k = 0;

	for (uint32_t j = 0; !s->bad && (b = nth_block(s->opts.contract, s->name, j, &file)); j++)
		for (size_t i = 0; i < b->n; i++) {
			const struct clause *cl = &b->clause[i];
			struct cenv e = { .s = s, .c = s->opts.contract, .file = file->file, .diag = s->diag, .pre = s->initial, .post = st,
					  .at_call = function, .own = true };
			struct cparams params;

			if (!judged(cl))
				continue;
			if (cl->kind == CLAUSE_AT && !strcmp(cl->function, function)) {
				s->bad |= !bind(&e, b, &params);
				oblige(s, st->pc, s->bad ? TERM_TRUE : contract_bool(&e, cl->expr), k, cl->text);
				if (!s->bad)
					about(&e, cl, k, st->pc);
			}
			k++;
			s->bad |= e.failed;
		}
}

term contract_call_ensures(struct sym *s, const struct contract_call *call)
{
	const struct block_ast *b;
	struct cparams params;
	struct cenv e;
	term all = TERM_TRUE;

	if (!call_env(&e, &params, s, call, &b))
		return TERM_TRUE;
	for (size_t i = 0; i < b->n && !e.failed; i++) {
		const struct clause *cl = &b->clause[i];
		term when = TERM_TRUE;

		if (cl->kind != CLAUSE_ENSURES && cl->kind != CLAUSE_GIVEN)
			continue;
		if (cl->kind == CLAUSE_GIVEN)
			sym_assume(s, "contract, line %u: of %s it is given that %s: %s", cl->line, call->func->name, cl->text, cl->reason);
		e.old = true;
		if (cl->assumes)
			when = contract_bool(&e, cl->assumes);
		e.old = false;
		all = term_and(&s->t, all, term_implies(&s->t, when, contract_bool(&e, cl->expr)));
	}
	s->bad |= e.failed;
	return e.failed ? TERM_TRUE : all;
}

bool contract_call_assigns(const struct contract *c, const struct bpfobj *obj, const char *function, const char *what,
			   const struct bpfobj_map *map)
{
	const struct contract *file;
	const struct block_ast *b = contract_find_block(c, BLOCK_FUNCTION, function, &file);

	/* several clauses: each holds, so what is assigned is in all of them */
	for (size_t i = 0; b && i < b->n; i++)
		if (b->clause[i].kind == CLAUSE_ASSIGNS && !(map ? listed_map(obj, &b->clause[i], map) : listed(&b->clause[i], what)))
			return false;
	return true;
}

bool contract_call_keeps(const struct contract *c, const struct bpfobj *obj, const char *function, const struct bpfobj_map *map, uint8_t *ret_kept)
{
	const struct contract *file;
	const struct block_ast *b = contract_find_block(c, BLOCK_FUNCTION, function, &file);
	bool any = false;

	for (size_t i = 0; b && i < b->n; i++)
		if (b->clause[i].kind == CLAUSE_ASSIGNS)
			any |= mark_kept(obj, &b->clause[i], map, ret_kept);
	return any;
}
