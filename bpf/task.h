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

static __always_inline void subject_drop(struct task_struct *task)
{
	struct subject *subject = bpf_task_storage_get(&tasks, task, NULL, 0);

	if (subject)
		subject->current = 0;
}

SEC("lsm/task_alloc")
int BPF_PROG(cordon_task_alloc, struct task_struct *child, unsigned long clone_flags, int ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct identity *parent, now;

	if (ret)
		return ret;
	identity_of(task, &now);
	parent = bpf_task_storage_get(&programs, task, &now, BPF_LOCAL_STORAGE_GET_F_CREATE);
	/* Without a record the child would be believed what prctl() says of it. */
	if (!parent)
		return -ENOMEM;
	now = *parent;
	if (!bpf_task_storage_get(&programs, child, &now, BPF_LOCAL_STORAGE_GET_F_CREATE))
		return -ENOMEM;
	return 0;
}

SEC("lsm/bprm_check_security")
int BPF_PROG(cordon_bprm_check_security, struct linux_binprm *bprm, int ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct identity now;

	if (ret)
		return ret;
	identity_of(task, &now);
	return bpf_task_storage_get(&programs, task, &now, BPF_LOCAL_STORAGE_GET_F_CREATE) ? 0 : -ENOMEM;
}

SEC("lsm/bprm_committed_creds")
int BPF_PROG(cordon_bprm_committed_creds, struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct identity *recorded = bpf_task_storage_get(&programs, task, NULL, 0), now;

	identity_of(task, &now);
	if (recorded)
		*recorded = now;
	subject_drop(task);
	return 0;
}

#define SUBJECT_DROPPER(hook, ...)                                                                                     \
	SEC("lsm/" #hook)                                                                                              \
	int BPF_PROG(cordon_##hook, __VA_ARGS__, int ret)                                                              \
	{                                                                                                              \
		subject_drop(bpf_get_current_task_btf());                                                              \
		return ret;                                                                                            \
	}

SUBJECT_DROPPER(task_fix_setuid, struct cred *new_cred, const struct cred *old, int flags)
SUBJECT_DROPPER(task_fix_setgid, struct cred *new_cred, const struct cred *old, int flags)
SUBJECT_DROPPER(task_fix_setgroups, struct cred *new_cred, const struct cred *old)

#endif
