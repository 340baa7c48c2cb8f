/* SPDX-License-Identifier: GPL-2.0-only */
/* eventask: an event (guard/event.h) -> the request it tells of, so that a policy can be asked again. */
#ifndef CLI_EVENTASK_H
#define CLI_EVENTASK_H

#include <jansson.h>

#include "cli/request.h"

/*
 * NULL, or what is wrong, as in request.h. Supplementary groups are those the user has on this machine, for an event does not
 * tell them; neither does it tell ancestors and the kind of a session, which count as unknown.
 */
const char *eventask_request(const json_t *event, struct arena *arena, const struct mount_table *mounts,
			     struct request *ret_request);

#endif
