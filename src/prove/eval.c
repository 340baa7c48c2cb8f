// SPDX-License-Identifier: GPL-2.0-only
/*
 * eval: see eval.h. Only what a root needs is evaluated, in the order of term numbers, without recursion.
 */
#include "prove/eval.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int eval_init(struct eval *e, const struct terms *t, const uint64_t *var, size_t n_vars)
{
	*e = (struct eval){ .t = t, .var = var, .n_vars = n_vars, .n = t->n };
	e->memo = calloc(e->n, sizeof(*e->memo));
	e->known = calloc(e->n, 1);
	if (!e->memo || !e->known) {
		eval_done(e);
		return -ENOMEM;
	}
	return 0;
}

void eval_done(struct eval *e)
{
	free(e->memo);
	free(e->known);
	e->memo = NULL;
	e->known = NULL;
}

void term_mark(const struct terms *t, const term *roots, size_t n, uint8_t *mark)
{
	term top = 0;

	for (size_t i = 0; i < n; i++) {
		mark[roots[i]] = 1;
		if (roots[i] > top)
			top = roots[i];
	}
	for (term i = top; i > 0; i--) {
		const struct term_node *nd = &t->node[i];

		if (mark[i])
			mark[nd->a] = mark[nd->b] = mark[nd->c] = 1;
	}
	mark[0] = 0;
}

static uint64_t eval_node(const struct eval *e, term i)
{
	const struct term_node *n = &e->t->node[i];
	unsigned arg = e->t->node[n->a].width;

	if (n->op == TERM_OP_CONST)
		return n->k;
	if (n->op == TERM_OP_VAR) {
		uint64_t v = n->k < e->n_vars ? e->var[n->k] : 0;
		return v & (n->width ? term_mask(n->width) : 1);
	}
	if (n->op == TERM_OP_CONCAT)
		arg = e->t->node[n->b].width;
	return term_apply((enum term_op)n->op, n->width, arg, n->k, e->memo[n->a], e->memo[n->b], e->memo[n->c]);
}

uint64_t eval_term(struct eval *e, term a)
{
	/* 1 wanted, 2 known: mark downwards, then compute upwards; the parts of a known term are known */
	if (a >= e->n)
		return 0;
	if (e->known[a] == 2)
		return e->memo[a];
	e->known[a] = 1;
	term low = a;
	for (term i = a; i > 0 && i >= low; i--) {
		const struct term_node *n = &e->t->node[i];
		const term part[3] = { n->a, n->b, n->c };

		if (e->known[i] != 1)
			continue;
		for (int j = 0; j < 3; j++)
			if (part[j] && !e->known[part[j]]) {
				e->known[part[j]] = 1;
				if (part[j] < low)
					low = part[j];
			}
	}
	for (term i = low; i <= a; i++)
		if (e->known[i] == 1) {
			e->memo[i] = eval_node(e, i);
			e->known[i] = 2;
		}
	return e->memo[a];
}
