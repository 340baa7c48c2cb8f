/* SPDX-License-Identifier: GPL-2.0-only */
/* report: proofs as text, JSON, HTML. */
#ifndef PROVE_REPORT_H
#define PROVE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/buf.h"

struct bpfobj_line;
struct check_opts;
struct check_run;
struct proof;
struct replay;
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

/* Whether both are known, and the same line of the same file. */
bool report_same_line(const struct bpfobj_line *a, const struct bpfobj_line *b);

/* The line that step i of a replayed path comes to, of which `last` was told before; NULL: none that is to be told. Compilers blame the first
 * line of a program for what is everybody's: it is told once. */
const struct bpfobj_line *report_step(const struct sym *s, const struct replay *r, size_t i, const struct bpfobj_line *last);

#endif
