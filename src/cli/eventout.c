/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * eventout: standard output, and the journal by its native protocol (eventout.h): one datagram an entry, sent without waiting,
 * which sd_journal_sendv(3) does not offer.
 */
#include "cli/eventout.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/pretty.h"
#include "common/buf.h"

static int connect_journal(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

void eventout_open(struct eventout *eventout, bool out, const char *journal, struct diag *diag)
{
	*eventout = EVENTOUT_INIT;
	if (out)
		eventout->out = STDOUT_FILENO;
	if (!journal)
		return;
	eventout->journal = connect_journal(journal);
	if (eventout->journal < 0)
		diag_add(diag, DIAG_WARNING, DIAG_AT(.file = journal), "events cannot be sent to the journal: %s",
			 strerror(-eventout->journal));
}

void eventout_close(struct eventout *eventout)
{
	if (eventout->journal >= 0)
		close(eventout->journal);
	*eventout = EVENTOUT_INIT;
}

/* A pipe that poll(2) calls writable takes PIPE_BUF bytes without waiting, and a line is shorter. */
static void write_out(struct eventout *eventout, const char *line, size_t length)
{
	struct pollfd ready = { .fd = eventout->out, .events = POLLOUT };
	struct buf text = BUF_INIT;
	bool good;

	buf_add(&text, line, length);
	buf_putc(&text, '\n');
	good = !text.failed && poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) &&
	       write(eventout->out, text.data, text.len) == (ssize_t)text.len;
	*(good ? &eventout->written : &eventout->dropped) += 1;
	buf_done(&text);
}

/* A value in one line: events have no newline, and what has one is not believed. */
static void add_field(struct buf *entry, const char *key, const char *value)
{
	if (value && !strchr(value, '\n'))
		buf_printf(entry, "%s=%s\n", key, value);
}

static void add_member(struct buf *entry, const char *key, const json_t *value)
{
	if (json_is_integer(value))
		buf_printf(entry, "%s=%lld\n", key, (long long)json_integer_value(value));
	else
		add_field(entry, key, json_string_value(value));
}

static void make_entry(struct buf *entry, const char *line, const json_t *event)
{
	static const struct { const char *field, *member; } fields[] = {
		{ "CORDON_KIND", "kind" },	     { "CORDON_OP", "op" },	{ "CORDON_REASON", "reason" },
		{ "CORDON_RULE", "rule" },	     { "CORDON_POLICY", "policy" }, { "CORDON_FILE_LINE", "file_line" },
		{ "CORDON_GENERATION", "generation" }, { "CORDON_PID", "pid" },	{ "CORDON_UID", "uid" },
		{ "CORDON_EUID", "euid" },	     { "CORDON_USER", "user" }, { "CORDON_EXE", "exe" },
		{ "CORDON_UNIT", "unit" },
	};
	const char *kind = json_string_value(json_object_get(event, "kind"));
	struct buf text = BUF_INIT;
	char *object;

	pretty_text(event, &text);
	add_field(entry, "MESSAGE", buf_str(&text));
	buf_done(&text);
	buf_printf(entry, "PRIORITY=%d\nSYSLOG_IDENTIFIER=cordon\nMESSAGE_ID=" EVENTOUT_MESSAGE_ID "\n",
		   kind && strcmp(kind, "deny") == 0 ? 4 : 5);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		add_member(entry, fields[i].field, json_object_get(event, fields[i].member));
	object = json_dumps(json_object_get(event, "object"), JSON_COMPACT);
	add_field(entry, "CORDON_OBJECT", object);
	add_field(entry, "CORDON_EVENT", line);
	free(object);
}

static void send_journal(struct eventout *eventout, const char *line)
{
	json_t *event = json_loads(line, 0, NULL);
	struct buf entry = BUF_INIT;
	bool good;

	if (event)
		make_entry(&entry, line, event);
	good = event && !entry.failed &&
	       send(eventout->journal, entry.data, entry.len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)entry.len;
	*(good ? &eventout->sent : &eventout->refused) += 1;
	buf_done(&entry);
	json_decref(event);
}

void eventout_line(struct eventout *eventout, const char *line, size_t length)
{
	if (eventout->out >= 0)
		write_out(eventout, line, length);
	if (eventout->journal >= 0)
		send_journal(eventout, line);
}
