// SPDX-License-Identifier: GPL-2.0-only
/* helper_net: what the helpers that send packets elsewhere give back: a verdict of the program's own kind; what changes where a
 * packet's bytes are, but not the bytes; and what is copied from it. */
#include "prove/helper.h"

#define MAX_PLACES 8   /* that are looked at, of an offset that is no constant */
#define MAX_EFFORT 4096

bool helper_redirect(struct helper_call *c)
{
	struct terms *t = &c->s->t;
	term done = term_fresh(t, 0, "the packet is redirected"), otherwise;

	if (c->s->prog->type != BPF_PROG_TYPE_XDP) { /* TC_ACT_REDIRECT, else TC_ACT_SHOT */
		c->ret = val_scalar(c->s, term_ite(t, done, term_const(t, 64, 7), term_const(t, 64, 2)));
		return true;
	}
	/* XDP_REDIRECT; else XDP_ABORTED, or for a map what the low bits of its flags say */
	otherwise = c->h->id == 51 ? term_extend(t, false, 64, term_fresh(t, 2, "action without an entry")) : term_const(t, 64, 0);
	c->ret = val_scalar(c->s, term_ite(t, done, term_const(t, 64, 4), otherwise));
	return true;
}

/* A program that has pointers into the packet, before or after on any path, is not followed: its linear part grows, or what is there changes. */
bool helper_pull(struct helper_call *c)
{
	struct sym *s = c->s;
	term ok;

	s->packet_pulled = true;
	s->packet_changed |= c->h->id == 190;
	if (s->packet_read)
		sym_give_up(s, "instruction %u: pointers into a packet whose linear part was changed are not modelled", s->insn);
	c->ret = val_scalar(s, helper_errno(s, arena_printf(s->arena, "error of %s", c->h->name), &ok));
	return true;
}

/* A packet's socket keeps its cookie, once it has one. */
bool helper_cookie(struct helper_call *c)
{
	struct sym *s = c->s;
	const struct val *of = c->arg[0];
	bool packet = of->n == 1 && !of->bits && of->alt[0].region == s->ctx;

	if (packet && !s->packet_cookie)
		s->packet_cookie = term_fresh(&s->t, 64, c->h->name);
	c->ret = val_scalar(s, packet ? s->packet_cookie : term_fresh(&s->t, 64, c->h->name));
	return true;
}

/* --- copies --- */

static unsigned add_place(uint64_t *list, unsigned n, uint64_t k)
{
	for (unsigned i = 0; i < n; i++)
		if (list[i] == k)
			return n;
	if (n < MAX_PLACES)
		list[n++] = k;
	return n;
}

/* Numbers that it can be, where choices make it one; it may be others, too. Each of its parts gets half of the effort. */
static unsigned find_places(struct terms *t, term a, uint64_t *list, unsigned effort)
{
	const struct term_node n = t->node[a];
	uint64_t x[MAX_PLACES], y[MAX_PLACES] = { 0 };
	unsigned nx, ny = 1, found = 0;

	if (term_is_const(t, a))
		return add_place(list, 0, term_value(t, a));
	if (!effort || (n.op != TERM_OP_ITE && n.op != TERM_OP_ZEXT && n.op != TERM_OP_EXTRACT && n.op != TERM_OP_CONCAT && n.op != TERM_OP_ADD))
		return 0;
	nx = find_places(t, n.op == TERM_OP_ITE ? n.b : n.a, x, effort / 2);
	if (n.op == TERM_OP_ITE || n.b)
		ny = find_places(t, n.op == TERM_OP_ITE ? n.c : n.b, y, effort / 2);
	for (unsigned i = 0; i < nx && n.op == TERM_OP_ITE; i++)
		found = add_place(list, found, x[i]);
	for (unsigned j = 0; j < ny && n.op == TERM_OP_ITE; j++)
		found = add_place(list, found, y[j]);
	for (unsigned k = 0; k < nx * ny && n.op != TERM_OP_ITE; k++)
		found = add_place(list, found, term_apply((enum term_op)n.op, n.width, term_width(t, n.a), n.k, x[k / ny], y[k % ny], 0));
	return found;
}

static term packet_byte(struct helper_call *c, term off)
{
	term init;

	return term_extract(&c->s->t, val_number(c->s, mem_load(c->s, c->st, region_get(c->s, c->s->packet), off, 1, &init)), 7, 0);
}

/*
 * The linear part of a packet is copied as it is, and cannot fail to be: what lies behind it may be there, or not. A longer linear part
 * (skb_pull_data) begins with the same bytes. Of an offset that is one of few or anything, those few are looked at.
 */
term helper_packet(struct helper_call *c, uint32_t n, term *byte)
{
	struct sym *s = c->s;
	struct terms *t = &s->t;
	term off = term_extend(t, false, 64, term_extract(t, val_number(s, c->arg[1]), 31, 0)), there;
	unsigned places;
	uint64_t at[MAX_PLACES];

	if (!s->packet || s->packet_changed)
		return TERM_FALSE;
	there = term_ule(t, term_add(t, off, val_number(s, c->arg[3])), region_get(s, s->packet)->len);
	places = find_places(t, off, at, MAX_EFFORT);
	for (uint32_t i = 0; i < n; i++) {
		term b = packet_byte(c, term_add(t, off, term_const(t, 64, i)));

		for (unsigned k = 0; k < places; k++)
			b = term_ite(t, term_eq_k(t, off, at[k]), packet_byte(c, term_const(t, 64, at[k] + i)), b);
		byte[i] = term_ite(t, there, b, byte[i]);
	}
	return there;
}
