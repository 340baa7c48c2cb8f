/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * proto: the control socket's language. One JSON object a line, both ways.
 *
 *     {"cmd":"apply","policy":BUNDLE,"dry_run":false}  -> {"ok":true,"generation":G,"rules":N,...,"diagnostics":[...]}
 *         with "confirm":SECONDS: on trial; the answer says how long. With "strict":true: what warns is a fault
 *     {"cmd":"reload"}                                 -> the same, from the daemon's policy folder
 *     {"cmd":"confirm","undo":false}                   -> {"ok":true,"generation":G}; with undo as apply: what was before
 *     {"cmd":"status"}                                 -> {"ok":true,"pid":N,...}
 *     {"cmd":"events","last":N,"follow":true}          -> {"ok":true,"count":N}, N events, then events as they come;
 *         with "denied":true: refusals only;               {"dropped":N} stands where a slow reader missed N
 *     {"cmd":"stop"}                                   -> {"ok":true}; the daemon ends, the guard stays
 *
 * What was not understood or not done: {"ok":false,"error":"...","diagnostics":[...]}. A member that is not known is an error:
 * an old daemon must not take a "dry_run" it does not know for an apply.
 */
#ifndef CLI_PROTO_H
#define CLI_PROTO_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "cli/bundle.h"
#include "common/diag.h"

/* Longest line either side takes: a full bundle with every byte escaped as \uXXXX would be longer, real text is not. */
#define PROTO_LINE_MAX (160u << 20)
#define PROTO_LAST_MAX 100000

enum proto_command { PROTO_APPLY, PROTO_RELOAD, PROTO_CONFIRM, PROTO_STATUS, PROTO_EVENTS, PROTO_STOP };

struct proto_request {
	enum proto_command command;
	struct bundle bundle; /* apply */
	bool dry_run, strict; /* apply, reload */
	unsigned confirm;     /* apply, reload: seconds, 0: for good */
	bool undo;	      /* confirm */
	bool follow, denied;  /* events; denied: refusals only */
	size_t last;	      /* events */
};

/* 0, or -errno with what is wrong in diag. */
int proto_parse(const char *line, size_t length, struct proto_request *ret_request, struct diag *diag);
void proto_request_done(struct proto_request *request);

/* {"ok":false,...}; never NULL unless memory is out. `diag` may be NULL. */
json_t *proto_error(const char *error, const struct diag *diag);

#endif
