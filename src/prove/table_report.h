/* SPDX-License-Identifier: GPL-2.0-only */
/* table_report: which elements of real maps have the invariants of their map, as text or JSON. */
#ifndef PROVE_TABLE_REPORT_H
#define PROVE_TABLE_REPORT_H

#include "common/buf.h"
#include "prove/contract_table.h"
#include "prove/table_dump.h"

struct bt;

/* One map. Of the elements the first are shown as text, all of them as JSON. */
struct table_report {
	const struct bt *bt;
	const struct table_dump *dump;
	bool json;
	const struct table_element *element; /* that is judged */
	bool fails, unknown;                 /* it has been found so */
	size_t n_fails, n_unknown;           /* elements */
	size_t n_shown, n_left;              /* findings */
	struct buf text;
};

/* Between these, table_report_found() is called for what an element does not have. */
void table_report_element(struct table_report *r, const struct table_element *e);
void table_report_found(void *report, const struct table_finding *f);
/* Nothing could be read of it. */
void table_report_unread(struct table_report *r);
/* All of the map: adds to out, and gives the text back. */
void table_report_map(struct table_report *r, size_t n_clauses, struct buf *out);

#endif
