// SPDX-License-Identifier: GPL-2.0-only
/* product: see product.h. Whatever is not compared is a difference. */
#include "prove/product.h"

#include <errno.h>
#include <stdlib.h>
#include "prove/eval.h"
#include "prove/helper.h"
#include "prove/lift.h"
#include "prove/models.h"
#include "prove/substitute.h"
#include "prove/symfunc.h"
#include "prove/symread.h"

#define QUESTION_SECONDS 5 /* most mutants that live differ, and what is the same is mostly the same by its form */
#define MAX_BYTES 512 /* that a call is given */
#define MAX_LEMMAS 16 /* questions about parts */
#define LEMMA_SECONDS 0.5
#define LEMMA_MODELS 8

/* Where `when` holds, in either program, `a` has to be the same in both. */
struct item {
	term when, a;
};

struct product {
	struct sym *s;
	struct item *item;
	size_t n, cap;
	term *known; /* terms whose variables are the environment's answers to questions that are compared */
	size_t n_known, cap_known;
	uint8_t *speaks; /* of terms up to n_speaks */
	size_t n_speaks;
	const char *lost; /* why nothing can be said */
};

int product_start(struct sym *s, uint32_t insn, const struct isa_insn *with)
{
	s->variant = arena_new(s->arena, struct sym_variant);
	if (!s->variant)
		return -ENOMEM;
	*s->variant = (struct sym_variant){ .insn = insn, .with = *with, .is = term_fresh(&s->t, 0, "is changed") };
	return 0;
}

static void lose(struct product *p, const char *why)
{
	if (!p->lost)
		p->lost = why;
}

/* Whether the two programs may differ in it at all. */
static bool speaks(struct product *p, term a)
{
	if (a >= p->n_speaks) {
		free(p->speaks);
		p->n_speaks = p->s->t.n;
		p->speaks = substitute_speaks(&p->s->t, p->s->variant->is);
	}
	if (!p->speaks)
		lose(p, "out of memory");
	return !p->speaks || p->speaks[a];
}

static void compare(struct product *p, term when, term a)
{
	struct item *list;

	if (when == TERM_FALSE || term_is_const(&p->s->t, a))
		return;
	list = arena_grow(p->s->arena, p->item, p->n, &p->cap, sizeof(*list));
	if (!list) {
		lose(p, "out of memory");
		return;
	}
	p->item = list;
	list[p->n++] = (struct item){ when, a };
}

static void known(struct product *p, term a)
{
	term *list;

	if (!a || term_is_const(&p->s->t, a))
		return;
	list = arena_grow(p->s->arena, p->known, p->n_known, &p->cap_known, sizeof(*list));
	if (!list) {
		lose(p, "out of memory");
		return;
	}
	p->known = list;
	list[p->n_known++] = a;
}

static void known_val(struct product *p, const struct val *v)
{
	if (!v)
		return;
	known(p, v->bits);
	for (uint32_t i = 0; i < v->n; i++) {
		known(p, v->alt[i].guard);
		known(p, v->alt[i].off);
	}
}

static void known_cell(struct product *p, const struct cell *c)
{
	for (unsigned j = 0; c && !c->v && j < 8; j++)
		known(p, c->byte[j]);
}

/* The same object. */
static void compare_object(struct product *p, term when, const struct region *r)
{
	if (r->kind == REGION_KOBJ)
		compare(p, when, r->base);
	for (uint32_t i = 0; i < r->n_key; i++)
		compare(p, when, r->key[i]);
}

static void compare_val(struct product *p, term when, const struct val *v)
{
	struct terms *t = &p->s->t;

	for (uint32_t i = 0; i < v->n; i++) {
		const struct alt *a = &v->alt[i];
		term here = term_and(t, when, a->guard);

		compare(p, when, a->guard);
		compare(p, here, a->off);
		compare_object(p, here, region_get(p->s, a->region));
	}
	if (v->bits)
		compare(p, term_and(t, when, val_scalar_guard(p->s, v)), v->bits);
}

/* --- what others see of memory --- */

