// SPDX-License-Identifier: GPL-2.0-only
/* contract_parse: clauses, blocks, files. Any error refuses the file, with line and column. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include "common/arena.h"
#include "prove/contract.h"
#include "prove/contract_ast.h"
#include "prove/contract_expr.h"
#include "prove/contract_lex.h"

static struct clause *add_clause(struct lexer *l, struct block_ast *b, enum clause_kind kind)
{
	static struct clause none;
	struct clause *list = arena_grow(l->arena, b->clause, b->n, &b->cap, sizeof(*list));

	if (!list) {
		lex_error(l, "out of memory");
		return &none;
	}
	b->clause = list;
	list[b->n] = (struct clause){ .kind = kind, .line = l->tline };
	return &list[b->n++];
}

static const char *text_from(struct lexer *l, const char *from)
{
	const char *end = l->at;
	char *s;
	size_t n = 0;

	s = arena_alloc(l->arena, (size_t)(end - from) + 1);
	for (const char *p = from; s && p < end; p++) {
		bool space = isspace((unsigned char)*p);
		if (!space || (n && s[n - 1] != ' '))
			s[n++] = space ? ' ' : *p;
	}
	return s ? s : "";
}

static struct clause *ensures(struct lexer *l, struct block_ast *b, const struct node *assumes)
{
	struct clause *c = add_clause(l, b, CLAUSE_ENSURES);
	const char *from, *p = l->p;

	c->assumes = assumes;
	while (isspace((unsigned char)*p))
		p++;
	if (l->tok == T_NAME && *p == ':') { /* a label */
		c->label = lex_name(l);
		lex_expect(l, ':');
	}
	from = l->at;
	c->expr = expr_read(l);
	c->text = text_from(l, from);
	lex_expect(l, ';');
	return c;
}

/* "ensures [label:] EXPR;" has to follow: a clause of that kind. */
static struct clause *then_ensures(struct lexer *l, struct block_ast *b, enum clause_kind kind, const char *missing)
{
	struct clause *c;

	if (!lex_is_word(l, "ensures"))
		lex_error(l, missing);
	lex_next(l);
	c = ensures(l, b, NULL);
	c->kind = kind;
	return c;
}

static void assigns(struct lexer *l, struct block_ast *b)
{
	struct clause *c = add_clause(l, b, CLAUSE_ASSIGNS);
	const char *from = l->at;
	size_t cap = 0, cap_keeps = 0;

	if (lex_is_word(l, "\\nothing")) {
		lex_next(l);
	} else {
		do {
			const char **maps = arena_grow(l->arena, (void *)(uintptr_t)c->maps, c->n_maps, &cap, sizeof(*maps));
			if (!maps) {
				lex_error(l, "out of memory");
				return;
			}
			c->maps = maps;
			bool pointee = lex_accept(l, '*');
			const char *what = lex_name(l);
			c->maps[c->n_maps++] = pointee ? arena_printf(l->arena, "*%s", what) : what;
			while (!pointee && lex_accept(l, '-')) {
				const char **keeps = arena_grow(l->arena, (void *)(uintptr_t)c->keeps, c->n_keeps, &cap_keeps, sizeof(*keeps));

				if (!keeps) {
					lex_error(l, "out of memory");
					return;
				}
				c->keeps = keeps;
				c->keeps[c->n_keeps++] = arena_printf(l->arena, "%s.%s", what, lex_name(l));
			}
		} while (lex_accept(l, ','));
	}
	c->text = arena_printf(l->arena, "assigns %s", text_from(l, from));
	lex_expect(l, ';');
}

static void behavior(struct lexer *l, struct block_ast *b)
{
	const struct node *assumes = NULL;

	lex_name(l);
	lex_expect(l, '{');
	while (!l->failed && !lex_accept(l, '}')) {
		if (lex_is_word(l, "assumes")) {
			struct node *both = expr_node(l, NODE_BINARY);
			lex_next(l);
			both->op = OP_AND;
			both->kid[0] = assumes;
			both->kid[1] = expr_read(l);
			assumes = assumes ? both : both->kid[1];
			lex_expect(l, ';');
		} else if (lex_is_word(l, "ensures")) {
			lex_next(l);
			ensures(l, b, assumes);
		} else {
			lex_error(l, "'assumes', 'ensures' or '}' is expected here");
		}
	}
}

