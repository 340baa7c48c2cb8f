/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Places: files, programs and services. All globs of the policy become patterns of one automaton; what an atom says
 * of a glob is a mark on its patterns; a state's sets follow from the marks of the patterns that end in it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/tables.h"

enum mark_kind { FILE_IN, PROGRAM_IN, SERVICE_IN, FILE_OUT, PROGRAM_OUT, SERVICE_OUT };

#define is_service(kind) ((kind) == SERVICE_IN || (kind) == SERVICE_OUT)

struct mark {
	const struct policy_glob *glob;
	const struct policy_rule *rule;
	enum mark_kind kind;
	uint32_t bit;
};

struct places {
	struct compiler *c;
	struct mark *marks; /* sorted by glob; those of one glob are a group */
	size_t nmarks, marks_cap;
	uint32_t *group_of; /* pattern -> first mark of its group */
	size_t npatterns, patterns_cap;
	struct numbers paths, services; /* pattern numbers */
	uint64_t *base[3], *scratch;    /* sets of a place no glob holds: file, program, service */
};

/* ---- marks ----------------------------------------------------------------------------------- */

static int add_marks(struct places *p, const struct policy_globs *globs, enum mark_kind kind, uint32_t bit)
{
	for (size_t i = 0; i < globs->n; i++) {
		struct mark *marks = grow_array(p->marks, p->nmarks, &p->marks_cap, sizeof(*marks));

		if (!marks)
			return -ENOMEM;
		p->marks = marks;
		marks[p->nmarks++] = (struct mark){ &globs->item[i], p->c->atoms.item[bit].rule, kind, bit };
	}
	return 0;
}

static int collect_marks(struct places *p)
{
	int err = 0;

	for (uint32_t bit = 0; !err && bit < p->c->atoms.n; bit++) {
		const struct atom *atom = &p->c->atoms.item[bit];
		const struct policy_rule *rule = atom->rule;

		if (atom->kind == ATOM_FILE) {
			err = add_marks(p, &rule->files, FILE_IN, bit);
			if (!err)
				err = add_marks(p, &rule->files_except, FILE_OUT, bit);
		}
		if (!err)
			err = add_marks(p, &rule->who.programs, PROGRAM_IN, bit);
		if (!err)
			err = add_marks(p, &rule->who_except.programs, PROGRAM_OUT, bit);
		if (!err)
			err = add_marks(p, &rule->who.services, SERVICE_IN, bit);
		if (!err)
			err = add_marks(p, &rule->who_except.services, SERVICE_OUT, bit);
	}
	return err;
}

static int by_glob(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	if (is_service(x->kind) != is_service(y->kind))
		return is_service(x->kind) ? 1 : -1;
	return strcmp(x->glob->text, y->glob->text);
}

static int by_glob_and_bit(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;
	int order = by_glob(a, b);

	if (order)
		return order;
	if (x->bit != y->bit)
		return x->bit < y->bit ? -1 : 1;
	return x->kind < y->kind ? -1 : x->kind > y->kind;
}

/* ---- patterns -------------------------------------------------------------------------------- */

static int add_pattern(struct places *p, const struct pattern *pattern, size_t group)
{
	uint32_t *group_of = grow_array(p->group_of, p->npatterns, &p->patterns_cap, sizeof(*group_of));
	uint32_t number;
	int err;

	if (!group_of)
		return -ENOMEM;
	p->group_of = group_of;
	err = automaton_add(&p->c->automaton, pattern, &number);
	if (err)
		return err;
	group_of[p->npatterns++] = (uint32_t)group;
	return numbers_append(is_service(p->marks[group].kind) ? &p->services : &p->paths, number);
}

static int add_patterns(struct places *p)
{
	int err = 0;

	if (p->nmarks)
		qsort(p->marks, p->nmarks, sizeof(*p->marks), by_glob_and_bit);
	for (size_t i = 0; !err && i < p->nmarks; i++) {
		const struct mark *mark = &p->marks[i];
		struct pattern *patterns = NULL;
		size_t n = 0;

		if (i && !by_glob(mark - 1, mark))
			continue;
		err = is_service(mark->kind) ?
			      pattern_from_unit(&p->c->arena, mark->glob->text, &patterns, &n) :
			      pattern_from_glob(&p->c->arena, mark->glob->text, &patterns, &n);
		if (err == -E2BIG || err == -EINVAL)
			return tables_fail(p->c, err, mark->rule,
					   err == -E2BIG ? "a glob's braces stand for too many names" : "a glob is damaged");
		for (size_t k = 0; !err && k < n; k++)
			err = add_pattern(p, &patterns[k], i);
	}
	return err;
}

