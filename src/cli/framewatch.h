/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * framewatch: devices of the network come and go; the program that judges frames is kept at all of them (guard/frames.h).
 */
#ifndef CLI_FRAMEWATCH_H
#define CLI_FRAMEWATCH_H

#include <systemd/sd-event.h>

#include "guard/guard.h"

struct framewatch;

/* What is to be said: once when it fails, once when it works again. */
typedef void (*framewatch_tell)(void *context, const struct diag *diag);

/* `*guard` is read at each turn. Where the kernel does not tell of devices, frames_settle() is only called by the functions
 * below. 0 or -errno. */
int framewatch_open(sd_event *loop, struct guard *const *guard, framewatch_tell tell, void *context, struct framewatch **ret_watch);
void framewatch_free(struct framewatch *watch);

/* Another policy, another set: look at everything. */
void framewatch_changed(struct framewatch *watch);
/* From time to time: what failed is tried again. */
void framewatch_tick(struct framewatch *watch);

#endif