static struct block_ast *new_block(struct lexer *l, enum block_kind kind)
{
	struct block_ast *b = arena_new(l->arena, struct block_ast), **end = &l->c->blocks;

	if (!b) {
		lex_error(l, "out of memory");
		return NULL;
	}
	b->kind = kind;
	b->line = l->tline;
	b->col = l->tcol;
	b->program = lex_name(l);
	for (; *end; end = &(*end)->next)
		if (!strcmp((*end)->program, b->program) && (*end)->kind == kind && kind != BLOCK_LOOP)
			lex_error_at(l, b->line, b->col, kind == BLOCK_PROGRAM ? "this program has a block already" :
				 kind == BLOCK_MAP ? "this map has a block already" : "this function has a block already");
	*end = b;
	return b;
}

static void condition(struct lexer *l, struct block_ast *b, enum clause_kind kind)
{
	struct clause *c = add_clause(l, b, kind);
	const char *from = l->at;

	c->expr = expr_read(l);
	c->text = text_from(l, from);
	lex_expect(l, ';');
}

/* replaced by PROGRAM; */
static void replaced(struct lexer *l, struct block_ast *b)
{
	if (!lex_is_word(l, "by"))
		lex_error(l, "'replaced by PROGRAM;' is expected here");
	lex_next(l);
	if (b->replaced)
		lex_error(l, "it is replaced by one program only");
	b->replaced = lex_name(l);
	lex_expect(l, ';');
}

/* at FUNCTION ensures [label:] EXPR; */
static void at_call(struct lexer *l, struct block_ast *b)
{
	const char *function = lex_name(l);

	then_ensures(l, b, CLAUSE_AT, "'at FUNCTION ensures EXPR;' is expected here")->function = function;
}

static const char *reason(struct lexer *l, const char *missing)
{
	const char *text;

	lex_next(l);
	if (l->tok != T_STRING || l->len <= 2) {
		lex_error(l, missing);
		return NULL;
	}
	text = arena_strndup(l->arena, l->at + 1, l->len - 2);
	lex_next(l);
	return text;
}

/* stable "REASON"; */
static const char *stable(struct lexer *l)
{
	const char *why = reason(l, "the reason why kernel memory does not change is expected here, in quotes");

	lex_expect(l, ';');
	return why;
}

/* given "REASON" ensures [label:] EXPR; */
static void given(struct lexer *l, struct block_ast *b)
{
	const char *why = reason(l, "the reason why it may be relied on is expected here, in quotes");

	then_ensures(l, b, CLAUSE_GIVEN, "'given \"REASON\" ensures EXPR;' is expected here")->reason = why;
}

static void block_clause(struct lexer *l, struct block_ast *b)
{
	bool function = b->kind == BLOCK_FUNCTION;

	if (lex_is_word(l, "requires")) {
		lex_next(l);
		condition(l, b, CLAUSE_REQUIRES);
	} else if (lex_is_word(l, "ensures")) {
		lex_next(l);
		ensures(l, b, NULL);
	} else if (lex_is_word(l, "check")) {
		lex_next(l);
		then_ensures(l, b, CLAUSE_CHECK, "'check ensures EXPR;' is expected here");
	} else if (lex_is_word(l, "behavior")) {
		lex_next(l);
		behavior(l, b);
	} else if (lex_is_word(l, "assigns")) {
		lex_next(l);
		assigns(l, b);
	} else if (lex_is_word(l, "stable")) {
		b->stable = stable(l);
	} else if (lex_is_word(l, "at")) {
		lex_next(l);
		at_call(l, b);
	} else if (function && lex_is_word(l, "given")) {
		given(l, b);
	} else if (function && lex_is_word(l, "replaced")) {
		lex_next(l);
		replaced(l, b);
	} else {
		lex_error(l, function ? "'requires', 'ensures', 'check ensures', 'at', 'behavior', 'assigns', 'stable', 'given', 'replaced by' or '}' is expected here" :
				    "'requires', 'ensures', 'check ensures', 'at', 'behavior', 'assigns', 'stable' or '}' is expected here");
	}
}