static void compare_cell(struct product *p, term when, const struct cell *c)
{
	if (c->v) {
		compare_val(p, when, c->v);
		return;
	}
	for (unsigned j = 0; j < 8; j++)
		compare(p, when, c->byte[j]);
}

/* What was not written one by one is the same for both unless two memories met. */
static void compare_region(struct product *p, term when, const struct state *st, struct region *r)
{
	const struct rmem *m = r->id < st->n_mem ? st->mem[r->id] : NULL;

	if (!m)
		return;
	for (uint32_t i = 0; i < m->n; i++)
		if (m->cell[i] || (m->base && m->base->joined))
			compare_cell(p, when, mem_cell(p->s, st, r, i));
}

static void compare_memory(struct product *p, term when, const struct state *st)
{
	for (size_t i = 1; i < p->s->n_regions; i++) {
		struct region *r = p->s->region[i];

		if (r->kind == REGION_ROW || r->kind == REGION_CTX || r->kind == REGION_PACKET)
			compare_region(p, when, st, r);
	}
}

/* n bytes that an argument points to. */
static void compare_bytes(struct product *p, term when, const struct state *st, const struct val *v, uint64_t n)
{
	struct sym *s = p->s;
	term init;

	if (n > MAX_BYTES)
		lose(p, "a call is given too many bytes");
	for (uint32_t j = 0; j < v->n && !p->lost; j++) {
		struct region *r = region_get(s, v->alt[j].region);
		term here = term_and(&s->t, when, v->alt[j].guard);

		if (r->kind == REGION_KOBJ)
			continue; /* compared by its address */
		for (uint64_t i = 0; i < n; i++)
			compare(p, here, term_extract(&s->t, val_number(s, mem_load(s, st, r, term_add(&s->t, v->alt[j].off, term_const(&s->t, 64, i)), 1, &init)), 7, 0));
	}
}

/* --- calls --- */

/* Looks, and changes nothing that anybody sees. */
static bool only_looks(struct sym *s, const struct log_entry *e)
{
	static const int32_t looks[] = { 1, 4, 5, 7, 8, 14, 15, 16, 26, 35, 37, 45, 46, 67, 68, 80, 95, 112, 113, 114, 115, 118, 123, 125, 134, 136, 137, 140,
					 147, 158, 160, 162, 165, 173, 174, 175, 178, 182, 183, 185, 189, 195, 196, 208 };
	bool storage = e->helper == 107 || e->helper == 145 || e->helper == 156 || e->helper == 210;

	if (storage) /* without the flag that makes it */
		return !e->arg[3]->n && e->arg[3]->bits == term_const(&s->t, 64, 0);
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		if (looks[i] == e->helper)
			return true;
	return false;
}

/* Of all other helpers those whose effect is compared. */
static bool is_compared(int32_t helper)
{
	static const int32_t known_effects[] = { 2, 3, 6, 25, 39, 93, 94, 107, 108, 130, 131, 132, 133, 145, 146, 156, 157, 164, 181, 210, 211, SYMFUNC_HELPER };

	for (size_t i = 0; i < sizeof(known_effects) / sizeof(known_effects[0]); i++)
		if (known_effects[i] == helper)
			return true;
	return false;
}

static uint64_t bytes_given(struct product *p, const struct helper *h, const struct log_entry *e, unsigned i)
{
	struct sym *s = p->s;
	const struct map_model *m = h->args[0] == 'm' && e->arg[0]->n ? symmap_of(s, e->arg[0]->alt[0].region) : NULL;

	switch (h->args[i]) {
	case 'k':
		return m && !m->is_object ? m->map->key_size : 0;
	case 'v':
	case 'V':
		return m && e->arg[i]->n ? m->map->value_size : 0;
	case 'r':
	case 'R':
		return i + 1 < 5 && e->arg[i]->n ? s->t.node[val_number(s, e->arg[i + 1])].hi : 0;
	default:
		return 0;
	}
}

