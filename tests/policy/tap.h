/* SPDX-License-Identifier: GPL-2.0-only */
/* tap: one line per fact, and what was said instead. */
#ifndef TESTS_POLICY_TAP_H
#define TESTS_POLICY_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/diag.h"

struct tap {
	unsigned n, failed;
};

__attribute__((format(printf, 3, 4))) static inline void tap_ok(struct tap *tap, bool good, const char *fmt, ...)
{
	va_list args;

	tap->failed += !good;
	printf("%sok %u - ", good ? "" : "not ", ++tap->n);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

static inline void tap_same(struct tap *tap, const char *have, const char *want, const char *what)
{
	bool same = !strcmp(have, want);

	if (!same)
		printf("# have: %s\n# want: %s\n", have, want);
	tap_ok(tap, same, "%s", what);
}

/* What a diag says, malloc'ed. */
static inline char *tap_said(const struct diag *diag)
{
	char *said = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&said, &size);

	if (!out)
		exit(2);
	diag_print(diag, out);
	fclose(out);
	if (size && said[size - 1] == '\n')
		said[size - 1] = '\0';
	return said;
}

static inline int tap_end(const struct tap *tap)
{
	printf("1..%u\n", tap->n);
	return tap->failed != 0;
}

#endif
