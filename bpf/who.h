/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making a subject (subject.h): from the user, the groups, the cgroup and the program of the running task to the set of
 * atoms whose `who` holds it.
 *
 * Kernel memory is read by helper: a typed pointer is cheaper to follow, but 6.12's verifier searches all types of the
 * kernel by name for every one, each time it comes by.
 */
#ifndef CORDON_BPF_WHO_H
#define CORDON_BPF_WHO_H

#include "place.h"
#include "subject.h"

#define GROUPS_MAX 65537u /* NGROUPS_MAX and the effective one */
#define WHO_SETS   6
#define USES_GROUPS (1u << CORDON_DIM_GID | 1u << CORDON_DIM_NOT_GID)
#define SESSION_UNSET 0xffffffffu /* linux/audit.h, AUDIT_SID_UNSET */
#define CAP_AUDIT_CONTROL 30      /* linux/capability.h */

struct gid_context {
	struct scratch *s;
	struct subject *subject;
	const struct view *view;
	void *sets, *values;
	u64 group_info;
	u32 egid;
	u32 nchunks;
};

struct fold_context {
	struct scratch *s;
	struct subject *subject;
	void *sets;
	u32 set, nchunks;
	u32 exclude; /* 0: OR into s->gids; 1: AND into the subject */
};

static int fold_step(u32 chunk, struct fold_context *c)
{
	const struct cordon_chunk *row = set_row(c->sets, c->set, c->nchunks, chunk);
	u64 *words;
	u32 i;

	if (!row || chunk >= CORDON_CHUNKS_MAX) {
		c->s->gid_error = CORDON_REASON_TABLES;
		return 1;
	}
	if (c->exclude) {
		words = chunk_words(c->subject->word, chunk);
		for (i = 0; i < CORDON_CHUNK_WORDS; i++)
			words[i] &= row->word[i];
	} else {
		words = chunk_words(c->s->gids, chunk);
		for (i = 0; i < CORDON_CHUNK_WORDS; i++)
			words[i] |= row->word[i];
	}
	return 0;
}

/* One group: a member's right is every group's right together; an exception for one group is an exception. */
static int gid_step(u32 i, struct gid_context *c)
{
	struct fold_context fold = { .s = c->s, .subject = c->subject, .sets = c->sets, .nchunks = c->nchunks };
	u32 gid = c->egid;

	if (i && bpf_probe_read_kernel(&gid, sizeof(gid), (void *)(c->group_info +
				       bpf_core_field_offset(struct group_info, gid) + (u64)(i - 1) * sizeof(gid)))) {
		c->s->gid_error = CORDON_REASON_MEMORY;
		return 1;
	}
	fold.set = value_set(c->view, c->values, CORDON_DIM_GID, gid);
	if (fold.set != c->s->gid_seen) {
		c->s->gid_seen = fold.set;
		bpf_loop(c->nchunks, fold_step, &fold, 0);
	}
	fold.set = value_set(c->view, c->values, CORDON_DIM_NOT_GID, gid);
	if (fold.set != c->s->not_seen) {
		c->s->not_seen = fold.set;
		fold.exclude = 1;
		bpf_loop(c->nchunks, fold_step, &fold, 0);
	}
	return c->s->gid_error != 0;
}

struct unit_walk {
	struct scratch *s;
	u64 node;
};

static __always_inline u64 unit_of(struct task_struct *task)
{
	return (u64)BPF_CORE_READ(task, cgroups, dfl_cgrp, kn);
}

static __always_inline int unit_note(u32 i, struct unit_walk *w, u64 parent)
{
	const struct kernfs_node *node = (void *)w->node;
	struct scratch *s = w->s;

	s->depth = i;
	if (!parent) {
		s->step_error = 0;
		return 1;
	}
	if (i >= CORDON_DEPTH_MAX)
		return 1;
	s->chain[i].name = (u64)BPF_CORE_READ(node, name);
	w->node = parent;
	return 0;
}

static int unit_step(u32 i, struct unit_walk *w)
{
	const struct kernfs_node *node = (void *)w->node;

	return unit_note(i, w, (u64)BPF_CORE_READ(node, parent));
}

/* The same where RCU protects the field. One function for both would be given both offsets, and one does not exist. */
static int unit_step_protected(u32 i, struct unit_walk *w)
{
	const struct kernfs_node___615 *node = (void *)w->node;

	return unit_note(i, w, (u64)BPF_CORE_READ(node, __parent));
}

