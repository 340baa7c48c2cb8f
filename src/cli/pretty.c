/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pretty: JSON event -> a line for people (pretty.h). What comes from processes is tamed before it meets a terminal.
 */
#include "cli/pretty.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/ui.h"
#include "common/buf.h"

static const char *text(const json_t *object, const char *key, const char *fallback)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : fallback;
}

static long long number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* "2026-01-01T10:22:45.1Z" -> local "10:22:45". */
static void add_clock(struct buf *out, const char *time)
{
	char clock[16];
	struct tm tm;
	time_t at;

	memset(&tm, 0, sizeof(tm));
	if (!strptime(time, "%Y-%m-%dT%H:%M:%S", &tm)) {
		buf_puts(out, time);
		return;
	}
	at = timegm(&tm);
	localtime_r(&at, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	buf_puts(out, clock);
}

static void add_object(struct buf *out, const json_t *object)
{
	const char *path = text(object, "path", NULL), *addr = text(object, "addr", NULL);
	const char *name = text(object, "capability", text(object, "operation", NULL));

	if (path) {
		buf_puts(out, path);
	} else if (name) {
		buf_puts(out, name);
	} else if (addr) {
		buf_printf(out, strchr(addr, ':') ? "[%s]:%lld/%s" : "%s:%lld/%s", addr, number(object, "port"),
			   text(object, "protocol", "?"));
		if (text(object, "host", NULL))
			buf_printf(out, " (%s)", text(object, "host", NULL));
	} else if (json_object_get(object, "addr")) {
		buf_printf(out, "an unknown destination (%s)", text(object, "family", "?"));
	} else {
		buf_printf(out, "%s/%s/%s", text(object, "family", "?"), text(object, "type", "?"), text(object, "protocol", "?"));
	}
}

static void add_subject(struct buf *out, const json_t *event)
{
	const char *user = text(event, "user", NULL);

	if (user)
		buf_printf(out, "%s(%lld)", user, number(event, "uid"));
	else
		buf_printf(out, "uid %lld", number(event, "uid"));
	buf_printf(out, " %s[%lld]", text(event, "exe", text(event, "comm", "?")), number(event, "pid"));
}

static void add_reason(struct buf *out, const json_t *event)
{
	const char *rule = text(event, "rule", NULL), *reason = text(event, "reason", "?");

	if (!rule) {
		buf_printf(out, "%s, generation %lld", reason, number(event, "generation"));
		return;
	}
	buf_printf(out, "%s \"%s\" (%s, %s)", strcmp(reason, "closed") == 0 ? "not permitted by rule" : "rule", rule,
		   text(event, "policy", "?"), text(event, "file_line", "?"));
}

/* Who did what, and by which rule that is not allowed. */
static void add_said(struct buf *out, const json_t *event)
{
	add_subject(out, event);
	buf_printf(out, " %s ", text(event, "op", "?"));
	add_object(out, json_object_get(event, "object"));
	buf_puts(out, "  ");
	add_reason(out, event);
	buf_printf(out, "  %s", text(event, "unit", ""));
	if (out->data)
		ui_tame(out->data);
}

void pretty_text(const json_t *event, struct buf *out)
{
	struct buf said = BUF_INIT;

	add_said(&said, event);
	buf_printf(out, "%s %s", strcmp(text(event, "kind", ""), "deny") == 0 ? "refused:" : "would be refused:", buf_str(&said));
	buf_done(&said);
}

void pretty_event(const char *line, FILE *out)
{
	json_t *event = json_loads(line, 0, NULL);
	struct buf said = BUF_INIT;
	bool deny = strcmp(text(event, "kind", ""), "deny") == 0;

	if (json_object_get(event, "dropped")) {
		fprintf(out, "%s... %lld events were not shown: this reader is too slow%s\n", ui_on(out, UI_WARN),
			number(event, "dropped"), ui_off(out));
	} else if (!json_object_get(event, "object")) {
		buf_puts(&said, line);
		fprintf(out, "%s\n", said.data ? ui_tame(said.data) : "");
	} else {
		add_said(&said, event);
		{
			struct buf clock = BUF_INIT;

			add_clock(&clock, text(event, "time", "?"));
			fprintf(out, "%s %s%s%s %s\n", buf_str(&clock), ui_on(out, deny ? UI_BAD : UI_WARN),
				deny ? "REFUSED   " : "would deny", ui_off(out), buf_str(&said));
			buf_done(&clock);
		}
	}
	buf_done(&said);
	json_decref(event);
}
