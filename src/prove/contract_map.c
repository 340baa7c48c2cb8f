// SPDX-License-Identifier: GPL-2.0-only
/*
 * contract_map: invariants of map elements, by the discipline that the map's block names: private to a run, shared, or used
 * under a lock only; see symshare.h.
 */
#include <errno.h>
#include <string.h>
#include "common/diag.h"
#include "prove/contract.h"
#include "prove/contract_eval.h"
#include "prove/helper.h"

void contract_bind_element(struct cenv *e, uint32_t type, const struct region *r, struct cparams *ret)
{
	*ret = (struct cparams){ .name = { "value" }, .n = 1 };
	ret->value[0] = (struct cval){ .t = term_const(&e->s->t, 64, 1), .bt = bpfobj_btf(e->s->obj), .type = type,
				       .ptr = val_ptr_k(e->s, r->id, 0) };
	e->fn = ret;
}

/* What the block says of one element, at the start (old) or at the end. */
static term of_element(struct cenv *e, const struct block_ast *b, uint32_t type, const struct region *r, bool old)
{
	struct cparams params;
	term all = TERM_TRUE;

	contract_bind_element(e, type, r, &params);
	e->old = old;
	for (size_t i = 0; i < b->n && !e->failed; i++)
		all = term_and(&e->s->t, all, contract_bool(e, b->clause[i].expr));
	e->old = false;
	e->fn = NULL;
	return all;
}

/* Every element that was looked at had it at the start; `ends`: and has it at the end. */
static void map_invariant(struct cenv *e, const struct block_ast *b, struct map_model *m, bool ends)
{
	struct sym *s = e->s;
	const char *what = arena_printf(s->arena, "an element of %s breaks its invariant", b->program);

	if (ends && m->any)
		sym_give_up(s, "contract: map %s is changed in a loop that is not unrolled", b->program);
	for (size_t j = 0; j < m->first.n; j++) {
		struct region *r = region_get(s, m->first.row[j]);
		term there = m->first.present[j];

		term began = of_element(e, b, m->map->value_type, r, true);

		if (!ends)
			s->requires = term_and(&s->t, s->requires, term_implies(&s->t, there, began));
		else /* an element that only clauses speak of has it at the start, too */
			sym_oblige_when(s, term_and(&s->t, term_and(&s->t, s->final->pc, s->requires), term_and(&s->t, there, began)), PROP_INVARIANT,
					of_element(e, b, m->map->value_type, r, false), what);
	}
	for (const struct map_op *o = m->ops; o && ends; o = o->next) {
		if (o->unseen)
			sym_give_up(s, "contract: map %s is changed by a function that is judged by its contract", b->program);
		else if (!o->is_delete)
			sym_oblige_when(s, term_and(&s->t, term_and(&s->t, s->final->pc, s->requires), o->guard), PROP_INVARIANT,
					of_element(e, b, m->map->value_type, region_get(s, o->row), false), what);
	}
}

/* Something can satisfy it: an element that nobody uses joins what the contract requires. */
static void satisfiable(struct cenv *e, const struct block_ast *b, struct map_model *m)
{
	struct sym *s = e->s;
	uint32_t type = m->map->value_type;
	struct region *r = region_new(s, REGION_ROW, m->map->value_size, "any element of %s", b->program);

	r->init = r->dynamic = true;
	s->requires = term_and(&s->t, s->requires, of_element(e, b, type, r, false));
}

static void assume(struct sym *s, const struct block_ast *b)
{
	static const char *const text[] = {
		[MAP_PRIVATE] = "has its invariant at the start: whoever else writes it keeps it, and looks at it only between programs",
		[MAP_SHARED] = "has its invariant at any moment: every single write of others keeps it",
		[MAP_CONSTANT] = "is changed by nobody while the program runs",
		[MAP_LOCKED] = "is used by others with its lock held only, and has its invariant when they give it back",
	};

	sym_assume(s, "contract, line %u: every element of %s %s", b->line, b->program, text[b->discipline]);
}

