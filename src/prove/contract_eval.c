// SPDX-License-Identifier: GPL-2.0-only
/* contract_eval: operators, casts, \result and \old. */
#include "prove/contract_eval.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "common/diag.h"
#include "prove/contract.h"

#define MAX_DEPTH 300

struct cval contract_fail(struct cenv *e, const struct node *n, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!e->failed)
		diag_fail(e->diag, -EINVAL, DIAG_AT(.file = e->file, .line = n->line, .col = n->col), "%s", text);
	e->failed = true;
	return (struct cval){ .place = PLACE_NONE, .t = term_const(&e->s->t, 64, 0) };
}

struct cval contract_int(struct cenv *e, term t64, bool is_u64) { return (struct cval){ .t = t64, .is_u64 = is_u64 }; }
struct cval contract_truth(term b) { return (struct cval){ .place = PLACE_BOOL, .t = b }; }

term contract_number(struct cenv *e, const struct node *n, struct cval *v)
{
	struct terms *t = &e->s->t;

	if (e->failed)
		return term_const(t, 64, 0);
	switch (v->place) {
	case PLACE_NONE:
		return v->t;
	case PLACE_BOOL:
		return term_ite(t, v->t, term_const(t, 64, 1), term_const(t, 64, 0));
	case PLACE_LIST:
		contract_fail(e, n, "a list is only a key");
		return term_const(t, 64, 0);
	default:
		return contract_load(e, n, v, &v->is_u64);
	}
}

term contract_bool(struct cenv *e, const struct node *n)
{
	struct cval v = contract_value(e, n);

	if (e->failed)
		return TERM_TRUE;
	if (v.place == PLACE_BOOL)
		return v.t;
	return term_not(&e->s->t, term_eq_k(&e->s->t, contract_number(e, n, &v), 0));
}

static struct cval compare(struct cenv *e, int op, term a, term b, bool u64)
{
	struct terms *t = &e->s->t;
	enum term_op lt = u64 ? TERM_OP_ULT : TERM_OP_SLT, le = u64 ? TERM_OP_ULE : TERM_OP_SLE;

	switch (op) {
	case OP_EQ: return contract_truth(term_eq(t, a, b));
	case OP_NE: return contract_truth(term_not(t, term_eq(t, a, b)));
	case '<': return contract_truth(term_cmp(t, lt, a, b));
	case '>': return contract_truth(term_cmp(t, lt, b, a));
	case OP_LE: return contract_truth(term_cmp(t, le, a, b));
	default: return contract_truth(term_cmp(t, le, b, a));
	}
}

static struct cval arithmetic(struct cenv *e, const struct node *n, term a, term b, bool u64)
{
	struct terms *t = &e->s->t;
	enum term_op op;

	switch (n->op) {
	case '+': op = TERM_OP_ADD; break;
	case '-': op = TERM_OP_SUB; break;
	case '*': op = TERM_OP_MUL; break;
	case '/': op = u64 ? TERM_OP_UDIV : TERM_OP_SDIV; break;
	case '%': op = u64 ? TERM_OP_UREM : TERM_OP_SREM; break;
	case '&': op = TERM_OP_BAND; break;
	case '|': op = TERM_OP_BOR; break;
	case '^': op = TERM_OP_BXOR; break;
	case OP_SHL: op = TERM_OP_SHL; break;
	case OP_SHR: op = u64 ? TERM_OP_LSHR : TERM_OP_ASHR; break;
	default: return contract_fail(e, n, "this operator is not known");
	}
	return contract_int(e, term_bin(t, op, a, b), u64);
}

static struct cval binary(struct cenv *e, const struct node *n)
{
	struct terms *t = &e->s->t;

	if (n->op == OP_AND || n->op == OP_OR || n->op == OP_IMPLIES || n->op == OP_IFF) {
		term a = contract_bool(e, n->kid[0]);

		if (e->real && n->op != OP_IFF && a == (n->op == OP_OR ? TERM_TRUE : TERM_FALSE))
			return contract_truth(term_bool(n->op != OP_AND));
		term b = contract_bool(e, n->kid[1]);
		if (n->op == OP_AND)
			return contract_truth(term_and(t, a, b));
		if (n->op == OP_OR)
			return contract_truth(term_or(t, a, b));
		return contract_truth(n->op == OP_IMPLIES ? term_implies(t, a, b) : term_eq(t, a, b));
	}
	struct cval x = contract_value(e, n->kid[0]), y = contract_value(e, n->kid[1]);
	term a = contract_number(e, n->kid[0], &x), b = contract_number(e, n->kid[1], &y);
	bool u64 = x.is_u64 || (y.is_u64 && n->op != OP_SHL && n->op != OP_SHR);

	if (e->failed)
		return x;
	if ((n->op >= OP_LE && n->op <= OP_NE) || n->op == '<' || n->op == '>')
		return compare(e, n->op, a, b, u64);
	return arithmetic(e, n, a, b, u64);
}

