// SPDX-License-Identifier: GPL-2.0-only
/*
 * contract_loop: invariants of callbacks, and of loops in the code of a program or function: which loop a block means, what
 * its clauses say of a state at the head.
 */
#include <errno.h>
#include <string.h>
#include "common/buf.h"
#include "common/diag.h"
#include "prove/contract.h"
#include "prove/contract_eval.h"
#include "prove/symcfg.h"
#include "prove/symiter.h"

/* --- of a callback --- */

bool contract_has_loop(const struct contract *c, const char *callback)
{
	const struct contract *file;

	return contract_find_block(c, BLOCK_LOOP, callback, &file) != NULL;
}

uint32_t contract_loop_unroll(const struct contract *c, const char *callback)
{
	const struct contract *file;
	const struct block_ast *b = contract_find_block(c, BLOCK_LOOP, callback, &file);

	return b ? b->unroll : 0;
}

void contract_loop_refuse(struct sym *s, const char *callback, const char *why)
{
	const struct contract *file = NULL;
	const struct block_ast *b = contract_find_block(s->opts.contract, BLOCK_LOOP, callback, &file);

	diag_fail(s->diag, -EINVAL, DIAG_AT(.file = file->file, .line = b->line, .col = b->col), "%s", why);
	s->bad = s->stop = true;
}

/* The block about the callback, and what its clauses are judged in. NULL: there is none. */
static const struct block_ast *loop_env(struct sym *s, const struct contract_call *call, struct cparams *params, struct cenv *e)
{
	const struct contract *file = NULL;
	const struct block_ast *b = contract_find_block(s->opts.contract, BLOCK_LOOP, call->func->name, &file);

	if (!b)
		return NULL;
	*e = (struct cenv){ .s = s, .c = s->opts.contract, .file = file->file, .diag = s->diag, .pre = call->pre, .post = call->post,
			    .before = call->before, .pre_regions = call->pre_regions, .result = call->result, .fn = params };
	if (!contract_bind(s, call->func, call->arg, params)) {
		sym_give_up(s, "the types of the parameters of %s are not known, or not modelled", call->func->name);
		return NULL;
	}
	if (call->visited) /* between two elements, only the context has a meaning */
		*params = (struct cparams){ .name = { params->n > 3 ? params->name[3] : "", "\\visited" }, .n = 2,
					    .value = { params->value[3], contract_int(e, call->visited, false) },
					    .result_bits = params->result_bits };
	return b;
}

term contract_loop_invariant(struct sym *s, const struct contract_call *call)
{
	struct cparams params;
	struct cenv e;
	const struct block_ast *b = loop_env(s, call, &params, &e);
	term all = TERM_TRUE;

	for (size_t i = 0; b && i < b->n && !e.failed; i++)
		if (b->clause[i].kind == CLAUSE_INVARIANT)
			all = term_and(&s->t, all, contract_bool(&e, b->clause[i].expr));
	s->bad |= b && e.failed;
	return b && e.failed ? TERM_TRUE : all;
}

void contract_loop_ensures(struct sym *s, const struct contract_call *call)
{
	struct cparams params;
	struct cenv e;
	const struct block_ast *b = loop_env(s, call, &params, &e);

	e.own = true; /* the callback is run here: its calls are the run's last */
	for (size_t i = 0; b && i < b->n && !e.failed; i++) {
		const struct clause *cl = &b->clause[i];

		if (cl->kind == CLAUSE_ENSURES)
			sym_oblige(s, call->post, PROP_INVARIANT, contract_bool(&e, cl->expr),
				   arena_printf(s->arena, "an iteration of %s does not end with %s", call->func->name, cl->label ? cl->label : cl->text));
	}
	s->bad |= b && e.failed;
}

/* --- which loop of a function --- */

#define MAX_LOOPS 64

struct loops {
	const struct bpfobj_prog *prog;
	const struct func_cfg *cfg;
	struct wto *loop[MAX_LOOPS]; /* outer before inner */
	uint32_t n;
};

static void collect(struct loops *l, struct wto *w)
{
	for (; w; w = w->next) {
		if (!w->loop)
			continue;
		if (l->n < MAX_LOOPS)
			l->loop[l->n++] = w;
		collect(l, w->body);
	}
}

static bool is_line(const struct bpfobj_line *line, const struct block_ast *b)
{
	size_t n = b->at_file ? strlen(b->at_file) : 0, m = line && line->file ? strlen(line->file) : 0;

	if (!line || line->line != b->at)
		return false;
	return !n || (m >= n && !strcmp(line->file + m - n, b->at_file) && (m == n || line->file[m - n - 1] == '/'));
}

static bool block_has(const struct loops *l, uint32_t block, const struct block_ast *b)
{
	const struct block *bl = &l->cfg->block[block];

	for (uint32_t i = bl->start; i < bl->end; i++)
		if (b->at_insn ? i == b->at && i == bl->start : is_line(bpfobj_line_at(l->prog, i), b))
			return true;
	return false;
}

