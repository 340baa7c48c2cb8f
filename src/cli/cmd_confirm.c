/* SPDX-License-Identifier: GPL-2.0-only */
/* cordon confirm: keep the policy that is on trial, or take it back now. */
#include <jansson.h>

#include "cli/cli.h"
#include "cli/control.h"
#include "cli/paths.h"

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

static void print_reply(const json_t *reply, const void *context)
{
	const struct values *values = context;
	long generation = (long)json_integer_value(json_object_get(reply, "generation"));

	if (values->undo)
		printf("taken back: what was before is generation %ld\n", generation);
	else
		printf("generation %ld is confirmed\n", generation);
}

static enum cli_status run(const void *data, size_t n, char **operands)
{
	const struct values *values = data;
	const struct control control = { .socket = values->socket, .json = values->json, .print = print_reply, .context = values };

	return control_ask(&control, json_pack("{s:s, s:b}", "cmd", "confirm", "undo", (int)values->undo));
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
