/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hostshow: host names for people (hostshow.h).
 */
#include "cli/hostshow.h"

#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>

#include "cli/ui.h"
#include "common/buf.h"

#define SHOWN 6u /* addresses of one name */

/* What is said of one name. */
struct seen {
	const char *name, *error;
	const json_t *held, *leaving, *past;
	long long age, due; /* seconds */
	bool keeps, known, full;
	unsigned failures;
};

static long long seconds(const json_t *host, const char *key)
{
	return (json_integer_value(json_object_get(host, key)) + 999) / 1000;
}

static struct seen see(const json_t *host)
{
	const char *error = json_string_value(json_object_get(host, "error")), *name = json_string_value(json_object_get(host, "name"));

	return (struct seen){ .name = name ? name : "?", .error = error && *error ? error : "there is no address",
			      .held = json_object_get(host, "held"), .leaving = json_object_get(host, "leaving"),
			      .past = json_object_get(host, "past"), .age = seconds(host, "age"), .due = seconds(host, "due"),
			      .keeps = json_is_true(json_object_get(host, "keeps")),
			      .known = json_is_true(json_object_get(host, "known")),
			      .full = json_is_true(json_object_get(host, "full")),
			      .failures = (unsigned)json_integer_value(json_object_get(host, "failures")) };
}

static size_t all_of(const struct seen *s)
{
	return json_array_size(s->held) + json_array_size(s->leaving) + json_array_size(s->past);
}

/* "40 s", "12 min", "3 h" */
static void add_time(struct buf *out, long long time)
{
	if (time < 120)
		buf_printf(out, "%lld s", time);
	else if (time < 7200)
		buf_printf(out, "%lld min", time / 60);
	else
		buf_printf(out, "%lld h", time / 3600);
}

static void tell(json_t *list, struct buf *text)
{
	json_array_append_new(list, json_string(buf_str(text)));
	buf_reset(text);
}

static bool judge_one(const struct seen *s, json_t *problems, json_t *warnings)
{
	bool nothing = s->keeps ? !all_of(s) : !(json_array_size(s->held) + json_array_size(s->leaving));
	struct buf text = BUF_INIT;

	if (nothing) {
		buf_printf(&text, "the host name %s holds no address (%s): nothing is %s by it", s->name,
			   s->known || s->failures ? s->error : "it is being asked for", s->keeps ? "refused" : "permitted");
		tell(s->keeps ? problems : warnings, &text);
	} else if (s->failures) {
		buf_printf(&text, "the host name %s is not answered (%s): its last addresses stay, they are ", s->name, s->error);
		add_time(&text, s->age);
		buf_puts(&text, " old");
		tell(warnings, &text);
	}
	if (s->full) {
		buf_printf(&text, "the host name %s has more addresses than are kept", s->name);
		tell(warnings, &text);
	}
	buf_done(&text);
	return nothing && s->keeps;
}

bool hostshow_judge(const json_t *list, json_t *problems, json_t *warnings)
{
	const json_t *host;
	bool lacking = false;
	size_t i;

	json_array_foreach(list, i, host) {
		struct seen seen = see(host);

		lacking |= judge_one(&seen, problems, warnings);
	}
	return lacking;
}

static void add_addresses(struct buf *out, const struct seen *s)
{
	size_t n = json_array_size(s->held), leaving = json_array_size(s->leaving), past = json_array_size(s->past), i;
	const json_t *item;

	json_array_foreach(s->held, i, item)
		if (i < SHOWN)
			buf_printf(out, "%s%s", i ? ", " : "", json_string_value(item));
	if (n > SHOWN)
		buf_printf(out, " and %zu more", n - SHOWN);
	json_array_foreach(s->leaving, i, item) {
		if (i >= SHOWN)
			break;
		buf_printf(out, "%s%s (goes in ", out->len ? ", " : "", json_string_value(json_object_get(item, "address")));
		add_time(out, seconds(item, "left"));
		buf_putc(out, ')');
	}
	if (leaving > SHOWN)
		buf_printf(out, " and %zu more that go", leaving - SHOWN);
	if (past)
		buf_printf(out, "%s%zu past", out->len ? ", " : "", past);
	if (!out->len)
		buf_puts(out, "none");
}

static void add_line(struct libscols_table *table, const struct seen *s)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	struct buf addresses = BUF_INIT, next = BUF_INIT;
	const char *colour = ui_scols(stdout, UI_WARN);

	add_addresses(&addresses, s);
	add_time(&next, s->due);
	scols_line_set_data(line, 0, s->name);
	scols_line_set_data(line, 1, s->keeps ? "refuse" : "permit");
	scols_line_set_data(line, 2, buf_str(&next));
	scols_line_set_data(line, 3, buf_str(&addresses));
	if (colour && (s->failures || !all_of(s)))
		scols_line_set_color(line, colour);
	buf_done(&addresses);
	buf_done(&next);
}

void hostshow_print(const json_t *list)
{
	static const char *const columns[] = { "HOST", "TO", "ASKED IN", "ADDRESSES" };
	struct libscols_table *table = json_array_size(list) ? scols_new_table() : NULL;
	const json_t *host;
	size_t i;

	if (!table)
		return;
	scols_table_enable_colors(table, ui_colour(stdout));
	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		scols_table_new_column(table, columns[i], 0, i == 3 ? SCOLS_FL_WRAP : 0);
	json_array_foreach(list, i, host) {
		struct seen seen = see(host);

		add_line(table, &seen);
	}
	putchar('\n');
	scols_print_table(table);
	scols_unref_table(table);
}
