/* SPDX-License-Identifier: GPL-2.0-only */
/* said: what a diag says, as text. */
#ifndef TESTS_POLICY_SAID_H
#define TESTS_POLICY_SAID_H

#include <stdio.h>
#include <stdlib.h>

#include "common/diag.h"

/* What a diag says, malloc'ed. */
static inline char *diag_said(const struct diag *diag)
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

#endif
