// SPDX-License-Identifier: GPL-2.0-only
/* contract_parse: lexer, precedence climbing, clauses. Any error refuses the file, with line and column. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "common/arena.h"
#include "common/diag.h"
#include "prove/contract.h"
#include "prove/contract_ast.h"

#define MAX_DEPTH 200

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

static void error_at(struct lexer *l, uint32_t line, uint32_t col, const char *what)
{
	if (!l->failed)
		diag_fail(l->diag, -EINVAL, DIAG_AT(.file = l->name, .line = line, .col = col), "%s", what);
	l->failed = true;
	l->tok = T_BAD;
}

static void error(struct lexer *l, const char *what) { error_at(l, l->tline, l->tcol, what); }

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
				error_at(l, line, col, "this comment does not end");
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
		error(l, "this character means nothing here");
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
			error(l, "a character constant is one character");
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
		error(l, "this is no number");
		return;
	}
	while (l->p < end)
		step(l);
}

static void next(struct lexer *l)
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
			error(l, "this string does not end");
		else
			step(l);
	} else {
		lex_operator(l);
	}
	l->len = (size_t)(l->p - l->at);
}

static bool is_op(const struct lexer *l, int op) { return l->tok == T_OP && l->op == op; }
static bool is_word(const struct lexer *l, const char *w)
{
	return l->tok == T_NAME && l->len == strlen(w) && !memcmp(l->at, w, l->len);
}

static bool accept(struct lexer *l, int op)
{
	if (!is_op(l, op))
		return false;
	next(l);
	return true;
}

static void expect(struct lexer *l, int op)
{
	char text[32];

	if (accept(l, op))
		return;
	snprintf(text, sizeof(text), "'%c' is expected here", op);
	error(l, text);
}

static const char *name(struct lexer *l)
{
	const char *s;

	if (l->tok != T_NAME) {
		error(l, "a name is expected here");
		return "";
	}
	s = arena_strndup(l->arena, l->at, l->len);
	next(l);
	return s ? s : "";
}

/* --- expressions --- */

static const struct node *expression(struct lexer *l, int min);

static struct node *new_node(struct lexer *l, enum node_kind kind)
{
	static struct node none;
	struct node *n = arena_new(l->arena, struct node);

