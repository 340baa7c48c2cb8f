// SPDX-License-Identifier: GPL-2.0-only
/* refute: see refute.h. */
#include "prove/refute.h"

#include <errno.h>
#include <stdlib.h>
#include "prove/eval.h"
#include "prove/models.h"

struct question {
	struct verdict *v;
	term goal;
	size_t size;
};

static int by_size(const void *a, const void *b)
{
	const struct question *x = a, *y = b;

	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return x->v < y->v ? -1 : x->v > y->v;
}

/* Everything that can fail, the smallest first. NULL without memory. */
static struct question *questions(struct sym *s, struct proof *p)
{
	struct question *list = calloc(p->n + 1, sizeof(*list));

	for (size_t i = 0; list && i < p->n; i++) {
		struct verdict *v = &p->verdict[i];
		bool asks = v->kind != VERDICT_ABSENT && v->clause != VERDICT_REQUIRES;

		list[i] = (struct question){ .v = v, .goal = asks ? verdict_goal(s, v->prop, v->clause) : TERM_FALSE };
	}
	for (size_t i = 0; list && !s->t.exhausted && i < p->n; i++)
		list[i].size = verdict_goal_size(s, list[i].goal);
	if (list)
		qsort(list, p->n, sizeof(*list), by_size);
	return list;
}

/* Does something fail under that model? */
static bool try_model(struct sym *s, struct question *list, size_t n, const uint64_t *model)
{
	bool found = false;
	struct eval e;

	if (eval_init(&e, &s->t, model, s->t.n_vars) < 0)
		return false;
	for (size_t i = 0; i < n && !found; i++) {
		if (list[i].goal == TERM_FALSE || !eval_term(&e, list[i].goal))
			continue;
		verdict_replay(s, list[i].v, model);
		found = list[i].v->kind == VERDICT_FAILS;
	}
	eval_done(&e);
	return found;
}

static bool try_models(struct sym *s, struct question *list, size_t n, struct models *models)
{
	for (size_t i = 0; i < models_count(models); i++) {
		uint64_t *model = models_take(models, i, &s->t);
		bool found = model && try_model(s, list, n, model);

		free(model);
		if (found) {
			models_praise(models, i);
			return true;
		}
	}
	return false;
}

int refute(struct sym *s, const struct contract *contract, const struct smt_opts *opts, struct models *models,
	   struct proof *ret)
{
	struct question *list;
	int r = verdict_list(s, contract, ret);

	if (r < 0)
		return r;
	list = questions(s, ret);
	if (!list)
		return -ENOMEM;
	if (s->t.exhausted || !try_models(s, list, ret->n, models))
		for (size_t i = 0; i < ret->n; i++) {
			verdict_judge(s, list[i].v, opts);
			if (list[i].v->noticed)
				break;
			if (list[i].v->kind != VERDICT_FAILS)
				continue;
			if (list[i].v->model)
				models_add(models, &s->t, list[i].v->model);
			break;
		}
	free(list);
	return 0;
}
