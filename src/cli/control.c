/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * control: asking the daemon (control.h).
 */
#include "cli/control.h"

#include <errno.h>
#include <stdio.h>

#include "cli/client.h"
#include "say/diagjson.h"
#include "cli/paths.h"
#include "say/say.h"

static enum cli_status show(const struct control *control, json_t *reply, struct diag *diag)
{
	bool good = json_is_true(json_object_get(reply, "ok"));
	const char *error = json_string_value(json_object_get(reply, "error"));

	if (control->json) {
		if (!good && !json_array_size(json_object_get(reply, "diagnostics"))) {
			diag_add(diag, DIAG_ERROR, NULL, "%s", error ? error : "refused");
			json_object_set_new(reply, "diagnostics", diag_to_json(diag));
		}
		say_json(json_incref(reply));
		return good ? CLI_OK : CLI_FAILED;
	}
	diag_from_json(json_object_get(reply, "diagnostics"), diag);
	say_diag(diag);
	if (good)
		control->print(reply, control->context);
	else
		say_trouble("%s", error ? error : "refused");
	return good ? CLI_OK : CLI_FAILED;
}

enum cli_status control_ask(const struct control *control, json_t *request)
{
	enum cli_status status = CLI_FAILED;
	struct client *client = NULL;
	json_t *reply = NULL;
	struct diag diag;
	int err;

	diag_init(&diag);
	err = request ? client_open(control->socket ? control->socket : PATH_SOCKET, false, &client, &diag) :
			diag_fail(&diag, -ENOMEM, NULL, "no memory");
	if (!err)
		err = client_ask(client, request, CONTROL_PATIENCE_MS, &reply, &diag);
	if (err)
		say_diag(&diag);
	else
		status = show(control, reply, &diag);
	json_decref(request);
	json_decref(reply);
	client_free(client);
	diag_done(&diag);
	return status;
}
