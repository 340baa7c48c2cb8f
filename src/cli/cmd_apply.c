/* SPDX-License-Identifier: GPL-2.0-only */
/* cordon apply: put a policy in force, whole or not at all. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bundle.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/paths.h"
#include "cli/pending.h"
#include "say/say.h"

struct values {
	const char *socket, *confirm;
	bool dry_run, strict, json;
};

static const struct cli_option options[] = {
	{ "confirm", 'c', CLI_TEXT, offsetof(struct values, confirm), "TIME", "on trial for 60s, 5m, 1h: taken back unless confirmed" },
	{ "dry-run", 'n', CLI_FLAG, offsetof(struct values, dry_run), NULL, "compile in the daemon, put nothing in force" },
	{ "strict", 's', CLI_FLAG, offsetof(struct values, strict), NULL, "what warns is a fault: refuse it" },
	{ "json", 0, CLI_FLAG, offsetof(struct values, json), NULL, "print the daemon's answer" },
	{ "socket", 0, CLI_TEXT, offsetof(struct values, socket), "PATH", "the daemon's socket (default " PATH_SOCKET ")" },
	{ 0 },
};
static const struct cli_example examples[] = {
	{ "cordon apply", "read " PATH_POLICY " again" },
	{ "cordon apply my-policy.yaml", "this file is the policy from now on" },
	{ "cordon apply --confirm 60s my-policy.yaml", "taken back after a minute, unless `cordon confirm` is said" },
	{ "cordon apply --dry-run web.yaml db.yaml", "would these two, as one policy, be taken?" },
	{ 0 },
};

/* "60s", "5m", "1h", "90": seconds; 0: it is none, or too long. */
static unsigned parse_time(const char *text)
{
	char *end;
	unsigned long number = *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0, unit;

	if (!number || number > PENDING_SECONDS_MAX)
		return 0;
	unit = strcmp(end, "") == 0 || strcmp(end, "s") == 0 ? 1 : strcmp(end, "m") == 0 ? 60 : strcmp(end, "h") == 0 ? 3600 : 0;
	return number * unit > PENDING_SECONDS_MAX ? 0 : (unsigned)(number * unit);
}

static int read_operands(size_t n, char **operands, json_t **ret_policy, struct diag *diag)
{
	struct bundle bundle = BUNDLE_INIT;
	int err = 0, also;

	for (size_t i = 0; i < n; i++) {
		char *full = strcmp(operands[i], "-") == 0 ? NULL : realpath(operands[i], NULL);

		/* Events and diagnostics name the file by a path that means the same everywhere. */
		also = bundle_add(&bundle, full ? full : operands[i], false, diag);
		err = err ? err : also;
		free(full);
	}
	if (!err)
		err = bundle_to_json(&bundle, ret_policy, diag);
	bundle_done(&bundle);
	return err;
}

/* The request; without operands the daemon reads its own folder. */
static int make_request(const struct values *values, size_t n, char **operands, json_t **ret_request, struct diag *diag)
{
	json_t *policy = NULL, *request;
	int err = n ? read_operands(n, operands, &policy, diag) : 0;

	if (err)
		return err;
	request = json_pack("{s:s, s:b, s:o*}", "cmd", n ? "apply" : "reload", "dry_run", (int)values->dry_run, "policy", policy);
	if (request && values->strict) /* of a daemon that knows it */
		json_object_set_new(request, "strict", json_true());
	if (request && values->confirm)
		json_object_set_new(request, "confirm", json_integer(parse_time(values->confirm)));
	*ret_request = request;
	return request ? 0 : -ENOMEM;
}

static long number(const json_t *reply, const char *key)
{
	return json_integer_value(json_object_get(reply, key));
}

static void print_reply(const json_t *reply, const void *context)
{
	bool dry_run = json_is_true(json_object_get(reply, "dry_run"));

	printf("%s %ld%s: %ld rules (%ld permit, %ld forbid; %ld enforce, %ld audit), %ld ms\n",
	       dry_run ? "dry run: would follow generation" : "generation", number(reply, "generation"),
	       dry_run ? "" : " is in force", number(reply, "rules"), number(reply, "permit"), number(reply, "forbid"),
	       number(reply, "enforce"), number(reply, "audit"), number(reply, "milliseconds"));
	if (number(reply, "confirm") && !dry_run)
		printf("on trial for %ld s: say `cordon confirm`, or what was before comes back\n", number(reply, "confirm"));
}

static enum cli_status run(const void *data, size_t n, char **operands)
{
	const struct values *values = data;
	const struct control control = { .socket = values->socket, .json = values->json, .print = print_reply };
	json_t *request = NULL;
	struct diag diag;
	int err;

	if (values->confirm && !parse_time(values->confirm)) {
		say_trouble("--confirm wants a time of at most a day: 60s, 5m, 1h");
		return CLI_USAGE;
	}
	diag_init(&diag);
	err = make_request(values, n, operands, &request, &diag);
	say_diag(&diag);
	diag_done(&diag);
	return err ? CLI_FAILED : control_ask(&control, request);
}

const struct cli_command cmd_apply = {
	.name = "apply",
	.operands = "[FILE|DIR|-...]",
	.summary = "put a policy in force, whole or not at all",
	.text = "\nAll operands together are the policy; it replaces the one in force at one moment, and comes back after a reboot. Without\n"
		"operands the daemon reads its policy folder. With any fault nothing changes and every fault is printed.\n\n"
		"With --confirm the daemon itself takes it back when `cordon confirm` is not said in time, whatever became of this command,\n"
		"of the daemon or of the connection; a reboot takes it back, too.",
	.options = options,
	.examples = examples,
	.values_size = sizeof(struct values),
	.most_operands = CLI_MANY,
	.run = run,
};
