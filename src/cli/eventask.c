/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * eventask: event -> request (eventask.h).
 */
#include "cli/eventask.h"

#include <string.h>

#include "guard/event.h"

static const char *text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* A number as text, NULL when the event does not have it. */
static const char *number(struct arena *arena, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? arena_printf(arena, "%lld", (long long)json_integer_value(value)) : NULL;
}

static uint32_t unsure(const json_t *object, const char *key)
{
	return (uint32_t)json_integer_value(json_object_get(object, key));
}

static bool read_dev(const char *dev, uint32_t *ret_dev)
{
	unsigned major, minor;

	if (!dev || sscanf(dev, "%u:%u", &major, &minor) != 2)
		return false;
	*ret_dev = major << 20 | minor;
	return true;
}

/* An event's path is a place already: no symlink is followed again. */
static const char *set_place(const json_t *object, const char *path, struct arena *arena, const struct mount_table *mounts,
			     uint32_t *ret_dev, const char **ret_inside)
{
	if (*path != '/')
		return arena_printf(arena, "the event does not hold the whole path, only '%s'", path);
	if (json_is_true(json_object_get(object, "inside")) && read_dev(text(object, "dev"), ret_dev)) {
		*ret_inside = path;
		return NULL;
	}
	if (!request_place(arena, mounts, path, ret_dev, ret_inside))
		return arena_printf(arena, "nothing is mounted at '%s'", path);
	return NULL;
}

static const char *set_who(const json_t *event, struct arena *arena, const struct mount_table *mounts, struct request *request)
{
	const char *exe = text(event, "exe"), *unit = text(event, "unit"), *wrong;
	struct request_who who = {
		.user = number(arena, event, "euid"),
		.real_user = number(arena, event, "uid"),
		.login = number(arena, event, "loginuid"),
		.service = unit && *unit == '/' ? unit : NULL,
		.program = "?",
		.ancestors = "?",
	};

	if (!who.user || !who.service)
		return "not an event: it has no euid or no unit";
	who.login = who.login ? who.login : "unset";
	who.session = json_is_null(json_object_get(event, "session")) ? "service" : "unknown";
	wrong = request_set_who(request, arena, mounts, &who);
	if (wrong || !exe)
		return wrong;
	request->program = exe;
	request->subject.program_unsure = unsure(event, "exe_unsure");
	return set_place(NULL, exe, arena, mounts, &request->subject.program_dev, &request->subject.program);
}

static const char *set_endpoint(const json_t *object, const struct request_verb *verb, struct arena *arena,
				const struct mount_table *mounts, struct request *request)
{
	const char *addr = text(object, "addr"), *protocol = text(object, "protocol"), *port = number(arena, object, "port");
	const char *family = text(object, "family");

	if (addr && family && strcmp(family, "vsock") == 0)
		return request_set_what(request, arena, mounts, verb, arena_printf(arena, "vsock:%s:%s", addr, port ? port : "0"), NULL);
	if (!addr)
		return request_set_what(request, arena, mounts, verb, "?", NULL);
	return request_set_what(request, arena, mounts, verb,
				arena_printf(arena, strchr(addr, ':') ? "[%s]:%s" : "%s:%s", addr, port ? port : "0"), protocol);
}

static const char *set_socket(const json_t *object, const struct request_verb *verb, struct arena *arena,
			      const struct mount_table *mounts, struct request *request)
{
	const char *family = text(object, "family"), *type = text(object, "type"), *protocol = text(object, "protocol");

	if (!family || !type || !protocol)
		return "the event has no whole socket";
	return request_set_what(request, arena, mounts, verb,
				arena_printf(arena, "%s/%s/%s", family, type, strcmp(protocol, "default") ? protocol : "0"), NULL);
}

static const char *set_what(const json_t *event, struct arena *arena, const struct mount_table *mounts, struct request *request)
{
	const json_t *object = json_object_get(event, "object");
	const char *op = text(event, "op"), *path = text(object, "path"), *wrong;
	const struct request_verb *verb = request_verbs;

	while (op && verb->name && strcmp(event_op_name(verb->op), op) != 0)
		verb++;
	if (!op || !verb->name || !object)
		return op ? arena_printf(arena, "an event of '%s' cannot be asked again", op) : "not an event: it has no op";
	switch (verb->kind) {
	case REQUEST_ENDPOINT:
		return set_endpoint(object, verb, arena, mounts, request);
	case REQUEST_WORD:
		path = text(object, verb->op == CORDON_OP_KERNEL ? "operation" : "capability");
		return path ? request_set_what(request, arena, mounts, verb, path, NULL) : "the event has no name";
	case REQUEST_SOCKET:
		return set_socket(object, verb, arena, mounts, request);
	default:
		break;
	}
	if (!path)
		return "the event has no path";
	wrong = request_set_what(request, arena, mounts, verb, *path == '@' ? path : "?", NULL);
	if (wrong || *path == '@')
		return wrong;
	request->target = path;
	request->object.unsure = unsure(object, "unsure");
	return set_place(object, path, arena, mounts, &request->object.dev, &request->object.path);
}

const char *eventask_request(const json_t *event, struct arena *arena, const struct mount_table *mounts,
			     struct request *ret_request)
{
	struct request request = { 0 };
	const char *wrong = set_who(event, arena, mounts, &request);

	if (!wrong)
		wrong = set_what(event, arena, mounts, &request);
	if (!wrong)
		*ret_request = request;
	return wrong;
}
