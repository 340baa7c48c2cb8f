/* SPDX-License-Identifier: GPL-2.0-only */
/* Policy -> image; see compile.h. The tables are made by tables_*.c. */
#include "policy/compile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/tables.h"

int tables_fail(struct compiler *c, int err, const struct policy_rule *rule, const char *what)
{
	if (!rule)
		return diag_fail(c->diag, err, NULL, "%s", what);
	return diag_fail(c->diag, err,
			 DIAG_AT(.file = rule->pos.file, .line = rule->pos.line, .col = rule->pos.column), "rule '%s': %s",
			 rule->name, what);
}

void tables_need(struct compiler *c, size_t bit, uint32_t dims)
{
	c->image->meta.dims |= dims;
	c->image->needs[bit] |= dims;
}

/* permit, enforce, op[], active */
static int describe_rules(struct compiler *c)
{
	struct cordon_meta *meta = &c->image->meta;
	uint64_t *scratch = setpool_scratch(&c->pool);

	if (!scratch)
		return -ENOMEM;
	for (size_t bit = 0; bit < c->atoms.n; bit++)
		if (c->atoms.item[bit].rule->permit)
			set_add(scratch, bit);
	meta->permit = setpool_intern(&c->pool, scratch);
	memset(scratch, 0, c->pool.nwords * sizeof(*scratch));
	for (size_t bit = 0; bit < c->atoms.n; bit++)
		if (c->atoms.item[bit].rule->enforce)
			set_add(scratch, bit);
	meta->enforce = setpool_intern(&c->pool, scratch);
	for (uint32_t op = 0; op < CORDON_OP_MAX; op++) {
		memset(scratch, 0, c->pool.nwords * sizeof(*scratch));
		for (size_t bit = 0; bit < c->atoms.n; bit++)
			if (c->atoms.item[bit].ops & 1u << op) {
				set_add(scratch, bit);
				meta->active |= 1u << op;
			}
		meta->op[op] = setpool_intern(&c->pool, scratch);
	}
	free(scratch);
	return 0;
}

/* Where every atom comes from, in strings of the image's own. */
static int describe_sources(struct compiler *c)
{
	struct image *image = c->image;
	struct arena *arena = image->memory;

	image->rules = arena_new_n(arena, c->atoms.n + 1, struct image_rule);
	image->needs = arena_new_n(arena, c->atoms.n + 1, uint32_t);
	if (!image->rules || !image->needs)
		return -ENOMEM;
	for (size_t bit = 0; bit < c->atoms.n; bit++) {
		const struct policy_rule *rule = c->atoms.item[bit].rule;
		bool again = bit && c->atoms.item[bit - 1].rule == rule;

		if (again) {
			image->rules[bit] = image->rules[bit - 1];
			continue;
		}
		image->rules[bit] = (struct image_rule){ .name = arena_strdup(arena, rule->name),
							 .policy = arena_strdup(arena, rule->policy),
							 .file = arena_strdup(arena, rule->pos.file),
							 .line = rule->pos.line, .column = rule->pos.column,
							 .permit = rule->permit, .enforce = rule->enforce };
	}
	return arena->exhausted ? -ENOMEM : 0;
}

static int new_image(struct image **ret_image)
{
	struct image *image = calloc(1, sizeof(*image));
	struct arena *arena = malloc(sizeof(*arena));

	if (!image || !arena) {
		free(image);
		free(arena);
		return -ENOMEM;
	}
	arena_init(arena, 0);
	image->memory = arena;
	*ret_image = image;
	return 0;
}

static int fill_image(struct compiler *c)
{
	struct cordon_meta *meta = &c->image->meta;
	int err = atoms_make(c->policy, &c->arena, &c->atoms, c->diag);

	if (!err)
		err = setpool_init(&c->pool, c->atoms.n, COMPILE_SETS_MAX);
	if (err)
		return err;
	meta->abi = CORDON_ABI;
	meta->nrules = (uint32_t)c->atoms.n;
	meta->nchunks = (uint32_t)(c->pool.nwords / CORDON_CHUNK_WORDS);
	err = describe_rules(c);
	if (!err)
		err = describe_sources(c);
	if (!err)
		err = tables_values(c);
	if (!err)
		err = tables_prefixes(c);
	if (!err)
		err = tables_places(c);
	if (!err && c->pool.failed)
		err = tables_fail(c, -E2BIG, NULL, "the policy needs more sets of rules than the table takes");
	if (!err) { /* the rows of the pool are the rows of the map */
		c->image->sets = (struct cordon_chunk *)c->pool.words;
		c->image->nsets = c->pool.n;
		c->pool.words = NULL;
	}
	return err;
}

int policy_compile(const struct policy *policy, const struct mount_table *mounts, struct image **ret_image,
		   struct diag *diag)
{
	struct compiler c = { .diag = diag, .policy = policy, .mounts = mounts };
	int err = new_image(&c.image);

	if (err)
		return err;
	arena_init(&c.arena, 0);
	err = fill_image(&c);
	setpool_done(&c.pool);
	arena_done(&c.arena);
	if (err) {
		if (err == -ENOMEM)
			diag_add(diag, DIAG_ERROR, NULL, "no memory to compile the policy");
		image_free(c.image);
		return err;
	}
	*ret_image = c.image;
	return 0;
}
