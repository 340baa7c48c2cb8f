// SPDX-License-Identifier: GPL-2.0-only
/*
 * symkobj: kernel memory, seen from a program: it can be read, never written by it, and any address may fault.
 *
 * A cell is 8 bytes at (root, offset), where the address is a sum of a root term and a constant. `first` is what the
 * program's first read of it gives, and what clauses of a contract speak of. Whoever else writes kernel memory may do so
 * between two reads: a byte that may have been read before, on this way, is another one. Unless a contract says that memory is
 * "stable": then every read of a cell gives `first`. Cells of different roots are independent even if the roots may be equal:
 * more behaviours than there are, never fewer.
 */
#include <errno.h>
#include <stdlib.h>
#include "common/buf.h"
#include "prove/sym.h"
#include "prove/symlayout.h"

#define BUCKETS 4096
#define MAX_LEAVES 6 /* an address that is one of more is a root of its own */

struct kcell {
	term root;
	uint64_t index;
	term first;
	term read[8]; /* by byte: where the program has read it */
	struct kcell *next;
};

static struct kcell *cell(struct sym *s, term root, uint64_t index, const char *name)
{
	uint32_t h = (uint32_t)((root * 0x9e3779b97f4a7c15ull + index * 0xff51afd7ed558ccdull) >> 40) % BUCKETS;
	struct kcell *k;

	if (!s->kcell)
		s->kcell = arena_calloc(s->arena, BUCKETS, sizeof(*s->kcell));
	for (k = s->kcell ? s->kcell[h] : NULL; k; k = k->next)
		if (k->root == root && k->index == index)
			return k;
	k = s->kcell ? arena_new(s->arena, struct kcell) : NULL;
	if (!k) {
		s->stop = true;
		sym_give_up(s, "out of memory");
		return NULL;
	}
	*k = (struct kcell){ root, index, term_fresh(&s->t, 64, name), { 0 }, s->kcell[h] };
	for (unsigned b = 0; b < 8; b++)
		k->read[b] = TERM_FALSE;
	s->kcell[h] = k;
	if (s->stable)
		sym_assume(s, "kernel memory does not change while the program runs: %s", s->stable);
	return k;
}

/* One read of n bytes of kernel memory: by a clause (guard TERM_NONE), or by the program where guard holds. */
struct read {
	const char *name;
	term guard;
};

/* Bytes from..to-1 of a cell. In an iteration that stands for many, nothing is said of what others have read. */
static void read_cell(struct sym *s, const struct read *r, struct kcell *k, unsigned from, unsigned to, term *ret_byte)
{
	struct terms *t = &s->t;
	bool anew = r->guard != TERM_NONE && !s->stable;
	term other = TERM_NONE, here = !anew ? TERM_NONE : s->iteration ? term_fresh(t, 0, "read in a loop") : r->guard;

	for (unsigned b = from; b < to; b++) {
		term x = term_extract(t, k->first, 8 * b + 7, 8 * b), before = s->iteration ? TERM_TRUE : k->read[b];

		if (anew && before != TERM_FALSE && term_and(t, before, r->guard) != TERM_FALSE) {
			if (!other)
				other = term_fresh(t, 64, r->name);
			x = term_ite(t, before, term_extract(t, other, 8 * b + 7, 8 * b), x);
		}
		if (anew)
			k->read[b] = term_or(t, k->read[b], here);
		ret_byte[b - from] = x;
	}
}

static void split(struct terms *t, term addr, term *root, uint64_t *k)
{
	const struct term_node *n = &t->node[addr];

	*root = addr;
	*k = 0;
	if (n->op == TERM_OP_CONST) {
		*root = term_const(t, 64, 0);
		*k = n->k;
	} else if (n->op == TERM_OP_ADD && term_is_const(t, n->a)) {
		*root = n->b;
		*k = term_value(t, n->a);
	} else if (n->op == TERM_OP_ADD && term_is_const(t, n->b)) {
		*root = n->a;
		*k = term_value(t, n->b);
	}
}