/* Globs with the same marks mean the same: *ret_meanings is a number for every pattern, malloc'ed. */
static int read_meanings(const struct places *p, uint32_t **ret_meanings)
{
	uint32_t *meanings = calloc(p->npatterns + 1, sizeof(*meanings));
	struct number_sets known = { 0 };
	int err = meanings ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < p->npatterns; i++) {
		size_t group = p->group_of[i];
		struct numbers marks = { 0 };

		for (size_t m = group; !err && m < p->nmarks && !by_glob(&p->marks[group], &p->marks[m]); m++)
			err = numbers_append(&marks, p->marks[m].bit * 8 + (uint32_t)p->marks[m].kind);
		if (!err)
			err = number_sets_intern(&known, &marks, SIZE_MAX, SIZE_MAX, &meanings[i]);
		numbers_done(&marks);
	}
	number_sets_done(&known);
	if (err) {
		free(meanings);
		return err;
	}
	*ret_meanings = meanings;
	return 0;
}

static int share(struct places *p)
{
	uint32_t *meanings;
	int err = read_meanings(p, &meanings);

	if (err)
		return err;
	err = automaton_share(&p->c->automaton, meanings);
	free(meanings);
	return err;
}

/* ---- start states ---------------------------------------------------------------------------- */

/* The positions for a superblock's root: what is left of all patterns at each of its mount points. */
static int add_mount(struct places *p, const struct numbers *begin, const struct mount *mount, struct numbers *positions)
{
	struct automaton *a = &p->c->automaton;
	struct numbers left = { 0 };
	struct pattern point, root;
	int err = pattern_from_path(&p->c->arena, mount->point, &point);

	if (!err)
		err = pattern_from_path(&p->c->arena, mount->root, &root);
	if (!err)
		err = automaton_advance(a, begin, &point, &left);
	if (!err && left.n)
		err = automaton_prefix(a, &root, &left, positions);
	numbers_done(&left);
	return err;
}

static int add_root(struct compiler *c, uint32_t dev, uint32_t state)
{
	struct image_root *roots = grow_array(c->image->roots, c->image->nroots, &c->roots_cap, sizeof(*roots));

	if (!roots)
		return -ENOMEM;
	c->image->roots = roots;
	roots[c->image->nroots++] = (struct image_root){ .dev = dev, .root.state = state };
	return 0;
}

static int open_roots(struct places *p)
{
	const struct mount_table *table = p->c->mounts;
	struct numbers begin = { 0 };
	int err = automaton_begin(&p->c->automaton, &p->paths, &begin);

	for (size_t i = 0; !err && i < table->n; i++) {
		struct numbers positions = { 0 };
		uint32_t state;
		bool seen = false;

		for (size_t k = 0; k < i; k++)
			seen |= table->mounts[k].dev == table->mounts[i].dev;
		if (seen)
			continue;
		for (size_t k = i; !err && k < table->n; k++)
			if (table->mounts[k].dev == table->mounts[i].dev)
				err = add_mount(p, &begin, &table->mounts[k], &positions);
		if (!err)
			err = automaton_state(&p->c->automaton, &positions, &state);
		if (!err)
			err = add_root(p->c, table->mounts[i].dev, state);
		numbers_done(&positions);
	}
	numbers_done(&begin);
	return err;
}

static int open_services(struct places *p)
{
	struct numbers begin = { 0 };
	int err = automaton_begin(&p->c->automaton, &p->services, &begin);

	if (!err)
		err = automaton_state(&p->c->automaton, &begin, &p->c->image->meta.cgroup_start);
	numbers_done(&begin);
	return err;
}

/* ---- sets ------------------------------------------------------------------------------------ */

static int make_bases(struct places *p)
{
	for (int i = 0; i < 3; i++)
		if (!(p->base[i] = setpool_scratch(&p->c->pool)))
			return -ENOMEM;
	if (!(p->scratch = setpool_scratch(&p->c->pool)))
		return -ENOMEM;
	for (size_t bit = 0; bit < p->c->atoms.n; bit++) {
		const struct atom *atom = &p->c->atoms.item[bit];

		if (atom->kind != ATOM_FILE || !atom->rule->files.n)
			set_add(p->base[FILE_IN], bit);
		if (!atom->rule->who.programs.n)
			set_add(p->base[PROGRAM_IN], bit);
		if (!atom->rule->who.services.n)
			set_add(p->base[SERVICE_IN], bit);
	}
	return 0;
}

