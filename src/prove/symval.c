// SPDX-License-Identifier: GPL-2.0-only
/*
 * symval: values and what the ALU does to them. Numbers go through isa_sem.c like everywhere else; only moves,
 * sums and differences keep pointers structured, everything else sees their addresses as numbers.
 */
#include "prove/symval.h"

#include <string.h>
#include "prove/sym.h"

static struct val *val_new(struct sym *s, uint32_t n)
{
	struct val *v = arena_alloc(s->arena, sizeof(*v) + n * sizeof(v->alt[0]));
	static struct val nowhere[64]; /* room for VAL_MAX_ALTS alternatives; the analysis ends anyway */

	if (!v) {
		sym_give_up(s, "out of memory");
		s->stop = true;
		memset(nowhere, 0, sizeof(nowhere));
		nowhere[0].bits = term_const(&s->t, 64, 0);
		nowhere[0].init = TERM_TRUE;
		return nowhere;
	}
	v->init = TERM_TRUE;
	v->n = n;
	return v;
}

const struct val *val_scalar(struct sym *s, term bits)
{
	struct val *v = val_new(s, 0);

	v->bits = bits;
	return v;
}

const struct val *val_const(struct sym *s, uint64_t k) { return val_scalar(s, term_const(&s->t, 64, k)); }

const struct val *val_uninit(struct sym *s)
{
	struct val *v = val_new(s, 0);

	v->bits = term_const(&s->t, 64, 0);
	v->init = TERM_FALSE;
	return v;
}

const struct val *val_ptr(struct sym *s, uint32_t region, term off)
{
	struct val *v = val_new(s, 1);

	v->bits = TERM_NONE;
	v->alt[0] = (struct alt){ TERM_TRUE, region, off };
	return v;
}

const struct val *val_ptr_k(struct sym *s, uint32_t region, uint64_t off)
{
	return val_ptr(s, region, term_const(&s->t, 64, off));
}

const struct val *val_ptr_or_null(struct sym *s, term guard, uint32_t region)
{
	term zero = term_const(&s->t, 64, 0);

	if (guard == TERM_FALSE)
		return val_const(s, 0);
	struct val *v = val_new(s, 1);
	v->bits = guard == TERM_TRUE ? TERM_NONE : zero;
	v->alt[0] = (struct alt){ guard, region, zero };
	return v;
}

const struct val *val_pointers(struct sym *s, const struct val *v)
{
	struct val *w = val_new(s, v->n);

	memcpy(w, v, sizeof(*v) + v->n * sizeof(v->alt[0]));
	w->bits = v->n ? TERM_NONE : v->bits;
	return w;
}

term val_scalar_guard(struct sym *s, const struct val *v)
{
	term any = TERM_FALSE;

	for (uint32_t i = 0; i < v->n; i++)
		any = term_or(&s->t, any, v->alt[i].guard);
	return term_not(&s->t, any);
}

term val_number(struct sym *s, const struct val *v)
{
	term n = v->bits;

	for (uint32_t i = v->n; i-- > 0;) {
		struct region *r = region_get(s, v->alt[i].region);
		term a = term_add(&s->t, region_addr(s, r), v->alt[i].off);

		n = n ? term_ite(&s->t, v->alt[i].guard, a, n) : a;
	}
	return n;
}

/* Put one alternative into a growing set; equal places share a guard. */
static bool add_alt(struct sym *s, struct alt *set, uint32_t *n, struct alt a)
{
	struct region *ra = region_get(s, a.region);

	if (a.guard == TERM_FALSE)
		return true;
	for (uint32_t i = 0; i < *n; i++) {
		struct region *ri = region_get(s, set[i].region);
		bool same = set[i].region == a.region;

		if (same && set[i].off == a.off) {
			set[i].guard = term_or(&s->t, set[i].guard, a.guard);
			return true;
		}
		if (same && (ra->kind == REGION_PACKET || *n > 8)) {
			set[i].off = term_ite(&s->t, a.guard, a.off, set[i].off);
			set[i].guard = term_or(&s->t, set[i].guard, a.guard);
			return true;
		}
		if (ra->kind == REGION_KOBJ && ri->kind == REGION_KOBJ && ra->type == ri->type && set[i].off == a.off) {
			term base = term_ite(&s->t, a.guard, ra->base, ri->base);
			set[i].region = region_kobj(s, ra->type, base)->id;
			set[i].guard = term_or(&s->t, set[i].guard, a.guard);
			return true;
		}
	}
	if (*n == VAL_MAX_ALTS)
		return false;
	set[(*n)++] = a;
	return true;
}