static void map_invariants(struct cenv *e, const struct contract *c, bool ends)
{
	struct sym *s = e->s;

	for (; c; c = c->next)
		for (const struct block_ast *b = c->blocks; b; b = b->next)
			for (size_t i = 0; b->kind == BLOCK_MAP && i < s->n_maps; i++) {
				/* a function may be called while its caller has a private map's invariant broken */
				if (!s->map[i].map->name || strcmp(s->map[i].map->name, b->program) || (s->func && b->discipline == MAP_PRIVATE))
					continue;
				e->file = c->file;
				if (b->discipline == MAP_PRIVATE)
					map_invariant(e, b, &s->map[i], ends);
				else if (!ends && b->discipline != MAP_CONSTANT)
					satisfiable(e, b, &s->map[i]);
				assume(s, b);
			}
}

void contract_map_start(struct cenv *e, const struct contract *c) { map_invariants(e, c, false); }
void contract_map_end(struct cenv *e, const struct contract *c) { map_invariants(e, c, true); }

bool contract_has_invariants(const struct contract *c)
{
	for (; c; c = c->next)
		for (const struct block_ast *b = c->blocks; b; b = b->next)
			if (b->kind == BLOCK_MAP && b->discipline == MAP_PRIVATE && b->n)
				return true;
	return false;
}

enum map_discipline contract_map_discipline(const struct sym *s, const struct bpfobj_map *map)
{
	const struct contract *file;
	const struct block_ast *b = map->name ? contract_find_block(s->opts.contract, BLOCK_MAP, map->name, &file) : NULL;

	if (b && !map->inner)
		return b->discipline;
	for (uint32_t i = 0; map->kind == BPFOBJ_MAP_INNER && i < bpfobj_map_count(s->obj); i++) {
		const struct bpfobj_map *outer = bpfobj_map(s->obj, i);

		b = outer->inner == map ? contract_find_block(s->opts.contract, BLOCK_MAP, outer->name, &file) : NULL;
		if (b && b->discipline == MAP_CONSTANT)
			return MAP_CONSTANT;
	}
	return MAP_PRIVATE;
}

term contract_map_invariant(struct sym *s, const struct bpfobj_map *map, const struct state *st, const struct region *element)
{
	const struct contract *file = NULL;
	const struct block_ast *b = contract_find_block(s->opts.contract, BLOCK_MAP, map->name, &file);
	struct cenv e = { .s = s, .c = s->opts.contract, .diag = s->diag, .pre = st, .post = st };

	if (!b)
		return TERM_TRUE;
	e.file = file->file;
	term all = of_element(&e, b, map->value_type, element, false);
	s->bad |= e.failed;
	s->stop |= e.failed;
	return e.failed ? TERM_TRUE : all;
}

int contract_check_map(const struct contract *c, const struct block_ast *b, const struct bpfobj *obj, struct diag *diag)
{
	const struct bpfobj_map *m = bpfobj_map_find(obj, b->program);
	bool several = m->type == BPF_MAP_TYPE_ARRAY_OF_MAPS || m->type == BPF_MAP_TYPE_HASH_OF_MAPS;
	const char *what = NULL;

	if (b->discipline == MAP_PRIVATE)
		return 0;
	if (b->discipline == MAP_CONSTANT && (b->n || (m->inner ? m->inner : m)->type != BPF_MAP_TYPE_ARRAY))
		what = "only an array, or the arrays in a map of maps, can be constant, and has no invariant";
	else if (b->discipline == MAP_CONSTANT)
		return 0;
	else if (m->kind != BPFOBJ_MAP_DECLARED || several || m->type == BPF_MAP_TYPE_RINGBUF || m->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		what = "only a declared map of values can be shared or locked";
	else if (b->discipline == MAP_LOCKED && helper_lock_offset(obj, m) < 0)
		what = "its values have no struct bpf_spin_lock";
	return !what ? 0 : diag_fail(diag, -EINVAL, DIAG_AT(.file = c->file, .line = b->line, .col = b->col), "map '%s': %s", b->program, what);
}
