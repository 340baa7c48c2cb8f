/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a hook asks. A hook answers by itself what it has answered before, from what is kept with the task and the
 * inode; anything else it asks the core (core.h), which makes subjects, walks to places, decides and reports.
 *
 * The core is one program, and every hook calls it by a function of its own, cordon_ask(). That function is a stub
 * until the loader replaces it, in each hook, by the core (freplace; src/guard/core.c), which it does before it
 * attaches the hook. So the core is verified once and not once per hook, has the stack to itself, and is proved once.
 * A hook whose stub was not replaced refuses.
 *
 * No hook may hold a function that the verifier finds dead: when it takes one out, it forgets to move what it knows of
 * the linkage of those behind it, and takes the stub for a static function (kernel/bpf/verifier.c,
 * adjust_subprog_starts_after_remove() leaves func_info_aux as it is). The core cannot be linked then, and loading fails.
 */
#ifndef CORDON_BPF_ASK_H
#define CORDON_BPF_ASK_H

#include "kept.h"
#include "subject.h"

#define OP_BIT(op) (1u << (op))

/*
 * May the running task do `op` under the policy `current`? What to is `number` when it is a number (capabilities, operations on the
 * kernel); else the request stands in the task's subject; without one the answer is no, and the core says so in an
 * event. Not 0: refuse.
 */
__weak __noinline int cordon_ask(u64 current, u32 op, u32 number)
{
	asm volatile("" : "+r"(current), "+r"(op), "+r"(number)); /* no compiler may know the answer, or drop what it depends on */
	return 1;
}

/* The policy in force; 0 = none. One load: the publisher stores it last. */
static __always_inline u64 policy_current(void)
{
	return *(volatile u64 *)&cordon_state.current;
}

/* The running task's subject when it is right for `current`, else NULL: the core makes it. */
static __always_inline struct subject *ask_subject(u64 current)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 cgroup = bpf_get_current_cgroup_id();
	struct subject *subject = bpf_task_storage_get(&tasks, task, NULL, 0);

	return subject && subject_holds(subject, current, task, cgroup) ? subject : NULL;
}

/* Beside enum cordon_op: an object gets another place; a file is mapped to be executed, which only a forbid of exec refuses. */
#define ASK_MOVE CORDON_OP_MAX
#define ASK_MAP  (CORDON_OP_MAX - 1)
/* Nothing is asked: there is no memory to note with the socket who sends. Refused, and told. */
#define ASK_NOTE (CORDON_OP_MAX + 1)
/* No question: the running task's line shall be noted (line.h), whatever the policy is. */
#define ASK_LINE (CORDON_OP_MAX + 2)

/* What the programs before this one answered, where its place differs between kernels: behind the last argument. */
static __always_inline int earlier(u64 *ctx)
{
	u64 arguments = bpf_get_func_arg_cnt(ctx) & 7;
	int ret = -EPERM;

	bpf_probe_read_kernel(&ret, sizeof(ret), ctx + arguments);
	return ret < -ERRNO_MAX || ret > 0 ? -EPERM : ret;
}

/* The running task's request, empty. NULL: no memory; ask all the same. */
static __always_inline struct request *ask_request(void)
{
	struct subject *subject = tasks_of(bpf_get_current_task_btf());

	if (!subject)
		return NULL;
	__builtin_memset(&subject->request, 0, sizeof(subject->request));
	return &subject->request;
}

/* May the running task do `op` with `number`? 0 or -EPERM. The core alone is asked: these are rare, and what a hook does
 * by itself is verified in every one of them. */
static __always_inline int number_ask(u32 op, u32 number)
{
	u64 current = policy_current();

	return current && cordon_ask(current, op, number) ? -EPERM : 0;
}

#endif
