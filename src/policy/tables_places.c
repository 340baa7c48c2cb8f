/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Places: files, programs and services. All globs of the policy become patterns of one automaton; what an atom says
 * of a glob is a mark on its patterns; a state's sets follow from the marks of the patterns that end in it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/tables_places.h"

#define is_service(kind) ((kind) == SERVICE_IN || (kind) == SERVICE_OUT)

/* ---- marks ----------------------------------------------------------------------------------- */

static int add_marks(struct places *p, const struct policy_globs *globs, enum mark_kind kind, uint32_t bit)
{
	static const uint32_t uses[MARK_OUT] = { CORDON_USES_FILES, CORDON_USES_PROGRAMS, CORDON_USES_SERVICES,
						 CORDON_USES_ANCESTORS };

	for (size_t i = 0; i < globs->n; i++) {
		struct mark *marks = grow_array(p->marks, p->nmarks, &p->marks_cap, sizeof(*marks));

		if (!marks)
			return -ENOMEM;
		p->marks = marks;
		tables_need(p->c, bit, uses[kind % MARK_OUT]);
		marks[p->nmarks++] = (struct mark){ .glob = &globs->item[i], .kind = kind, .bit = bit,
						      .rule = p->c->atoms.item[bit].rule };
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
		if (!err)
			err = add_marks(p, &rule->who.ancestors, ANCESTOR_IN, bit);
		if (!err)
			err = add_marks(p, &rule->who_except.ancestors, ANCESTOR_OUT, bit);
	}
	return err;
}

/* Programs that log people in, and what the session is then; docs/policy.md lists them. */
static const struct {
	struct policy_glob glob;
	enum cordon_session session;
} logins[] = {
	{ { .text = "/usr/sbin/sshd" }, CORDON_SESSION_SSH },
	{ { .text = "/usr/lib/openssh/sshd-session" }, CORDON_SESSION_SSH },
	{ { .text = "/usr/bin/login" }, CORDON_SESSION_CONSOLE },
	{ { .text = "/usr/sbin/{gdm3,lightdm,lxdm,nodm,wdm,xdm}" }, CORDON_SESSION_CONSOLE },
	{ { .text = "/usr/bin/{sddm,greetd,ly,slim}" }, CORDON_SESSION_CONSOLE },
	{ { .text = "/usr/sbin/{sddm,greetd}" }, CORDON_SESSION_CONSOLE },
	{ { .text = "/usr/{lib,libexec}/gdm-session-worker" }, CORDON_SESSION_CONSOLE },
	{ { .text = "/usr/lib/gdm3/gdm-session-worker" }, CORDON_SESSION_CONSOLE },
};

/* Only where a rule asks for sessions. */
static int collect_logins(struct places *p)
{
	if (!(p->c->image->meta.dims >> CORDON_DIM_SESSION & 1))
		return 0;
	for (size_t i = 0; i < sizeof(logins) / sizeof(logins[0]); i++) {
		struct mark *marks = grow_array(p->marks, p->nmarks, &p->marks_cap, sizeof(*marks));

		if (!marks)
			return -ENOMEM;
		p->marks = marks;
		marks[p->nmarks++] = (struct mark){ .glob = &logins[i].glob, .kind = LOGIN, .bit = logins[i].session };
	}
	return 0;
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
	const struct mark *mark = &p->marks[group];
	uint32_t number;
	int err;

	if (!group_of)
		return -ENOMEM;
	p->group_of = group_of;
	err = automaton_add(&p->c->automaton, pattern, &number);
	if (err)
		return err;
	group_of[p->npatterns++] = (uint32_t)group;
	return numbers_append(is_service(mark->kind)            ? &p->services :
			      policy_glob_abstract(mark->glob) ? &p->abstracts :
								 &p->paths,
			      number);
}

