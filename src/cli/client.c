/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * client: talk to the daemon (client.h).
 */
#include "cli/client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/proto.h"
#include "common/buf.h"

struct client {
	int fd;
	struct buf in;
	size_t taken; /* of in: the line given out last */
};

int client_open(const char *path, bool quiet, struct client **ret_client, struct diag *diag)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct client *client;
	int fd, err = 0;

	if (strlen(path) >= sizeof(address.sun_path))
		return diag_fail(diag, -ENAMETOOLONG, DIAG_AT(.file = path), "is too long for a socket");
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return diag_fail(diag, -errno, NULL, "no socket: %s", strerror(errno));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		err = -errno;
	client = err ? NULL : calloc(1, sizeof(*client));
	if (!client) {
		close(fd);
		err = err ? err : -ENOMEM;
		if (quiet && (err == -ENOENT || err == -ECONNREFUSED || err == -EACCES))
			return err;
		diag_fail(diag, err, DIAG_AT(.file = path), "the daemon cannot be reached: %s", strerror(-err));
		diag_hint(diag, err == -EACCES ? "only root may talk to it" : "is it running? systemctl start cordon, or cordon run");
		return err;
	}
	client->fd = fd;
	*ret_client = client;
	return 0;
}

void client_free(struct client *client)
{
	if (!client)
		return;
	close(client->fd);
	buf_done(&client->in);
	free(client);
}

static int send_request(struct client *client, const json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	size_t left, at = 0;
	int err = 0;

	if (!text)
		return -ENOMEM;
	left = strlen(text);
	text[left++] = '\n'; /* in place of the NUL */
	while (left && !err) {
		ssize_t put = send(client->fd, text + at, left, MSG_NOSIGNAL);

		if (put >= 0) {
			at += put;
			left -= put;
		} else if (errno != EINTR) {
			err = -errno;
		}
	}
	free(text);
	return err;
}

static int receive(struct client *client, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = client->fd, .events = POLLIN };
	char step[16384];
	ssize_t got;
	int ready;

	ready = poll(&poll_fd, 1, timeout_ms);
	if (ready == 0)
		return -ETIMEDOUT;
	if (ready < 0)
		return errno == EINTR ? 0 : -errno;
	got = recv(client->fd, step, sizeof(step), 0);
	if (got == 0)
		return -ENODATA;
	if (got < 0)
		return errno == EINTR ? 0 : -errno;
	buf_add(&client->in, step, got);
	return client->in.failed ? -ENOMEM : client->in.len > PROTO_LINE_MAX ? -EMSGSIZE : 0;
}

int client_line(struct client *client, int timeout_ms, const char **ret_line, size_t *ret_length)
{
	char *newline = NULL;
	int err;

	if (client->taken) {
		client->in.len -= client->taken;
		memmove(client->in.data, client->in.data + client->taken, client->in.len);
		client->taken = 0;
	}
	while (!client->in.len || !(newline = memchr(client->in.data, '\n', client->in.len))) {
		err = receive(client, timeout_ms);
		if (err)
			return err;
	}
	*newline = '\0';
	*ret_line = client->in.data;
	*ret_length = newline - client->in.data;
	client->taken = *ret_length + 1;
	return 0;
}

int client_ask(struct client *client, const json_t *request, int timeout_ms, json_t **ret_reply, struct diag *diag)
{
	json_error_t fault;
	const char *line;
	size_t length;
	json_t *reply;
	int err, sent;

	/* Who refuses a client says so and closes, perhaps before the request was written: the answer counts. */
	sent = send_request(client, request);
	err = client_line(client, timeout_ms, &line, &length);
	if (err && sent)
		return diag_fail(diag, sent, NULL, "the daemon does not listen: %s", strerror(-sent));
	if (err)
		return diag_fail(diag, err, NULL, "the daemon does not answer: %s",
				 err == -ENODATA ? "it closed the connection" : strerror(-err));
	reply = json_loadb(line, length, 0, &fault);
	if (!json_is_object(reply)) {
		json_decref(reply);
		return diag_fail(diag, -EBADMSG, NULL, "the daemon's answer is not understood: %s", fault.text);
	}
	*ret_reply = reply;
	return 0;
}