static struct cval unary(struct cenv *e, const struct node *n)
{
	struct terms *t = &e->s->t;

	if (n->op == '!')
		return contract_truth(term_not(t, contract_bool(e, n->kid[0])));
	struct cval x = contract_value(e, n->kid[0]);
	term a = contract_number(e, n->kid[0], &x);
	if (n->op == '-')
		return contract_int(e, term_sub(t, term_const(t, 64, 0), a), x.is_u64);
	return contract_int(e, term_bin(t, TERM_OP_BXOR, a, term_const(t, 64, ~0ull)), x.is_u64);
}

static struct cval cast(struct cenv *e, const struct node *n)
{
	struct terms *t = &e->s->t;
	struct cval x = contract_value(e, n->kid[0]);
	term a = contract_number(e, n->kid[0], &x);
	unsigned bits = 0;

	if (n->op == '*' && x.ptr && x.place == PLACE_NONE) { /* of a pointer to memory of the program */
		const struct bt *bt = bpfobj_btf(e->s->obj);
		uint32_t own = bt ? bt_find(bt, n->text, BT_STRUCT) : 0;

		if (own)
			return (struct cval){ .t = a, .is_u64 = true, .bt = bt, .type = own, .ptr = x.ptr };
	}
	if (n->op == '*') { /* (struct X *) */
		uint32_t id = e->s->kernel ? bt_find(e->s->kernel, n->text, BT_STRUCT) : 0;
		if (!id)
			return contract_fail(e, n, "the kernel has no struct %s", n->text);
		return (struct cval){ .place = PLACE_NONE, .t = a, .is_u64 = true, .bt = e->s->kernel, .type = id };
	}
	sscanf(n->text + 1, "%u", &bits);
	if (bits != 8 && bits != 16 && bits != 32 && bits != 64)
		return contract_fail(e, n, "no such type");
	return contract_int(e, term_extend(t, n->text[0] == 's', 64, term_extract(t, a, bits - 1, 0)), n->text[0] == 'u' && bits == 64);
}

static struct cval result(const struct cenv *e)
{
	struct terms *t = &e->s->t;
	unsigned bits = e->fn && e->fn->result_bits ? e->fn->result_bits : 32;
	bool sign = !e->fn || e->fn->result_signed;

	return (struct cval){ .t = term_extend(t, sign, 64, term_extract(t, val_number(e->s, e->result), bits - 1, 0)),
			      .is_u64 = bits == 64 && !sign };
}

static struct cval choice(struct cenv *e, const struct node *n)
{
	struct terms *t = &e->s->t;
	term c = contract_bool(e, n->kid[0]);
	struct cval x = contract_value(e, n->kid[1]), y = contract_value(e, n->kid[2]);

	if (x.place == PLACE_BOOL && y.place == PLACE_BOOL)
		return contract_truth(term_ite(t, c, x.t, y.t));
	return contract_int(e, term_ite(t, c, contract_number(e, n->kid[1], &x), contract_number(e, n->kid[2], &y)), x.is_u64 || y.is_u64);
}

static struct cval old(struct cenv *e, const struct node *n)
{
	bool was = e->old;

	if (e->after)
		return contract_fail(e, n, "\\old has no meaning in after(): write it outside");
	e->old = true;
	struct cval v = contract_value(e, n->kid[0]);
	if (v.place == PLACE_KERNEL || v.place == PLACE_ROW) {
		term k = contract_number(e, n, &v);
		v = contract_int(e, k, v.is_u64);
	}
	e->old = was;
	return v;
}

struct cval contract_value(struct cenv *e, const struct node *n)
{
	struct terms *t = &e->s->t;
	struct cval v;

	if (e->failed || ++e->depth > MAX_DEPTH)
		return contract_fail(e, n, "this is nested too deeply");
	switch (n->kind) {
	case NODE_NUM:
		v = contract_int(e, term_const(t, 64, n->num), n->num >> 63);
		break;
	case NODE_NAME:
		v = contract_name(e, n);
		break;
	case NODE_UNARY:
		v = unary(e, n);
		break;
	case NODE_BINARY:
		v = binary(e, n);
		break;
	case NODE_COND:
		v = choice(e, n);
		break;
	case NODE_MEMBER:
		v = contract_member(e, n, contract_value(e, n->kid[0]));
		break;
	case NODE_INDEX:
		v = contract_index(e, n);
		break;
	case NODE_CALL:
		v = contract_call(e, n);
		break;
	case NODE_CAST:
		v = cast(e, n);
		break;
	case NODE_LIST:
		v = (struct cval){ .place = PLACE_LIST, .list = n };
		break;
	case NODE_RESULT:
		if (e->old || !e->result)
			return contract_fail(e, n, "\\result is not known here");
		v = result(e);
		break;
	default:
		v = old(e, n);
	}
	e->depth--;
	return v;
}
