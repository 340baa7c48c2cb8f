/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * changes: what is to happen to the policy, one thing after the other, on the event loop; nothing here waits. A policy on trial
 * is taken back when its time is over, before anything else that stands in the line.
 */
#ifndef CLI_CHANGES_H
#define CLI_CHANGES_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "cli/keeper.h"
#include "common/diag.h"

struct changes;

/* A change has come to its end. */
struct changes_end {
	uint64_t client; /* who asked for it, as it was given; 0: nobody */
	enum keeper_kind kind;
	bool dry_run, names;
	unsigned confirm;
	int err; /* 0, or -errno with what is wrong in diag */
	struct keeper_result result;
	struct diag *diag;
};

typedef void (*changes_done)(void *context, const struct changes_end *end);

/* SIGCHLD must be blocked. */
int changes_open(sd_event *loop, struct keeper *keeper, changes_done done, void *context, struct changes **ret_changes);
void changes_free(struct changes *changes);

/* Stand in the line; `change` is taken over. A refresh that waits already stands for this one, too. `done` may be called before
 * this returns. */
void changes_add(struct changes *changes, struct keeper_change *change, uint64_t client);

#endif
