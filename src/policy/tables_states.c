/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sets of atoms of every state of the automaton: which atoms accept a place that ends there (cordon_node.file, prog,
 * cgroup), and what they say of all that could be below it (beneath, whole), and of what is below under a name that is not sure
 * (unsure).
 *
 * A state is a set of positions in patterns. A pattern that is at its end accepts. A pattern that has any position
 * could still come to its end, at or below the place: every component matches some name. A pattern that waits for its
 * last component, and that is "**", accepts the place and all that can be below it.
 */
#include "policy/tables_places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * A pattern that has a position in a state, as a number: pattern * 4 + flags. Of all its positions in a state each has one,
 * and `beneath`, `whole` and `floating` follow from them.
 */
#define LIVE_WHOLE    1u /* accepts the place and all below */
#define LIVE_FLOATING 2u /* at its beginning, which is "**": it waits like this at every place */
#define LIVE_PATTERN(live) ((live) / 4)

struct below_sets {
	uint32_t beneath, whole, floating;
};

struct below {
	struct places *p;
	struct number_sets known; /* lists of live patterns, each once */
	struct below_sets *sets;  /* of each */
	size_t cap;
};

/* ---- what is accepted ------------------------------------------------------------------------- */

static bool no_files(const struct atom *atom)
{
	return atom->kind != ATOM_FILE || !atom->rule->files.n;
}

static int make_bases(struct places *p)
{
	for (int i = 0; i < MARK_OUT; i++)
		if (!(p->base[i] = setpool_scratch(&p->c->pool)))
			return -ENOMEM;
	if (!(p->scratch = setpool_scratch(&p->c->pool)))
		return -ENOMEM;
	for (size_t bit = 0; bit < p->c->atoms.n; bit++) {
		const struct atom *atom = &p->c->atoms.item[bit];

		if (no_files(atom))
			set_add(p->base[FILE_IN], bit);
		if (!atom->rule->who.programs.n)
			set_add(p->base[PROGRAM_IN], bit);
		if (!atom->rule->who.services.n)
			set_add(p->base[SERVICE_IN], bit);
		if (!atom->rule->who.ancestors.n)
			set_add(p->base[ANCESTOR_IN], bit);
	}
	return 0;
}

/* Adds to the scratch set, or takes from it, the atoms of all marks of one kind. */
static void mark_set(struct places *p, const struct numbers *accepts, enum mark_kind kind,
		     void (*change)(uint64_t *words, size_t bit))
{
	for (size_t i = 0; i < accepts->n; i++)
		for (const struct mark *m = places_first(p, accepts->item[i]); m; m = places_next(p, m))
			if (m->kind == kind)
				change(p->scratch, m->bit);
}

/* The set of a state in one kind of place: a list that accepts, then the exceptions. */
static uint32_t state_set(struct places *p, const struct numbers *accepts, enum mark_kind in)
{
	memcpy(p->scratch, p->base[in], p->c->pool.nwords * sizeof(*p->scratch));
	mark_set(p, accepts, in, set_add);
	mark_set(p, accepts, in + MARK_OUT, set_remove);
	return setpool_intern(&p->c->pool, p->scratch);
}

/* The same of what is run from a file system of somebody's own: exceptions of forbids do not count. */
static uint32_t runs_set(struct places *p, const struct numbers *accepts)
{
	memcpy(p->scratch, p->base[FILE_IN], p->c->pool.nwords * sizeof(*p->scratch));
	mark_set(p, accepts, FILE_IN, set_add);
	for (size_t i = 0; i < accepts->n; i++)
		for (const struct mark *m = places_first(p, accepts->item[i]); m; m = places_next(p, m))
			if (m->kind == FILE_OUT && p->c->atoms.item[m->bit].rule->permit)
				set_remove(p->scratch, m->bit);
	return setpool_intern(&p->c->pool, p->scratch);
}

