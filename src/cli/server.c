/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * server: the control socket (server.h).
 */
#include "cli/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/buf.h"

#define READ_STEP (64u << 10)

struct server_client {
	struct server *server;
	struct server_client *next;
	sd_event_source *source;
	int fd;
	struct buf in, out;
	size_t sent; /* of out */
	uint64_t id;
	bool follow, denied, closing; /* denied: follows refusals only */
	bool waiting;	/* its answer was deferred */
	bool answering; /* a request of it is with the handler */
	uint64_t dropped; /* events since the last that was queued */
};

struct server {
	sd_event *loop;
	sd_event_source *source;
	struct server_client *clients;
	size_t n;
	uint64_t last_id;
	server_handler handler;
	void *context;
	char *path;
};

static void client_free(struct server_client *client)
{
	struct server_client **link = &client->server->clients;

	while (*link && *link != client)
		link = &(*link)->next;
	if (*link)
		*link = client->next;
	client->server->n--;
	sd_event_source_disable_unref(client->source);
	close(client->fd);
	buf_done(&client->in);
	buf_done(&client->out);
	free(client);
}

/* Write as much as goes; 0, or -errno when the client is gone. */
static int push(struct server_client *client)
{
	uint32_t reading = client->waiting ? 0 : EPOLLIN;

	while (client->sent < client->out.len) {
		ssize_t put = send(client->fd, client->out.data + client->sent, client->out.len - client->sent,
				   MSG_NOSIGNAL | MSG_DONTWAIT);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EAGAIN)
			return sd_event_source_set_io_events(client->source, reading | EPOLLOUT);
		if (put < 0)
			return -errno;
		client->sent += put;
	}
	buf_reset(&client->out);
	client->sent = 0;
	return sd_event_source_set_io_events(client->source, reading);
}

void server_line(struct server_client *client, const char *line, size_t length)
{
	buf_add(&client->out, line, length);
	buf_putc(&client->out, '\n');
}

void server_reply(struct server_client *client, json_t *reply)
{
	char *text = reply ? json_dumps(reply, JSON_COMPACT) : NULL;

	json_decref(reply);
	if (text)
		server_line(client, text, strlen(text));
	else
		client->closing = true; /* out of memory: the client sees the end of the stream */
	free(text);
}

void server_follow(struct server_client *client, bool denied)
{
	client->follow = true;
	client->denied = denied;
}

static void queue_event(struct server_client *client, const char *line, size_t length)
{
	if (client->out.len - client->sent + length > SERVER_QUEUE_MAX) {
		client->dropped++;
		return;
	}
	/* What was sent already need not be kept. */
	if (client->sent) {
		memmove(client->out.data, client->out.data + client->sent, client->out.len - client->sent);
		client->out.len -= client->sent;
		client->sent = 0;
	}
	if (client->dropped) {
		buf_printf(&client->out, "{\"dropped\":%llu}\n", (unsigned long long)client->dropped);
		client->dropped = 0;
	}
	server_line(client, line, length);
}

void server_broadcast(struct server *server, const char *line, size_t length, bool denied)
{
	struct server_client *client, *next;

	for (client = server->clients; client; client = next) {
		next = client->next;
		if (!client->follow || (client->denied && !denied))
			continue;
		queue_event(client, line, length);
		if (client->out.failed || push(client) < 0)
			client_free(client);
	}
}

static void answer(struct server_client *client, const char *line, size_t length)
{
	struct proto_request request;
	struct diag diag;

	diag_init(&diag);
	if (proto_parse(line, length, &request, &diag) < 0) {
		server_reply(client, proto_error("the request was not understood", &diag));
	} else {
		client->answering = true;
		client->server->handler(client->server->context, client, &request);
		client->answering = false;
		proto_request_done(&request);
	}
	diag_done(&diag);
}

/* Answer every whole line; keep the rest. */
static void answer_lines(struct server_client *client)
{
	char *start = client->in.data, *end = start + client->in.len, *newline;

	while (!client->closing && !client->waiting && start < end && (newline = memchr(start, '\n', end - start))) {
		answer(client, start, newline - start);
		start = newline + 1;
	}
	client->in.len = end - start;
	memmove(client->in.data, start, client->in.len);
}