static unsigned leaves(const struct terms *t, term a, unsigned most)
{
	unsigned n;

	if (term_op(t, a) != TERM_OP_ITE || !most)
		return 1;
	n = leaves(t, t->node[a].b, most - 1);
	return n >= most ? n + 1 : n + leaves(t, t->node[a].c, most - n);
}

/* n bytes at addr; an address that is one of two is read at both */
static void read_at(struct sym *s, struct read r, term addr, uint32_t n, unsigned depth, term *ret_byte)
{
	struct terms *t = &s->t;
	term root;
	uint64_t at;

	split(t, addr, &root, &at);
	if (term_op(t, root) == TERM_OP_ITE && (depth || leaves(t, root, MAX_LEAVES) <= MAX_LEAVES)) {
		struct term_node node = t->node[root];
		term off = term_const(t, 64, at), guard = r.guard, *other = arena_calloc(s->arena, n, sizeof(*other));

		if (!other) {
			s->stop = true;
			sym_give_up(s, "out of memory");
			n = 0;
		}
		r.guard = guard ? term_and(t, guard, node.a) : TERM_NONE;
		read_at(s, r, term_add(t, node.b, off), n, depth + 1, ret_byte);
		r.guard = guard ? term_and(t, guard, term_not(t, node.a)) : TERM_NONE;
		read_at(s, r, term_add(t, node.c, off), n, depth + 1, other);
		for (uint32_t i = 0; i < n; i++)
			ret_byte[i] = term_ite(t, node.a, ret_byte[i], other[i]);
		return;
	}
	for (uint32_t i = 0; i < n;) {
		unsigned from = (at + i) & 7, to = n - i < 8 - from ? from + (n - i) : 8;
		struct kcell *k = cell(s, root, (at + i) >> 3, r.name);

		for (unsigned b = from; !k && b < to; b++)
			ret_byte[i + b - from] = term_const(t, 8, 0);
		if (k)
			read_cell(s, &r, k, from, to, &ret_byte[i]);
		i += to - from;
	}
}

void symkobj_read(struct sym *s, term addr, uint32_t n, const char *name, term guard, term *ret_byte)
{
	read_at(s, (struct read){ name, guard }, addr, n, 0, ret_byte);
}

term symkobj_byte(struct sym *s, term addr)
{
	term byte = TERM_NONE;

	read_at(s, (struct read){ "kernel memory", TERM_NONE }, addr, 1, 0, &byte);
	return byte;
}

static const char *path_name(struct sym *s, const struct region *r, term off)
{
	struct buf b = BUF_INIT;
	const char *name = r->name;

	if (s->kernel && r->type && term_is_const(&s->t, off) &&
	    !bt_path_at(s->kernel, r->type, term_value(&s->t, off), &b))
		name = arena_printf(s->arena, "%s", buf_str(&b));
	buf_done(&b);
	return name;
}

uint32_t symkobj_pointee(const struct bt *bt, uint32_t type, uint64_t off)
{
	const struct bt_type *t = bt_resolve(bt, type);

	for (int depth = 0; t && depth < 32; depth++) {
		if (t->kind == BT_PTR) {
			const struct bt_type *to = bt_resolve(bt, t->ref);
			return off == 0 && to && (to->kind == BT_STRUCT || to->kind == BT_UNION) ? to->id : 0;
		}
		if (t->kind == BT_ARRAY) {
			int64_t size = bt_size(bt, t->array.elem);
			if (size <= 0)
				return 0;
			off %= (uint64_t)size;
			t = bt_resolve(bt, t->array.elem);
			continue;
		}
		if (t->kind != BT_STRUCT && t->kind != BT_UNION)
			return 0;
		const struct bt_type *in = NULL;
		for (uint32_t i = 0; i < t->n && !in; i++) {
			const struct bt_member *m = &t->members[i];
			int64_t size = bt_size(bt, m->type);
			uint64_t at = m->bit_offset / 8;

			if (m->bit_size || off < at || size <= 0 || off >= at + (uint64_t)size)
				continue;
			in = bt_resolve(bt, m->type);
			off -= at;
			if (t->kind == BT_UNION && !symkobj_pointee(bt, in->id, off)) {
				off += at;
				in = NULL;
			}
		}
		t = in;
	}
	return 0;
}