static void compare_pointees(struct product *p, const struct log_entry *e)
{
	const struct isa_insn *in = &p->s->insns[e->insn];
	const struct bpfobj_func *f = in->op == ISA_CALL_LOCAL ? bpfobj_func_at(p->s->prog, in->target) : NULL;

	if (!f)
		lose(p, "a call of a function that is not known");
	for (unsigned i = 0; f && i < 5; i++) {
		int64_t size = symfunc_pointee(p->s, f, i);

		if (size > 0)
			compare_bytes(p, e->guard, e->at, e->arg[i], (uint64_t)size);
	}
	compare_memory(p, e->guard, e->at);
}

static bool speaks_val(struct product *p, const struct val *v)
{
	bool any = v && v->bits && speaks(p, v->bits);

	for (uint32_t i = 0; v && i < v->n; i++)
		any |= speaks(p, v->alt[i].guard) || speaks(p, v->alt[i].off);
	return any;
}

/* A loop's iterations are followed, and compared; how many there were has to be the same. */
static void compare_loop(struct product *p, const struct log_entry *e)
{
	compare_val(p, e->guard, e->ret);
	if (e->value)
		compare(p, e->guard, e->value);
}

static uint32_t n_args(const struct helper *h)
{
	uint32_t n = 0;

	while (h && h->args[n])
		n++;
	return n;
}

static void compare_call(struct product *p, const struct log_entry *e)
{
	const struct helper *h = e->helper == SYMFUNC_HELPER ? NULL : helper_find(e->helper);
	bool looks = only_looks(p->s, e);
	const struct isa_insn *in = &p->s->insns[e->insn];
	const struct bpfobj_func *f = in->op == ISA_CALL_LOCAL ? bpfobj_func_at(p->s->prog, in->target) : NULL;

	if (!e->at || !e->ret || (!looks && !is_compared(e->helper))) {
		lose(p, "a call whose effect is not compared");
		return;
	}
	if (!looks)
		compare(p, TERM_TRUE, e->guard);
	for (unsigned i = 0; i < (h ? n_args(h) : 5); i++) {
		if (h || (f && symfunc_pointee(p->s, f, i) >= 0))
			compare_val(p, e->guard, e->arg[i]);
		if (h)
			compare_bytes(p, e->guard, e->at, e->arg[i], bytes_given(p, h, e, i));
	}
	if (!h)
		compare_pointees(p, e);
	if (e->helper == 181 || e->helper == 164)
		compare_loop(p, e);
}

/* Answers of the call; of what it may have changed, the cells that were looked at. */
static void known_call(struct product *p, const struct log_entry *e)
{
	known_val(p, e->ret);
	for (uint32_t i = 0; e->ret && i < e->ret->n; i++) { /* the object it gives */
		const struct region *r = region_get(p->s, e->ret->alt[i].region);

		if (r->kind == REGION_KOBJ)
			known(p, r->base);
	}
	for (const struct log_write *w = e->writes; w; w = w->next)
		for (uint32_t i = 0; i < w->n; i++) {
			known(p, w->byte[i]);
			known(p, w->when[i]);
		}
	for (const struct log_havoc *x = e->havocs; x; x = x->next)
		for (uint64_t i = 0; x->base && i < (region_get(p->s, x->region)->size + 7) / 8; i++)
			known_cell(p, x->base->cell[i]);
}

static bool speaks_entry(struct product *p, const struct log_entry *e)
{
	bool any = speaks(p, e->guard) || (e->addr && speaks(p, e->addr)) || (e->value && speaks(p, e->value));

	for (int i = 0; i < 5; i++)
		any |= speaks_val(p, e->arg[i]);
	return any;
}

static bool stands_for_many(const struct log_entry *e)
{
	return (e->in_loop && !e->retried) || e->fresh;
}

static void compare_log(struct product *p)
{
	for (size_t i = 0; i < p->s->n_log && !p->lost; i++) {
		const struct log_entry *e = &p->s->log[i];

		if (stands_for_many(e)) {
			if (speaks_entry(p, e))
				lose(p, "the change comes to a loop that is not unrolled, or to a shared map");
		} else if (e->kind == LOG_CALL) {
			compare_call(p, e);
		} else {
			if (e->kind == LOG_KWRITE) {
				compare(p, TERM_TRUE, e->guard);
				compare(p, e->guard, e->value);
			}
			compare(p, e->guard, e->addr);
		}
	}
}