/* Programs of a line are judged together: the lists' sets are OR-ed, the exceptions' AND-ed. */
static void ancestor_sets(struct places *p, const struct numbers *accepts, struct cordon_node *node)
{
	size_t size = p->c->pool.nwords * sizeof(*p->scratch);

	memcpy(p->scratch, p->base[ANCESTOR_IN], size);
	mark_set(p, accepts, ANCESTOR_IN, set_add);
	node->ancestor = setpool_intern(&p->c->pool, p->scratch);
	memset(p->scratch, 0xff, size);
	mark_set(p, accepts, ANCESTOR_OUT, set_remove);
	node->not_ancestor = setpool_intern(&p->c->pool, p->scratch);
}

static uint32_t login_session(const struct places *p, const struct numbers *accepts)
{
	for (size_t i = 0; i < accepts->n; i++)
		for (const struct mark *m = places_first(p, accepts->item[i]); m; m = places_next(p, m))
			if (m->kind == LOGIN)
				return m->bit;
	return 0;
}

/* ---- what is below ---------------------------------------------------------------------------- */

static bool waits_for_all(const struct pattern_component *component)
{
	return component && component->repeat && component->kind == PATTERN_ANY;
}

static uint32_t live_at(const struct automaton *a, uint32_t position)
{
	uint32_t number = a->pattern_of[position];
	const struct automaton_pattern *pattern = &a->patterns[number];
	size_t index = position - pattern->first, begin = 0;
	bool last = index + 1 == pattern->pattern.n;

	while (begin < pattern->pattern.n && waits_for_all(&pattern->pattern.components[begin]))
		begin++;
	return number * 4 + (last && waits_for_all(automaton_waits_for(a, position)) ? LIVE_WHOLE : 0) +
	       (begin && index <= begin ? LIVE_FLOATING : 0);
}

/* What lives in a state; @below: under a further name. A mount point's way to its root is looked through: what waits behind it accepts
 * nothing yet. */
static int live_patterns(const struct automaton *a, const struct numbers *positions, bool below, struct numbers *live)
{
	int err = 0;

	for (size_t i = 0; !err && i < positions->n; i++) {
		uint32_t tail = a->patterns[a->pattern_of[positions->item[i]]].tail;

		if (below && !automaton_waits_for(a, positions->item[i]))
			continue;
		if (tail == AUTOMATON_NO_TAIL)
			err = numbers_append(live, live_at(a, positions->item[i]));
		for (size_t k = 0; !err && tail != AUTOMATON_NO_TAIL && k < a->tails[tail].n; k++)
			err = numbers_append(live, LIVE_PATTERN(live_at(a, a->tails[tail].item[k])) * 4);
	}
	numbers_sort(live);
	return err;
}

/* Calls @change with the atoms of all marks of a kind on live patterns that have (@has), or have not, all of the flags. */
static void change_set(struct places *p, const struct numbers *live, enum mark_kind kind, uint32_t flags, bool has,
		       void (*change)(uint64_t *words, size_t bit))
{
	for (size_t i = 0; i < live->n; i++)
		for (const struct mark *m = places_first(p, LIVE_PATTERN(live->item[i])); m; m = places_next(p, m))
			if (m->kind == kind && ((live->item[i] & flags) == flags) == has)
				change(p->scratch, m->bit);
}

static struct below_sets make_below(struct places *p, const struct numbers *live)
{
	size_t size = p->c->pool.nwords * sizeof(*p->scratch);
	struct below_sets sets;

	memcpy(p->scratch, p->base[FILE_IN], size);
	change_set(p, live, FILE_IN, 0, true, set_add);
	sets.beneath = setpool_intern(&p->c->pool, p->scratch);

	memcpy(p->scratch, p->base[FILE_IN], size);
	change_set(p, live, FILE_IN, LIVE_WHOLE, true, set_add);
	change_set(p, live, FILE_OUT, 0, true, set_remove); /* could except something */
	sets.whole = setpool_intern(&p->c->pool, p->scratch);

	memset(p->scratch, 0, size);
	change_set(p, live, FILE_IN, LIVE_FLOATING, true, set_add);
	change_set(p, live, FILE_IN, LIVE_FLOATING, false, set_remove);
	change_set(p, live, FILE_OUT, 0, true, set_remove);
	sets.floating = setpool_intern(&p->c->pool, p->scratch);
	return sets;
}

