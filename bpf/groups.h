/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Groups of the running task: the sets of each, into the key of its class (class.h).
 */
#ifndef CORDON_BPF_GROUPS_H
#define CORDON_BPF_GROUPS_H

#include "subject.h"
#include "tables.h"

#define GROUPS_MAX 65537u /* NGROUPS_MAX and the effective one */

struct gid_context {
	struct scratch *s;
	const struct view *view;
	void *values;
	u64 group_info;
	u32 egid;
	u32 n; /* groups, the effective one too */
};

/* The set of one group, and the one that excepts it. Not 0: it could not be read. */
static __always_inline int gid_sets(u32 i, struct gid_context *c, u32 *ret_of, u32 *ret_not)
{
	u32 gid = c->egid;

	if (i && bpf_probe_read_kernel(&gid, sizeof(gid), (void *)(c->group_info +
				       bpf_core_field_offset(struct group_info, gid) + (u64)(i - 1) * sizeof(gid)))) {
		c->s->who_error = CORDON_REASON_MEMORY;
		return 1;
	}
	*ret_of = value_set(c->view, c->values, CORDON_DIM_GID, gid);
	*ret_not = value_set(c->view, c->values, CORDON_DIM_NOT_GID, gid);
	return 0;
}

/* One group into the key, unless its sets are there. */
static int gid_step(u32 i, struct gid_context *c)
{
	struct class_key *key = &c->s->key;
	u32 of, not, k, n;

	if (gid_sets(i, c, &of, &not))
		return 1;
	n = key->ngroups;
	for (k = 0; k < CLASS_GROUPS; k++)
		if (k < n && key->group[k][GROUP_OF] == of && key->group[k][GROUP_NOT] == not)
			return 0;
	asm volatile("" : "+r"(n));
	if (n >= CLASS_GROUPS) {
		key->ngroups = CLASS_GROUPS + 1;
		return 1;
	}
	key->group[n][GROUP_OF] = of;
	key->group[n][GROUP_NOT] = not;
	key->ngroups = n + 1;
	return 0;
}

/* 0 or a reason. */
static __always_inline int gid_open(struct gid_context *c, struct view *view, struct task_struct *task)
{
	const struct cred *cred = subject_cred(task);
	struct group_info *groups = cred->group_info;

	c->view = view;
	c->values = table(values, view);
	c->group_info = (u64)groups;
	c->egid = cred->egid.val;
	c->n = groups->ngroups + 1;
	return !c->values || c->n > GROUPS_MAX ? CORDON_REASON_TABLES : 0;
}

/*
 * The sets of the running task's groups, into the key in its scratch. When there are more than fit, none is there and the
 * class is this task's own: groups_fold() goes through them again. 0 or a reason.
 */
__noinline int who_groups(u64 current)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct gid_context c = {};
	struct view view;
	int err;

	c.s = scratch_of(task);
	if (!c.s)
		return CORDON_REASON_MEMORY;
	err = view_open(&view, current);
	if (!err)
		err = gid_open(&c, &view, task);
	if (err)
		return err;
	c.s->who_error = 0;
	bpf_loop(c.n, gid_step, &c, 0);
	if (c.s->key.ngroups > CLASS_GROUPS) {
		c.s->key.own = __sync_fetch_and_add(&class_last, 1) + 1;
		c.s->key.ngroups = 0;
		__builtin_memset(c.s->key.group, 0, sizeof(c.s->key.group));
	}
	return c.s->who_error;
}

#endif
