// SPDX-License-Identifier: GPL-2.0-only
/* replay_memory: what memory holds in the interpreter, and what the model says of it. */
#include "prove/replay_player.h"

#include <string.h>

/* The cell that the state has there in this model: NULL where nobody looked. */
static const struct cell *final_cell(struct replay_player *p, const struct rmem *m, const struct region *r, uint32_t i)
{
	const struct mem_base *base = m->base;

	if (i < m->n && m->cell[i])
		return m->cell[i];
	if (!base)
		return NULL; /* as it was at the start */
	while (base && base->joined)
		base = eval_term(&p->e, base->sel) ? base->a : base->b;
	return base ? base->cell[i] : r->first[i];
}

/* What the interpreter has at the end: false when nobody knows what was there, and nothing was done to it. */
static bool real_byte(struct replay_player *p, const struct region *r, uint32_t k, uint8_t *ret)
{
	const struct interp_region *ir = p->region[r->id];

	if (ir ? k >= ir->size : r->kind != REGION_ROW || r->dynamic || !r->first[k / 8])
		return false;
	*ret = ir ? ir->data[k] : replay_first_byte(p, r, k);
	return true;
}

/* Whether the cell holds a number or pointer there that was ever written, and is known: byte k of the region. */
static bool model_byte(struct replay_player *p, const struct cell *c, uint32_t k, uint8_t *ret)
{
	uint64_t word;

	if (c->v ? !eval_term(&p->e, c->v->init) || !replay_concrete(p, c->v, &word) : !eval_term(&p->e, c->init[k % 8]))
		return false;
	*ret = c->v ? (uint8_t)(word >> (8 * (k % 8))) : (uint8_t)eval_term(&p->e, c->byte[k % 8]);
	return true;
}

static bool region_agrees(struct replay_player *p, const struct rmem *m, const struct region *r)
{
	for (uint32_t k = 0; k < r->size; k++) {
		const struct cell *c = final_cell(p, m, r, k / 8);
		uint8_t want, is;

		if (c && real_byte(p, r, k, &is) && model_byte(p, c, k, &want) && want != is)
			return false;
	}
	return true;
}

/* Elements that came or went unseen in a loop: none in this model, as far as anybody looked. */
static bool elements_agree(struct replay_player *p)
{
	for (size_t i = 0; i < p->s->n_maps; i++)
		for (const struct map_op *o = p->s->map[i].ops; o; o = o->next)
			for (size_t j = 0; o->in_loop && eval_term(&p->e, o->guard) && j < o->unseen->n; j++)
				if (!eval_term(&p->e, o->unseen->kept[j]))
					return false;
	return true;
}

/* The frames of the functions that run lie where the interpreter has them, while memory is looked at (on); then nowhere: each call has its own. */
static void place_frames(struct replay_player *p, const struct state *st, bool on)
{
	uint32_t id = st->r[ISA_REG_FP]->n ? st->r[ISA_REG_FP]->alt[0].region : 0;
	struct interp_region *frame;

	for (uint32_t outer = 0; id && id < p->n_region && (frame = interp_frame(p->it, outer)); outer++) {
		p->region[id] = on ? frame : NULL;
		id = p->s->region[id]->frame;
	}
}

bool replay_memory_agrees(struct replay_player *p, const struct state *st)
{
	bool same = true;

	for (size_t i = 0; i < p->s->n_maps; i++)
		if (p->s->map[i].any)
			return false;
	place_frames(p, st, true);
	for (uint32_t i = 1; i < st->n_mem && i < p->n_region && same; i++)
		if (st->mem[i] && !p->s->region[i]->is_number)
			same = region_agrees(p, st->mem[i], p->s->region[i]);
	place_frames(p, st, false);
	return same && elements_agree(p);
}

/* a has that value, if a is a variable of the range, or some of its bits. */
static void learn(struct replay_player *p, size_t from, size_t to, term a, uint64_t value)
{
	const struct term_node *n = &p->s->t.node[a];
	uint64_t mask = term_mask(n->width), low = 0;

	while (n->op == TERM_OP_ZEXT) {
		n = &p->s->t.node[n->a];
		mask &= term_mask(n->width);
	}
	if (n->op == TERM_OP_EXTRACT) {
		low = n->k;
		n = &p->s->t.node[n->a];
	}
	if (n->op != TERM_OP_VAR || n->k < from || n->k >= to)
		return;
	p->var[n->k] = (p->var[n->k] & ~(mask << low)) | (value & mask) << low;
}

void replay_learn(struct replay_player *p, const struct state *st, size_t from, size_t to)
{
	place_frames(p, st, true);
	for (uint32_t i = 1; i < st->n_mem && i < p->n_region; i++) {
		const struct region *r = p->s->region[i];

		for (uint32_t k = 0; st->mem[i] && k < r->size; k++) {
			const struct cell *c = final_cell(p, st->mem[i], r, k / 8);
			uint64_t word = 0;
			uint8_t is;

			for (uint32_t j = 0; c && c->v && j < 8 && k % 8 == 0 && real_byte(p, r, k + j, &is); j++)
				word |= (uint64_t)is << (8 * j);
			if (c && c->v && k % 8 == 0 && !c->v->n)
				learn(p, from, to, c->v->bits, word);
			else if (c && !c->v && real_byte(p, r, k, &is))
				learn(p, from, to, c->byte[k % 8], is);
		}
	}
	place_frames(p, st, false);
	memset(p->e.known, 0, p->e.n);
}

void replay_learn_number(struct replay_player *p, size_t from, size_t to, const struct val *v, uint64_t value)
{
	if (!v->n)
		learn(p, from, to, v->bits, value);
	memset(p->e.known, 0, p->e.n);
}
