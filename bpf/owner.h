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

/* The running task's user, the effective or the real one; in namespaces that ordinary users made, the maker of the outermost. */
static __noinline u32 who_user(bool real)
{
	const struct cred *cred = subject_cred(bpf_get_current_task_btf());
	struct owner_walk w = { .uid = real ? cred->uid.val : cred->euid.val, .ns = (u64)cred->user_ns };

	bpf_loop(USER_NAMESPACES_MAX, owner_step, &w, 0);
	return w.uid;
}

#endif