/* --- maps --- */

static void compare_rows(struct product *p, const struct row_table *rows)
{
	for (size_t j = 0; j < rows->n; j++)
		compare_object(p, TERM_TRUE, region_get(p->s, rows->row[j]));
}

static void known_rows(struct product *p, const struct row_table *rows)
{
	for (size_t j = 0; j < rows->n; j++) {
		known(p, rows->present[j]);
		known(p, rows->kept[j]);
	}
}

static void compare_op(struct product *p, const struct map_model *m, const struct map_op *o)
{
	compare(p, TERM_TRUE, o->guard);
	if (o->lost)
		compare(p, TERM_TRUE, o->lost);
	for (uint32_t i = 0; !o->unseen && i < symmap_key_words(m); i++)
		compare(p, o->guard, o->key[i]);
	if (o->unseen)
		compare_rows(p, o->unseen);
	if (o->in_loop && speaks(p, o->guard))
		lose(p, "the change comes to a loop that is not unrolled");
}

static void compare_maps(struct product *p)
{
	for (size_t i = 0; i < p->s->n_maps; i++) {
		const struct map_model *m = &p->s->map[i];

		if (m->any || m->discipline == MAP_SHARED || m->discipline == MAP_LOCKED)
			lose(p, "a map whose contents are not followed");
		compare_rows(p, &m->first);
		for (const struct map_op *o = m->ops; o; o = o->next)
			compare_op(p, m, o);
	}
	for (const struct event *e = p->s->events; e; e = e->next) {
		compare(p, TERM_TRUE, e->guard);
		for (uint32_t i = 0; !e->unseen && i < e->n; i++)
			compare(p, e->guard, e->byte[i]);
	}
}

/* Whatever is unknown of what was compared; after everything was, as cells are made when they are looked at. */
static void known_answers(struct product *p)
{
	known(p, p->s->current_task);
	known(p, p->s->packet_cookie);
	for (size_t i = 0; i < p->s->n_log; i++) {
		const struct log_entry *e = &p->s->log[i];

		if (!stands_for_many(e) && e->kind == LOG_CALL)
			known_call(p, e);
		else if (!stands_for_many(e))
			known(p, e->value);
	}
	for (size_t i = 0; i < p->s->n_maps; i++) {
		const struct map_model *m = &p->s->map[i];

		known_rows(p, &m->first);
		known(p, m->entries);
		for (const struct map_op *o = m->ops; o; o = o->next)
			if (o->unseen && !o->in_loop)
				known_rows(p, o->unseen);
	}
}

/* What an object holds at the start belongs to the object, which was compared. */
static void known_regions(struct product *p)
{
	for (size_t i = 1; i < p->s->n_regions; i++) {
		const struct region *r = p->s->region[i];

		if (r->any || r->kind == REGION_ITER || r->discipline == MAP_SHARED || r->discipline == MAP_LOCKED)
			lose(p, "memory whose contents are not followed");
		known(p, r->addr);
		if (r->kind == REGION_KOBJ) /* no contents of its own: symkobj.c */
			continue;
		for (uint64_t c = 0; c < (r->size + 7) / 8; c++)
			known_cell(p, r->first[c]);
		for (const struct first_read *x = r->reads; x; x = x->next)
			if (!speaks(p, x->off))
				known(p, x->word);
	}
}

/* --- the question --- */

static void compare_end(struct product *p)
{
	struct sym *s = p->s;
	const struct state *st = s->final;

	if (!st) {
		lose(p, "it has no end");
		return;
	}
	compare(p, TERM_TRUE, st->pc);
	compare_memory(p, st->pc, st);
	if (s->func)
		compare_val(p, st->pc, st->r[0]);
	else
		compare(p, st->pc, term_extract(&s->t, val_number(s, st->r[0]), 31, 0));
}