	if (!n) {
		error(l, "out of memory");
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

	while (!l->failed && !is_op(l, end)) {
		const struct node **list = arena_grow(l->arena, (void *)(uintptr_t)n->list, n->n, &cap, sizeof(*list));
		if (!list) {
			error(l, "out of memory");
			return;
		}
		n->list = list;
		n->list[n->n++] = expression(l, 0);
		if (!accept(l, ','))
			break;
	}
	expect(l, end);
}

static bool is_int_type(const struct lexer *l)
{
	static const char *const types[] = { "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "struct" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (is_word(l, types[i]))
			return true;
	return false;
}

static const struct node *cast_or_paren(struct lexer *l)
{
	const struct node *e;

	if (!is_int_type(l)) {
		e = expression(l, 0);
		expect(l, ')');
		return e;
	}
	struct node *n = new_node(l, NODE_CAST);
	bool is_struct = is_word(l, "struct");
	if (is_struct) {
		next(l);
		n->op = '*';
	}
	n->text = name(l);
	if (is_struct)
		expect(l, '*');
	expect(l, ')');
	n->kid[0] = expression(l, 100);
	return n;
}

static const struct node *primary(struct lexer *l)
{
	struct node *n;

	if (l->tok == T_NUM) {
		n = new_node(l, NODE_NUM);
		n->num = l->num;
		next(l);
		return n;
	}
	if (accept(l, '('))
		return cast_or_paren(l);
	if (is_op(l, '{')) {
		n = new_node(l, NODE_LIST);
		next(l);
		arguments(l, n, '}');
		return n;
	}
	if (is_op(l, '-') || is_op(l, '!') || is_op(l, '~')) {
		n = new_node(l, NODE_UNARY);
		n->op = l->op;
		next(l);
		n->kid[0] = expression(l, 100);
		return n;
	}
	if (l->tok != T_NAME) {
		error(l, "an expression is expected here");
		return new_node(l, NODE_NUM);
	}
	if (is_word(l, "\\result")) {
		n = new_node(l, NODE_RESULT);
		next(l);
		return n;
	}
	bool old = is_word(l, "\\old");
	n = new_node(l, NODE_NAME);
	n->text = name(l);
	if (accept(l, '(')) {
		n->kind = old ? NODE_OLD : NODE_CALL;
		arguments(l, n, ')');
		if (old && n->n == 1)
			n->kid[0] = n->list[0];
		else if (old)
			error_at(l, n->line, n->col, "\\old takes one expression");
	} else if (n->text[0] == '\\' && strcmp(n->text, "\\true") && strcmp(n->text, "\\false") &&
		   strcmp(n->text, "\\visited") && strcmp(n->text, "\\count") && strcmp(n->text, "\\task")) {
		error_at(l, n->line, n->col, "this is not known");
	}
	return n;
}

static const struct node *postfix(struct lexer *l)
{
	const struct node *e = primary(l);

	while (!l->failed) {
		struct node *n;

		if (is_op(l, '.') || is_op(l, OP_ARROW)) {
			n = new_node(l, NODE_MEMBER);
			n->op = l->op == '.' ? '.' : '>';
			next(l);
			n->kid[0] = e;
			n->text = name(l);
		} else if (is_op(l, '[')) {
			n = new_node(l, NODE_INDEX);
			next(l);
			n->kid[0] = e;
			n->kid[1] = expression(l, 0);
			expect(l, ']');
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
		error(l, "this expression is nested too deeply");
		return new_node(l, NODE_NUM);
	}
	const struct node *e = postfix(l);
	for (int p = precedence(l); !l->failed && p >= 0 && p >= min; p = precedence(l)) {
		struct node *n = new_node(l, NODE_BINARY);

		n->op = l->op;
		n->kid[0] = e;
		next(l);
		if (n->op == '?') {
			n->kind = NODE_COND;
			n->kid[1] = expression(l, 0);
			expect(l, ':');
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

/* --- clauses --- */

static struct clause *add_clause(struct lexer *l, struct block_ast *b, enum clause_kind kind)
{
	static struct clause none;
	struct clause *list = arena_grow(l->arena, b->clause, b->n, &b->cap, sizeof(*list));

	if (!list) {
		error(l, "out of memory");
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

static void ensures(struct lexer *l, struct block_ast *b, const struct node *assumes)
{
	struct clause *c = add_clause(l, b, CLAUSE_ENSURES);
	const char *from, *p = l->p;

	c->assumes = assumes;
	while (isspace((unsigned char)*p))
		p++;
	if (l->tok == T_NAME && *p == ':') { /* a label */
		c->label = name(l);
		expect(l, ':');
	}
	from = l->at;
	c->expr = expression(l, 0);
	c->text = text_from(l, from);
	expect(l, ';');
}

static void assigns(struct lexer *l, struct block_ast *b)
{
	struct clause *c = add_clause(l, b, CLAUSE_ASSIGNS);
	const char *from = l->at;
	size_t cap = 0, cap_keeps = 0;

	if (is_word(l, "\\nothing")) {
		next(l);
	} else {
		do {
			const char **maps = arena_grow(l->arena, (void *)(uintptr_t)c->maps, c->n_maps, &cap, sizeof(*maps));
			if (!maps) {
				error(l, "out of memory");
				return;
			}
			c->maps = maps;
			bool pointee = accept(l, '*');
			const char *what = name(l);
			c->maps[c->n_maps++] = pointee ? arena_printf(l->arena, "*%s", what) : what;
			while (!pointee && accept(l, '-')) {
				const char **keeps = arena_grow(l->arena, (void *)(uintptr_t)c->keeps, c->n_keeps, &cap_keeps, sizeof(*keeps));

				if (!keeps) {
					error(l, "out of memory");
					return;
				}
				c->keeps = keeps;
				c->keeps[c->n_keeps++] = arena_printf(l->arena, "%s.%s", what, name(l));
			}
		} while (accept(l, ','));
	}
	c->text = arena_printf(l->arena, "assigns %s", text_from(l, from));
	expect(l, ';');
}

static void behavior(struct lexer *l, struct block_ast *b)
{
	const struct node *assumes = NULL;

	name(l);
	expect(l, '{');
	while (!l->failed && !accept(l, '}')) {
		if (is_word(l, "assumes")) {
			struct node *both = new_node(l, NODE_BINARY);
			next(l);
			both->op = OP_AND;
			both->kid[0] = assumes;
			both->kid[1] = expression(l, 0);
			assumes = assumes ? both : both->kid[1];
			expect(l, ';');
		} else if (is_word(l, "ensures")) {
			next(l);
			ensures(l, b, assumes);
		} else {
			error(l, "'assumes', 'ensures' or '}' is expected here");
		}
	}
}

static struct block_ast *new_block(struct lexer *l, enum block_kind kind)
{
	struct block_ast *b = arena_new(l->arena, struct block_ast), **end = &l->c->blocks;

	if (!b) {
		error(l, "out of memory");
		return NULL;
	}
	b->kind = kind;
	b->line = l->tline;
	b->col = l->tcol;
	b->program = name(l);
	for (; *end; end = &(*end)->next)
		if (!strcmp((*end)->program, b->program) && (*end)->kind == kind && kind != BLOCK_LOOP)
			error_at(l, b->line, b->col, kind == BLOCK_PROGRAM ? "this program has a block already" :
				 kind == BLOCK_MAP ? "this map has a block already" : "this function has a block already");
	*end = b;
	return b;
}

static void condition(struct lexer *l, struct block_ast *b, enum clause_kind kind)
{
	struct clause *c = add_clause(l, b, kind);
	const char *from = l->at;

	c->expr = expression(l, 0);
	c->text = text_from(l, from);
	expect(l, ';');
}

/* replaced by PROGRAM; */
static void replaced(struct lexer *l, struct block_ast *b)
{
	if (!is_word(l, "by"))
		error(l, "'replaced by PROGRAM;' is expected here");
	next(l);
	if (b->replaced)
		error(l, "it is replaced by one program only");
	b->replaced = name(l);
	expect(l, ';');
}

/* at FUNCTION ensures [label:] EXPR; */
static void at_call(struct lexer *l, struct block_ast *b)
{
	const char *function = name(l);
	size_t i = b->n;

	if (!is_word(l, "ensures"))
		error(l, "'at FUNCTION ensures EXPR;' is expected here");
	next(l);
	ensures(l, b, NULL);
	if (i < b->n) {
		b->clause[i].kind = CLAUSE_AT;
		b->clause[i].function = function;
	}
}

static const char *reason(struct lexer *l, const char *missing)
{
	const char *text;

	next(l);
	if (l->tok != T_STRING || l->len <= 2) {
		error(l, missing);
		return NULL;
	}
	text = arena_strndup(l->arena, l->at + 1, l->len - 2);
	next(l);
	return text;
}

/* stable "REASON"; */
static const char *stable(struct lexer *l)
{
	const char *why = reason(l, "the reason why kernel memory does not change is expected here, in quotes");

	expect(l, ';');
	return why;
}

/* given "REASON" ensures [label:] EXPR; */
static void given(struct lexer *l, struct block_ast *b)
{
	const char *why = reason(l, "the reason why it may be relied on is expected here, in quotes");
	size_t i = b->n;

	if (!is_word(l, "ensures"))
		error(l, "'given \"REASON\" ensures EXPR;' is expected here");
	next(l);
	ensures(l, b, NULL);
	if (i < b->n) {
		b->clause[i].kind = CLAUSE_GIVEN;
		b->clause[i].reason = why;
	}
}

/* check ensures [label:] EXPR; */
static void check(struct lexer *l, struct block_ast *b)
{
	size_t i = b->n;

	if (!is_word(l, "ensures"))
		error(l, "'check ensures EXPR;' is expected here");
	next(l);
	ensures(l, b, NULL);
	if (i < b->n)
		b->clause[i].kind = CLAUSE_CHECK;
}

static void block_clause(struct lexer *l, struct block_ast *b)
{
	bool function = b->kind == BLOCK_FUNCTION;

	if (is_word(l, "requires")) {
		next(l);
		condition(l, b, CLAUSE_REQUIRES);
	} else if (is_word(l, "ensures")) {
		next(l);
		ensures(l, b, NULL);
	} else if (is_word(l, "check")) {
		next(l);
		check(l, b);
	} else if (is_word(l, "behavior")) {
		next(l);
		behavior(l, b);
	} else if (is_word(l, "assigns")) {
		next(l);
		assigns(l, b);
	} else if (is_word(l, "stable")) {
		b->stable = stable(l);
	} else if (is_word(l, "at")) {
		next(l);
		at_call(l, b);
	} else if (function && is_word(l, "given")) {
		given(l, b);
	} else if (function && is_word(l, "replaced")) {
		next(l);
		replaced(l, b);
	} else {
		error(l, function ? "'requires', 'ensures', 'check ensures', 'at', 'behavior', 'assigns', 'stable', 'given', 'replaced by' or '}' is expected here" :
				    "'requires', 'ensures', 'check ensures', 'at', 'behavior', 'assigns', 'stable' or '}' is expected here");
	}
}

/* Behind the name: "at LINE", "at "FILE" LINE", "at instruction N": a loop in the code of that function. Else a callback. */
static void loop_name(struct lexer *l, struct block_ast *b)
{
	if (is_word(l, "at")) {
		b->kind = BLOCK_HEAD;
		next(l);
		if (l->tok == T_STRING) {
			b->at_file = arena_strndup(l->arena, l->at + 1, l->len - 2);
			next(l);
		} else if (is_word(l, "instruction")) {
			b->at_insn = true;
			next(l);
		}
		if (l->tok != T_NUM || l->num > UINT32_MAX)
			error(l, "a line, or 'instruction' and a number, is expected here");
		b->at = (uint32_t)l->num;
		next(l);
	}
	for (const struct block_ast *o = l->c->blocks; o != b; o = o->next)
		if (o->kind == b->kind && !strcmp(o->program, b->program) && o->at == b->at && o->at_insn == b->at_insn)
			error_at(l, b->line, b->col, b->kind == BLOCK_HEAD ? "this loop has a block already" : "this function has a block already");
}

static void block(struct lexer *l, enum block_kind kind)
{
	struct block_ast *b = new_block(l, kind);
	bool variant = false;

	if (!b)
		return;
	if (kind == BLOCK_LOOP)
		loop_name(l, b);
	expect(l, '{');
	while (!l->failed && !accept(l, '}')) {
		if (kind != BLOCK_LOOP && kind != BLOCK_MAP) {
			block_clause(l, b);
		} else if (is_word(l, "invariant")) {
			next(l);
			condition(l, b, CLAUSE_INVARIANT);
		} else if (kind == BLOCK_MAP && (is_word(l, "shared") || is_word(l, "locked") || is_word(l, "private") || is_word(l, "constant"))) {
			b->discipline = is_word(l, "shared") ? MAP_SHARED : is_word(l, "locked") ? MAP_LOCKED :
					is_word(l, "constant") ? MAP_CONSTANT : MAP_PRIVATE;
			next(l);
			expect(l, ';');
		} else if (b->kind == BLOCK_HEAD && is_word(l, "variant") && !variant) {
			variant = true;
			next(l);
			condition(l, b, CLAUSE_VARIANT);
		} else {
			error(l, b->kind == BLOCK_HEAD ? "'invariant', one 'variant' or '}' is expected here" :
				 kind == BLOCK_MAP ? "'invariant', 'shared', 'locked', 'constant', 'private' or '}' is expected here" :
						     "'invariant' or '}' is expected here");
		}
	}
}

/* specification "FILE"; */
static void specification(struct lexer *l)
{
	struct spec *s = arena_new(l->arena, struct spec);

	if (!s || l->tok != T_STRING) {
		error(l, "the name of a file in quotes is expected here");
		return;
	}
	s->path = arena_strndup(l->arena, l->at + 1, l->len - 2);
	s->line = l->tline;
	s->col = l->tcol;
	s->next = l->c->specs;
	l->c->specs = s;
	next(l);
	expect(l, ';');
}

/* ghost NAME; */
static void ghost(struct lexer *l)
{
	struct ghost *g = arena_new(l->arena, struct ghost);

	if (!g) {
		error(l, "out of memory");
		return;
	}
	g->name = name(l);
	g->next = l->c->ghosts;
	l->c->ghosts = g;
	expect(l, ';');
}

static void logic(struct lexer *l, bool truth)
{
	struct logic *g = arena_new(l->arena, struct logic);

	if (!g) {
		error(l, "out of memory");
		return;
	}
	g->name = name(l);
	expect(l, '(');
	while (!l->failed && !is_op(l, ')')) {
		if (g->n_params == 8) {
			error(l, "at most 8 parameters");
			return;
		}
		g->param[g->n_params++] = name(l);
		if (!accept(l, ','))
			break;
	}
	expect(l, ')');
	g->truth = truth;
	if (!is_op(l, ';')) {
		expect(l, '=');
		g->body = expression(l, 0);
	}
	expect(l, ';');
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
	next(&l);
	while (!l.failed && l.tok != T_END) {
		static const char *const kinds[] = { [BLOCK_PROGRAM] = "program", [BLOCK_FUNCTION] = "function", [BLOCK_LOOP] = "loop",
						     [BLOCK_MAP] = "map" };
		int kind = 0;

		while (kind <= BLOCK_MAP && !is_word(&l, kinds[kind]))
			kind++;
		if (kind <= BLOCK_MAP) {
			next(&l);
			block(&l, (enum block_kind)kind);
		} else if (is_word(&l, "specification")) {
			next(&l);
			specification(&l);
		} else if (is_word(&l, "ghost")) {
			next(&l);
			ghost(&l);
		} else if (is_word(&l, "modular")) {
			next(&l);
			expect(&l, ';');
			l.c->modular = true;
		} else if (is_word(&l, "stable")) {
			l.c->stable = stable(&l);
		} else if (is_word(&l, "logic") || is_word(&l, "predicate")) {
			bool truth = is_word(&l, "predicate");

			next(&l);
			logic(&l, truth);
		} else {
			error(&l, "'program', 'function', 'loop', 'map', 'logic', 'predicate', 'ghost', 'specification', 'stable' or 'modular' is expected here");
		}
	}
	if (l.failed)
		return -EINVAL;
	l.c->next = *ret_contract;
	*ret_contract = l.c;
	return 0;
}
