/* SPDX-License-Identifier: GPL-2.0-only */
/* cordon events: what was refused, and what would have been. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/paths.h"
#include "cli/pretty.h"
#include "cli/proto.h"
#include "say/say.h"

#define PATIENCE_MS 10000
#define RETRY_S	    1
#define LAST	    20

struct values {
	const char *socket;
	unsigned long last;
	bool follow, denied, json, pretty;
};

static const struct cli_option options[] = {
	{ "follow", 'f', CLI_FLAG, offsetof(struct values, follow), NULL, "go on with new ones; reconnect when the daemon restarts" },
	{ "last", 'n', CLI_NUMBER, offsetof(struct values, last), "N", "the last N (default 20; with --follow 0)" },
	{ "denied", 'd', CLI_FLAG, offsetof(struct values, denied), NULL, "refusals only, not what would have been one" },
	{ "json", 0, CLI_FLAG, offsetof(struct values, json), NULL, "one JSON object a line (default when not on a terminal)" },
	{ "pretty", 0, CLI_FLAG, offsetof(struct values, pretty), NULL, "a line for people (default on a terminal)" },
	{ "socket", 0, CLI_TEXT, offsetof(struct values, socket), "PATH", "the daemon's socket (default " PATH_SOCKET ")" },
	{ 0 },
};
static const struct cli_example examples[] = {
	{ "cordon events --follow", "as they come" },
	{ "cordon events --follow --denied", "refusals only" },
	{ "cordon events --last 100", "the last hundred" },
	{ "cordon events --json --last 1000 | jq .rule", "for programs" },
	{ 0 },
};

/* How one connection ended. */
enum outcome { OUTCOME_END, OUTCOME_LOST, OUTCOME_REFUSED, OUTCOME_NO_READER };

struct session {
	const struct values *values;
	bool pretty;
	size_t last;
};

static bool print_event(const struct session *session, const char *line)
{
	if (session->pretty)
		pretty_event(line, stdout);
	else
		puts(line);
	return session->values->follow ? fflush(stdout) == 0 : !ferror(stdout);
}

static enum outcome follow(struct session *session, struct client *client)
{
	const char *line;
	size_t length;

	while (client_line(client, CLIENT_FOREVER, &line, &length) == 0)
		if (!print_event(session, line))
			return OUTCOME_NO_READER;
	return OUTCOME_LOST;
}

static enum outcome serve(struct session *session, struct client *client, struct diag *diag)
{
	json_t *request = json_pack("{s:s, s:I, s:b, s:b}", "cmd", "events", "last", (json_int_t)session->last, "follow",
				    (int)session->values->follow, "denied", (int)session->values->denied);
	json_t *reply = NULL;
	const char *line;
	size_t length, count;
	int err;

	err = client_ask(client, request, PATIENCE_MS, &reply, diag);
	json_decref(request);
	if (err)
		return OUTCOME_LOST;
	if (!json_is_true(json_object_get(reply, "ok"))) {
		const char *error = json_string_value(json_object_get(reply, "error"));

		diag_fail(diag, -EPROTO, NULL, "%s", error ? error : "the daemon refused");
		json_decref(reply);
		return OUTCOME_REFUSED;
	}
	count = json_integer_value(json_object_get(reply, "count"));
	json_decref(reply);
	for (size_t i = 0; i < count; i++) {
		err = client_line(client, PATIENCE_MS, &line, &length);
		if (err) {
			diag_fail(diag, err, NULL, "the daemon gave %zu events of %zu: %s", i, count,
				  err == -ENODATA ? "it closed the connection" : strerror(-err));
			return OUTCOME_LOST;
		}
		if (!print_event(session, line))
			return OUTCOME_NO_READER;
	}
	session->last = 0; /* after a reconnection only new ones */
	return session->values->follow ? follow(session, client) : OUTCOME_END;
}

/* Connect again and again; what is missed meanwhile is in the log. */
static enum outcome serve_for_ever(struct session *session, const char *socket, struct diag *diag)
{
	struct client *client;
	bool said = false;
	enum outcome outcome;

	for (;;) {
		struct diag quiet;

		diag_init(&quiet);
		outcome = OUTCOME_LOST;
		if (client_open(socket, true, &client, &quiet) == 0) {
			if (said)
				fprintf(stderr, "cordon events: connected again\n");
			said = false;
			outcome = serve(session, client, &quiet);
			client_free(client);
		}
		if (outcome == OUTCOME_REFUSED)
			say_diag(&quiet);
		diag_done(&quiet);
		if (outcome != OUTCOME_LOST)
			return outcome;
		if (!said)
			fprintf(stderr, "cordon events: waiting for the daemon\n");
		said = true;
		sleep(RETRY_S);
	}
}

static enum cli_status run(const void *data, size_t n, char **operands)
{
	const struct values *values = data;
	struct session session = { .values = values };
	const char *socket = values->socket ? values->socket : PATH_SOCKET;
	enum outcome outcome = OUTCOME_REFUSED;
	struct client *client;
	struct diag diag;

	session.pretty = values->pretty || (!values->json && isatty(STDOUT_FILENO));
	say_begin("cordon", "events", values->json || !session.pretty); /* lines of JSON are for programs, asked for or not */
	session.last = values->last ? values->last : values->follow ? 0 : LAST;
	if ((values->json && values->pretty) || values->last > PROTO_LAST_MAX) {
		say_trouble(values->json && values->pretty ? "--json and --pretty exclude each other" : "--last is at most 100000");
		return CLI_USAGE;
	}
	diag_init(&diag);
	/* The first connection is not retried without end when it is a question of rights. */
	if (values->follow && geteuid() == 0) {
		outcome = serve_for_ever(&session, socket, &diag);
	} else if (client_open(socket, false, &client, &diag) == 0) {
		outcome = serve(&session, client, &diag);
		client_free(client);
	}
	say_diag(&diag);
	diag_done(&diag);
	return outcome == OUTCOME_END || outcome == OUTCOME_NO_READER ? CLI_OK : CLI_FAILED;
}

const struct cli_command cmd_events = {
	.name = "events",
	.operands = "",
	.summary = "print what was refused, and what would have been",
	.text = "\nEvery event stands in " PATH_LOG " as well, where the daemon is told to log.\n"
		"{\"dropped\":N} in the stream: this reader was too slow for N events; they are in the log.",
	.options = options,
	.examples = examples,
	.values_size = sizeof(struct values),
	.run = run,
};
