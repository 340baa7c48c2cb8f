// SPDX-License-Identifier: GPL-2.0-only
/* replay_reads: one address of kernel memory holds one thing: see replay_reads.h. */
#include "prove/replay_reads.h"

static bool counts(struct eval *e, const struct log_entry *l)
{
	return l->kind == LOG_KREAD && !l->fresh && eval_term(e, l->guard);
}

static bool contradict(struct eval *e, const struct log_entry *a, const struct log_entry *b)
{
	uint64_t x = eval_term(e, a->addr), y = eval_term(e, b->addr);

	for (uint32_t k = 0; k < a->size; k++)
		if (x + k - y < b->size &&
		    (eval_term(e, a->value) >> (8 * k) & 0xff) != (eval_term(e, b->value) >> (8 * (x + k - y)) & 0xff))
			return true;
	return false;
}

bool replay_contradiction(struct sym *s, struct eval *e, struct read_pair *ret)
{
	for (size_t i = 0; s->stable && i < s->n_log; i++)
		for (size_t j = 0; counts(e, &s->log[i]) && j < i; j++)
			if (counts(e, &s->log[j]) && contradict(e, &s->log[i], &s->log[j])) {
				*ret = (struct read_pair){ i, j };
				return true;
			}
	return false;
}

term replay_consistent(struct sym *s, const struct read_pair *p)
{
	struct terms *t = &s->t;
	const struct log_entry *a = &s->log[p->a], *b = &s->log[p->b];
	uint32_t size = a->size < b->size ? a->size : b->size;
	term away = term_and(t, term_ule(t, term_const(t, 64, b->size), term_sub(t, a->addr, b->addr)),
			     term_ule(t, term_const(t, 64, a->size), term_sub(t, b->addr, a->addr)));
	term same = term_and(t, term_eq(t, a->addr, b->addr),
			     term_eq(t, term_extract(t, a->value, 8 * size - 1, 0), term_extract(t, b->value, 8 * size - 1, 0)));

	return term_or(t, term_not(t, term_and(t, a->guard, b->guard)), term_or(t, away, same));
}
