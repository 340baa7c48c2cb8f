/* SPDX-License-Identifier: GPL-2.0-only */
/* cordon stop: end the daemon; lift the guard only when that is said in full. */
#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "say/diagjson.h"
#include "cli/paths.h"
#include "say/say.h"
#include "cli/ui.h"
#include "guard/guard.h"
#include "guard/pin.h"

#define PATIENCE_MS 10000

struct values {
	const char *socket;
	bool unload, json;
};

static const struct cli_option options[] = {
	{ "unload", 0, CLI_FLAG, offsetof(struct values, unload), NULL, "lift the guard: nothing is refused any more" },
	{ "json", 0, CLI_FLAG, offsetof(struct values, json), NULL, "print JSON: what was there, and what is" },
	{ "socket", 0, CLI_TEXT, offsetof(struct values, socket), "PATH", "the daemon's socket (default " PATH_SOCKET ")" },
	{ 0 },
};
static const struct cli_example examples[] = {
	{ "cordon stop", "end the daemon; the guard stays in force" },
	{ "cordon stop --unload", "end the daemon and lift the guard" },
	{ 0 },
};

/* 0 also when no daemon runs. Waits until it has ended. */
static int stop_daemon(const struct values *values, bool *ret_was_there, struct diag *diag)
{
	json_t *request, *reply = NULL;
	struct client *client;
	const char *line;
	size_t length;
	int err;

	*ret_was_there = false;
	err = client_open(values->socket ? values->socket : PATH_SOCKET, true, &client, diag);
	if (err == -ENOENT || err == -ECONNREFUSED)
		return 0;
	if (err)
		return diag_fail(diag, err, NULL, "the daemon cannot be reached: %s", strerror(-err));
	*ret_was_there = true;
	request = json_pack("{s:s}", "cmd", "stop");
	err = client_ask(client, request, PATIENCE_MS, &reply, diag);
	if (!err && !json_is_true(json_object_get(reply, "ok"))) {
		const char *why = json_string_value(json_object_get(reply, "error"));

		err = diag_fail(diag, -EPROTO, NULL, "the daemon does not want to stop: %s", why ? why : "it does not say why");
	}
	if (!err && client_line(client, PATIENCE_MS, &line, &length) == -ETIMEDOUT)
		err = diag_fail(diag, -ETIMEDOUT, NULL, "the daemon does not end");
	json_decref(request);
	json_decref(reply);
	client_free(client);
	return err;
}

static int unload(struct diag *diag)
{
	bool loaded = pin_set_exists(PIN_SET);
	int err = guard_unload(diag);

	if (err)
		fprintf(stderr, "%sTHE GUARD MAY BE LIFTED IN PART%s: see cordon status\n", ui_on(stderr, UI_BAD), ui_off(stderr));
	else if (loaded)
		fprintf(stderr, "%sTHE GUARD IS LIFTED%s: nothing is refused on this machine until cordon runs again\n",
			ui_on(stderr, UI_BAD), ui_off(stderr));
	else
		fprintf(stderr, "cordon stop: no guard was loaded\n");
	return err;
}

static void print_json(int err, bool was_there, const struct diag *diag)
{
	json_t *result = json_pack("{s:b, s:b, s:b, s:o}", "ok", (int)!err, "daemon_was_there", (int)was_there, "guard_loaded",
				   (int)pin_set_exists(PIN_SET), "diagnostics", diag_to_json(diag));

	say_json(result);
}

static enum cli_status run(const void *data, size_t n, char **operands)
{
	const struct values *values = data;
	struct diag diag;
	bool was_there = false;
	int err;

	if (geteuid() != 0) {
		say_trouble("needs root");
		return CLI_FAILED;
	}
	diag_init(&diag);
	err = stop_daemon(values, &was_there, &diag);
	if (!err && values->unload)
		err = unload(&diag);
	else if (!err && !values->json)
		printf("%s; %s\n", was_there ? "the daemon has ended" : "no daemon runs",
		       pin_set_exists(PIN_SET) ? "the guard stays in force" : "no guard is loaded");
	if (values->json)
		print_json(err, was_there, &diag);
	else
		say_diag(&diag);
	diag_done(&diag);
	return err ? CLI_FAILED : CLI_OK;
}

const struct cli_command cmd_stop = {
	.name = "stop",
	.operands = "",
	.summary = "end the daemon; with --unload lift the guard, too",
	.text = "\nWithout --unload the guard stays in force: that is what a killed daemon leaves as well.",
	.options = options,
	.examples = examples,
	.values_size = sizeof(struct values),
	.run = run,
};
