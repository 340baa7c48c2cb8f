/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * contract_lex: the words of a contract, one at a time. The first error is said with its place; after it there are no words any more
 * (T_BAD), so that whoever reads on comes to an end.
 */
#ifndef PROVE_CONTRACT_LEX_H
#define PROVE_CONTRACT_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct contract;
struct diag;

enum tok { T_END, T_NAME, T_NUM, T_STRING, T_OP, T_BAD };

struct lexer {
	const char *name, *p, *start;
	uint32_t line, col;
	enum tok tok;
	int op;
	uint64_t num;
	const char *at; /* first character of the token */
	size_t len;
	uint32_t tline, tcol;
	struct arena *arena;
	struct diag *diag;
	bool failed;
	unsigned depth;
	struct contract *c;
};

void lex_error_at(struct lexer *l, uint32_t line, uint32_t col, const char *what);
/* At the word that is read now. */
void lex_error(struct lexer *l, const char *what);
/* On to the next word. */
void lex_next(struct lexer *l);
/* An operator: its character, or OP_... of contract_ast.h. */
bool lex_is_op(const struct lexer *l, int op);
bool lex_is_word(const struct lexer *l, const char *w);
/* It is that operator: then on to the next word. */
bool lex_accept(struct lexer *l, int op);
/* It has to be that one. */
void lex_expect(struct lexer *l, int op);
/* A name, and on; "" where there is none, which is an error. */
const char *lex_name(struct lexer *l);

#endif
