/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pending: a policy that is in force on trial, as it stands on disk: what daemon and machine need to know to go back when nobody
 * confirms it.
 *
 *     {"version":1,"boot":"BOOT ID","deadline":MILLISECONDS SINCE BOOT,"policy":BUNDLE}
 *
 * The file is written and synced before the policy comes into force, and removed after it was confirmed or taken back. The
 * policy to go back to is the last good one, which stays where it is meanwhile. Another boot is one that nobody confirmed in.
 */
#ifndef CLI_PENDING_H
#define CLI_PENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/bundle.h"
#include "common/diag.h"

#define PENDING_SECONDS_MAX 86400u

struct pending {
	struct bundle bundle;
	uint64_t deadline; /* CLOCK_BOOTTIME, ms */
	bool over;	   /* the deadline has passed, or it was another boot */
};

/* CLOCK_BOOTTIME, ms. */
uint64_t pending_now(void);

int pending_save(const char *folder, const struct bundle *bundle, uint64_t deadline, struct diag *diag);
/* -ENOENT: nothing is on trial; -EBADMSG: something was, and the file is damaged; another error: it cannot be known. */
int pending_load(const char *folder, struct pending *ret_pending, struct diag *diag);
int pending_remove(const char *folder, struct diag *diag);

#endif