const struct val *val_merge(struct sym *s, term sel, const struct val *a, const struct val *b)
{
	struct alt set[VAL_MAX_ALTS];
	uint32_t n = 0;
	term other = term_not(&s->t, sel);
	bool room = true;

	if (a == b || sel == TERM_TRUE)
		return a;
	if (sel == TERM_FALSE)
		return b;
	for (uint32_t i = 0; i < a->n; i++)
		room &= add_alt(s, set, &n, (struct alt){ term_and(&s->t, sel, a->alt[i].guard), a->alt[i].region, a->alt[i].off });
	for (uint32_t i = 0; i < b->n; i++)
		room &= add_alt(s, set, &n, (struct alt){ term_and(&s->t, other, b->alt[i].guard), b->alt[i].region, b->alt[i].off });
	if (!room)
		sym_give_up(s, "a pointer with more than %d targets (instruction %u)", VAL_MAX_ALTS, s->insn);
	struct val *v = val_new(s, n);
	v->bits = !a->bits ? b->bits : !b->bits ? a->bits : term_ite(&s->t, sel, a->bits, b->bits);
	v->init = term_ite(&s->t, sel, a->init, b->init);
	memcpy(v->alt, set, n * sizeof(set[0]));
	if (n && v->bits && val_scalar_guard(s, v) == TERM_FALSE)
		v->bits = TERM_NONE;
	if (!n && !v->bits) /* no guard can hold: an unreachable value */
		v->bits = term_const(&s->t, 64, 0);
	return v;
}

const struct val *val_add(struct sym *s, const struct val *v, term k)
{
	struct val *r = val_new(s, v->n);

	r->bits = v->bits ? term_add(&s->t, v->bits, k) : TERM_NONE;
	r->init = v->init;
	for (uint32_t i = 0; i < v->n; i++) {
		r->alt[i] = v->alt[i];
		r->alt[i].off = term_add(&s->t, v->alt[i].off, k);
	}
	return r;
}

const struct val *val_prune(struct sym *s, const struct state *st, const struct val *v)
{
	uint32_t n = 0;
	bool no_number = v->bits && v->n && state_refutes_by_cases(s, st, val_scalar_guard(s, v));

	for (uint32_t i = 0; i < v->n; i++)
		n += !state_refutes(s, st, v->alt[i].guard);
	if (!v->n || (n == v->n && !no_number))
		return v;
	if (!n && no_number) /* the state itself cannot be */
		return v;
	struct val *r = val_new(s, n);
	r->bits = no_number ? TERM_NONE : v->bits;
	r->init = v->init;
	n = 0;
	for (uint32_t i = 0; i < v->n; i++)
		if (!state_refutes(s, st, v->alt[i].guard))
			r->alt[n++] = v->alt[i];
	if (no_number && n == 1)
		r->alt[0].guard = TERM_TRUE;
	if (!n && !r->bits)
		return v;
	return r;
}

/* --- the algebra --- */

static isa_val a_const(void *t, unsigned w, uint64_t v) { return term_const(t, w, v); }

static isa_val a_binary(void *t, enum isa_bv2 op, unsigned w, isa_val a, isa_val b)
{
	static const enum term_op map[] = {
		[ISA_BV_ADD] = TERM_OP_ADD, [ISA_BV_SUB] = TERM_OP_SUB, [ISA_BV_MUL] = TERM_OP_MUL,
		[ISA_BV_UDIV] = TERM_OP_UDIV, [ISA_BV_UREM] = TERM_OP_UREM, [ISA_BV_SDIV] = TERM_OP_SDIV,
		[ISA_BV_SREM] = TERM_OP_SREM, [ISA_BV_AND] = TERM_OP_BAND, [ISA_BV_OR] = TERM_OP_BOR,
		[ISA_BV_XOR] = TERM_OP_BXOR, [ISA_BV_SHL] = TERM_OP_SHL, [ISA_BV_LSHR] = TERM_OP_LSHR,
		[ISA_BV_ASHR] = TERM_OP_ASHR,
	};
	return term_bin(t, map[op], (term)a, (term)b);
}