/* Note the names of a cgroup, leaf first, in s->chain. 0 or a reason. */
static __always_inline int unit_collect(struct scratch *s, u64 node)
{
	struct unit_walk w = { .s = s, .node = node };

	s->depth = 0;
	s->step_error = CORDON_REASON_TOO_DEEP;
	if (bpf_core_field_exists(struct kernfs_node, parent))
		bpf_loop(CORDON_DEPTH_MAX + 1, unit_step, &w, 0);
	else
		bpf_loop(CORDON_DEPTH_MAX + 1, unit_step_protected, &w, 0);
	return s->step_error;
}

/* kernfs keeps no length. The names of cgroups do not change; where they end is looked up once, here. */
static int unit_length_step(u32 i, struct scratch **context)
{
	struct scratch *s = *context;
	long len;

	if (i >= CORDON_DEPTH_MAX)
		return 1;
	len = bpf_probe_read_kernel_str(s->name, sizeof(s->name), (void *)s->chain[i].name);
	if (len < 2) {
		s->step_error = CORDON_REASON_NAME;
		return 1;
	}
	s->chain[i].len = len - 1;
	return 0;
}

/* Set of the task's cgroup. 0 or a reason. */
static __noinline int unit_set(struct scratch *s, const struct view *view, struct task_struct *task, u64 cgroup,
			       u32 *ret_set)
{
	u64 node = unit_of(task);
	struct unit fresh = { .current = view->current };
	struct unit *unit;
	int err;

	unit = bpf_map_lookup_elem(&units, &cgroup);
	if (unit && unit->current == view->current) {
		*ret_set = unit->set;
		return 0;
	}
	err = join(s, unit_collect(s, node));
	if (err)
		return err;
	s->step_error = 0;
	bpf_loop(s->depth, unit_length_step, &s, 0);
	if (s->step_error)
		return s->step_error;
	s->state = view->meta->cgroup_start;
	err = join(s, place_descend(view->current));
	if (err)
		return err;
	fresh.set = *ret_set = s->cgroup;
	/* Moved since its cgroup was asked for: what was found is another's, and the task is judged anew at its next use. */
	if (BPF_CORE_READ((struct kernfs_node *)node, id) == cgroup)
		bpf_map_update_elem(&units, &cgroup, &fresh, BPF_ANY); /* when it fails: walked again */
	return 0;
}

/* Set of the task's program. 0 or a reason. */
static __noinline int program_set(struct scratch *s, const struct view *view, struct task_struct *task, u32 *ret_set)
{
	struct file *file = BPF_CORE_READ(task, mm, exe_file);
	int err;

	*ret_set = view->meta->prog_unknown;
	if (!file)
		return 0;
	err = place_walk(s, view->current, (u64)BPF_CORE_READ(file, f_path.dentry), (u64)BPF_CORE_READ(file, f_path.mnt),
			 (u64)BPF_CORE_READ(file, f_inode));
	/* A program on a file system of somebody's own making can have any name. */
	if (!err && !s->foreign)
		*ret_set = s->prog;
	else
		s->session = 0;
	if (!err || err == PLACE_UNKNOWN || err == PLACE_NAMELESS || err == CORDON_REASON_TOO_DEEP)
		return 0;
	return err;
}

struct who_context {
	struct scratch *s;
	struct subject *subject;
	void *sets;
	u32 nchunks;
	u64 groups;        /* what is known of the groups before any is looked up: nothing, or all where no rule names one */
	u32 set[WHO_SETS]; /* user, service, program, real user, login user, session */
};

/* The subject's word = what all of the sets hold; groups follow. */
static int who_step(u32 chunk, struct who_context *c)
{
	const struct cordon_chunk *row;
	u32 i, k, at = chunk;
	u64 *words, *gids;

	asm volatile("" : "+r"(at)); /* its bound must be known here, and a spilled one is not */
	if (at >= CORDON_CHUNKS_MAX)
		return 1;
	words = chunk_words(c->subject->word, at);
	gids = chunk_words(c->s->gids, at);
	for (i = 0; i < CORDON_CHUNK_WORDS; i++) {
		words[i] = ~0ull;
		gids[i] = c->groups;
	}
	for (k = 0; k < WHO_SETS; k++) {
		if (c->set[k] == CORDON_SET_ALL)
			continue;
		row = set_row(c->sets, c->set[k], c->nchunks, chunk);
		if (!row) {
			c->s->gid_error = CORDON_REASON_TABLES;
			return 1;
		}
		for (i = 0; i < CORDON_CHUNK_WORDS; i++)
			words[i] &= row->word[i];
	}
	return 0;
}

