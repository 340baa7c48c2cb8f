// SPDX-License-Identifier: GPL-2.0-only
/* contract_lex: see contract_lex.h. */
#include "prove/contract_lex.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "common/arena.h"
#include "common/diag.h"
#include "prove/contract_ast.h"

void lex_error_at(struct lexer *l, uint32_t line, uint32_t col, const char *what)
{
	if (!l->failed)
		diag_fail(l->diag, -EINVAL, DIAG_AT(.file = l->name, .line = line, .col = col), "%s", what);
	l->failed = true;
	l->tok = T_BAD;
}

void lex_error(struct lexer *l, const char *what) { lex_error_at(l, l->tline, l->tcol, what); }

static void step(struct lexer *l)
{
	if (*l->p == '\n') {
		l->line++;
		l->col = 1;
	} else {
		l->col++;
	}
	l->p++;
}

static void skip_space(struct lexer *l)
{
	for (;;) {
		if (isspace((unsigned char)*l->p)) {
			step(l);
		} else if (l->p[0] == '/' && l->p[1] == '/') {
			while (*l->p && *l->p != '\n')
				step(l);
		} else if (l->p[0] == '/' && l->p[1] == '*') {
			uint32_t line = l->line, col = l->col;
			while (*l->p && !(l->p[0] == '*' && l->p[1] == '/'))
				step(l);
			if (!*l->p) {
				lex_error_at(l, line, col, "this comment does not end");
				return;
			}
			step(l);
			step(l);
		} else {
			return;
		}
	}
}

static bool word(char c) { return isalnum((unsigned char)c) || c == '_'; }

static void lex_operator(struct lexer *l)
{
	static const struct { const char *text; int op; } ops[] = {
		{ "<==>", OP_IFF }, { "==>", OP_IMPLIES }, { "<<", OP_SHL }, { ">>", OP_SHR }, { "<=", OP_LE }, { ">=", OP_GE },
		{ "==", OP_EQ },    { "!=", OP_NE },       { "&&", OP_AND }, { "||", OP_OR },  { "->", OP_ARROW },
	};

	l->tok = T_OP;
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		size_t n = strlen(ops[i].text);
		if (!strncmp(l->p, ops[i].text, n)) {
			l->op = ops[i].op;
			while (n--)
				step(l);
			return;
		}
	}
	if (!strchr("+-*/%&|^~!<>=?:.,;()[]{}\"", *l->p)) {
		lex_error(l, "this character means nothing here");
		return;
	}
	l->op = *l->p;
	step(l);
}

static void lex_number(struct lexer *l)
{
	char *end;

	l->tok = T_NUM;
	errno = 0;
	if (*l->p == '\'') {
		if (!l->p[1] || l->p[2] != '\'') {
			lex_error(l, "a character constant is one character");
			return;
		}
		l->num = (unsigned char)l->p[1];
		end = (char *)(uintptr_t)l->p + 3;
	} else {
		l->num = strtoull(l->p, &end, 0);
		while (*end == 'u' || *end == 'U' || *end == 'l' || *end == 'L')
			end++;
	}
	if (errno || word(*end)) {
		lex_error(l, "this is no number");
		return;
	}
	while (l->p < end)
		step(l);
}

void lex_next(struct lexer *l)
{
	if (l->failed)
		return;
	skip_space(l);
	l->tline = l->line;
	l->tcol = l->col;
	l->at = l->p;
	if (l->failed)
		return;
	if (!*l->p) {
		l->tok = T_END;
	} else if (isdigit((unsigned char)*l->p) || *l->p == '\'') {
		lex_number(l);
	} else if (word(*l->p) || *l->p == '\\') {
		l->tok = T_NAME;
		step(l);
		while (word(*l->p))
			step(l);
	} else if (*l->p == '"') {
		l->tok = T_STRING;
		step(l);
		while (*l->p && *l->p != '"' && *l->p != '\n')
			step(l);
		if (*l->p != '"')
			lex_error(l, "this string does not end");
		else
			step(l);
	} else {
		lex_operator(l);
	}
	l->len = (size_t)(l->p - l->at);
}

bool lex_is_op(const struct lexer *l, int op) { return l->tok == T_OP && l->op == op; }
bool lex_is_word(const struct lexer *l, const char *w)
{
	return l->tok == T_NAME && l->len == strlen(w) && !memcmp(l->at, w, l->len);
}

bool lex_accept(struct lexer *l, int op)
{
	if (!lex_is_op(l, op))
		return false;
	lex_next(l);
	return true;
}

void lex_expect(struct lexer *l, int op)
{
	char text[32];

	if (lex_accept(l, op))
		return;
	snprintf(text, sizeof(text), "'%c' is expected here", op);
	lex_error(l, text);
}

const char *lex_name(struct lexer *l)
{
	const char *s;

	if (l->tok != T_NAME) {
		lex_error(l, "a name is expected here");
		return "";
	}
	s = arena_strndup(l->arena, l->at, l->len);
	lex_next(l);
	return s ? s : "";
}