/* Behind the name: "at LINE", "at "FILE" LINE", "at instruction N": a loop in the code of that function. Else a callback. */
static void loop_name(struct lexer *l, struct block_ast *b)
{
	if (lex_is_word(l, "at")) {
		b->kind = BLOCK_HEAD;
		lex_next(l);
		if (l->tok == T_STRING) {
			b->at_file = arena_strndup(l->arena, l->at + 1, l->len - 2);
			lex_next(l);
		} else if (lex_is_word(l, "instruction")) {
			b->at_insn = true;
			lex_next(l);
		}
		if (l->tok != T_NUM || l->num > UINT32_MAX)
			lex_error(l, "a line, or 'instruction' and a number, is expected here");
		b->at = (uint32_t)l->num;
		lex_next(l);
	}
	for (const struct block_ast *o = l->c->blocks; o != b; o = o->next)
		if (o->kind == b->kind && !strcmp(o->program, b->program) && o->at == b->at && o->at_insn == b->at_insn)
			lex_error_at(l, b->line, b->col, b->kind == BLOCK_HEAD ? "this loop has a block already" : "this function has a block already");
}

#define UNROLL_MOST 4096

/* unroll N; */
static void unroll(struct lexer *l, struct block_ast *b)
{
	if (b->n || b->unroll)
		lex_error(l, "'unroll' stands alone in its block");
	lex_next(l);
	if (l->tok != T_NUM || !l->num || l->num > UNROLL_MOST)
		lex_error(l, "the most iterations there are, 1 to 4096, are expected here");
	b->unroll = (uint32_t)l->num;
	lex_next(l);
	lex_expect(l, ';');
	if (!lex_is_op(l, '}'))
		lex_error(l, "'unroll' stands alone in its block: '}' is expected here");
}

static void block(struct lexer *l, enum block_kind kind)
{
	struct block_ast *b = new_block(l, kind);
	bool variant = false;

	if (!b)
		return;
	if (kind == BLOCK_LOOP)
		loop_name(l, b);
	lex_expect(l, '{');
	while (!l->failed && !lex_accept(l, '}')) {
		if (kind != BLOCK_LOOP && kind != BLOCK_MAP) {
			block_clause(l, b);
		} else if (lex_is_word(l, "invariant")) {
			lex_next(l);
			condition(l, b, CLAUSE_INVARIANT);
		} else if (kind == BLOCK_LOOP && lex_is_word(l, "unroll")) {
			unroll(l, b);
		} else if (kind == BLOCK_MAP && (lex_is_word(l, "shared") || lex_is_word(l, "locked") || lex_is_word(l, "private") || lex_is_word(l, "constant"))) {
			b->discipline = lex_is_word(l, "shared") ? MAP_SHARED : lex_is_word(l, "locked") ? MAP_LOCKED :
					lex_is_word(l, "constant") ? MAP_CONSTANT : MAP_PRIVATE;
			lex_next(l);
			lex_expect(l, ';');
		} else if (b->kind == BLOCK_LOOP && lex_is_word(l, "ensures")) {
			lex_next(l);
			ensures(l, b, NULL);
		} else if (b->kind == BLOCK_HEAD && lex_is_word(l, "variant") && !variant) {
			variant = true;
			lex_next(l);
			condition(l, b, CLAUSE_VARIANT);
		} else {
			lex_error(l, b->kind == BLOCK_HEAD ? "'invariant', one 'variant', 'unroll' or '}' is expected here" :
				 kind == BLOCK_MAP ? "'invariant', 'shared', 'locked', 'constant', 'private' or '}' is expected here" :
						     "'invariant', 'ensures', 'unroll' or '}' is expected here");
		}
	}
}

