/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * server: the control socket on the event loop. Takes lines from clients, gives each parsed request to one handler, writes
 * answers without ever waiting for a reader.
 *
 * Root only, twice: the socket's mode is 0600, and the kernel's word on the peer (SO_PEERCRED) must be uid 0. A follower who does not
 * read loses events, which are counted and told to him; he costs at most SERVER_QUEUE_MAX bytes.
 */
#ifndef CLI_SERVER_H
#define CLI_SERVER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "cli/proto.h"
#include "common/diag.h"

#define SERVER_CLIENTS_MAX 64
#define SERVER_QUEUE_MAX   (1u << 20)

struct server;
struct server_client;

/* The handler answers with server_reply() before it returns, or says with server_defer() that it will later. */
typedef void (*server_handler)(void *context, struct server_client *client, struct proto_request *request);

/* Listen on `path`; a socket that stands there is replaced (the caller holds the lock that says nobody else serves). */
int server_open(sd_event *loop, const char *path, server_handler handler, void *context, struct server **ret_server,
		struct diag *diag);
void server_free(struct server *server);

/* One answer line; takes `reply` over. */
void server_reply(struct server_client *client, json_t *reply);
/* The answer comes later, by server_answer() and this number (never 0). Until then nothing more is read from this client. */
uint64_t server_defer(struct server_client *client);
/* The answer that was deferred; takes `reply` over. The client may be gone. */
void server_answer(struct server *server, uint64_t deferred, json_t *reply);
/* One line of text without newline, part of an answer: never dropped. */
void server_line(struct server_client *client, const char *line, size_t length);
/* From now on this client gets what server_broadcast() sends; `denied`: only refusals. */
void server_follow(struct server_client *client, bool denied);
void server_broadcast(struct server *server, const char *line, size_t length, bool denied);

size_t server_clients(const struct server *server);
size_t server_followers(const struct server *server);

#endif
