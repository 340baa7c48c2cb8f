/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * diag: what went wrong, where, and what to do about it.
 *
 * Library functions return 0 or -errno and add entries here; they never print and never exit.
 * Only a main program prints a diag. A `struct diag *` argument may always be NULL: then the entries
 * are dropped and the return value is all the caller gets.
 *
 * Ownership: every string that is passed in is copied; diag_done() releases everything.
 * An error that could not be stored for lack of memory is still counted in n_errors.
 */
#ifndef COMMON_DIAG_H
#define COMMON_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum diag_severity {
	DIAG_NOTE,
	DIAG_WARNING,
	DIAG_FLAW, /* a warning of what is in use already; what is new is refused for it (diag_strict()) */
	DIAG_ERROR,
};

/* Where: every part is optional; zero means not given. */
struct diag_pos {
	const char *file;    /* path as the user gave it */
	unsigned line, col;  /* 1-based; 0: unknown */
	const char *section; /* of an object, or program name */
	long insn;           /* instruction slot in that section or program */
	uint64_t offset;     /* byte offset in section or file */
	bool has_insn, has_offset;
};

/* A position literal: DIAG_AT(.file = path, .line = 3), DIAG_AT(.section = name, DIAG_INSN(7)) */
#define DIAG_AT(...) (&(const struct diag_pos){ __VA_ARGS__ })
#define DIAG_INSN(n) .insn = (long)(n), .has_insn = true
#define DIAG_OFFSET(n) .offset = (n), .has_offset = true

struct diag_entry {
	enum diag_severity severity;
	struct diag_pos pos; /* strings owned by the diag */
	char *message;
	char *hint; /* what would help, or NULL */
};

struct diag {
	struct diag_entry *entries;
	size_t n, cap;
	size_t n_errors; /* counts dropped entries as well */
	size_t n_dropped;
	size_t limit; /* most entries kept; 0 means DIAG_DEFAULT_LIMIT */
};

#define DIAG_DEFAULT_LIMIT 1000

void diag_init(struct diag *d);
void diag_done(struct diag *d);

/* Add one entry. `pos` may be NULL. */
__attribute__((format(printf, 4, 5))) void diag_add(struct diag *d, enum diag_severity severity,
						    const struct diag_pos *pos, const char *fmt, ...);

/* Add an error and return `err` unchanged, so that a function can end with `return diag_fail(...)`. */
__attribute__((format(printf, 4, 5))) int diag_fail(struct diag *d, int err, const struct diag_pos *pos,
						    const char *fmt, ...);

/* What is `least` or worse is an error from now on. 0: there was nothing; else -EINVAL. */
int diag_strict(struct diag *d, enum diag_severity least);

/* Attach a hint to the entry added last (nothing if there is none). */
__attribute__((format(printf, 2, 3))) void diag_hint(struct diag *d, const char *fmt, ...);

const char *diag_severity_name(enum diag_severity severity);

/* "file:line:col: error: message" / "file: section 'x' insn 3: error: message", then "  hint: ...". */
void diag_print(const struct diag *d, FILE *out);

/* A JSON array of objects; members without a value are left out. */
void diag_print_json(const struct diag *d, FILE *out);

#endif
