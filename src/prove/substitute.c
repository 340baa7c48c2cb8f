// SPDX-License-Identifier: GPL-2.0-only
/* substitute: see substitute.h. What is rebuilt is rebuilt by the constructors, so that it folds. */
#include "prove/substitute.h"

#include <stdlib.h>
#include "prove/eval.h"

uint8_t *substitute_speaks(const struct terms *t, term var)
{
	uint8_t *speaks = calloc(t->n + 1, 1);

	for (term i = 1; speaks && i < t->n; i++) {
		const struct term_node *n = &t->node[i];

		speaks[i] = i == var || (n->a && speaks[n->a]) || (n->b && speaks[n->b]) || (n->c && speaks[n->c]);
	}
	return speaks;
}

static term rebuild(struct terms *t, const struct term_node *n, term a, term b, term c)
{
	switch ((enum term_op)n->op) {
	case TERM_OP_NOT:
		return term_not(t, a);
	case TERM_OP_AND:
		return term_and(t, a, b);
	case TERM_OP_OR:
		return term_or(t, a, b);
	case TERM_OP_EQ:
		return term_eq(t, a, b);
	case TERM_OP_ULT:
	case TERM_OP_ULE:
	case TERM_OP_SLT:
	case TERM_OP_SLE:
		return term_cmp(t, (enum term_op)n->op, a, b);
	case TERM_OP_ITE:
		return term_ite(t, a, b, c);
	case TERM_OP_CONCAT:
		return term_concat(t, a, b);
	case TERM_OP_EXTRACT:
		return term_extract(t, a, (unsigned)n->k + n->width - 1, (unsigned)n->k);
	case TERM_OP_ZEXT:
	case TERM_OP_SEXT:
		return term_extend(t, n->op == TERM_OP_SEXT, n->width, a);
	default:
		return term_bin(t, (enum term_op)n->op, a, b);
	}
}

term *substitute(struct terms *t, term var, term value, const uint8_t *speaks, const term *roots, size_t n)
{
	const size_t n_terms = t->n;
	term *to = calloc(n_terms + 1, sizeof(*to));
	uint8_t *used = calloc(n_terms + 1, 1);

	if (!to || !used) {
		free(to);
		free(used);
		return NULL;
	}
	term_mark(t, roots, n, used);
	for (term i = 1; i < n_terms; i++) {
		const struct term_node node = t->node[i]; /* a copy: nodes are added */

		if (used[i])
			to[i] = i == var ? value : !speaks[i] ? i : rebuild(t, &node, to[node.a], to[node.b], to[node.c]);
	}
	free(used);
	return to;
}