static isa_val a_compare(void *t, enum isa_cmp op, unsigned w, isa_val a, isa_val b)
{
	static const enum term_op map[] = { [ISA_CMP_ULT] = TERM_OP_ULT, [ISA_CMP_ULE] = TERM_OP_ULE,
					    [ISA_CMP_SLT] = TERM_OP_SLT, [ISA_CMP_SLE] = TERM_OP_SLE };
	if (op == ISA_CMP_EQ)
		return term_eq(t, (term)a, (term)b);
	return term_cmp(t, map[op], (term)a, (term)b);
}

static isa_val a_not(void *t, isa_val a) { return term_not(t, (term)a); }

static isa_val a_ite(void *t, unsigned w, isa_val c, isa_val a, isa_val b)
{
	return term_ite(t, (term)c, (term)a, (term)b);
}

static isa_val a_extract(void *t, unsigned w, isa_val a, unsigned hi, unsigned lo)
{
	return term_extract(t, (term)a, hi, lo);
}

static isa_val a_concat(void *t, unsigned hw, isa_val h, unsigned lw, isa_val l)
{
	return term_concat(t, (term)h, (term)l);
}

static isa_val a_extend(void *t, bool sign, unsigned from, unsigned to, isa_val a)
{
	return term_extend(t, sign, to, (term)a);
}

struct isa_algebra val_algebra(struct terms *t)
{
	return (struct isa_algebra){ t, a_const, a_binary, a_compare, a_not, a_ite, a_extract, a_concat, a_extend };
}

/* --- ALU --- */

static const struct val *with_init(struct sym *s, const struct val *v, term init)
{
	struct val *r;

	if (v->init == init)
		return v;
	r = val_new(s, v->n);
	memcpy(r, v, sizeof(*v) + v->n * sizeof(v->alt[0]));
	r->init = init;
	return r;
}

/* Pointer minus pointer: the distance where both are in one object, else numbers. */
static const struct val *difference(struct sym *s, const struct val *a, const struct val *b)
{
	struct terms *t = &s->t;
	term d = term_sub(t, val_number(s, a), val_number(s, b));

	for (uint32_t i = 0; i < a->n; i++)
		for (uint32_t j = 0; j < b->n; j++)
			if (a->alt[i].region == b->alt[j].region)
				d = term_ite(t, term_and(t, a->alt[i].guard, b->alt[j].guard),
					     term_sub(t, a->alt[i].off, b->alt[j].off), d);
	return val_scalar(s, d);
}

const struct val *val_alu(struct sym *s, const struct isa_insn *in, const struct val *dst, const struct val *src)
{
	struct isa_algebra alg = val_algebra(&s->t);
	bool pointers = dst->n || (in->operand == ISA_OPERAND_REG && src->n);
	term init = in->op == ISA_MOV || in->op == ISA_MOVSX ? TERM_TRUE : dst->init;

	if (in->operand == ISA_OPERAND_REG)
		init = term_and(&s->t, init, src->init);
	if (in->op == ISA_MOV && in->width == 64 && in->operand == ISA_OPERAND_REG)
		return src;
	if (pointers && in->width == 64 && (in->op == ISA_ADD || in->op == ISA_SUB)) {
		if (in->op == ISA_ADD && in->operand == ISA_OPERAND_REG && src->n && !dst->n)
			return with_init(s, val_add(s, src, dst->bits), init);
		if (in->op == ISA_SUB && in->operand == ISA_OPERAND_REG && src->n && dst->n)
			return with_init(s, difference(s, dst, src), init);
		if (in->operand != ISA_OPERAND_REG || !src->n) {
			term k = (term)isa_sem_operand(&alg, in, in->operand == ISA_OPERAND_REG ? src->bits : 0);
			if (in->op == ISA_SUB)
				k = term_sub(&s->t, term_const(&s->t, 64, 0), k);
			return with_init(s, val_add(s, dst, k), init);
		}
	}
	bool reads_dst = in->op != ISA_MOV && in->op != ISA_MOVSX;
	term d = reads_dst ? val_number(s, dst) : term_const(&s->t, 64, 0);
	term v = in->operand == ISA_OPERAND_REG ? val_number(s, src) : term_const(&s->t, 64, 0);
	return with_init(s, val_scalar(s, (term)isa_sem_alu(&alg, in, d, v)), init);
}

/* --- comparisons --- */

struct part { /* one thing a value can be */
	term guard;
	const struct region *r; /* NULL: number */
	term off;               /* number */
};

static uint32_t parts(struct sym *s, const struct val *v, struct part *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < v->n; i++)
		p[n++] = (struct part){ v->alt[i].guard, region_get(s, v->alt[i].region), v->alt[i].off };
	if (v->bits)
		p[n++] = (struct part){ val_scalar_guard(s, v), NULL, v->bits };
	return n;
}