static int fill_below(struct below *b, uint32_t state, struct cordon_node *node)
{
	struct numbers live = { 0 };
	struct below_sets *sets;
	uint32_t id = 0;
	size_t before = b->known.n;
	int err = live_patterns(&b->p->c->automaton, &b->p->c->automaton.states.set[state], false, &live);

	if (!err)
		err = number_sets_intern(&b->known, &live, SIZE_MAX, SIZE_MAX, &id);
	if (!err && id == before) {
		sets = grow_array(b->sets, id, &b->cap, sizeof(*sets));
		if (sets) {
			b->sets = sets;
			sets[id] = make_below(b->p, &live);
		} else {
			err = -ENOMEM;
		}
	}
	numbers_done(&live);
	if (err)
		return err;
	node->beneath = b->sets[id].beneath;
	node->whole = b->sets[id].whole;
	node->floating = b->sets[id].floating;
	return 0;
}

/* ---- states ----------------------------------------------------------------------------------- */

static int fill_states(struct places *p)
{
	struct automaton *a = &p->c->automaton;
	struct below below = { .p = p };
	int err = 0;

	for (uint32_t state = 0; !err && state < a->nnodes; state++) {
		struct cordon_node *node = &a->nodes[state];
		struct numbers accepts = { 0 };

		err = automaton_accepts(a, state, &accepts);
		if (err)
			break;
		node->file = state_set(p, &accepts, FILE_IN);
		node->runs = runs_set(p, &accepts);
		node->prog = state_set(p, &accepts, PROGRAM_IN);
		node->cgroup = state_set(p, &accepts, SERVICE_IN);
		ancestor_sets(p, &accepts, node);
		node->session = login_session(p, &accepts);
		numbers_done(&accepts);
		err = fill_below(&below, state, node);
	}
	number_sets_done(&below.known);
	free(below.sets);
	return err;
}

/* ---- states for names that are not sure ---------------------------------------------------------- */

/* cordon_node.unsure. Few differ, so each is made once, behind the states of the automaton. */
struct unsure {
	struct places *p;
	struct number_sets known; /* lists of live patterns below, each once */
	uint32_t *state;          /* of each */
	size_t cap;
	struct number_sets nodes; /* their sets; [0] are those of the dead state */
	size_t first;             /* state of [1] */
};

/* Calls @change with the atoms of the marks of a kind that count: those of one verdict wherever they could hold something, those of the
 * other only where they hold all, or (@never) not at all. */
static void change_unsure(struct places *p, const struct numbers *live, enum mark_kind kind, bool permits_could, bool never,
			  void (*change)(uint64_t *words, size_t bit))
{
	for (size_t i = 0; i < live->n; i++)
		for (const struct mark *m = places_first(p, LIVE_PATTERN(live->item[i])); m; m = places_next(p, m))
			if (m->kind == kind &&
			    (m->rule->permit == permits_could || (!never && (live->item[i] & LIVE_WHOLE))))
				change(p->scratch, m->bit);
}

/* The set in one kind of place: every forbid that could hold something, permits that hold all; of what they except the other way round.
 * @own: as runs_set(). */
static uint32_t unsure_set(struct places *p, const struct numbers *live, enum mark_kind in, bool own)
{
	memcpy(p->scratch, p->base[in], p->c->pool.nwords * sizeof(*p->scratch));
	change_unsure(p, live, in, false, false, set_add);
	change_unsure(p, live, in + MARK_OUT, true, own, set_remove);
	return setpool_intern(&p->c->pool, p->scratch);
}

static struct cordon_node make_unsure(struct places *p, const struct numbers *live)
{
	size_t size = p->c->pool.nwords * sizeof(*p->scratch);
	struct below_sets below = make_below(p, live);
	struct cordon_node node = {
		.file = unsure_set(p, live, FILE_IN, false),
		.runs = unsure_set(p, live, FILE_IN, true),
		.prog = unsure_set(p, live, PROGRAM_IN, false),
		.cgroup = unsure_set(p, live, SERVICE_IN, false),
		.beneath = below.beneath,
		.whole = below.whole,
		.floating = CORDON_SET_NONE,
	};

