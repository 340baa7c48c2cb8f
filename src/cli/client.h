/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * client: the commands' side of the control socket (proto.h).
 */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/diag.h"

struct client;

#define CLIENT_FOREVER (-1)

/* -ENOENT, -ECONNREFUSED: nobody serves there; -EACCES: not root. Nothing is added to diag for these three if `quiet`. */
int client_open(const char *path, bool quiet, struct client **ret_client, struct diag *diag);
void client_free(struct client *client);

/* The next line, without newline, valid until the next call. -ENODATA: the other side has closed; -ETIMEDOUT; -errno. */
int client_line(struct client *client, int timeout_ms, const char **ret_line, size_t *ret_length);

/* Send, and wait for one answer. */
int client_ask(struct client *client, const json_t *request, int timeout_ms, json_t **ret_reply, struct diag *diag);

#endif