static term part_number(struct sym *s, const struct part *p)
{
	return p->r ? term_add(&s->t, region_addr(s, region_get(s, p->r->id)), p->off) : p->off;
}

#define NEAR (1ull << 40)

/* Where a pointer is so near to its object that no address in between is 0. */
static term is_near(struct terms *t, term off)
{
	const struct term_node *n = &t->node[off];
	uint64_t k = 0;

	if (n->op == TERM_OP_ADD && (term_is_const(t, n->a) || term_is_const(t, n->b))) {
		bool first = term_is_const(t, n->a);

		k = term_value(t, first ? n->a : n->b);
		n = &t->node[first ? n->b : n->a];
	}
	if (k + NEAR / 2 < NEAR && (n->hi < NEAR / 2 || n->lo >= -(NEAR / 2)))
		return TERM_TRUE;
	return term_ult(t, term_add(t, off, term_const(t, 64, NEAR)), term_const(t, 64, 2 * NEAR));
}

/* Offsets in one object are compared as signed numbers: what is near to an object does not wrap around the address space. */
static term same_region_cond(struct sym *s, const struct isa_insn *in, term a, term b)
{
	struct isa_algebra alg = val_algebra(&s->t);
	struct isa_insn signed_in = *in;

	switch (in->op) {
	case ISA_JGT: signed_in.op = ISA_JSGT; break;
	case ISA_JGE: signed_in.op = ISA_JSGE; break;
	case ISA_JLT: signed_in.op = ISA_JSLT; break;
	case ISA_JLE: signed_in.op = ISA_JSLE; break;
	default: break;
	}
	return (term)isa_sem_cond(&alg, &signed_in, a, b);
}

static term part_cond(struct sym *s, const struct isa_insn *in, const struct part *a, const struct part *b)
{
	struct isa_algebra alg = val_algebra(&s->t);
	bool eq = in->op == ISA_JEQ || in->op == ISA_JNE;

	if (in->width == 64 && a->r && a->r == b->r && a->r->kind != REGION_KOBJ && in->op != ISA_JSET) {
		term near = eq ? TERM_TRUE : term_and(&s->t, is_near(&s->t, a->off), is_near(&s->t, b->off));
		term c = same_region_cond(s, in, a->off, b->off);

		return near == TERM_TRUE ? c : term_ite(&s->t, near, c, (term)isa_sem_cond(&alg, in, part_number(s, a), part_number(s, b)));
	}
	if (in->width == 64 && eq && (a->r != NULL) != (b->r != NULL)) {
		const struct part *p = a->r ? a : b, *k = a->r ? b : a;

		if (p->r->kind != REGION_KOBJ && p->r->kind != REGION_OPAQUE && term_is_const(&s->t, k->off) &&
		    term_value(&s->t, k->off) == 0) { /* objects do not lie at address 0 */
			term near = is_near(&s->t, p->off), c = term_bool(in->op == ISA_JNE);

			return near == TERM_TRUE ? c : term_ite(&s->t, near, c, (term)isa_sem_cond(&alg, in, part_number(s, a), part_number(s, b)));
		}
	}
	return (term)isa_sem_cond(&alg, in, part_number(s, a), part_number(s, b));
}

term val_cond(struct sym *s, const struct isa_insn *in, const struct val *a, const struct val *b)
{
	struct isa_algebra alg = val_algebra(&s->t);
	struct part pa[VAL_MAX_ALTS + 1], pb[VAL_MAX_ALTS + 1];
	term c = TERM_FALSE;

	if (in->operand != ISA_OPERAND_REG)
		b = val_scalar(s, (term)isa_sem_operand(&alg, in, 0));
	struct isa_insn reg = *in;
	reg.operand = ISA_OPERAND_REG;
	if (!a->n && !b->n)
		return (term)isa_sem_cond(&alg, &reg, a->bits, b->bits);
	uint32_t na = parts(s, a, pa), nb = parts(s, b, pb);
	for (uint32_t i = 0; i < na; i++)
		for (uint32_t j = 0; j < nb; j++) {
			term g = term_and(&s->t, pa[i].guard, pb[j].guard);

			if (g != TERM_FALSE)
				c = term_or(&s->t, c, term_and(&s->t, g, part_cond(s, &reg, &pa[i], &pb[j])));
		}
	return c;
}