static int read_patterns(struct arena *arena, const struct mark *mark, struct pattern **ret_patterns, size_t *ret_n)
{
	if (is_service(mark->kind))
		return pattern_from_unit(arena, mark->glob->text, ret_patterns, ret_n);
	if (policy_glob_abstract(mark->glob))
		return pattern_from_abstract(arena, mark->glob->text + strlen(POLICY_ABSTRACT), ret_patterns, ret_n);
	return pattern_from_glob(arena, mark->glob->text, ret_patterns, ret_n);
}

static int add_patterns(struct places *p)
{
	int err = 0;

	if (p->nmarks)
		qsort(p->marks, p->nmarks, sizeof(*p->marks), by_glob_and_bit);
	for (size_t i = 0; i < p->nmarks; i++)
		p->marks[i].group = i && !by_glob(&p->marks[i - 1], &p->marks[i]) ? p->marks[i - 1].group : (uint32_t)i;
	for (size_t i = 0; !err && i < p->nmarks; i++) {
		const struct mark *mark = &p->marks[i];
		struct pattern *patterns = NULL;
		size_t n = 0;

		if (mark->group != i)
			continue;
		err = read_patterns(&p->c->arena, mark, &patterns, &n);
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
		struct numbers marks = { 0 };

		for (const struct mark *m = places_first(p, (uint32_t)i); !err && m; m = places_next(p, m))
			err = numbers_append(&marks, m->bit * 16 + (uint32_t)m->kind);
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

/* Of some file systems of the kernel's own every namespace has an instance, and anybody can have one: the same names mean the same
 * there. 0: none of these. */
static uint32_t root_of_all(const struct mount *mount)
{
	if (strcmp(mount->type, "proc") == 0)
		return CORDON_ROOT_PROC;
	return strcmp(mount->type, "sysfs") == 0 ? CORDON_ROOT_SYS : 0;
}

static bool same_content(const struct mount *a, const struct mount *b)
{
	return a->dev == b->dev || (root_of_all(a) && root_of_all(a) == root_of_all(b));
}

static bool known_before(const struct compiler *c, uint32_t dev)
{
	for (size_t i = 0; i < c->image->nroots; i++)
		if (c->image->roots[i].dev == dev)
			return true;
	return false;
}

static int open_roots(struct places *p)
{
	const struct mount_table *table = p->c->mounts;
	struct numbers begin = { 0 };
	int err = automaton_begin(&p->c->automaton, &p->paths, &begin);

	for (size_t i = 0; !err && i < table->n; i++) {
		uint32_t state, all = root_of_all(&table->mounts[i]);
		struct numbers positions = { 0 };

		if (known_before(p->c, table->mounts[i].dev))
			continue;
		for (size_t k = 0; !err && k < table->n; k++)
			if (same_content(&table->mounts[k], &table->mounts[i]))
				err = add_mount(p, &begin, &table->mounts[k], &positions);
		if (!err)
			err = automaton_state(&p->c->automaton, &positions, &state);
		if (!err)
			err = add_root(p->c, table->mounts[i].dev, state);
		if (!err && all && !known_before(p->c, all))
			err = add_root(p->c, all, state);
		numbers_done(&positions);
	}
	numbers_done(&begin);
	return err;
}

/* The state in which these patterns begin. */
static int open_start(struct places *p, const struct numbers *patterns, uint32_t *ret_state)
{
	struct numbers begin = { 0 };
	int err = automaton_begin(&p->c->automaton, patterns, &begin);

	if (!err)
		err = automaton_state(&p->c->automaton, &begin, ret_state);
	numbers_done(&begin);
	return err;
}

/* ---- the whole -------------------------------------------------------------------------------- */

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
		err = open_start(p, &p->services, &p->c->image->meta.cgroup_start);
	if (!err)
		err = open_start(p, &p->abstracts, &p->c->image->meta.abstract_start);
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
		err = collect_logins(&p);
	if (!err)
		err = add_patterns(&p);
	if (!err)
		err = build(&p);
	if (!err)
		err = tables_states(&p);
	if (!err)
		hand_over(c);
	free(p.marks);
	free(p.group_of);
	numbers_done(&p.paths);
	numbers_done(&p.abstracts);
	numbers_done(&p.services);
	automaton_done(&c->automaton);
	return err;
}
