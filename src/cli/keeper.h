/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * keeper: the policy in force, and how it changes: compile, keep, publish. The daemon's only way to the kernel.
 *
 * Order of a change: compile (any fault: nothing happens) -> keep the text on disk -> publish -> keep the names of the rules. A
 * crash in between leaves a policy that was accepted as a whole, in the kernel or for the next start.
 */
#ifndef CLI_KEEPER_H
#define CLI_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/bundle.h"
#include "cli/rulebook.h"
#include "common/diag.h"
#include "guard/guard.h"

enum keeper_origin { KEEPER_ADOPTED, KEEPER_LOADED, KEEPER_REPLACED };

struct keeper {
	const char *policy_folder, *state_folder;
	bool audit;
	struct guard *guard;
	enum keeper_origin origin;
	struct bundle good;  /* text of `image`; no files: none */
	struct image *image; /* what was published last by this process; NULL: nothing */
	struct rulebook book;
	char *problem;	     /* why the policy that was wanted is not in force; NULL: it is */
	bool stale;	     /* the problem is that the last refresh failed */
};

/* What a change did. */
struct keeper_result {
	uint64_t generation;
	unsigned milliseconds;
	bool unchanged; /* nothing differed: the generation is the old one */
	struct rulebook_count count;
};

/* `keeper` has its first three members set. Finds the policy to begin with, adopts or loads, publishes. Faults of the policy
 * are in diag and no failure; that there is no guard is one. */
int keeper_open(struct keeper *keeper, const struct guard_options *options, struct diag *diag);
void keeper_done(struct keeper *keeper);

/* Put a bundle in force, which is taken over when that works. `dry_run`: compile only. */
int keeper_apply(struct keeper *keeper, struct bundle *bundle, bool dry_run, struct keeper_result *ret_result,
		 struct diag *diag);

/* The policy folder's content as a bundle. */
int keeper_read_folder(const struct keeper *keeper, struct bundle *ret_bundle, struct diag *diag);

/* Compile the policy in force again over the present mounts, users and groups; publish when it differs. */
int keeper_refresh(struct keeper *keeper, struct keeper_result *ret_result, struct diag *diag);

#endif
