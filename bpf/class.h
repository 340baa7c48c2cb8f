/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Classes: the set of atoms whose `who` holds a subject, and its number. Subjects with one key (the sets of all their
 * dimensions, who.h) have one class; it is made once and found by the key from then on.
 */
#ifndef CORDON_BPF_CLASS_H
#define CORDON_BPF_CLASS_H

#include "groups.h"
#include "line.h"

#define WHO_CLASS 102u /* besides 0 and enum cordon_reason: the class is to be made */

struct class_context {
	struct scratch *s;
	void *sets;
	const struct cordon_meta *meta;
	u32 nchunks, chunk, set;
};

enum { FOLD_WHO, FOLD_GROUP, FOLD_NOT };

/* One row into the words of its chunk: AND into the class, or OR into what the groups have. */
static int class_fold(struct class_context *c, u32 set, u32 how)
{
	const struct cordon_chunk *row;
	u32 i, at = c->chunk;
	u64 *words;

	if (how != FOLD_GROUP && set == CORDON_SET_ALL)
		return 0;
	row = set_row(c->sets, set, c->nchunks, c->chunk);
	asm volatile("" : "+r"(at)); /* its bound must be known here, and a spilled one is not */
	if (!row || at >= CORDON_CHUNKS_MAX) {
		c->s->who_error = CORDON_REASON_TABLES;
		return 1;
	}
	words = chunk_words(how == FOLD_GROUP ? c->s->gids : c->s->class.word, at);
	if (how == FOLD_GROUP) {
		for (i = 0; i < CORDON_CHUNK_WORDS; i++)
			words[i] |= row->word[i];
	} else {
		for (i = 0; i < CORDON_CHUNK_WORDS; i++)
			words[i] &= row->word[i];
	}
	return 0;
}

static int class_not_step(u32 chunk, struct class_context *c)
{
	c->chunk = chunk;
	return class_fold(c, c->set, FOLD_NOT);
}

static int class_group_step(u32 chunk, struct class_context *c)
{
	c->chunk = chunk;
	return class_fold(c, c->set, FOLD_GROUP);
}

struct own_context {
	struct gid_context gid;
	struct class_context class;
	u32 of, not; /* of the group before: equal ones need no work */
};

/* One group: a member's right is every group's right together; an exception for one group is an exception. */
static int own_step(u32 i, struct own_context *c)
{
	u32 of, not;

	if (gid_sets(i, &c->gid, &of, &not))
		return 1;
	if (!i || of != c->of) {
		c->class.set = of;
		bpf_loop(c->class.nchunks, class_group_step, &c->class, 0);
	}
	if (!i || not != c->not) {
		c->class.set = not;
		bpf_loop(c->class.nchunks, class_not_step, &c->class, 0);
	}
	c->of = of;
	c->not = not;
	return c->gid.s->who_error != 0;
}

/* All sets of the key into one chunk. */
static int class_step(u32 chunk, struct class_context *c)
{
	struct class_key *key = &c->s->key;
	u32 i, n = key->ngroups, at = chunk;
	u64 *words, *gids;

	asm volatile("" : "+r"(at));
	if (at >= CORDON_CHUNKS_MAX)
		return 1;
	words = chunk_words(c->s->class.word, at);
	gids = chunk_words(c->s->gids, at);
	for (i = 0; i < CORDON_CHUNK_WORDS; i++) {
		words[i] = ~0ull;
		gids[i] = n || key->own ? 0 : ~0ull;
	}
	c->chunk = chunk;
	for (i = 0; i < WHO_SETS; i++)
		if (class_fold(c, key->set[i], FOLD_WHO))
			return 1;
	for (i = 0; i < CLASS_GROUPS; i++)
		if (i < n && (class_fold(c, key->group[i][GROUP_OF], FOLD_GROUP) ||
			      class_fold(c, key->group[i][GROUP_NOT], FOLD_NOT)))
			return 1;
	return 0;
}

/* Has any of the class's atoms in this chunk the operation? */
static int class_active_op(u32 op, struct class_context *c)
{
	const struct cordon_chunk *row;
	u32 at = c->chunk, i;
	u64 any = 0, *words;

	if (op >= CORDON_OP_MAX)
		return 1;
	if (!(c->meta->active >> op & 1))
		return 0;
	row = set_row(c->sets, c->meta->op[op], c->nchunks, at);
	if (!row || at >= CORDON_CHUNKS_MAX) {
		c->s->who_error = CORDON_REASON_TABLES;
		return 1;
	}
	words = chunk_words(c->s->class.word, at);
	for (i = 0; i < CORDON_CHUNK_WORDS; i++)
		any |= words[i] & row->word[i];
	if (any)
		c->s->who_active |= 1u << op;
	return 0;
}

/* What the groups have into the class, and room for what the line has. */
static int class_groups_end_step(u32 chunk, struct class_context *c)
{
	u64 *words, *gids;
	u32 i;

	if (chunk >= CORDON_CHUNKS_MAX)
		return 1;
	words = chunk_words(c->s->class.word, chunk);
	gids = chunk_words(c->s->gids, chunk);
	for (i = 0; i < CORDON_CHUNK_WORDS; i++) {
		words[i] &= gids[i];
		gids[i] = 0;
	}
	return 0;
}

struct line_context {
	struct kin_walk kin;
	struct class_context class;
};

