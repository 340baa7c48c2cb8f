/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * diagjson: struct diag <-> JSON (diagjson.h).
 */
#include "say/diagjson.h"

#include <string.h>

static void set_text(json_t *object, const char *key, const char *text)
{
	json_t *value = text ? json_string(text) : NULL;

	/* Text that is no UTF-8 came from a file; say so rather than lose the entry. */
	if (text)
		json_object_set_new(object, key, value ? value : json_string("(not UTF-8)"));
}

static json_t *entry_to_json(const struct diag_entry *entry)
{
	json_t *object = json_object();

	set_text(object, "severity", diag_severity_name(entry->severity));
	if (entry->severity == DIAG_FLAW)
		json_object_set_new(object, "flaw", json_true());
	set_text(object, "file", entry->pos.file);
	if (entry->pos.line)
		json_object_set_new(object, "line", json_integer(entry->pos.line));
	if (entry->pos.col)
		json_object_set_new(object, "column", json_integer(entry->pos.col));
	set_text(object, "message", entry->message);
	set_text(object, "hint", entry->hint);
	return object;
}

json_t *diag_to_json(const struct diag *diag)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < diag->n; i++)
		json_array_append_new(list, entry_to_json(&diag->entries[i]));
	return list;
}

static enum diag_severity severity_of(const json_t *entry)
{
	const char *name = json_string_value(json_object_get(entry, "severity"));

	if (name && strcmp(name, diag_severity_name(DIAG_WARNING)) == 0)
		return json_is_true(json_object_get(entry, "flaw")) ? DIAG_FLAW : DIAG_WARNING;
	return name && strcmp(name, diag_severity_name(DIAG_NOTE)) == 0 ? DIAG_NOTE : DIAG_ERROR;
}

void diag_from_json(const json_t *list, struct diag *diag)
{
	json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry) {
		const char *message = json_string_value(json_object_get(entry, "message"));
		const char *hint = json_string_value(json_object_get(entry, "hint"));

		if (!message)
			continue;
		diag_add(diag, severity_of(entry),
			 DIAG_AT(.file = json_string_value(json_object_get(entry, "file")),
				 .line = json_integer_value(json_object_get(entry, "line")),
				 .col = json_integer_value(json_object_get(entry, "column"))),
			 "%s", message);
		if (hint)
			diag_hint(diag, "%s", hint);
	}
}
