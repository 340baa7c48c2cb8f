// SPDX-License-Identifier: GPL-2.0-only
/* contract_table: see contract_table.h. */
#include "prove/contract_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "common/buf.h"
#include "common/diag.h"
#include "prove/contract.h"
#include "prove/contract_eval.h"
#include "prove/eval.h"

#define MEMORY_LIMIT  (1ull << 30)
#define JUDGED_MAX    512u /* clauses, until terms and regions are given back */
#define READS_MAX     16u

struct contract_table {
	const struct contract *c;
	const struct bpfobj *obj;
	const struct bpfobj_map *map;
	struct sym_contents others;
	const struct sym_contents *asked; /* the caller's */
	const char *missing;  /* what nobody read, and a clause asked for */
	struct arena arena;
	struct sym s;
	bool open;
	uint32_t judged;
};

/* --- what a clause reads --- */

struct reads {
	struct contract_reads base;
	const struct region *element;
	struct table_read read[READS_MAX];
	size_t n;
};

static const char *place_name(struct sym *s, const struct region *r, const struct region *element, uint64_t off)
{
	struct buf path = BUF_INIT;
	const char *name = r->name;

	if (r->map && r->map->value_type && !bt_path_at(bpfobj_btf(s->obj), r->map->value_type, off, &path))
		name = arena_printf(s->arena, "%s%s%s", r == element ? "value" : r->name, *buf_str(&path) == '[' ? "" : r == element ? "->" : ".", buf_str(&path));
	buf_done(&path);
	return name ? name : "?";
}

static void add_read(struct contract_reads *base, struct cenv *e, const struct cval *v, term value)
{
	struct reads *reads = (struct reads *)base;
	struct terms *t = &e->s->t;

	if (v->place != PLACE_ROW || v->ptr->n != 1 || !term_is_const(t, v->ptr->alt[0].off) || !term_is_const(t, value) || reads->n == READS_MAX)
		return;
	const struct bt_type *ty = bt_resolve(v->bt, v->type);
	const char *name = place_name(e->s, region_get(e->s, v->ptr->alt[0].region), reads->element, term_value(t, v->ptr->alt[0].off) + v->off);
	for (size_t i = 0; i < reads->n; i++)
		if (!strcmp(reads->read[i].name, name))
			return;
	reads->read[reads->n++] = (struct table_read){ name, term_value(t, value), ty && bt_is_signed(v->bt, ty->id) <= 0 };
}

/* --- elements --- */

static const uint8_t *find(void *ctx, const struct bpfobj_map *map, const uint8_t *key, bool *ret_known)
{
	struct contract_table *t = ctx;
	const uint8_t *value = t->asked->find(t->asked->ctx, map, key, ret_known);

	if (!*ret_known)
		t->missing = map->name ? map->name : "an inner map";
	return value;
}

static void give_back(struct contract_table *t)
{
	if (!t->open)
		return;
	sym_done(&t->s);
	arena_done(&t->arena);
	t->open = false;
}

/* Room for one more: all is made anew when there is much. */
static int make_room(struct contract_table *t, struct diag *diag)
{
	if (t->open && t->judged < JUDGED_MAX && !t->s.stop && t->s.t.n < t->s.t.limit / 2 && t->arena.used < MEMORY_LIMIT / 2)
		return 0;
	give_back(t);
	arena_init(&t->arena, MEMORY_LIMIT);
	int r = sym_init_maps(&t->s, &t->arena, t->obj, &(struct sym_opts){ .contract = t->c, .max_unroll = 4096, .max_steps = 4000000 }, diag);
	t->s.contents = &t->others;
	t->judged = 0;
	t->open = true;
	return r;
}

static struct region *element(struct contract_table *t, const uint8_t *value)
{
	struct region *r = region_new(&t->s, REGION_ROW, t->map->value_size, "%s", t->map->name);

	r->init = true;
	r->map = t->map;
	r->image = value;
	return r;
}

/* real: what decides && || ==> keeps the rest from being looked at. */
static term judge(struct contract_table *t, const struct contract *file, const struct clause *cl, const struct region *r, bool real,
		  struct contract_reads *reads, struct diag *diag)
{
	struct state st = { .id = 1, .pc = TERM_TRUE };
	struct cenv e = { .s = &t->s, .c = t->c, .file = file->file, .diag = diag, .pre = &st, .post = &st, .reads = reads, .real = real };
	struct cparams params;

	t->missing = NULL;
	t->s.n_gaps = 0;
	contract_bind_element(&e, t->map->value_type, r, &params);
	term a = contract_bool(&e, cl->expr);
	return e.failed ? TERM_NONE : a;
}

/* What the term, which did not fold, depends on. */
static const char *depends_on(struct contract_table *t, term a)
{
	struct terms *terms = &t->s.t;
	uint8_t *mark = calloc(terms->n, 1);
	const char *name = "something that is not known";

	if (t->missing)
		name = arena_printf(&t->arena, "it asks for an element of %s, which was not read", t->missing);
	else if (mark && a) {
		term_mark(terms, &a, 1, mark);
		for (size_t i = 0; i < terms->n_vars; i++)
			if (mark[terms->var[i].t]) {
				name = arena_printf(&t->arena, "it depends on %s", terms->var[i].name);
				break;
			}
	}
	free(mark);
	return name ? name : "";
}