struct active_context {
	struct scratch *s;
	struct subject *subject;
	void *sets;
	u32 nchunks;
	u32 chunk;
	u32 ops; /* the operations of the policy */
	u32 set[CORDON_OP_COUNT];
};

/* Has any of the subject's atoms in this chunk the operation? */
static int active_op_step(u32 op, struct active_context *c)
{
	const struct cordon_chunk *row;
	u32 chunk = c->chunk, i;
	u64 any = 0, *words;

	if (op >= CORDON_OP_COUNT)
		return 1;
	if (!(c->ops >> op & 1))
		return 0;
	row = set_row(c->sets, c->set[op], c->nchunks, chunk);
	if (!row || chunk >= CORDON_CHUNKS_MAX) {
		c->s->gid_error = CORDON_REASON_TABLES;
		return 1;
	}
	words = chunk_words(c->subject->word, chunk);
	for (i = 0; i < CORDON_CHUNK_WORDS; i++)
		any |= words[i] & row->word[i];
	if (any)
		c->subject->active |= 1u << op;
	return 0;
}

/* The groups into the subject, then which operations any of its atoms has. */
static int active_step(u32 chunk, struct active_context *c)
{
	u64 *words, *gids;
	u32 i;

	if (chunk >= CORDON_CHUNKS_MAX)
		return 1;
	words = chunk_words(c->subject->word, chunk);
	gids = chunk_words(c->s->gids, chunk);
	for (i = 0; i < CORDON_CHUNK_WORDS; i++)
		words[i] &= gids[i];
	c->chunk = chunk;
	bpf_loop(CORDON_OP_COUNT, active_op_step, c, 0);
	return c->s->gid_error != 0;
}

/* Groups and active operations, after who_step. */
static __noinline int subject_groups(struct scratch *s, struct subject *subject, const struct view *view, void *sets,
				     const struct cred *cred)
{
	struct gid_context c = { .s = s, .subject = subject, .view = view, .sets = sets, .nchunks = view->nchunks };
	struct active_context active = { .s = s, .subject = subject, .sets = sets, .nchunks = view->nchunks };
	struct group_info *groups = cred->group_info;
	u32 n = groups->ngroups, op;

	c.values = table(values, view);
	if (!c.values || n >= GROUPS_MAX)
		return CORDON_REASON_TABLES;
	c.group_info = (u64)groups;
	c.egid = cred->egid.val;
	s->gid_error = 0;
	s->gid_seen = s->not_seen = CORDON_RULE_NONE; /* no set has this number */
	if (view->meta->dims & USES_GROUPS)
		bpf_loop(n + 1, gid_step, &c, 0);
	if (s->gid_error)
		return s->gid_error;
	active.ops = view->meta->active;
	for (op = 0; op < CORDON_OP_COUNT; op++)
		active.set[op] = view->meta->op[op];
	subject->active = 0;
	bpf_loop(view->nchunks, active_step, &active, 0);
	return s->gid_error;
}

/* May it log others in? The kernel lets any task without a login take one, of whatever number. */
static __always_inline bool may_log_in(const struct cred *cred)
{
	u64 caps = 0;

	if (BPF_CORE_READ(cred, user_ns, level))
		return false;
	bpf_core_read(&caps, sizeof(caps), &cred->cap_effective);
	return caps >> CAP_AUDIT_CONTROL & 1;
}

/*
 * The kind of session (abi.h). While nobody has logged in, the task may come by a program that logs people in, and is
 * marked by it; afterwards the mark stands. A policy without sessions does not tell those programs from others.
 */