/* specification "FILE"; */
static void specification(struct lexer *l)
{
	struct spec *s = arena_new(l->arena, struct spec);

	if (!s || l->tok != T_STRING) {
		lex_error(l, "the name of a file in quotes is expected here");
		return;
	}
	s->path = arena_strndup(l->arena, l->at + 1, l->len - 2);
	s->line = l->tline;
	s->col = l->tcol;
	s->next = l->c->specs;
	l->c->specs = s;
	lex_next(l);
	lex_expect(l, ';');
}

/* A name that the file gives, once: two would be one for all who use it. */
static const char *new_name(struct lexer *l)
{
	uint32_t line = l->tline, col = l->tcol;
	const char *name = lex_name(l);
	bool known = false;

	for (const struct logic *g = l->c->logics; g && !known; g = g->next)
		known = strcmp(g->name, name) == 0;
	for (const struct ghost *g = l->c->ghosts; g && !known; g = g->next)
		known = strcmp(g->name, name) == 0;
	if (known)
		lex_error_at(l, line, col, "this file gives that name to something already");
	return name;
}

/* ghost NAME; */
static void ghost(struct lexer *l)
{
	struct ghost *g = arena_new(l->arena, struct ghost);

	if (!g) {
		lex_error(l, "out of memory");
		return;
	}
	g->name = new_name(l);
	g->next = l->c->ghosts;
	l->c->ghosts = g;
	lex_expect(l, ';');
}

static void logic(struct lexer *l, bool truth)
{
	struct logic *g = arena_new(l->arena, struct logic);

	if (!g) {
		lex_error(l, "out of memory");
		return;
	}
	g->name = new_name(l);
	lex_expect(l, '(');
	while (!l->failed && !lex_is_op(l, ')')) {
		if (g->n_params == 8) {
			lex_error(l, "at most 8 parameters");
			return;
		}
		g->param[g->n_params++] = lex_name(l);
		if (!lex_accept(l, ','))
			break;
	}
	lex_expect(l, ')');
	g->truth = truth;
	if (!lex_is_op(l, ';')) {
		lex_expect(l, '=');
		g->body = expr_read(l);
	}
	lex_expect(l, ';');
	g->next = l->c->logics;
	l->c->logics = g;
}

int contract_parse(const char *text, const char *file, struct arena *arena, struct diag *diag,
		   struct contract **ret_contract)
{
	struct lexer l = { .name = file, .p = text, .start = text, .line = 1, .col = 1, .arena = arena, .diag = diag };

	l.c = arena_new(arena, struct contract);
	if (!l.c)
		return -ENOMEM;
	l.c->file = arena_strdup(arena, file);
	lex_next(&l);
	while (!l.failed && l.tok != T_END) {
		static const char *const kinds[] = { [BLOCK_PROGRAM] = "program", [BLOCK_FUNCTION] = "function", [BLOCK_LOOP] = "loop",
						     [BLOCK_MAP] = "map" };
		int kind = 0;

		while (kind <= BLOCK_MAP && !lex_is_word(&l, kinds[kind]))
			kind++;
		if (kind <= BLOCK_MAP) {
			lex_next(&l);
			block(&l, (enum block_kind)kind);
		} else if (lex_is_word(&l, "specification")) {
			lex_next(&l);
			specification(&l);
		} else if (lex_is_word(&l, "ghost")) {
			lex_next(&l);
			ghost(&l);
		} else if (lex_is_word(&l, "modular")) {
			lex_next(&l);
			lex_expect(&l, ';');
			l.c->modular = true;
		} else if (lex_is_word(&l, "stable")) {
			l.c->stable = stable(&l);
		} else if (lex_is_word(&l, "logic") || lex_is_word(&l, "predicate")) {
			bool truth = lex_is_word(&l, "predicate");

			lex_next(&l);
			logic(&l, truth);
		} else {
			lex_error(&l, "'program', 'function', 'loop', 'map', 'logic', 'predicate', 'ghost', 'specification', 'stable' or 'modular' is expected here");
		}
	}
	if (l.failed)
		return -EINVAL;
	l.c->next = *ret_contract;
	*ret_contract = l.c;
	return 0;
}