/* Where an expression begins: an operator stands behind what it is about. */
static const struct node *first_word(const struct node *n)
{
	while (n->kind == NODE_BINARY || n->kind == NODE_COND || n->kind == NODE_MEMBER || n->kind == NODE_INDEX)
		n = n->kid[0];
	return n;
}

static void tell(struct contract_table *t, const struct contract *file, const struct clause *cl, const uint8_t *value, term a,
		 const char *why, table_found found, void *ctx)
{
	struct reads reads = { .base.add = add_read };
	struct table_finding f = { .unknown = a != TERM_FALSE, .reason = why, .file = file->file, .text = cl->text,
				   .line = first_word(cl->expr)->line, .col = first_word(cl->expr)->col };
	struct region *r = element(t, value);

	reads.element = r;
	judge(t, file, cl, r, true, &reads.base, NULL);
	f.read = reads.read;
	f.n_reads = reads.n;
	found(ctx, &f);
}

static void one_clause(struct contract_table *t, const struct contract *file, const struct clause *cl, const uint8_t *value,
		       table_found found, void *ctx)
{
	struct diag diag;
	const char *why = NULL;

	diag_init(&diag);
	term a = judge(t, file, cl, element(t, value), true, NULL, &diag);
	if (!a && diag.n)
		why = arena_strdup(&t->arena, diag.entries[0].message);
	else if (t->s.n_gaps)
		why = t->s.gap[0];
	else if (t->s.t.exhausted || t->arena.exhausted || t->s.stop)
		why = "it takes too much memory";
	else if (a != TERM_TRUE && a != TERM_FALSE)
		why = depends_on(t, a);
	diag_done(&diag);
	if (a != TERM_TRUE || why)
		tell(t, file, cl, value, why ? TERM_NONE : a, why, found, ctx);
}

/* Each clause about elements of a map: k of them, or NULL. */
static const struct clause *nth(const struct contract *c, const char *map, size_t k, const struct contract **ret_file)
{
	for (; c; c = c->next)
		for (const struct block_ast *b = c->blocks; b; b = b->next) {
			if (b->kind != BLOCK_MAP || strcmp(b->program, map) != 0)
				continue;
			*ret_file = c;
			if (k < b->n)
				return &b->clause[k];
			k -= b->n;
		}
	return NULL;
}

int contract_table_judge(struct contract_table *t, const uint8_t *value, table_found found, void *ctx)
{
	const struct contract *file;
	const struct clause *cl;
	int r = 0;

	for (size_t k = 0; !r && (cl = nth(t->c, t->map->name, k, &file)); k++) {
		r = make_room(t, NULL);
		if (!r)
			one_clause(t, file, cl, value, found, ctx);
		t->judged++;
	}
	return r;
}

size_t contract_table_clauses(const struct contract *c, const char *map)
{
	const struct contract *file;
	size_t n = 0;

	while (nth(c, map, n, &file))
		n++;
	return n;
}

bool contract_table_named(const struct contract *c, const char *map)
{
	for (const struct contract *f = c; f; f = f->next)
		for (const struct block_ast *b = f->blocks; b; b = b->next)
			if (b->kind == BLOCK_MAP && contract_block_names(c, b, map))
				return true;
	return false;
}

/* Whether a clause makes sense of that element, all of it looked at; NULL: of one of which nothing is known. */
static int makes_sense(struct contract_table *t, const struct contract *file, const struct clause *cl, const uint8_t *value, struct diag *diag)
{
	int r = make_room(t, diag);

	if (!r && !judge(t, file, cl, element(t, value), false, NULL, diag))
		r = -EINVAL;
	give_back(t);
	return r;
}

/* Of any element; or, as a specification function need not end on that where no solver is asked, of one of zeros. */
static int check_clauses(struct contract_table *t, struct diag *diag)
{
	uint8_t *zeros = calloc(1, t->map->value_size + 1);
	const struct contract *file;
	const struct clause *cl;
	int r = zeros ? 0 : diag_fail(diag, -ENOMEM, NULL, "out of memory");

	for (size_t k = 0; !r && (cl = nth(t->c, t->map->name, k, &file)); k++)
		if (makes_sense(t, file, cl, NULL, NULL))
			r = makes_sense(t, file, cl, zeros, diag);
	free(zeros);
	return r;
}

int contract_table_open(const struct contract *c, const struct bpfobj *obj, const struct bpfobj_map *map,
			const struct sym_contents *others, struct diag *diag, struct contract_table **ret_table)
{
	struct contract_table *t = calloc(1, sizeof(*t));

	if (!t)
		return diag_fail(diag, -ENOMEM, NULL, "out of memory");
	*t = (struct contract_table){ .c = c, .obj = obj, .map = map, .asked = others, .others = { .find = find, .ctx = t } };
	int r = check_clauses(t, diag);
	if (r < 0) {
		contract_table_close(t);
		return r;
	}
	*ret_table = t;
	return 0;
}

void contract_table_close(struct contract_table *t)
{
	if (!t)
		return;
	give_back(t);
	free(t);
}