const struct val *symkobj_ptr(struct sym *s, uint32_t type, term base)
{
	if (base == term_const(&s->t, 64, 0))
		return val_const(s, 0);
	return val_ptr_k(s, region_kobj(s, type, base)->id, 0);
}

static const struct val *load_one(struct sym *s, struct state *st, struct region *r, term off, unsigned size, term guard)
{
	struct terms *t = &s->t;
	const char *name = path_name(s, r, off);
	term addr = term_add(t, r->base, off);
	uint32_t type = 0;

	/* the kernel checks the offset against the type; arrays at the end may be longer */
	if (r->type && s->kernel && s->opts.layouts) {
		term end = symlayout_size(s, bt_get(s->kernel, r->type)->name), last = term_add(t, off, term_const(t, 64, size));

		sym_oblige_when(s, guard, PROP_MEMORY, term_and(t, term_ule(t, off, last), term_ule(t, last, end)),
				arena_printf(s->arena, "read outside of struct %s in some layout", r->name));
		type = size == 8 ? symlayout_pointee(s, r->type, off) : 0;
	} else if (r->type && s->kernel) {
		int64_t size_t_ = bt_size(s->kernel, r->type);
		if (size_t_ > 0)
			sym_oblige_when(s, guard, PROP_MEMORY,
					term_ule(t, off, term_const(t, 64, (uint64_t)size_t_ - (size <= size_t_ ? size : 0))),
					arena_printf(s->arena, "read outside of struct %s", r->name));
		if (size == 8 && term_is_const(t, off))
			type = symkobj_pointee(s->kernel, r->type, term_value(t, off));
	}
	term byte[8], v = TERM_NONE;
	symkobj_read(s, addr, size, name, guard, byte);
	for (unsigned i = 0; i < size; i++)
		v = v ? term_concat(t, byte[i], v) : byte[i];
	v = term_extend(t, false, 64, v);
	struct log_entry *e = sym_log(s, st, LOG_KREAD);
	e->guard = guard;
	e->addr = addr;
	e->value = v;
	e->size = size;
	return type ? symkobj_ptr(s, type, v) : val_scalar(s, v);
}

/* One of a few members: the pointer that is read is one of theirs. */
static bool choice(const struct sym *s, term off, unsigned depth)
{
	const struct term_node *n = &s->t.node[off];

	if (n->op == TERM_OP_ITE)
		return depth && choice(s, n->b, depth - 1) && choice(s, n->c, depth - 1);
	return n->op == TERM_OP_CONST || s->opts.layouts;
}

/* An offset that is one of two, also where it is narrower than it looks; false: it is none. */
static bool one_of_two(struct sym *s, term off, struct term_node *ret)
{
	struct terms *t = &s->t;
	bool wide = t->node[off].op == TERM_OP_ZEXT && term_op(t, t->node[off].a) == TERM_OP_ITE;

	*ret = t->node[wide ? t->node[off].a : off];
	if (wide) {
		ret->b = term_extend(t, false, 64, ret->b);
		ret->c = term_extend(t, false, 64, ret->c);
	}
	return ret->op == TERM_OP_ITE;
}

const struct val *symkobj_load(struct sym *s, struct state *st, struct region *r, term off, unsigned size, term guard)
{
	struct terms *t = &s->t;

	struct term_node n;

	if (size != 8 || !one_of_two(s, off, &n) || !choice(s, n.b, 2) || !choice(s, n.c, 2))
		return load_one(s, st, r, off, size, guard);
	const struct val *a = symkobj_load(s, st, r, n.b, size, term_and(t, guard, n.a));
	const struct val *b = symkobj_load(s, st, r, n.c, size, term_and(t, guard, term_not(t, n.a)));

	return val_merge(s, n.a, a, b);
}
