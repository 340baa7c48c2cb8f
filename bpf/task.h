/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hooks that keep a task's identity true.
 *
 * task_alloc            a child has its parent's subject, and runs its program until it executes another
 * bprm_check_security   the record for the new program must exist before there is no way back
 * bprm_committed_creds  the record is the new program; the subject is made anew
 * task_fix_setuid, task_fix_setgid, task_fix_setgroups
 *                       the subject is made anew
 *
 * task_alloc and bprm_check_security also have the task's line noted (line.h), unless it is: before there is a child that
 * shall have it, and before the program that it ends with is replaced.
 *
 * All run whether or not there is a policy: it may come later, the identity cannot be had later.
 */
#ifndef CORDON_BPF_TASK_H
#define CORDON_BPF_TASK_H

#include "ask.h"

/* 0, or -ENOMEM: what cannot be found cannot be dropped, and must not be believed later. */
static __always_inline int subject_drop(struct task_struct *task)
{
	struct subject *subject = tasks_of(task);

	__sync_fetch_and_add(&subject_drops, 1);
	if (!subject)
		return -ENOMEM;
	subject->current = 0;
	return 0;
}

/* The running task's subject; what it runs is recorded in it, now if it was not. NULL: no memory. */
static __always_inline struct subject *subject_recorded(struct task_struct *task)
{
	struct subject *subject = tasks_of(task);

	if (subject && !subject->recorded.known)
		identity_of(task, &subject->recorded);
	return subject;
}

/* Have the running task's line noted. When nobody does, it is lost. */
static __always_inline void subject_line(struct subject *subject, struct task_struct *task)
{
	if (!line_holds(subject, task) && cordon_ask(0, ASK_LINE, 0))
		subject->line = line_note(LINE_LOST, task->self_exec_id);
}

/* All but the request under way. Word by word: a copy by the kernel would be of all of it. */
static __always_inline void subject_inherit(struct subject *subject, const struct subject *parent)
{
	const u64 *from = (const u64 *)parent;
	u64 *to = (u64 *)subject;
	u32 i;

	_Static_assert(__builtin_offsetof(struct subject, request) % sizeof(u64) == 0, "whole words");
#pragma unroll
	for (i = 0; i < __builtin_offsetof(struct subject, request) / sizeof(u64); i++)
		to[i] = from[i];
}

/*
 * The child's credentials are a copy of its parent's by now, with the same users and groups, and it runs the same
 * program: its parent's subject, if that was right, is right for it. (It is not for who was made with other credentials
 * than it has now.) A cgroup of its own is seen when it is used.
 */
SEC("lsm/task_alloc")
int BPF_PROG(cordon_task_alloc, struct task_struct *child, unsigned long clone_flags, int ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct subject *parent, *subject;

	if (ret)
		return ret;
	/* Without a record the child would be believed what prctl() says of it. */
	parent = subject_recorded(task);
	if (!parent)
		return -ENOMEM;
	subject_line(parent, task);
	subject = tasks_of(child);
	if (!subject)
		return -ENOMEM;
	subject_inherit(subject, parent);
	if (subject->cred == (u64)task->real_cred)
		subject->cred = (u64)child->real_cred;
	else
		subject->current = 0;
	return 0;
}

SEC("lsm/bprm_check_security")
int BPF_PROG(cordon_bprm_check_security, struct linux_binprm *bprm, int ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct subject *subject;

	if (ret)
		return ret;
	subject = subject_recorded(task);
	if (!subject)
		return -ENOMEM;
	subject_line(subject, task);
	return 0;
}

/* Cannot refuse any more. A record that cannot be found now stays the old one and differs from what the task runs: its
 * program is unknown from then on, and the new credentials make the subject stale. */
SEC("lsm/bprm_committed_creds")
int BPF_PROG(cordon_bprm_committed_creds, struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct subject *subject = tasks_of(task);

	if (subject) {
		identity_of(task, &subject->recorded);
		subject->current = 0;
	}
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
