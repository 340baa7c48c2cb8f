/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report_html: a proof as a page, for a reviewer who never saw the tool: what was asked of the program and what came out, by whom
 * and how fast, which conditions were left to solvers, the contract, and of what fails a walk over the source with what
 * the kernel answered on the way.
 */
#ifndef PROVE_REPORT_HTML_H
#define PROVE_REPORT_HTML_H

struct buf;
struct check_run;
struct proof;

/* Up to where the table of programs begins. */
extern const char report_html_head[];
/* One program: its line in the table of programs goes to index, the rest to b. */
void report_html_program(struct buf *index, struct buf *b, const struct check_run *run, const struct proof *p);

#endif
