/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core: what answers the hooks (ask.h). One program, put in the place of every hook's cordon_ask().
 */
#ifndef CORDON_BPF_CORE_H
#define CORDON_BPF_CORE_H

#include "core_file.h"
#include "core_move.h"
#include "core_net.h"
#include "core_number.h"
#include "frame.h"

/* The running task's request: made by the hook, but for one that is a number, which is empty. NULL: no memory. */
static __always_inline struct request *core_request(bool numbered)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct subject *subject = numbered ? tasks_of(task) : bpf_task_storage_get(&tasks, task, NULL, 0);

	if (!subject)
		return NULL;
	if (numbered)
		__builtin_memset(&subject->request, 0, sizeof(subject->request));
	return &subject->request;
}

SEC("freplace/cordon_ask")
int cordon_core(u64 current, u32 op, u32 number)
{
	bool numbered = op == CORDON_OP_CAPABILITY || op == CORDON_OP_KERNEL;
	struct subject *subject = NULL;
	int why = CORDON_REASON_MEMORY;

	if (op == ASK_LINE)
		return line_now();
	if (core_request(numbered))
		subject = subject_now(current, &why);
	if (!subject) {
		report_refuse(op, why, current);
		return 1;
	}
	if (op < CORDON_OP_COUNT && (CORDON_OPS_FILE & OP_BIT(op)))
		return core_file(subject, current);
	if ((op < CORDON_OP_COUNT && (CORDON_OPS_NET & OP_BIT(op))) || op == CORDON_OP_SOCKET)
		return core_net(subject, current, op);
	if (numbered)
		return core_number(subject, current, op, number);
	if (op == CORDON_OP_FRAME)
		return !(subject->active & OP_BIT(CORDON_OP_FRAME));
	if (op == ASK_MOVE)
		return core_move(current);
	if (op == ASK_NOTE)
		report_refuse(CORDON_OP_REACH, CORDON_REASON_MEMORY, current);
	else
		report_refuse(op, CORDON_REASON_TABLES, current); /* no hook asks this */
	return 1;
}

#endif