static __always_inline u32 session_kind(struct scratch *s, struct subject *subject, const struct view *view,
					const struct cred *cred, u32 sessionid)
{
	const u32 service = 1 + CORDON_SESSION_SERVICE;

	if (sessionid != SESSION_UNSET)
		return subject->mark ? subject->mark - 1 : CORDON_SESSION_UNKNOWN;
	if (!may_log_in(cred))
		subject->mark = service;
	else if (!(view->meta->dims >> CORDON_DIM_SESSION & 1))
		subject->mark = 0;
	else if (s->session || !subject->mark || subject->mark == service)
		subject->mark = s->session + 1;
	return CORDON_SESSION_SERVICE;
}

/* Set of a value of a dimension, which the policy may not use. */
static __always_inline u32 used_set(const struct view *view, void *values, u32 dim, u64 value)
{
	return view->meta->dims >> dim & 1 ? value_set(view, values, dim, value) : CORDON_SET_ALL;
}

/* Make the subject anew. `current` is stored last: a subject that could not be made whole is made again. */
static __always_inline int subject_make(struct scratch *s, struct subject *subject, const struct view *view,
					struct task_struct *task, u64 cgroup)
{
	struct who_context c = { .s = s, .subject = subject, .nchunks = view->nchunks };
	const struct cred *cred = subject_cred(task);
	struct identity *now = &subject->exe, *recorded = &subject->recorded;
	void *values = table(values, view);
	u32 i, kind;
	u64 login;
	int err;

	subject->current = 0;
	c.sets = table(sets, view);
	if (!values || !c.sets)
		return CORDON_REASON_TABLES;
	c.set[0] = value_set(view, values, CORDON_DIM_UID, cred->euid.val);
	err = join(s, unit_set(s, view, task, cgroup, &c.set[1]));
	if (err)
		return err;

	identity_of(task, now);
	/* No record: the task is older than the guard, or a thread of the kernel. What it runs is believed, once. */
	if (!recorded->known)
		*recorded = *now;
	c.set[2] = view->meta->prog_unknown;
	s->session = 0;
	if (identity_equal(recorded, now)) {
		err = join(s, program_set(s, view, task, &c.set[2]));
		if (err)
			return err;
	}

	login = subject_login(task);
	kind = session_kind(s, subject, view, cred, login >> 32);
	c.set[3] = used_set(view, values, CORDON_DIM_RUID, cred->uid.val);
	/* A service that gave itself a login is still nobody's. */
	c.set[4] = used_set(view, values, CORDON_DIM_LOGINUID, kind == CORDON_SESSION_SERVICE ? CORDON_LOGIN_UNSET : (u32)login);
	c.set[5] = used_set(view, values, CORDON_DIM_SESSION, kind);

	s->gid_error = 0;
	c.groups = view->meta->dims & USES_GROUPS ? 0 : ~0ull;
	bpf_loop(view->nchunks, who_step, &c, 0);
	err = s->gid_error;
	if (!err)
		err = join(s, subject_groups(s, subject, view, c.sets, cred));
	if (err)
		return err;
	for (i = 0; i < PERMITTED_MAX; i++)
		subject->permitted[i].key[0] = 0;
	subject->cred = (u64)cred;
	subject->cgroup = cgroup;
	subject->login = login;
	subject->current = view->current;
	return 0;
}

/*
 * Make the running task's subject anew. 0 or a reason to refuse.
 *
 * This and the other functions that are not static are verified once and for any argument, whoever calls them: that
 * keeps loading short. They take numbers only and find the task's storages again.
 */
__noinline int subject_refresh(u64 current, u64 cgroup)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct subject *subject;
	struct scratch *s;
	struct view view;
	int err;

	subject = tasks_of(task);
	s = scratch_of(task);
	if (!subject || !s)
		return CORDON_REASON_MEMORY;
	err = view_open(&view, current);
	if (err)
		return err;
	return subject_make(s, subject, &view, task, cgroup);
}

/* The running task's subject, right for `current`. NULL: refuse, *ret_why says why. */
static __always_inline struct subject *subject_now(u64 current, int *ret_why)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 cgroup = bpf_get_current_cgroup_id();
	struct subject *subject;

	subject = bpf_task_storage_get(&tasks, task, NULL, 0);
	*ret_why = 0;
	if (subject && subject_holds(subject, current, task, cgroup))
		return subject;
	*ret_why = subject_refresh(current, cgroup);
	if (*ret_why)
		return NULL;
	subject = bpf_task_storage_get(&tasks, task, NULL, 0);
	if (!subject)
		*ret_why = CORDON_REASON_MEMORY;
	return subject;
}

#endif
