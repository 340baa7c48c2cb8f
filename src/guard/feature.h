/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * feature: what the guard asks of a kernel, as a table: name, probe, since, what is lost without it. Kernels are
 * probed, never judged by their version; `since` is for people.
 *
 * A probe that cannot tell answers FEATURE_UNKNOWN, and that is not "yes".
 */
#ifndef GUARD_FEATURE_H
#define GUARD_FEATURE_H

#include <stdbool.h>
#include <stddef.h>

enum feature_state { FEATURE_YES, FEATURE_NO, FEATURE_UNKNOWN };

#define FEATURE_DETAIL 160

struct feature {
	const char *name;
	const char *what;  /* what it is for */
	const char *since; /* first kernel that has it */
	const char *lost;  /* what does not work without it */
	bool required;	   /* the guard does not load without it */
	/* Fills `detail` with what was found ("" when there is nothing to say). */
	enum feature_state (*probe)(char detail[FEATURE_DETAIL]);
};

extern const struct feature features[];
extern const size_t n_features;

/* What is not enforced where this program section ("lsm/file_open") cannot attach; never NULL. */
const char *feature_lost(const char *section);

const char *feature_state_name(enum feature_state state);

#endif