static bool body_has(const struct loops *l, const struct wto *w, const struct block_ast *b, bool inner)
{
	for (; w; w = w->next)
		if ((!w->loop || inner) && (block_has(l, w->block, b) || (w->loop && body_has(l, w->body, b, inner))))
			return true;
	return false;
}

/* The loop has code of that line (or starts at that instruction) which no loop in it has. */
static bool means(const struct loops *l, const struct wto *w, const struct block_ast *b)
{
	if (b->at_insn)
		return block_has(l, w->block, b);
	for (const struct wto *in = w->body; in; in = in->next)
		if (in->loop && (block_has(l, in->block, b) || body_has(l, in->body, b, true)))
			return false;
	return block_has(l, w->block, b) || body_has(l, w->body, b, false);
}

static void candidates(const struct loops *l, const struct block_ast *b, bool matching, struct buf *out)
{
	for (uint32_t i = 0; i < l->n; i++) {
		uint32_t at = l->cfg->block[l->loop[i]->block].start;
		const struct bpfobj_line *line = bpfobj_line_at(l->prog, at);

		if (!matching || means(l, l->loop[i], b))
			buf_printf(out, "%sinstruction %u (line %u)", out->len ? ", " : "", at, line ? line->line : 0);
	}
}

static void find_head(struct sym *s, struct loops *l, const struct contract *file, const struct block_ast *b)
{
	struct buf list = BUF_INIT;
	struct wto *found = NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->n; i++)
		if (means(l, l->loop[i], b)) {
			found = l->loop[i];
			n++;
		}
	if (n == 1 && !found->head) {
		found->head = b;
		return;
	}
	candidates(l, b, n > 1, &list);
	diag_fail(s->diag, -EINVAL, DIAG_AT(.file = file->file, .line = b->line, .col = b->col),
		  n == 1 ? "%s %u of '%s' is in a loop that has a block already%s%s" :
		  n ? "%s %u of '%s' is in several loops; say 'at instruction N': %s%s" :
		  list.len ? "%s %u of '%s' is in no loop; there are: %s%s" : "%s %u of '%s' is in no loop: there is none%s%s",
		  b->at_insn ? "instruction" : "line", b->at, b->program, n == 1 ? "" : buf_str(&list), "");
	buf_done(&list);
	s->bad = s->stop = true;
}

void contract_find_heads(struct sym *s, struct func_cfg *cfg)
{
	const struct bpfobj_func *f = bpfobj_func_at(s->prog, cfg->start);
	struct loops l = { .prog = s->prog, .cfg = cfg };

	collect(&l, cfg->order);
	for (const struct contract *c = s->opts.contract; c && f; c = c->next)
		for (const struct block_ast *b = c->blocks; b && !s->bad; b = b->next)
			if (b->kind == BLOCK_HEAD && !strcmp(b->program, f->name))
				find_head(s, &l, c, b);
}

/* --- what a block says at the head --- */

/* In a function its parameters have their names: they are what it was called with. */
static struct cenv head_env(struct sym *s, const struct contract_head *h, struct cparams *params)
{
	const struct contract *file = s->opts.contract;

	for (; file->next; file = file->next) {
		const struct block_ast *b = file->blocks;

		while (b && b != h->block)
			b = b->next;
		if (b)
			break;
	}
	return (struct cenv){ .s = s, .c = s->opts.contract, .file = file->file, .diag = s->diag, .pre = h->entry, .post = h->at,
			      .before = h->before, .pre_regions = h->pre_regions, .at_head = true, .count = h->count,
			      .fn = h->func && contract_bind(s, h->func, h->arg, params) ? params : NULL };
}

term contract_head_invariant(struct sym *s, const struct contract_head *h)
{
	struct cparams params;
	struct cenv e = head_env(s, h, &params);
	term all = TERM_TRUE;

	for (size_t i = 0; i < h->block->n && !e.failed; i++)
		if (h->block->clause[i].kind == CLAUSE_INVARIANT)
			all = term_and(&s->t, all, contract_bool(&e, h->block->clause[i].expr));
	s->bad |= e.failed;
	s->stop |= e.failed;
	return e.failed ? TERM_TRUE : all;
}

uint32_t contract_head_unroll(const struct block_ast *b) { return b->unroll; }

bool contract_head_has_variant(const struct contract_head *h)
{
	for (size_t i = 0; i < h->block->n; i++)
		if (h->block->clause[i].kind == CLAUSE_VARIANT)
			return true;
	return false;
}

void contract_head_refuse(struct sym *s, const struct contract_head *h, const char *why)
{
	struct cparams params;

	diag_fail(s->diag, -EINVAL, DIAG_AT(.file = head_env(s, h, &params).file, .line = h->block->line, .col = h->block->col), "%s", why);
	s->bad = s->stop = true;
}