/* 0, or -errno when the client is to be closed. */
static int take_input(struct server_client *client)
{
	char step[READ_STEP];
	ssize_t got = recv(client->fd, step, sizeof(step), MSG_DONTWAIT);

	if (got == 0)
		return -ECONNRESET;
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	buf_add(&client->in, step, got);
	if (client->in.failed)
		return -ENOMEM;
	/* Only new bytes can end a line: a long one is not searched again and again. */
	if (memchr(step, '\n', got))
		answer_lines(client);
	if (!client->waiting && client->in.len > PROTO_LINE_MAX) {
		server_reply(client, proto_error("the request is too long", NULL));
		client->closing = true;
	}
	return 0;
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct server_client *client = data;
	int err = 0;

	if (events & EPOLLIN)
		err = take_input(client);
	else if (events & (EPOLLHUP | EPOLLERR))
		err = -ECONNRESET;
	if (!err)
		err = client->out.failed ? -ENOMEM : push(client);
	if (err || client->closing)
		client_free(client);
	return 0;
}

uint64_t server_defer(struct server_client *client)
{
	client->waiting = true;
	return client->id;
}

void server_answer(struct server *server, uint64_t deferred, json_t *reply)
{
	struct server_client *client = server->clients;

	while (client && client->id != deferred)
		client = client->next;
	if (!client) {
		json_decref(reply);
		return;
	}
	client->waiting = false;
	server_reply(client, reply);
	/* In the middle of its own request the caller of the handler goes on with it. */
	if (client->answering)
		return;
	answer_lines(client); /* what came meanwhile */
	if (client->out.failed || push(client) < 0 || client->closing)
		client_free(client);
}

static void refuse(int fd, const char *why)
{
	json_t *reply = proto_error(why, NULL);
	char *text = reply ? json_dumps(reply, JSON_COMPACT) : NULL;

	if (text) {
		(void)!send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
		(void)!send(fd, "\n", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	free(text);
	json_decref(reply);
	close(fd);
}

static int on_connect(sd_event_source *source, int listener, uint32_t events, void *data)
{
	struct server *server = data;
	struct server_client *client;
	struct ucred peer;
	socklen_t size = sizeof(peer);
	int fd;

	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return 0;
	/* Unknown is not root. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != 0) {
		refuse(fd, "only root may talk to the guard");
		return 0;
	}
	if (server->n >= SERVER_CLIENTS_MAX) {
		refuse(fd, "too many clients");
		return 0;
	}
	client = calloc(1, sizeof(*client));
	if (!client) {
		close(fd);
		return 0;
	}
	*client = (struct server_client){ .server = server, .fd = fd, .next = server->clients,
					  .id = ++server->last_id };
	server->clients = client;
	server->n++;
	if (sd_event_add_io(server->loop, &client->source, fd, EPOLLIN, on_client, client) < 0)
		client_free(client);
	return 0;
}

static int listen_on(const char *path, int *ret_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t before;
	int fd, err;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	(void)unlink(path);
	/* Never, not even for a moment, with a wider mode. */
	before = umask(0177);
	err = bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	umask(before);
	if (!err && listen(fd, SERVER_CLIENTS_MAX) < 0)
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	*ret_fd = fd;
	return 0;
}

int server_open(sd_event *loop, const char *path, server_handler handler, void *context, struct server **ret_server,
		struct diag *diag)
{
	struct server *server = calloc(1, sizeof(*server));
	int fd = -1, err;

	if (!server)
		return diag_fail(diag, -ENOMEM, NULL, "no memory");
	*server = (struct server){ .loop = loop, .handler = handler, .context = context, .path = strdup(path) };
	err = server->path ? listen_on(path, &fd) : -ENOMEM;
	if (!err) {
		err = sd_event_add_io(loop, &server->source, fd, EPOLLIN, on_connect, server);
		if (err < 0)
			close(fd);
		else
			err = sd_event_source_set_io_fd_own(server->source, true);
	}
	if (err < 0) {
		diag_fail(diag, err, DIAG_AT(.file = path), "cannot listen: %s", strerror(-err));
		free(server->path);
		free(server);
		return err;
	}
	*ret_server = server;
	return 0;
}

void server_free(struct server *server)
{
	if (!server)
		return;
	while (server->clients) {
		(void)push(server->clients); /* the last answer, as far as it goes */
		client_free(server->clients);
	}
	sd_event_source_disable_unref(server->source);
	(void)unlink(server->path);
	free(server->path);
	free(server);
}

size_t server_clients(const struct server *server)
{
	return server->n;
}

size_t server_followers(const struct server *server)
{
	size_t n = 0;

	for (const struct server_client *client = server->clients; client; client = client->next)
		n += client->follow;
	return n;
}
