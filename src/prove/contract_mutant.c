// SPDX-License-Identifier: GPL-2.0-only
/* contract_mutant: see contract_mutant.h. Nodes of a parsed contract lie in memory that may be written. */
#include "prove/contract_mutant.h"

#include <string.h>

#include "common/arena.h"
#include "prove/contract.h"

static const struct {
	int op, other;
	const char *change;
} operators[] = {
	{ OP_EQ, OP_NE, "!= for ==" },    { OP_NE, OP_EQ, "== for !=" },    { '<', OP_LE, "<= for <" },
	{ OP_LE, '<', "< for <=" },       { '>', OP_GE, ">= for >" },       { OP_GE, '>', "> for >=" },
	{ OP_AND, OP_OR, "|| for &&" },   { OP_OR, OP_AND, "&& for ||" },   { OP_IMPLIES, OP_AND, "&& for ==>" },
	{ OP_IFF, OP_NE, "not <==>" },    { '+', '-', "- for +" },          { '-', '+', "+ for -" },
	{ '&', '|', "| for &" },          { '|', '&', "& for |" },          { OP_SHL, OP_SHR, ">> for <<" },
	{ OP_SHR, OP_SHL, "<< for >>" },
};

struct search {
	uint32_t left; /* changes to go by */
	struct arena *arena;
	struct contract_mutant *m;
	bool found;
};

/* Is it this change? Then the node may be written. */
static bool here(struct search *s, const struct node *n, const char *change)
{
	if (s->found || s->left--)
		return false;
	s->found = true;
	s->m->change = change;
	s->m->line = n->line;
	s->m->col = n->col;
	s->m->node = (struct node *)(uintptr_t)n;
	s->m->node_was = *n;
	return true;
}

static void negate_conclusion(struct search *s, const struct node *n)
{
	struct node *not = arena_new(s->arena, struct node);

	if (!not || !here(s, n, "the conclusion negated"))
		return;
	*not = (struct node){ .kind = NODE_UNARY, .op = '!', .kid = { n->kid[1] }, .line = n->line, .col = n->col };
	s->m->node->kid[1] = not;
}

static void change_node(struct search *s, const struct node *n)
{
	for (size_t i = 0; n->kind == NODE_BINARY && i < sizeof(operators) / sizeof(operators[0]); i++)
		if (operators[i].op == n->op && here(s, n, operators[i].change)) {
			s->m->node->op = operators[i].other;
			return;
		}
	if (n->kind == NODE_BINARY && n->op == OP_IMPLIES)
		negate_conclusion(s, n);
	else if (n->kind == NODE_NUM && here(s, n, "a number off by one"))
		s->m->node->num++;
	else if (n->kind == NODE_COND && here(s, n, "the alternatives swapped"))
		s->m->node->kid[1] = s->m->node_was.kid[2], s->m->node->kid[2] = s->m->node_was.kid[1];
	else if (n->kind == NODE_UNARY && n->op == '!' && here(s, n, "! left out"))
		*s->m->node = *n->kid[0];
	else if (n->kind == NODE_OLD && here(s, n, "\\old left out"))
		*s->m->node = *n->kid[0];
}

static void visit(struct search *s, const struct node *n)
{
	if (!n || s->found)
		return;
	change_node(s, n);
	if (n->kind == NODE_OLD) /* kid[0] is in the list, too */
		visit(s, n->kid[0]);
	for (int i = 0; i < 3 && n->kind != NODE_OLD; i++)
		visit(s, n->kid[i]);
	for (uint32_t i = 0; i < n->n && n->kind != NODE_OLD; i++)
		visit(s, n->list[i]);
}

static void one_map_less(struct search *s, struct clause *cl)
{
	const char **fewer;

	for (uint32_t i = 0; i < cl->n_maps && !s->found; i++) {
		if (s->left--)
			continue;
		fewer = arena_new_n(s->arena, cl->n_maps, const char *);
		if (!fewer)
			return;
		s->found = true;
		s->m->change = arena_printf(s->arena, "without %s", cl->maps[i]);
		s->m->line = cl->line;
		s->m->assigns = cl;
		s->m->assigns_was = *cl;
		memcpy(fewer, cl->maps, i * sizeof(*fewer));
		memcpy(fewer + i, cl->maps + i + 1, (cl->n_maps - i - 1) * sizeof(*fewer));
		cl->maps = fewer;
		cl->n_maps--;
	}
}

static void visit_clause(struct search *s, struct clause *cl, const struct node *seen)
{
	static const struct node yes = { .kind = NODE_NUM, .num = 1 };

	s->m->clause = cl;
	if (cl->kind == CLAUSE_ASSIGNS)
		one_map_less(s, cl);
	else if (cl->kind == CLAUSE_REQUIRES && here(s, cl->expr, "left out"))
		*s->m->node = yes;
	else if (cl->kind == CLAUSE_ENSURES || cl->kind == CLAUSE_AT)
		visit(s, cl->expr), visit(s, cl->assumes == seen ? NULL : cl->assumes);
}

bool contract_mutant_make(struct contract *c, const char *name, uint32_t k, struct arena *arena, struct contract_mutant *ret)
{
	static const char prefix[] = "function:";
	bool function = !strncmp(name, prefix, sizeof(prefix) - 1);
	struct search s = { .left = k, .arena = arena, .m = ret };

	*ret = (struct contract_mutant){ 0 };
	for (; c && !s.found; c = c->next)
		for (struct block_ast *b = c->blocks; b && !s.found; b = b->next) {
			if (b->kind != (function ? BLOCK_FUNCTION : BLOCK_PROGRAM) ||
			    strcmp(b->program, name + (function ? sizeof(prefix) - 1 : 0)) != 0)
				continue;
			ret->file = c->file;
			for (size_t i = 0; i < b->n && !s.found; i++)
				visit_clause(&s, &b->clause[i], i ? b->clause[i - 1].assumes : NULL); /* a behavior's clauses share it */
		}
	return s.found;
}

void contract_mutant_undo(struct contract_mutant *m)
{
	if (m->node)
		*m->node = m->node_was;
	if (m->assigns)
		*m->assigns = m->assigns_was;
}
