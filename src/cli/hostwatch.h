/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hostwatch: keeps the table of host names true, on the event loop: asks again when a TTL ends, lets addresses go when their
 * time is over, keeps on disk what changed. Nothing here waits; who asks is a child (lookup.h).
 */
#ifndef CLI_HOSTWATCH_H
#define CLI_HOSTWATCH_H

#include <systemd/sd-event.h>

#include "common/diag.h"
#include "policy/hosts.h"

struct hostwatch;

struct hostwatch_calls {
	void (*changed)(void *context);			      /* the addresses are others than before */
	void (*told)(void *context, const struct host *host); /* it failed for the first time, or was answered after that */
	void (*faults)(void *context, const struct diag *diag);
	void *context;
};

/* SIGCHLD must be blocked. @hosts is the caller's, who says when it changed by hostwatch_arm(). */
int hostwatch_open(sd_event *loop, struct hosts *hosts, const char *folder, const struct hostwatch_calls *calls,
		   struct hostwatch **ret_watch);
void hostwatch_free(struct hostwatch *watch);

void hostwatch_arm(struct hostwatch *watch);

#endif