/* The set of a state in one kind of place: a list that accepts, then the exceptions. */
static uint32_t state_set(struct places *p, const struct numbers *accepts, enum mark_kind in)
{
	memcpy(p->scratch, p->base[in], p->c->pool.nwords * sizeof(*p->scratch));
	for (int out = 0; out < 2; out++)
		for (size_t i = 0; i < accepts->n; i++) {
			size_t group = p->group_of[accepts->item[i]];

			for (size_t m = group; m < p->nmarks && !by_glob(&p->marks[group], &p->marks[m]); m++)
				if (p->marks[m].kind == in + (out ? FILE_OUT : 0))
					(out ? set_remove : set_add)(p->scratch, p->marks[m].bit);
		}
	return setpool_intern(&p->c->pool, p->scratch);
}

static int fill_states(struct places *p)
{
	struct automaton *a = &p->c->automaton;
	int err = 0;

	for (uint32_t state = 0; !err && state < a->nnodes; state++) {
		struct numbers accepts = { 0 };

		err = automaton_accepts(a, state, &accepts);
		if (err)
			break;
		a->nodes[state].file = state_set(p, &accepts, FILE_IN);
		a->nodes[state].prog = state_set(p, &accepts, PROGRAM_IN);
		a->nodes[state].cgroup = state_set(p, &accepts, SERVICE_IN);
		numbers_done(&accepts);
	}
	return err;
}

/* What cannot be told by a name. */
static void fill_unknown(struct places *p)
{
	struct cordon_meta *meta = &p->c->image->meta;
	uint32_t *set[] = { &meta->file_unknown, &meta->file_nameless, &meta->file_foreign, &meta->prog_unknown };

	for (int i = 0; i < 4; i++) {
		memset(p->scratch, 0, p->c->pool.nwords * sizeof(*p->scratch));
		for (size_t bit = 0; bit < p->c->atoms.n; bit++) {
			const struct policy_rule *rule = p->c->atoms.item[bit].rule;
			const bool in[] = { !rule->permit || (!rule->files.n && !rule->files_except.n), !rule->files.n,
					    !rule->permit || !rule->files.n, !rule->permit || !rule->who.programs.n };

			if (in[i])
				set_add(p->scratch, bit);
		}
		*set[i] = setpool_intern(&p->c->pool, p->scratch);
	}
}

static void hand_over(struct compiler *c)
{
	struct automaton *a = &c->automaton;
	struct image *image = c->image;

	image->names = a->names;
	image->nnames = a->nnames;
	image->states = a->nodes;
	image->nstates = a->nnodes;
	image->bytes = a->bytes;
	image->nbytes = a->nbytes;
	image->meta.ncolumns = a->ncolumns;
	memcpy(image->meta.byte_class, a->byte_class, sizeof(a->byte_class));
	a->names = NULL;
	a->nodes = NULL;
	a->bytes = NULL;
}

static int fail_at_limit(struct places *p, uint32_t pattern)
{
	const struct mark *mark;

	if (pattern >= p->npatterns)
		return tables_fail(p->c, -E2BIG, NULL, "the policy's globs need more states than the automaton may have");
	mark = &p->marks[p->group_of[pattern]];
	return tables_fail(p->c, -E2BIG, mark->rule,
			   arena_printf(&p->c->arena,
					"the glob '%s' and others need more states together than the automaton may have; "
					"write fewer globs with ** before a name, or with * inside names of one folder",
					mark->glob->text));
}

static int build(struct places *p)
{
	int err = share(p);

	if (!err)
		err = open_roots(p);
	if (!err)
		err = open_services(p);
	if (!err)
		err = automaton_build(&p->c->automaton);
	return err == -E2BIG ? fail_at_limit(p, p->c->automaton.worst) : err;
}

int tables_places(struct compiler *c)
{
	static const struct automaton_limits limits = { .states = COMPILE_STATES_MAX, .rows = COMPILE_ROWS_MAX,
							.names = COMPILE_NAMES_MAX,
							.positions = COMPILE_POSITIONS_MAX };
	struct places p = { .c = c };
	int err = automaton_init(&c->automaton, &limits);

	if (!err)
		err = collect_marks(&p);
	if (!err)
		err = add_patterns(&p);
	if (!err)
		err = build(&p);
	if (!err)
		err = make_bases(&p);
	if (!err)
		err = fill_states(&p);
	if (!err) {
		fill_unknown(&p);
		hand_over(c);
	}
	for (int i = 0; i < 3; i++)
		free(p.base[i]);
	free(p.scratch);
	free(p.marks);
	free(p.group_of);
	numbers_done(&p.paths);
	numbers_done(&p.services);
	automaton_done(&c->automaton);
	return err;
}
