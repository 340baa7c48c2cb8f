// SPDX-License-Identifier: GPL-2.0-only
/* Requests: what is understood, and what is said about the rest. */

#include "say/diagjson.h"
#include "cli/proto.h"
#include "../tap.h"

/* The message for a request that must not be understood. */
static void refused(const char *line, const char *why)
{
	struct proto_request request;
	struct diag diag;

	diag_init(&diag);
	CHECK(proto_parse(line, strlen(line), &request, &diag) < 0);
	CHECK(diag.n >= 1);
	if (!strstr(diag.entries[0].message, why))
		SAME(diag.entries[0].message, why);
	diag_done(&diag);
}

static struct proto_request good(const char *line)
{
	struct proto_request request;

	CHECK(proto_parse(line, strlen(line), &request, NULL) == 0);
	return request;
}

static void not_json(void)
{
	refused("", "not JSON");
	refused("{", "not JSON");
	refused("{\"cmd\":\"status\"} x", "not JSON");
	refused("{\"cmd\":\"status\",\"cmd\":\"stop\"}", "not JSON: duplicate");
	refused("\xff\xfe", "not JSON");
}

static void not_a_request(void)
{
	refused("[]", "must be an object");
	refused("3", "not JSON");
	refused("{}", "must have \"cmd\"");
	refused("{\"cmd\":3}", "must have \"cmd\"");
	refused("{\"cmd\":\"unload\"}", "there is no request \"unload\"");
}

static void unknown_members(void)
{
	refused("{\"cmd\":\"reload\",\"dryrun\":true}", "request \"reload\" has no member \"dryrun\"");
	refused("{\"cmd\":\"status\",\"follow\":true}", "request \"status\" has no member \"follow\"");
}

static void wrong_types(void)
{
	refused("{\"cmd\":\"reload\",\"dry_run\":1}", "\"dry_run\" must be true or false");
	refused("{\"cmd\":\"reload\",\"dry_run\":\"false\"}", "\"dry_run\" must be true or false");
	refused("{\"cmd\":\"events\",\"last\":-1}", "\"last\" must be a number from 0");
	refused("{\"cmd\":\"events\",\"last\":100001}", "\"last\" must be a number from 0");
	refused("{\"cmd\":\"events\",\"last\":1.5}", "\"last\" must be a number from 0");
	refused("{\"cmd\":\"reload\",\"confirm\":0}", "\"confirm\" must be a number from 1 to 86400");
	refused("{\"cmd\":\"reload\",\"confirm\":86401}", "\"confirm\" must be a number from 1");
	refused("{\"cmd\":\"reload\",\"confirm\":\"60s\"}", "\"confirm\" must be a number from 1");
	refused("{\"cmd\":\"confirm\",\"undo\":1}", "\"undo\" must be true or false");
	refused("{\"cmd\":\"confirm\",\"confirm\":5}", "has no member \"confirm\"");
	refused("{\"cmd\":\"apply\"}", "not a policy bundle");
	refused("{\"cmd\":\"apply\",\"policy\":{\"version\":2,\"files\":[]}}", "not a policy bundle");
	refused("{\"cmd\":\"apply\",\"policy\":{\"version\":1,\"files\":{}}}", "not a policy bundle");
	refused("{\"cmd\":\"apply\",\"policy\":{\"version\":1,\"files\":[{\"name\":\"a\"}]}}", "a name and a text");
	refused("{\"cmd\":\"apply\",\"policy\":{\"version\":1,\"files\":[{\"name\":1,\"text\":\"\"}]}}", "a name and a text");
}

