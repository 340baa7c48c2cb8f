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

SEC("freplace/cordon_ask")
int cordon_core(u64 current, u32 op)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct scratch *s = bpf_task_storage_get(&scratch, task, NULL, 0);
	struct subject *subject = NULL;
	int why = CORDON_REASON_MEMORY;

	if (s)
		subject = subject_now(current, &why);
	if (!subject) {
		report_refuse(op, why, current);
		return 1;
	}
	if (op < CORDON_OP_COUNT && (CORDON_OPS_FILE & OP_BIT(op)))
		return core_file(s, subject, current);
	if ((op < CORDON_OP_COUNT && (CORDON_OPS_NET & OP_BIT(op))) || op == CORDON_OP_SOCKET)
		return core_net(s, subject, current, op);
	if (op == CORDON_OP_CAPABILITY || op == CORDON_OP_KERNEL)
		return core_number(s, subject, current, op);
	if (op == ASK_MOVE)
		return core_move(current);
	report_refuse(op, CORDON_REASON_TABLES, current); /* no hook asks this */
	return 1;
}

#endif
