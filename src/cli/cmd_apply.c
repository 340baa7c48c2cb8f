/* SPDX-License-Identifier: GPL-2.0-only */
/* cordon apply: put a policy in force, whole or not at all. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bundle.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/diagjson.h"
#include "cli/paths.h"

#define PATIENCE_MS 120000

struct values {
	const char *socket;
	bool dry_run, json;
};

static const struct cli_option options[] = {
	{ "dry-run", 'n', CLI_FLAG, offsetof(struct values, dry_run), NULL, "compile in the daemon, put nothing in force" },
	{ "json", 0, CLI_FLAG, offsetof(struct values, json), NULL, "print the daemon's answer" },
	{ "socket", 0, CLI_TEXT, offsetof(struct values, socket), "PATH", "the daemon's socket (default " PATH_SOCKET ")" },
	{ 0 },
};
static const struct cli_example examples[] = {
	{ "cordon apply", "read " PATH_POLICY " again" },
	{ "cordon apply my-policy.yaml", "this file is the policy from now on" },
	{ "cordon apply --dry-run web.yaml db.yaml", "would these two, as one policy, be taken?" },
	{ 0 },
};

/* The request; without operands the daemon reads its own folder. */
static int make_request(const struct values *values, size_t n, char **operands, json_t **ret_request, struct diag *diag)
{
	struct bundle bundle = BUNDLE_INIT;
	json_t *policy = NULL;
	int err = 0, also;

	if (!n) {
		*ret_request = json_pack("{s:s, s:b}", "cmd", "reload", "dry_run", (int)values->dry_run);
		return *ret_request ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		char *full = strcmp(operands[i], "-") == 0 ? NULL : realpath(operands[i], NULL);

		/* Events and diagnostics name the file by a path that means the same everywhere. */
		also = bundle_add(&bundle, full ? full : operands[i], false, diag);
		err = err ? err : also;
		free(full);
	}
	if (!err)
		err = bundle_to_json(&bundle, &policy, diag);
	bundle_done(&bundle);
	if (err)
		return err;
	*ret_request = json_pack("{s:s, s:b, s:o}", "cmd", "apply", "dry_run", (int)values->dry_run, "policy", policy);
	return *ret_request ? 0 : -ENOMEM;
}

static long number(const json_t *reply, const char *key)
{
	return json_integer_value(json_object_get(reply, key));
}

static void print_reply(const json_t *reply)
{
	printf("%s %ld%s: %ld rules (%ld permit, %ld forbid; %ld enforce, %ld audit), %ld ms\n",
	       json_is_true(json_object_get(reply, "dry_run")) ? "dry run: would follow generation" : "generation",
	       number(reply, "generation"), json_is_true(json_object_get(reply, "dry_run")) ? "" : " is in force",
	       number(reply, "rules"), number(reply, "permit"), number(reply, "forbid"), number(reply, "enforce"),
	       number(reply, "audit"), number(reply, "milliseconds"));
}

static enum cli_status show(const struct values *values, const json_t *reply, struct diag *diag)
{
	bool good = json_is_true(json_object_get(reply, "ok"));
	const char *error = json_string_value(json_object_get(reply, "error"));

	if (values->json) {
		json_dumpf(reply, stdout, JSON_INDENT(2));
		putchar('\n');
		return good ? CLI_OK : CLI_FAILED;
	}
	diag_from_json(json_object_get(reply, "diagnostics"), diag);
	diag_print(diag, stderr);
	if (good)
		print_reply(reply);
	else
		fprintf(stderr, "cordon apply: %s\n", error ? error : "refused");
	return good ? CLI_OK : CLI_FAILED;
}

static enum cli_status run(const void *data, size_t n, char **operands)
{
	const struct values *values = data;
	json_t *request = NULL, *reply = NULL;
	enum cli_status status = CLI_FAILED;
	struct client *client = NULL;
	struct diag diag;
	int err;

	diag_init(&diag);
	err = make_request(values, n, operands, &request, &diag);
	if (!err)
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

const struct cli_command cmd_apply = {
	.name = "apply",
	.operands = "[FILE|DIR|-...]",
	.summary = "put a policy in force, whole or not at all",
	.text = "\nAll operands together are the policy; it replaces the one in force at one moment, and comes back after a reboot. Without\n"
		"operands the daemon reads its policy folder. With any fault nothing changes and every fault is printed.",
	.options = options,
	.examples = examples,
	.values_size = sizeof(struct values),
	.most_operands = CLI_MANY,
	.run = run,
};
