/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which user a task is. A number in a user namespace that an ordinary user made is not a user: newuidmap(1) gives everybody
 * thousands of them, to put on and off.
 */
#ifndef CORDON_BPF_OWNER_H
#define CORDON_BPF_OWNER_H

#include "subject.h"

#define USER_NAMESPACES_MAX 34u /* the kernel nests 32 (kernel/user_namespace.c) */

struct owner_walk {
	u64 ns;
	u32 uid;
};

static int owner_step(u32 i, struct owner_walk *w)
{
	struct user_namespace *ns = (void *)w->ns;
	u32 owner;

	w->ns = (u64)BPF_CORE_READ(ns, parent);
	if (!w->ns)
		return 1; /* the first has no maker */
	owner = BPF_CORE_READ(ns, owner.val);
	if (owner)
		w->uid = owner;
	return 0;
}

/* The running task's users, the effective and the real one; in namespaces that ordinary users made, the maker of the outermost. */
struct users {
	u32 effective, real;
};

static __noinline int who_users(struct users *ret_users)
{
	const struct cred *cred = subject_cred(bpf_get_current_task_btf());
	struct owner_walk w = { .ns = (u64)cred->user_ns };

	ret_users->effective = cred->euid.val;
	ret_users->real = cred->uid.val;
	if (!cred->user_ns->level)
		return 0; /* the first: most tasks */
	bpf_loop(USER_NAMESPACES_MAX, owner_step, &w, 0);
	if (w.uid)
		ret_users->effective = ret_users->real = w.uid;
	return 0;
}

#endif
