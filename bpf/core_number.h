/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core's half of a request whose object is a number.
 */
#ifndef CORDON_BPF_CORE_NUMBER_H
#define CORDON_BPF_CORE_NUMBER_H

#include "report.h"

/* Not 0: refuse. */
static __noinline int core_number(struct subject *subject, u64 current, u32 op, u32 number)
{
	struct report report = { .op = op, .ask = op, .number = number };
	u32 dim = op == CORDON_OP_CAPABILITY ? CORDON_DIM_CAPABILITY : CORDON_DIM_OPERATION;
	u32 set = CORDON_SET_NONE;
	struct view view;
	void *values;
	int why, end;

	if (!(subject->active >> op & 1))
		return 0;
	if (permitted_before(subject, permitted_key(op, report.number))) {
		count(cached);
		return 0;
	}
	why = view_open(&view, current);
	if (!why) {
		values = table(values, &view);
		if (values)
			set = value_set(&view, values, dim, report.number);
		else
			why = CORDON_REASON_TABLES;
	}
	report.set[0] = set;
	end = judge(&report, current, join(&subject->request, why));
	if (!report.kind)
		permitted_note(subject, permitted_key(op, report.number));
	return end;
}

#endif