/* A violation in the changed program. */
static term unsafe(struct product *p)
{
	struct terms *t = &p->s->t;
	term any = TERM_FALSE;

	for (size_t i = 0; i < p->s->n_obligs; i++) {
		const struct oblig *o = &p->s->oblig[i];

		if (o->prop != PROP_CONTRACT)
			any = term_or(t, any, term_and(t, o->guard, term_not(t, o->cond)));
	}
	return any;
}

/* Every unknown that the question speaks of is of before the change, or an answer to what was compared. */
static bool all_known(struct product *p, const term *roots, size_t n)
{
	const struct terms *t = &p->s->t;
	uint8_t *used = calloc(t->n + 1, 1), *told = calloc(t->n + 1, 1);
	bool all = used && told;

	if (all && n)
		term_mark(t, roots, n, used);
	if (all && p->n_known)
		term_mark(t, p->known, p->n_known, told);
	for (size_t i = p->s->variant->n_vars; all && i < t->n_vars; i++) {
		term v = t->var[i].t;

		if (v < t->n && used[v] && !told[v]) {
			lose(p, arena_printf(p->s->arena, "%s may not be the same for both", t->var[i].name));
			all = false;
		}
	}
	free(used);
	free(told);
	return all;
}

/*
 * Paths that parted at the change meet again: where they do, a condition of the changed program is that of the program in other words. Said
 * there, everything behind it is the same by its form; else a solver would have to find that once for each thing that is compared. So conditions that
 * differ in no model found so far are asked about, from the change on.
 */
struct lemmas {
	struct product *p;
	const struct smt_opts *opts;
	const term *a; /* of the program, by part */
	unsigned asked;
	uint64_t *model[LEMMA_MODELS]; /* in which an earlier condition differed */
	size_t n_vars[LEMMA_MODELS];
	unsigned n_models;
};

static bool lemma_differs(const struct lemmas *l, term differ)
{
	bool found = false;

	for (unsigned i = 0; i < l->n_models && !found; i++) {
		struct eval e;

		if (eval_init(&e, &l->p->s->t, l->model[i], l->n_vars[i]) >= 0) {
			found = eval_term(&e, differ);
			eval_done(&e);
		}
	}
	return found;
}

static bool lemma_holds(struct lemmas *l, term differ)
{
	struct smt_opts quick = *l->opts;
	struct smt_answer answer;
	bool holds;

	quick.timeout = l->opts->timeout < LEMMA_SECONDS ? l->opts->timeout : LEMMA_SECONDS;
	l->asked++;
	symread_solve(l->p->s, &differ, 1, &quick, &answer);
	holds = answer.result == SMT_UNSAT && !answer.disagree;
	if (answer.result == SMT_SAT && l->n_models < LEMMA_MODELS) {
		l->n_vars[l->n_models] = answer.n_vars;
		l->model[l->n_models++] = answer.model;
		answer.model = NULL;
	}
	smt_answer_done(&answer);
	return holds;
}

static term lemma_settle(void *ctx, term i, term is)
{
	struct lemmas *l = ctx;
	struct terms *t = &l->p->s->t;
	term differ;

	if (is == l->a[i] || term_width(t, is) || l->asked == MAX_LEMMAS)
		return is;
	differ = term_and(t, l->p->s->requires, term_not(t, term_eq(t, l->a[i], is)));
	return differ == TERM_FALSE || (!lemma_differs(l, differ) && lemma_holds(l, differ)) ? l->a[i] : is;
}

