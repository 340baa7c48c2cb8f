/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * say: trouble for people, a document for programs (say.h).
 */
#include "say/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "say/diagjson.h"

static struct {
	const char *program, *command;
	bool json, answered;
	struct diag trouble;
} said;

void say_begin(const char *program, const char *command, bool json)
{
	said.program = program;
	said.command = command;
	said.json = json;
}

void say_trouble(const char *format, ...)
{
	struct buf text = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	fprintf(stderr, "%s %s: %s\n", said.program, said.command, buf_str(&text));
	diag_add(&said.trouble, DIAG_ERROR, NULL, "%s", buf_str(&text));
	buf_done(&text);
}

void say_diag(const struct diag *diag)
{
	diag_print(diag, stderr);
	for (size_t i = 0; i < diag->n; i++) {
		const struct diag_entry *entry = &diag->entries[i];

		diag_add(&said.trouble, entry->severity, &entry->pos, "%s", entry->message);
		if (entry->hint)
			diag_hint(&said.trouble, "%s", entry->hint);
	}
}

static void put(json_t *document, size_t flags)
{
	json_dumpf(document, stdout, flags);
	putchar('\n');
	json_decref(document);
}

void say_json(json_t *document)
{
	put(document, JSON_INDENT(2));
	said.answered = true;
}

void say_text(const char *document)
{
	fputs(document, stdout);
	said.answered = true;
}

void say_add_trouble(struct buf *document)
{
	json_t *list = diag_to_json(&said.trouble);
	char *text = list ? json_dumps(list, JSON_COMPACT) : NULL;

	buf_printf(document, ",\"ok\":false,\"diagnostics\":");
	buf_puts(document, text ? text : "[]");
	free(text);
	json_decref(list);
}

void say_end(bool failed)
{
	if (failed && said.json && !said.answered)
		put(json_pack("{s:b, s:o}", "ok", 0, "diagnostics", diag_to_json(&said.trouble)), JSON_COMPACT);
	diag_done(&said.trouble);
}