	memcpy(p->scratch, p->base[ANCESTOR_IN], size);
	change_unsure(p, live, ANCESTOR_IN, false, false, set_add);
	node.ancestor = setpool_intern(&p->c->pool, p->scratch);
	memset(p->scratch, 0xff, size);
	change_unsure(p, live, ANCESTOR_OUT, true, false, set_remove);
	node.not_ancestor = setpool_intern(&p->c->pool, p->scratch);
	return node;
}

/* The state with these sets, one more if need be. */
static int find_unsure(struct unsure *u, const struct cordon_node *node, uint32_t *ret_state)
{
	uint32_t sets[] = { node->file, node->runs, node->prog, node->cgroup, node->beneath, node->whole, node->ancestor,
			    node->not_ancestor };
	const struct numbers key = { .item = sets, .n = sizeof(sets) / sizeof(sets[0]) };
	struct automaton *a = &u->p->c->automaton;
	size_t before = u->nodes.n;
	struct cordon_node *nodes;
	uint32_t id;
	int err = number_sets_intern(&u->nodes, &key, a->limits.states - u->first + 1, SIZE_MAX, &id);

	if (err)
		return err;
	*ret_state = id ? (uint32_t)u->first + id - 1 : 0;
	if (!id || id < before)
		return 0;
	nodes = grow_array(a->nodes, a->nnodes, &a->nodes_cap, sizeof(*nodes));
	if (!nodes)
		return -ENOMEM;
	a->nodes = nodes;
	nodes[a->nnodes++] = *node;
	nodes[*ret_state].unsure = *ret_state;
	return 0;
}

static int fill_unsure(struct unsure *u, uint32_t state)
{
	struct automaton *a = &u->p->c->automaton;
	struct numbers live = { 0 };
	struct cordon_node node;
	uint32_t id = 0, *known;
	size_t before = u->known.n;
	int err = live_patterns(a, &a->states.set[state], true, &live);

	if (!err)
		err = number_sets_intern(&u->known, &live, SIZE_MAX, SIZE_MAX, &id);
	if (!err && id == before) {
		known = grow_array(u->state, id, &u->cap, sizeof(*known));
		if (known) {
			u->state = known;
			node = make_unsure(u->p, &live);
			err = find_unsure(u, &node, &known[id]);
		} else {
			err = -ENOMEM;
		}
	}
	numbers_done(&live);
	if (!err)
		a->nodes[state].unsure = u->state[id];
	return err;
}

static int fill_unsures(struct places *p)
{
	struct unsure u = { .p = p, .first = p->c->automaton.nnodes };
	int err = 0;

	for (uint32_t state = 0; !err && state < u.first; state++) /* that of the dead state is itself */
		err = fill_unsure(&u, state);
	number_sets_done(&u.known);
	number_sets_done(&u.nodes);
	free(u.state);
	return err == -E2BIG ? tables_fail(p->c, err, NULL, "the policy's globs need more states than the automaton may have") : err;
}

/* What cannot be told by a name. */
static void fill_unknown(struct places *p)
{
	struct cordon_meta *meta = &p->c->image->meta;
	uint32_t *set[] = { &meta->file_unknown, &meta->file_nameless, &meta->file_foreign, &meta->prog_unknown,
			    &meta->ancestor_unknown, &meta->not_ancestor_unknown };

	for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++) {
		memset(p->scratch, 0, p->c->pool.nwords * sizeof(*p->scratch));
		for (size_t bit = 0; bit < p->c->atoms.n; bit++) {
			const struct policy_rule *rule = p->c->atoms.item[bit].rule;
			const bool in[] = { !rule->permit || (!rule->files.n && !rule->files_except.n), !rule->files.n,
					    !rule->permit || !rule->files.n, !rule->permit || !rule->who.programs.n,
					    !rule->permit || !rule->who.ancestors.n,
					    !rule->permit || !rule->who_except.ancestors.n };

			if (in[i])
				set_add(p->scratch, bit);
		}
		*set[i] = setpool_intern(&p->c->pool, p->scratch);
	}
}

int tables_states(struct places *p)
{
	int err = make_bases(p);

	if (!err)
		err = fill_states(p);
	if (!err)
		err = fill_unsures(p);
	if (!err)
		fill_unknown(p);
	for (int i = 0; i < MARK_OUT; i++)
		free(p->base[i]);
	free(p->scratch);
	return err;
}
