/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * proto: requests (proto.h). Everything here comes from a socket and is checked before it is used.
 */
#include "cli/proto.h"

#include <errno.h>
#include <string.h>

#include "say/diagjson.h"
#include "cli/pending.h"

static const struct {
	const char *name;
	const char *members[4]; /* beside "cmd" */
} commands[] = {
	[PROTO_APPLY] = { "apply", { "policy", "dry_run", "strict", "confirm" } },
	[PROTO_RELOAD] = { "reload", { "dry_run", "strict", "confirm" } },
	[PROTO_CONFIRM] = { "confirm", { "undo" } },
	[PROTO_STATUS] = { "status", { NULL } },
	[PROTO_EVENTS] = { "events", { "last", "follow", "denied" } },
	[PROTO_STOP] = { "stop", { NULL } },
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

json_t *proto_error(const char *error, const struct diag *diag)
{
	return json_pack("{s:b, s:s, s:o*}", "ok", 0, "error", error, "diagnostics", diag ? diag_to_json(diag) : NULL);
}

void proto_request_done(struct proto_request *request)
{
	bundle_done(&request->bundle);
	*request = (struct proto_request){ 0 };
}

static bool is_member(enum proto_command command, const char *key)
{
	if (strcmp(key, "cmd") == 0)
		return true;
	for (size_t i = 0; i < 4 && commands[command].members[i]; i++)
		if (strcmp(key, commands[command].members[i]) == 0)
			return true;
	return false;
}

static int find_command(const json_t *object, enum proto_command *ret_command, struct diag *diag)
{
	const char *name = json_string_value(json_object_get(object, "cmd"));

	if (!name)
		return diag_fail(diag, -EBADMSG, NULL, "a request must have \"cmd\"");
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (strcmp(commands[i].name, name) == 0) {
			*ret_command = i;
			return 0;
		}
	}
	return diag_fail(diag, -EBADMSG, NULL, "there is no request \"%.40s\"", name);
}

static int take_bool(const json_t *object, const char *key, bool *ret_value, struct diag *diag)
{
	const json_t *value = json_object_get(object, key);

	if (value && !json_is_boolean(value))
		return diag_fail(diag, -EBADMSG, NULL, "\"%s\" must be true or false", key);
	*ret_value = json_is_true(value);
	return 0;
}

static int take_confirm(const json_t *object, unsigned *ret_seconds, struct diag *diag)
{
	const json_t *value = json_object_get(object, "confirm");
	json_int_t seconds = json_integer_value(value);

	if (value && (!json_is_integer(value) || seconds < 1 || seconds > PENDING_SECONDS_MAX))
		return diag_fail(diag, -EBADMSG, NULL, "\"confirm\" must be a number from 1 to %u", PENDING_SECONDS_MAX);
	*ret_seconds = (unsigned)seconds;
	return 0;
}

static int take_last(const json_t *object, size_t *ret_last, struct diag *diag)
{
	const json_t *value = json_object_get(object, "last");
	json_int_t last = json_integer_value(value);

	if (value && (!json_is_integer(value) || last < 0 || last > PROTO_LAST_MAX))
		return diag_fail(diag, -EBADMSG, NULL, "\"last\" must be a number from 0 to %d", PROTO_LAST_MAX);
	*ret_last = last;
	return 0;
}

static int take_members(json_t *object, struct proto_request *request, struct diag *diag)
{
	const char *key;
	json_t *value;
	int err;

	json_object_foreach(object, key, value)
		if (!is_member(request->command, key))
			return diag_fail(diag, -EBADMSG, NULL, "request \"%s\" has no member \"%.40s\"",
					 commands[request->command].name, key);
	err = take_bool(object, "dry_run", &request->dry_run, diag);
	if (!err)
		err = take_bool(object, "strict", &request->strict, diag);
	if (!err)
		err = take_bool(object, "follow", &request->follow, diag);
	if (!err)
		err = take_bool(object, "denied", &request->denied, diag);
	if (!err)
		err = take_bool(object, "undo", &request->undo, diag);
	if (!err)
		err = take_confirm(object, &request->confirm, diag);
	if (!err)
		err = take_last(object, &request->last, diag);
	if (!err && request->command == PROTO_APPLY)
		err = bundle_from_json(json_object_get(object, "policy"), &request->bundle, diag);
	return err;
}

int proto_parse(const char *line, size_t length, struct proto_request *ret_request, struct diag *diag)
{
	struct proto_request request = { 0 };
	json_error_t fault;
	json_t *object;
	int err;

	object = json_loadb(line, length, JSON_REJECT_DUPLICATES, &fault);
	if (!object)
		return diag_fail(diag, -EBADMSG, NULL, "not JSON: %s (column %d)", fault.text, fault.column);
	if (!json_is_object(object))
		err = diag_fail(diag, -EBADMSG, NULL, "a request must be an object");
	else
		err = find_command(object, &request.command, diag);
	if (!err)
		err = take_members(object, &request, diag);
	json_decref(object);
	if (err) {
		proto_request_done(&request);
		return err;
	}
	*ret_request = request;
	return 0;
}
