/* SPDX-License-Identifier: GPL-2.0-only */
/* Which facts keep a rule from matching; see explain.h. */
#include "policy/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool has_bit(uint64_t word, size_t atom)
{
	return word >> atom % 64 & 1;
}

/* What does not hold between the request and an atom. */
static uint32_t misses_of(struct facts *facts, enum cordon_op op, size_t atom)
{
	size_t word = atom / 64;
	uint32_t misses = 0;

	for (unsigned kind = 0; kind < FACT_COUNT; kind++)
		if (facts->of[kind].present && !has_bit(facts_word(facts, kind, word), atom))
			misses |= 1u << kind;
	/* An atom that is about another operation says nothing about objects of this one. */
	if (!has_bit(facts_set_word(facts, facts->image->meta.op[op], word), atom))
		misses = (misses & FACTS_SUBJECT) | 1u << FACT_OPERATION;
	return misses;
}

/* How far an atom is from matching: another operation is farther than anything else. */
static unsigned distance(uint32_t misses)
{
	return (unsigned)__builtin_popcount(misses) + (misses >> FACT_OPERATION & 1 ? FACT_COUNT : 0);
}

static bool same_source(const struct image_rule *a, const struct image_rule *b)
{
	return a->line == b->line && a->column == b->column && !strcmp(a->file, b->file) && !strcmp(a->name, b->name);
}

static void explain_atom(const struct image *image, struct explanation *e, uint32_t atom, uint32_t misses)
{
	uint32_t decides = e->decision.would_deny ? e->decision.audit_rule : e->decision.rule;
	struct explained_rule *last = e->n ? &e->rules[e->n - 1] : NULL;

	if (!last || !same_source(&image->rules[last->atom], &image->rules[atom])) {
		e->rules[e->n++] = (struct explained_rule){ atom, misses, atom == decides };
		return;
	}
	if (last->decides)
		return;
	if (atom == decides || distance(misses) < distance(last->misses))
		*last = (struct explained_rule){ atom, misses, atom == decides };
}

int image_explain(const struct image *image, const struct image_subject *subject, const struct image_object *object,
		  struct explanation *ret_explanation)
{
	struct explanation e = { 0 };
	struct facts facts;
	int err = image_evaluate(image, subject, object, &e.decision);

	if (err)
		return err;
	err = facts_gather(&facts, image, subject, object);
	e.rules = calloc((size_t)image->meta.nrules + 1, sizeof(*e.rules));
	if (!err && !e.rules)
		err = -ENOMEM;
	for (uint32_t atom = 0; !err && atom < image->meta.nrules; atom++) {
		explain_atom(image, &e, atom, misses_of(&facts, object->op, atom));
		err = facts.err;
	}
	facts_done(&facts);
	if (err)
		explanation_done(&e);
	else
		*ret_explanation = e;
	return err;
}

void explanation_done(struct explanation *explanation)
{
	free(explanation->rules);
	*explanation = (struct explanation){ 0 };
}
