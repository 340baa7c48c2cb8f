/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * keeper: the policy in force, and how it changes: compile, keep, publish. The daemon's only way to the kernel.
 *
 * Order of a change: compile, in a process of its own (any fault: nothing happens) -> keep what its host names hold, and the text,
 * on disk -> publish -> keep the names of the rules. A crash in between leaves a policy that was accepted as a whole, in the kernel or for the next start.
 *
 * A policy may be applied on trial: its text is kept as that, the last good one stays what it is; confirmed in time it becomes the
 * last good one, else that comes back, by this daemon or by the next one, after a reboot in any case. Until then no other
 * policy is taken.
 */
#ifndef CLI_KEEPER_H
#define CLI_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/bundle.h"
#include "cli/rulebook.h"
#include "cli/worker.h"
#include "common/diag.h"
#include "guard/guard.h"

enum keeper_origin { KEEPER_ADOPTED, KEEPER_LOADED, KEEPER_REPLACED };

enum keeper_kind {
	KEEPER_APPLY,	/* another policy */
	KEEPER_REFRESH,	/* the policy in force over the present mounts, users, groups and addresses of host names */
	KEEPER_ROLLBACK, /* the policy before the one on trial */
};

struct keeper_change {
	enum keeper_kind kind;
	struct bundle bundle; /* KEEPER_APPLY: the policy */
	bool dry_run;	      /* KEEPER_APPLY: compile only */
	bool strict;	      /* KEEPER_APPLY: what warns is a fault */
	unsigned confirm;     /* KEEPER_APPLY: seconds of trial, 0: none */
	bool names;	      /* KEEPER_REFRESH: because of the host names */
};

struct keeper {
	const char *policy_folder, *state_folder;
	bool audit;
	struct guard *guard;
	enum keeper_origin origin;
	struct bundle good; /* text of what is in force; no files: none */
	struct rulebook book;
	char *problem;	     /* why the policy that was wanted is not in force; NULL: it is */
	bool stale;	     /* the problem is that the last refresh failed */

	struct hosts hosts; /* the host names of what is in force, and of what comes back after a trial */

	struct worker_print print; /* of what was published last by this process */
	bool printed;

	bool busy; /* a change is under way: */
	struct keeper_change change;
	struct worker worker;
	uint64_t begun;

	bool trial;	      /* the policy in force is on trial: */
	struct bundle before; /* what comes back; no files: no policy */
	uint64_t generation;  /* of it */
	uint64_t deadline;    /* pending_now() */
};

/* What a change did. */
struct keeper_result {
	uint64_t generation;
	unsigned milliseconds;
	bool unchanged; /* nothing differed: the generation is the old one */
	bool returned;	/* by keeper_return() */
	struct rulebook_count count;
};

/* `keeper` has its first three members set. Finds the policy to begin with, adopts or loads, publishes. Faults of the policy
 * are in diag and no failure; that there is no guard is one. */
int keeper_open(struct keeper *keeper, const struct guard_options *options, struct diag *diag);
void keeper_done(struct keeper *keeper);

/*
 * Begin a change: keeper->worker.pid compiles it. `change` is taken over when that works. -EBUSY: one is under way, or a policy
 * is on trial and this is another one; -ENODATA: there is nothing to refresh or to take back.
 */
int keeper_start(struct keeper *keeper, struct keeper_change *change, struct diag *diag);

/* Release what a change that was not taken over holds. */
void keeper_change_done(struct keeper_change *change);

/* End it: the compiler has ended with this wait status. What was in force stays unless 0 is returned. */
int keeper_finish(struct keeper *keeper, int status, struct keeper_result *ret_result, struct diag *diag);

/*
 * The policy before the one on trial, where it could not be compiled or published: it comes back as it was, tables and all, by one store
 * (guard_return()), because the one on trial may be what takes the daemon its files. What it rests on may have changed since: refresh it.
 * -ENODATA: none is on trial; -ENOENT: the tables are gone.
 */
int keeper_return(struct keeper *keeper, struct keeper_result *ret_result, struct diag *diag);

/* The policy on trial is good. -ENODATA: none is. */
int keeper_confirm(struct keeper *keeper, struct diag *diag);

/* The policy folder's content as a bundle. */
int keeper_read_folder(const struct keeper *keeper, struct bundle *ret_bundle, struct diag *diag);

#endif
