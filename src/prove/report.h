/* SPDX-License-Identifier: GPL-2.0-only */
/* report: proofs as text, JSON, HTML. */
#ifndef PROVE_REPORT_H
#define PROVE_REPORT_H

#include <stdint.h>
#include "common/buf.h"

struct check_opts;
struct check_run;
struct proof;

struct sym;

struct report {
	struct buf json, html, html_index;
	unsigned n;
	unsigned holds, fails, unknown;
};

/* Text is printed at once (unless --json); the rest is kept for report_finish(). */
void report_program(struct report *r, const struct check_run *run, const struct proof *p);
/* Prints JSON, writes DIR/index.html. -errno when that cannot be written. */
int report_finish(struct report *r, const struct check_opts *opts, int status);
/* How many instructions. Of a function: its own; of a program: with the functions it needs. */
uint32_t report_length(const struct sym *s);

#endif
