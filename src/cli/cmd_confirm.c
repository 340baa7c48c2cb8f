/* SPDX-License-Identifier: GPL-2.0-only */
/* cordon confirm: keep the policy that is on trial, or take it back now. */
#include <errno.h>
#include <jansson.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/diagjson.h"
#include "cli/paths.h"

#define PATIENCE_MS 120000

struct values {
	const char *socket;
	bool undo, json;
};

static const struct cli_option options[] = {
	{ "undo", 0, CLI_FLAG, offsetof(struct values, undo), NULL, "take it back now" },
	{ "json", 0, CLI_FLAG, offsetof(struct values, json), NULL, "print the daemon's answer" },
	{ "socket", 0, CLI_TEXT, offsetof(struct values, socket), "PATH", "the daemon's socket (default " PATH_SOCKET ")" },
	{ 0 },
};
static const struct cli_example examples[] = {
	{ "cordon apply --confirm 60s my-policy.yaml", "put a policy on trial" },
	{ "cordon confirm", "it is good: keep it" },
	{ "cordon confirm --undo", "it is not: what was before comes back" },
	{ 0 },
};

static enum cli_status show(const struct values *values, const json_t *reply, struct diag *diag)
{
	bool good = json_is_true(json_object_get(reply, "ok"));
	const char *error = json_string_value(json_object_get(reply, "error"));
	long generation = (long)json_integer_value(json_object_get(reply, "generation"));

	if (values->json) {
		json_dumpf(reply, stdout, JSON_INDENT(2));
		putchar('\n');
		return good ? CLI_OK : CLI_FAILED;
	}
	diag_from_json(json_object_get(reply, "diagnostics"), diag);
	diag_print(diag, stderr);
	if (!good)
		fprintf(stderr, "cordon confirm: %s\n", error ? error : "refused");
	else if (values->undo)
		printf("taken back: what was before is generation %ld\n", generation);
	else
		printf("generation %ld is confirmed\n", generation);
	return good ? CLI_OK : CLI_FAILED;
}

static enum cli_status run(const void *data, size_t n, char **operands)
{
	const struct values *values = data;
	json_t *request = json_pack("{s:s, s:b}", "cmd", "confirm", "undo", (int)values->undo), *reply = NULL;
	enum cli_status status = CLI_FAILED;
	struct client *client = NULL;
	struct diag diag;
	int err;

	diag_init(&diag);
	err = client_open(values->socket ? values->socket : PATH_SOCKET, false, &client, &diag);
	if (!err)
		err = client_ask(client, request, PATIENCE_MS, &reply, &diag);
	if (err)
		diag_print(&diag, stderr);
	else
		status = show(values, reply, &diag);
	json_decref(request);
	json_decref(reply);
	client_free(client);
	diag_done(&diag);
	return status;
}

const struct cli_command cmd_confirm = {
	.name = "confirm",
	.operands = "",
	.summary = "keep the policy that is on trial (apply --confirm), or take it back",
	.options = options,
	.examples = examples,
	.values_size = sizeof(struct values),
	.run = run,
};