static void apply(void)
{
	struct proto_request request = good("{\"cmd\":\"apply\",\"dry_run\":true,\"strict\":true,\"policy\":{\"version\":1,\"origin\":null,\"files\":"
					    "[{\"name\":\"a.yaml\",\"text\":\"x: \\u00e9\\n\"},{\"name\":\"b.yaml\",\"text\":\"\"}]}}");
	char *text;

	CHECK(request.command == PROTO_APPLY && request.dry_run && request.strict && request.bundle.n == 2 && !request.bundle.origin);
	SAME(request.bundle.files[0].name, "a.yaml");
	text = bundle_text(&request.bundle.files[0]);
	SAME(text, "x: \xc3\xa9\n");
	free(text);
	CHECK(request.bundle.files[0].size == 6 && request.bundle.files[1].size == 0);
	proto_request_done(&request);
}

static void events(void)
{
	struct proto_request request = good("{\"cmd\":\"events\",\"last\":5,\"follow\":true,\"denied\":true}");

	CHECK(request.command == PROTO_EVENTS && request.last == 5 && request.follow && request.denied);
	request = good("{\"cmd\":\"events\"}");
	CHECK(request.last == 0 && !request.follow && !request.denied);
}

static void confirm(void)
{
	struct proto_request request = good("{\"cmd\":\"reload\",\"confirm\":60}");

	CHECK(request.command == PROTO_RELOAD && request.confirm == 60);
	request = good("{\"cmd\":\"confirm\"}");
	CHECK(request.command == PROTO_CONFIRM && !request.undo && !request.confirm);
	request = good("{\"cmd\":\"confirm\",\"undo\":true}");
	CHECK(request.undo);
}

static void file_too_large(void)
{
	size_t size = BUNDLE_FILE_MAX + 1;
	char *line = malloc(size + 200);
	int n = sprintf(line, "{\"cmd\":\"apply\",\"policy\":{\"version\":1,\"files\":[{\"name\":\"a\",\"text\":\"");

	memset(line + n, 'x', size);
	strcpy(line + n + size, "\"}]}}");
	refused(line, "at most 64 MiB");
	free(line);
}

static void too_many_files(void)
{
	char *line = malloc((BUNDLE_FILES_MAX + 1) * 32 + 100), *at = line;

	at += sprintf(at, "{\"cmd\":\"apply\",\"policy\":{\"version\":1,\"files\":[");
	for (unsigned i = 0; i <= BUNDLE_FILES_MAX; i++)
		at += sprintf(at, "%s{\"name\":\"a\",\"text\":\"\"}", i ? "," : "");
	strcpy(at, "]}}");
	refused(line, "more than 256 files");
	free(line);
}

static void diagnostics(void)
{
	struct diag there, back;
	json_t *list;
	char *text;

	diag_init(&there);
	diag_init(&back);
	diag_add(&there, DIAG_ERROR, DIAG_AT(.file = "a.yaml", .line = 3, .col = 7), "unknown key 'x'");
	diag_hint(&there, "did you mean 'y'?");
	diag_add(&there, DIAG_WARNING, NULL, "careful");
	list = diag_to_json(&there);
	text = json_dumps(list, JSON_COMPACT);
	SAME(text, "[{\"severity\":\"error\",\"file\":\"a.yaml\",\"line\":3,\"column\":7,\"message\":\"unknown key 'x'\","
		   "\"hint\":\"did you mean 'y'?\"},{\"severity\":\"warning\",\"message\":\"careful\"}]");
	diag_from_json(list, &back);
	CHECK(back.n == 2 && back.n_errors == 1 && back.entries[0].pos.line == 3 && back.entries[0].pos.col == 7);
	SAME(back.entries[0].hint, "did you mean 'y'?");
	CHECK(back.entries[1].severity == DIAG_WARNING);
	free(text);
	json_decref(list);
	diag_done(&there);
	diag_done(&back);
}

static const struct tap_case cases[] = {
	{ "what is not JSON", not_json },
	{ "JSON that is no request", not_a_request },
	{ "members that are not known are refused", unknown_members },
	{ "members of the wrong type", wrong_types },
	{ "apply", apply },
	{ "events", events },
	{ "on trial, and confirm", confirm },
	{ "a file that is too large", file_too_large },
	{ "too many files", too_many_files },
	{ "diagnostics go there and back", diagnostics },
};
TAP_MAIN(cases)