/* What the groups, or the line, have into the class, then which operations any of its atoms has. */
static int class_end_step(u32 chunk, struct class_context *c)
{
	u64 *words, *gids;
	u32 i;

	if (chunk >= CORDON_CHUNKS_MAX)
		return 1;
	words = chunk_words(c->s->class.word, chunk);
	gids = chunk_words(c->s->gids, chunk);
	for (i = 0; i < CORDON_CHUNK_WORDS; i++)
		words[i] &= gids[i];
	c->chunk = chunk;
	bpf_loop(CORDON_OP_MAX, class_active_op, c, 0);
	return c->s->who_error != 0;
}

/* A class is made in four steps, by functions of their own because of the stack: all sets of the key in the running
 * task's scratch, more groups than fit, the line, and what follows from them. 0 or a reason. */
static __always_inline int class_open(struct class_context *c, struct view *view, u64 current)
{
	c->s = scratch_of(bpf_get_current_task_btf());
	if (!c->s)
		return CORDON_REASON_MEMORY;
	c->s->who_error = view_open(view, current);
	c->sets = c->s->who_error ? NULL : table(sets, view);
	if (!c->sets)
		return CORDON_REASON_TABLES;
	c->meta = view->meta;
	c->nchunks = view->nchunks;
	return 0;
}

__noinline int class_begin(u64 current)
{
	struct class_context c = {};
	struct view view;
	int err;

	err = class_open(&c, &view, current);
	if (err)
		return err;
	bpf_loop(c.nchunks, class_step, &c, 0);
	return c.s->who_error;
}

/* The running task's groups, one after the other. */
__noinline int groups_fold(u64 current)
{
	struct own_context c = {};
	struct view view;
	int err;

	err = class_open(&c.class, &view, current);
	if (err)
		return err;
	c.gid.s = c.class.s;
	err = gid_open(&c.gid, &view, bpf_get_current_task_btf());
	if (err)
		return err;
	bpf_loop(c.gid.n, own_step, &c, 0);
	return c.class.s->who_error;
}

static int class_line_step(u32 i, struct line_context *c)
{
	if (kin_next(&c->kin))
		return 1;
	c->class.set = c->class.s->ancestor;
	bpf_loop(c->class.nchunks, class_group_step, &c->class, 0);
	c->class.set = c->class.s->not_ancestor;
	bpf_loop(c->class.nchunks, class_not_step, &c->class, 0);
	return c->class.s->who_error != 0;
}

/* The line, by the programs of the one that stands for it: what accepts any of them, without what excepts one. The groups are
 * done with before. */
__noinline int line_fold(u64 current, u32 kin)
{
	struct line_context c = { .kin = { .current = current, .line = kin } };
	struct view view;
	int err;

	err = class_open(&c.class, &view, current);
	if (err)
		return err;
	c.kin.s = c.class.s;
	c.kin.s->step_error = 0;
	bpf_loop(c.class.nchunks, class_groups_end_step, &c.class, 0);
	bpf_loop(LINE_DEPTH_MAX + 2, class_line_step, &c, 0);
	return c.class.s->who_error ? c.class.s->who_error : c.class.s->step_error;
}

/* Its operations, its number; kept by its key and its number. */
__noinline int class_end(u64 current)
{
	struct class_context c = {};
	struct class_name name = {};
	struct scratch *s;
	struct view view;
	int err;

	err = class_open(&c, &view, current);
	if (err)
		return err;
	s = c.s;
	s->who_active = 0;
	bpf_loop(c.nchunks, class_end_step, &c, 0);
	if (s->who_error)
		return s->who_error;
	name.id = __sync_fetch_and_add(&class_last, 1) + 1;
	name.active = s->who_active;
	if (bpf_map_update_elem(&classes, &name.id, &s->class, BPF_ANY))
		return CORDON_REASON_MEMORY;
	bpf_map_update_elem(&class_names, &s->key, &name, BPF_ANY); /* when it fails: made again by the next one */
	s->class_id = name.id;
	return 0;
}

/* The class with this key. Without one, the key is in the running task's scratch: WHO_CLASS. */
static __always_inline int class_find(struct subject *subject, const struct class_key *key, struct task_struct *task)
{
	const struct class_name *name = bpf_map_lookup_elem(&class_names, key);
	struct scratch *s;
	u64 id;

	if (name) {
		id = name->id;
		subject->active = name->active;
		if (bpf_map_lookup_elem(&classes, &id)) {
			subject->class = id;
			return 0;
		}
	}
	s = scratch_of(task);
	if (!s)
		return CORDON_REASON_MEMORY;
	s->key = *key;
	return WHO_CLASS;
}

/* The class with the key in the running task's scratch, and the subject is his. 0 or a reason. */
static __always_inline int class_make(u64 current, struct task_struct *task)
{
	struct subject *subject = bpf_task_storage_get(&tasks, task, NULL, 0);
	struct scratch *s = scratch_of(task);
	int err;

	if (!subject || !s)
		return CORDON_REASON_MEMORY;
	err = join(s, class_begin(current));
	if (!err && s->key.own)
		err = join(s, groups_fold(current));
	if (!err && s->key.kin)
		err = join(s, line_fold(current, s->key.kin));
	if (!err)
		err = join(s, class_end(current));
	if (err)
		return err;
	subject->class = s->class_id;
	subject->active = s->who_active;
	subject->current = current;
	return 0;
}

#endif
