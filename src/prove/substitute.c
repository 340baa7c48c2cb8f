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

term *substitute(struct terms *t, term var, term value, const uint8_t *speaks, const term *roots, size_t n, substitute_settle *settle, void *ctx)
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
			to[i] = i == var ? value : !speaks[i] ? i : term_rebuild(t, &node, to[node.a], to[node.b], to[node.c]);
		if (used[i] && speaks[i] && i != var && settle)
			to[i] = settle(ctx, i, to[i]);
	}
	free(used);
	return to;
}