/* Is there a difference, or a violation? As one condition. */
static term difference(struct product *p, const term *roots, size_t n, const struct smt_opts *opts)
{
	struct terms *t = &p->s->t;
	term is = p->s->variant->is, any = TERM_FALSE;
	uint8_t *speak = substitute_speaks(t, is);
	term *a = speak ? substitute(t, is, TERM_FALSE, speak, roots, n, NULL, NULL) : NULL;
	struct lemmas lemmas = { .p = p, .opts = opts, .a = a };
	term *b = NULL;

	if (a) { /* the first rebuilding added terms; none of them speaks of it */
		free(speak);
		speak = substitute_speaks(t, is);
		b = speak ? substitute(t, is, TERM_TRUE, speak, roots, n, lemma_settle, &lemmas) : NULL;
	}
	for (size_t i = 0; a && b && i < p->n; i++) {
		const struct item *x = &p->item[i];
		term when = term_or(t, a[x->when], b[x->when]);

		any = term_or(t, any, term_and(t, when, term_not(t, term_eq(t, a[x->a], b[x->a]))));
	}
	if (a && b)
		any = term_or(t, any, b[roots[n - 1]]); /* unsafe */
	else
		lose(p, "out of memory");
	for (unsigned i = 0; i < lemmas.n_models; i++)
		free(lemmas.model[i]);
	free(speak);
	free(a);
	free(b);
	return any;
}

/* A model that refuted a mutant shows a difference of this one, too. */
static bool differs_in(struct product *p, term goal, struct models *models)
{
	struct terms *t = &p->s->t;
	bool found = false;

	for (size_t i = 0; models && i < models_count(models) && !found; i++) {
		uint64_t *model = models_take(models, i, t);
		struct eval e;

		if (model && eval_init(&e, t, model, t->n_vars) >= 0) {
			found = eval_term(&e, goal);
			eval_done(&e);
		}
		free(model);
	}
	return found;
}

/* Whether nothing satisfies the goal: asked with large comparisons left open first (smt.h), which "unsat" answers, too. */
static bool impossible(struct product *p, term goal, const struct smt_opts *opts)
{
	static const uint32_t weak[] = { 60, 1000, 0 };
	struct smt_opts quick = *opts;
	bool same = false, differ = false;

	quick.timeout = opts->timeout < QUESTION_SECONDS ? opts->timeout : QUESTION_SECONDS;
	for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]) && !same; i++) {
		struct smt_answer a;
		term asked;

		quick.weak = opts->whole ? 0 : weak[i];
		asked = quick.weak ? lift(&p->s->t, goal) : goal;
		symread_solve(p->s, &asked, 1, &quick, &a);
		same = a.result == SMT_UNSAT && !a.disagree;
		differ = a.result == SMT_SAT;
		smt_answer_done(&a);
	}
	if (!same)
		lose(p, differ ? "they differ" : "the solver has no answer");
	return same;
}

static bool no_difference(struct product *p, const struct smt_opts *opts, struct models *models)
{
	struct sym *s = p->s;
	term *roots = arena_new_n(s->arena, 2 * p->n + 2, term), goal;
	size_t n = 0;

	for (size_t i = 0; roots && i < p->n; i++) {
		roots[n++] = p->item[i].when;
		roots[n++] = p->item[i].a;
	}
	if (!roots || !all_known(p, roots, n))
		return false;
	roots[n++] = unsafe(p);
	goal = term_and(&s->t, s->requires, difference(p, roots, n, opts));
	if (p->lost || s->t.exhausted)
		return false;
	if (differs_in(p, goal, models)) {
		lose(p, "they differ");
		return false;
	}
	return impossible(p, goal, opts);
}

bool product_same(struct sym *s, const struct smt_opts *opts, struct models *models, const char **ret_why)
{
	struct product p = { .s = s };
	bool same = false;

	if (s->opts.layouts || s->n_gaps || s->stop || s->t.exhausted)
		lose(&p, s->n_gaps ? s->gap[0] : "not modelled for two programs");
	if (!s->variant->reached)
		s->variant->n_vars = s->t.n_vars;
	if (!p.lost)
		compare_log(&p);
	if (!p.lost)
		compare_maps(&p);
	if (!p.lost)
		compare_end(&p);
	if (!p.lost)
		known_answers(&p);
	if (!p.lost)
		known_regions(&p);
	if (!p.lost)
		same = no_difference(&p, opts, models) && !s->t.exhausted && !s->n_gaps;
	free(p.speaks);
	*ret_why = same ? NULL : p.lost ? p.lost : "the analysis did not finish";
	return same;
}
