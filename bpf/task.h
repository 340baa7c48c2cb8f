/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks that keep a task's identity true.
 *
 * task_alloc            a child runs its parent's program until it executes another
 * bprm_check_security   the record for the new program must exist before there is no way back
 * bprm_committed_creds  the record is the new program; the subject is made anew
 * task_fix_setuid, task_fix_setgid, task_fix_setgroups
 *                       the subject is made anew
 *
 * All run whether or not there is a policy: it may come later, the identity cannot be had later.
 */
#ifndef CORDON_BPF_TASK_H
#define CORDON_BPF_TASK_H

#include "subject.h"

/* 0, or -ENOMEM: what cannot be found cannot be dropped, and must not be believed later. */
static __always_inline int subject_drop(struct task_struct *task)
{
	struct subject *subject = tasks_of(task);

	if (!subject)
		return -ENOMEM;
	subject->current = 0;
	return 0;
}

/* What the running task runs; recorded when it is not yet. NULL: no memory. */
static __always_inline struct identity *identity_recorded(struct task_struct *task)
{
	struct identity *recorded = programs_of(task);

	if (recorded && !recorded->known)
		identity_of(task, recorded);
	return recorded;
}

SEC("lsm/task_alloc")
int BPF_PROG(cordon_task_alloc, struct task_struct *child, unsigned long clone_flags, int ret)
{
	struct identity *parent, *record;

	if (ret)
		return ret;
	/* Without a record the child would be believed what prctl() says of it. */
	parent = identity_recorded(bpf_get_current_task_btf());
	record = parent ? programs_of(child) : NULL;
	if (!record)
		return -ENOMEM;
	*record = *parent;
	return 0;
}

SEC("lsm/bprm_check_security")
int BPF_PROG(cordon_bprm_check_security, struct linux_binprm *bprm, int ret)
{
	if (ret)
		return ret;
	return identity_recorded(bpf_get_current_task_btf()) ? 0 : -ENOMEM;
}

/* Cannot refuse any more. A record that cannot be found now stays the old one and differs from what the task runs: its
 * program is unknown from then on. The new credentials alone make the subject stale; dropping it is for good measure. */
SEC("lsm/bprm_committed_creds")
int BPF_PROG(cordon_bprm_committed_creds, struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct identity *recorded = programs_of(task);

	if (recorded)
		identity_of(task, recorded);
	subject_drop(task);
	return 0;
}

#define SUBJECT_DROPPER(hook, ...)                                                                                     \
	SEC("lsm/" #hook)                                                                                              \
	int BPF_PROG(cordon_##hook, __VA_ARGS__, int ret)                                                              \
	{                                                                                                              \
		return ret ? ret : subject_drop(bpf_get_current_task_btf());                                           \
	}

SUBJECT_DROPPER(task_fix_setuid, struct cred *new_cred, const struct cred *old, int flags)
SUBJECT_DROPPER(task_fix_setgid, struct cred *new_cred, const struct cred *old, int flags)
SUBJECT_DROPPER(task_fix_setgroups, struct cred *new_cred, const struct cred *old)

#endif