term contract_head_variant(struct sym *s, const struct contract_head *h, bool *ret_u64)
{
	struct cparams params;
	struct cenv e = head_env(s, h, &params);
	term v = term_const(&s->t, 64, 0);

	for (size_t i = 0; i < h->block->n && !e.failed; i++)
		if (h->block->clause[i].kind == CLAUSE_VARIANT) {
			struct cval c = contract_value(&e, h->block->clause[i].expr);

			v = contract_number(&e, h->block->clause[i].expr, &c);
			*ret_u64 = c.is_u64;
		}
	s->bad |= e.failed;
	s->stop |= e.failed;
	return v;
}

/* --- names at the head --- */

/* r0..r9: a register, maybe a pointer; w0..w9: its lower half. */
bool contract_register(struct cenv *e, const char *name, struct cval *ret)
{
	struct sym *s = e->s;
	const struct state *st = e->old ? e->pre : e->post;

	if ((name[0] != 'r' && name[0] != 'w') || name[1] < '0' || name[1] > '9' || name[2])
		return false;
	const struct val *v = st->r[name[1] - '0'];
	term n = val_number(s, v);

	if (name[0] == 'w')
		*ret = contract_int(e, term_extend(&s->t, false, 64, term_extract(&s->t, n, 31, 0)), false);
	else
		*ret = (struct cval){ .t = n, .is_u64 = true, .ptr = v->n ? v : NULL };
	return true;
}

/* stack(OFF, N): N bytes of the frame at r10 + OFF, little endian. */
static struct cval frame_bytes(struct cenv *e, const struct node *n)
{
	struct sym *s = e->s;
	struct terms *t = &s->t;
	const struct state *st = e->old ? e->pre : e->post;
	struct cval off = contract_value(e, n->list[0]), size = contract_value(e, n->list[1]);
	term o = contract_number(e, n->list[0], &off), k = contract_number(e, n->list[1], &size), w = TERM_NONE, init;
	uint64_t at = term_is_const(t, o) ? ISA_STACK_SIZE + term_value(t, o) : ISA_STACK_SIZE, bytes = term_is_const(t, k) ? term_value(t, k) : 0;

	if (e->failed || at >= ISA_STACK_SIZE || bytes < 1 || bytes > 8 || at + bytes > ISA_STACK_SIZE)
		return contract_fail(e, n, "stack(-512..-1, 1..8)");
	struct region *frame = region_get(s, st->r[ISA_REG_FP]->alt[0].region);
	for (uint64_t i = 0; i < bytes; i++) {
		term b = mem_byte(s, st, frame, at + i, &init);
		w = w ? term_concat(t, b, w) : b;
	}
	return contract_int(e, term_extend(t, false, 64, w), bytes == 8);
}

/* offset(r6): where in its object a pointer points to; 0 for a number. */
static struct cval pointer_offset(struct cenv *e, const struct node *n)
{
	struct sym *s = e->s;
	struct cval v = contract_value(e, n->list[0]);
	term off = term_const(&s->t, 64, 0);

	for (uint32_t i = 0; v.ptr && i < v.ptr->n; i++)
		off = term_ite(&s->t, v.ptr->alt[i].guard, v.ptr->alt[i].off, off);
	return contract_int(e, off, false);
}

/* next(OFF), end(OFF): what the iterator in the frame at r10 + OFF gives next, and where it ends. */
static struct cval iterator_number(struct cenv *e, const struct node *n, bool end)
{
	struct sym *s = e->s;
	const struct state *st = e->old ? e->pre : e->post;
	struct cval off = contract_value(e, n->list[0]);
	term o = contract_number(e, n->list[0], &off), v = TERM_NONE;
	const struct region *frame = region_get(s, st->r[ISA_REG_FP]->alt[0].region);

	if (term_is_const(&s->t, o))
		v = symiter_number(s, st, frame, ISA_STACK_SIZE + term_value(&s->t, o), end);
	return v ? contract_int(e, v, false) : contract_fail(e, n, "no iterator is made at that place of the frame before the loop");
}

bool contract_head_call(struct cenv *e, const struct node *n, struct cval *ret)
{
	bool stack = !strcmp(n->text, "stack"), offset = !strcmp(n->text, "offset");
	bool at = !strcmp(n->text, "next"), end = !strcmp(n->text, "end");

	if (!e->at_head || (!stack && !offset && !at && !end))
		return false;
	if (n->n != (stack ? 2 : 1))
		*ret = contract_fail(e, n, "%s takes %u arguments", n->text, stack ? 2 : 1);
	else
		*ret = stack ? frame_bytes(e, n) : offset ? pointer_offset(e, n) : iterator_number(e, n, end);
	return true;
}
