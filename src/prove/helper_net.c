// SPDX-License-Identifier: GPL-2.0-only
/* helper_net: what the helpers that send packets elsewhere give back: a verdict of the program's own kind; and what changes where a
 * packet's bytes are, but not the bytes. */
#include "prove/helper.h"

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
	if (s->packet_read)
		sym_give_up(s, "instruction %u: pointers into a packet whose linear part was changed are not modelled", s->insn);
	c->ret = val_scalar(s, helper_errno(s, arena_printf(s->arena, "error of %s", c->h->name), &ok));
	return true;
}
