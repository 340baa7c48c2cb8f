// SPDX-License-Identifier: GPL-2.0-only
/* contract_expr: see contract_expr.h. Precedence climbing. */
#include "prove/contract_expr.h"

#include <string.h>
#include "common/arena.h"
#include "prove/contract_ast.h"
#include "prove/contract_lex.h"

#define MAX_DEPTH 200

static const struct node *expression(struct lexer *l, int min);

struct node *expr_node(struct lexer *l, enum node_kind kind)
{
	static struct node none;
	struct node *n = arena_new(l->arena, struct node);

	if (!n) {
		lex_error(l, "out of memory");
		return &none;
	}
	n->kind = kind;
	n->line = l->tline;
	n->col = l->tcol;
	return n;
}

static void arguments(struct lexer *l, struct node *n, int end)
{
	size_t cap = 0;

	while (!l->failed && !lex_is_op(l, end)) {
		const struct node **list = arena_grow(l->arena, (void *)(uintptr_t)n->list, n->n, &cap, sizeof(*list));
		if (!list) {
			lex_error(l, "out of memory");
			return;
		}
		n->list = list;
		n->list[n->n++] = expression(l, 0);
		if (!lex_accept(l, ','))
			break;
	}
	lex_expect(l, end);
}

static bool is_int_type(const struct lexer *l)
{
	static const char *const types[] = { "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "struct" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (lex_is_word(l, types[i]))
			return true;
	return false;
}

static const struct node *cast_or_paren(struct lexer *l)
{
	const struct node *e;

	if (!is_int_type(l)) {
		e = expression(l, 0);
		lex_expect(l, ')');
		return e;
	}
	struct node *n = expr_node(l, NODE_CAST);
	bool is_struct = lex_is_word(l, "struct");
	if (is_struct) {
		lex_next(l);
		n->op = '*';
	}
	n->text = lex_name(l);
	if (is_struct)
		lex_expect(l, '*');
	lex_expect(l, ')');
	n->kid[0] = expression(l, 100);
	return n;
}

static const struct node *primary(struct lexer *l)
{
	struct node *n;

	if (l->tok == T_NUM) {
		n = expr_node(l, NODE_NUM);
		n->num = l->num;
		lex_next(l);
		return n;
	}
	if (lex_accept(l, '('))
		return cast_or_paren(l);
	if (lex_is_op(l, '{')) {
		n = expr_node(l, NODE_LIST);
		lex_next(l);
		arguments(l, n, '}');
		return n;
	}
	if (lex_is_op(l, '-') || lex_is_op(l, '!') || lex_is_op(l, '~')) {
		n = expr_node(l, NODE_UNARY);
		n->op = l->op;
		lex_next(l);
		n->kid[0] = expression(l, 100);
		return n;
	}
	if (l->tok != T_NAME) {
		lex_error(l, "an expression is expected here");
		return expr_node(l, NODE_NUM);
	}
	if (lex_is_word(l, "\\result")) {
		n = expr_node(l, NODE_RESULT);
		lex_next(l);
		return n;
	}
	bool old = lex_is_word(l, "\\old");
	n = expr_node(l, NODE_NAME);
	n->text = lex_name(l);
	if (lex_accept(l, '(')) {
		n->kind = old ? NODE_OLD : NODE_CALL;
		arguments(l, n, ')');
		if (old && n->n == 1)
			n->kid[0] = n->list[0];
		else if (old)
			lex_error_at(l, n->line, n->col, "\\old takes one expression");
	} else if (n->text[0] == '\\' && strcmp(n->text, "\\true") && strcmp(n->text, "\\false") &&
		   strcmp(n->text, "\\visited") && strcmp(n->text, "\\count") && strcmp(n->text, "\\task")) {
		lex_error_at(l, n->line, n->col, "this is not known");
	}
	return n;
}

static const struct node *postfix(struct lexer *l)
{
	const struct node *e = primary(l);

	while (!l->failed) {
		struct node *n;

		if (lex_is_op(l, '.') || lex_is_op(l, OP_ARROW)) {
			n = expr_node(l, NODE_MEMBER);
			n->op = l->op == '.' ? '.' : '>';
			lex_next(l);
			n->kid[0] = e;
			n->text = lex_name(l);
		} else if (lex_is_op(l, '[')) {
			n = expr_node(l, NODE_INDEX);
			lex_next(l);
			n->kid[0] = e;
			n->kid[1] = expression(l, 0);
			lex_expect(l, ']');
		} else {
			break;
		}
		e = n;
	}
	return e;
}

static int precedence(const struct lexer *l)
{
	if (l->tok != T_OP)
		return -1;
	switch (l->op) {
	case OP_IFF: return 1;
	case OP_IMPLIES: return 2;
	case '?': return 3;
	case OP_OR: return 4;
	case OP_AND: return 5;
	case '|': return 6;
	case '^': return 7;
	case '&': return 8;
	case OP_EQ: case OP_NE: return 9;
	case '<': case '>': case OP_LE: case OP_GE: return 10;
	case OP_SHL: case OP_SHR: return 11;
	case '+': case '-': return 12;
	case '*': case '/': case '%': return 13;
	default: return -1;
	}
}

static const struct node *expression(struct lexer *l, int min)
{
	if (++l->depth > MAX_DEPTH) {
		lex_error(l, "this expression is nested too deeply");
		return expr_node(l, NODE_NUM);
	}
	const struct node *e = postfix(l);
	for (int p = precedence(l); !l->failed && p >= 0 && p >= min; p = precedence(l)) {
		struct node *n = expr_node(l, NODE_BINARY);

		n->op = l->op;
		n->kid[0] = e;
		lex_next(l);
		if (n->op == '?') {
			n->kind = NODE_COND;
			n->kid[1] = expression(l, 0);
			lex_expect(l, ':');
			n->kid[2] = expression(l, p);
		} else {
			/* implication associates to the right */
			n->kid[1] = expression(l, n->op == OP_IMPLIES ? p : p + 1);
		}
		e = n;
	}
	l->depth--;
	return e;
}

const struct node *expr_read(struct lexer *l) { return expression(l, 0); }
