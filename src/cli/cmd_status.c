/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cordon status: is this machine guarded? The kernel is asked, by the pins; the daemon only for what is its own.
 *
 * "enforcing" is said only when every hook the object has for this kernel is attached, `bpf` is an active LSM and a policy is
 * in force; "auditing" when no rule of it is in mode enforce; all else is "not enforcing", with the reasons.
 */
#include <errno.h>
#include <jansson.h>
#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/calls.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/hostshow.h"
#include "cli/paths.h"
#include "cli/rulebook.h"
#include "say/say.h"
#include "cli/ui.h"
#include "common/buf.h"
#include "guard/feature.h"
#include "guard/view.h"
#include "policy/value.h"

#define PATIENCE_MS 5000

struct values {
	const char *socket, *state_folder;
	bool json, hooks;
};

static const struct cli_option options[] = {
	{ "json", 0, CLI_FLAG, offsetof(struct values, json), NULL, "print JSON" },
	{ "hooks", 0, CLI_FLAG, offsetof(struct values, hooks), NULL, "list operations and hooks, with their counts" },
	{ "socket", 0, CLI_TEXT, offsetof(struct values, socket), "PATH", "the daemon's socket (default " PATH_SOCKET ")" },
	{ "state-dir", 0, CLI_TEXT, offsetof(struct values, state_folder), "DIR", "the daemon's state (default " PATH_STATE ")" },
	{ 0 },
};
static const struct cli_example examples[] = {
	{ "cordon status", "what is in force, and what is not" },
	{ "cordon status --hooks", "with every operation and every hook" },
	{ "cordon status --json | jq .state", "for programs" },
	{ 0 },
};

/* All that is known, from whom it is known. */
struct report {
	struct guard_view view;	 /* the kernel */
	json_t *daemon;		 /* its answer; NULL: it is not there */
	const char *daemon_why;	 /* when NULL: why */
	struct rulebook_page *page; /* rules in force by name; NULL: not known */
	struct rulebook_count count;
	json_t *problems;	 /* what is not enforced, as sentences */
	json_t *warnings;	 /* what is not well, and enforced all the same */
	struct calls *calls;	 /* of view.hooks; NULL: no memory */
	bool counted;		 /* the kernel counts calls, or did */
	struct cordon_counted total; /* of all operations */
	bool lacking;		 /* something that is wanted is not enforced */
	const char *state;
};

/* One sentence more, of `problems` or `warnings`. */
__attribute__((format(printf, 2, 3))) static void add_sentence(json_t *sentences, const char *format, ...)
{
	struct buf text = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	json_array_append_new(sentences, json_string(buf_str(&text)));
	buf_done(&text);
}

static void ask_daemon(struct report *report, const char *socket)
{
	struct client *client;
	json_t *request;
	int err;

	err = client_open(socket, true, &client, NULL);
	if (err) {
		report->daemon_why = err == -ENOENT || err == -ECONNREFUSED ? "does not run" : strerror(-err);
		return;
	}
	request = json_pack("{s:s}", "cmd", "status");
	err = client_ask(client, request, PATIENCE_MS, &report->daemon, NULL);
	if (err)
		report->daemon_why = "runs, and does not answer";
	json_decref(request);
	client_free(client);
}

static void read_calls(struct report *report)
{
	const struct guard_view *view = &report->view;

	report->calls = calloc(view->nhooks + 1, sizeof(*report->calls));
	for (size_t i = 0; report->calls && i < view->nhooks; i++) {
		if (view->hooks[i].prog)
			(void)calls_read(view->hooks[i].prog, &report->calls[i]);
		report->counted |= report->calls[i].run > 0;
	}
}

static void sum_operations(struct report *report)
{
	for (uint32_t op = 0; op < CORDON_OP_MAX; op++) {
		report->total.decided += report->view.counters.of[op].decided;
		report->total.denied += report->view.counters.of[op].denied;
		report->total.would_deny += report->view.counters.of[op].would_deny;
	}
}

/* The names of the rules are worth something only when they are those of the generation in the kernel. */
static void read_page(struct report *report, const char *state_folder)
{
	report->page = rulebook_load(state_folder);
	if (report->page && rulebook_generation(report->page) == report->view.generation) {
		rulebook_count(report->page, &report->count);
		return;
	}
	rulebook_page_free(report->page);
	report->page = NULL;
}

static void judge_hooks(struct report *report)
{
	const struct guard_view *view = &report->view;

	for (size_t i = 0; i < view->nhooks; i++) {
		const struct object_program *program = &view->hooks[i].program;

		/* The kernel leaves a program out that runs on this CPU already: what it would have judged went through. */
		if (report->calls && report->calls[i].missed) {
			report->lacking = true;
			add_sentence(report->problems, "%s was not asked %llu times, because it was running already", program->section,
				    (unsigned long long)report->calls[i].missed);
		}
		if (view->hooks[i].attached)
			continue;
		if (program->superseded || program->later || view->hooks[i].idle)
			continue;
		if (view->hooks[i].mute)
			add_sentence(report->problems, "%s refuses what it would ask: somebody removed its core's pin; systemctl restart cordon",
				    program->section);
		else if (program->optional && !program->available)
			add_sentence(report->problems, "this kernel has no %s: %s", program->section, feature_lost(program->section));
		else
			add_sentence(report->problems, "%s is not attached: %s", program->section, feature_lost(program->section));
	}
}

/* What does not hold, as the policy says it does, of what the program at the devices judges. Frames of packet sockets are not let through
 * because of that; what tunnels send is. */
static void judge_frames(struct report *report)
{
	const struct frames *frames = &report->view.frames;
	const char *what = frames->wanted == FRAMES_ALL ? "frames of packet sockets are not judged by destination, and what tunnels send is not judged" :
							 "what tunnels send is not judged";
	struct buf names = BUF_INIT;

	if (frames->wanted == FRAMES_NONE || frames->held)
		return;
	if (frames->wanted == FRAMES_TUNNELS && !frames->able) {
		add_sentence(report->warnings, "where a tunnel leads is not judged by this kernel (6.6): forbid `use` of `net_admin`");
		return;
	}
	for (size_t i = 0; i < frames->n; i++)
		if (!frames->devices[i].judged)
			buf_printf(&names, "%s%s", names.len ? ", " : "", frames->devices[i].name);
	report->lacking = true;
	if (!frames->able)
		add_sentence(report->problems, "not enforced: this kernel cannot judge frames of packet sockets by destination: no permit with a "
			     "destination holds for them");
	else if (names.len)
		add_sentence(report->problems, "not enforced: %s, because these devices have no program: %s", what, buf_str(&names));
	else
		add_sentence(report->problems, "not enforced: %s: devices have come or gone since", what);
	buf_done(&names);
}

/* What comes when a table is full is unknown in its line, and refused more, not less. */
static void judge_table(struct report *report, const char *what, const struct view_table *table)
{
	uint32_t users = table->room - table->room / 4;

	if (!table->room || table->used < users / 4 * 3)
		return;
	add_sentence(report->warnings, "%u of %u %s are noted for `ancestors` since the guard was loaded: %s", table->used, table->room, what,
		     table->used < users ? "what ordinary users start is unknown soon" :
		     table->used < table->room ? "what else ordinary users start is unknown" : "what else is started is unknown");
}

/* Sets state and problems. */
static void judge(struct report *report)
{
	const struct guard_view *view = &report->view;
	int lsm = guard_check_lsm(NULL);

	if (lsm == -EOPNOTSUPP)
		add_sentence(report->problems, "`bpf` is not an active LSM of this kernel: hooks are attached in vain (cordon doctor)");
	else if (lsm)
		add_sentence(report->problems, "whether `bpf` is an active LSM cannot be known: %s", strerror(-lsm));
	if (!view->pinned)
		add_sentence(report->problems, "no guard is loaded");
	else if (!view->readable)
		add_sentence(report->problems, "the guard's pins are incomplete");
	if (view->pinned)
		judge_hooks(report);
	judge_frames(report);
	judge_table(report, "programs", &view->programs);
	judge_table(report, "lines of programs", &view->lines);
	if (view->readable && !view->same_object)
		add_sentence(report->problems, "the guard was loaded by cordon %s and is another object than this program's", view->about.version);
	if (view->readable && (!view->generation || !view->atoms))
		add_sentence(report->problems, "no policy is in force: everything is allowed");
	if (report->daemon && json_is_string(json_object_get(report->daemon, "problem"))) {
		report->lacking = true;
		add_sentence(report->problems, "%s", json_string_value(json_object_get(report->daemon, "problem")));
	}
	if (lsm || !view->readable || view->missing || !view->generation || !view->atoms)
		report->state = "not enforcing";
	else
		report->state = view->enforced ? "enforcing" : "auditing";
	if (!report->daemon)
		add_sentence(report->problems, "the daemon %s: policy and mounts are not followed, events are not read", report->daemon_why);
	if (json_is_string(json_object_get(json_object_get(report->daemon, "events"), "error")))
		add_sentence(report->problems, "events are not written to %s: %s",
			    json_string_value(json_object_get(json_object_get(report->daemon, "events"), "log")),
			    json_string_value(json_object_get(json_object_get(report->daemon, "events"), "error")));
	if (hostshow_judge(json_object_get(report->daemon, "hosts"), report->problems, report->warnings))
		report->lacking = true;
	if (view->counters.lost)
		add_sentence(report->problems, "%llu events were lost", (unsigned long long)view->counters.lost);
}

/* ---- JSON ------------------------------------------------------------------------------------- */

static json_t *hooks_json(const struct report *report)
{
	const struct guard_view *view = &report->view;
	json_t *list = json_array();

	for (size_t i = 0; i < view->nhooks; i++) {
		const struct view_hook *hook = &view->hooks[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:b, s:i, s:i, s:o, s:o, s:o}", "name", hook->program.name, "hook",
						      hook->program.section, "attached", (int)hook->attached, "needed",
						      (int)!(hook->idle || (hook->program.optional && !hook->program.available)), "link",
						      (int)hook->link, "program", (int)hook->prog, "calls",
						      report->counted ? json_integer(report->calls[i].run) : json_null(), "nanoseconds",
						      report->counted ? json_integer(report->calls[i].nanoseconds) : json_null(), "missed",
						      report->calls ? json_integer(report->calls[i].missed) : json_null()));
	}
	return list;
}

static json_t *counted_json(const struct cordon_counted *counted)
{
	return json_pack("{s:I, s:I, s:I}", "decisions", (json_int_t)counted->decided, "denied", (json_int_t)counted->denied,
			 "would_deny", (json_int_t)counted->would_deny);
}

static json_t *counters_json(const struct report *report)
{
	const struct cordon_counters *counters = &report->view.counters;
	json_t *all = counted_json(&report->total), *operations = json_object();

	for (const struct value_name *op = value_operations; op->name; op++)
		json_object_set_new(operations, op->name, counted_json(&counters->of[op->value]));
	json_object_update_new(all, json_pack("{s:I, s:I, s:I, s:I, s:o}", "cached", (json_int_t)counters->cached, "faults",
					      (json_int_t)counters->faults, "events", (json_int_t)counters->seq, "lost",
					      (json_int_t)counters->lost, "operations", operations));
	return all;
}

static json_t *table_json(const struct view_table *table)
{
	return json_pack("{s:i, s:i}", "used", (int)table->used, "room", (int)table->room);
}

static void print_json(const struct report *report)
{
	const struct guard_view *view = &report->view;
	json_t *rules = report->page ? json_pack("{s:i, s:i, s:i, s:i, s:i}", "rules", (int)report->count.rules, "enforce",
						 (int)report->count.enforce, "audit", (int)report->count.audit, "permit",
						 (int)report->count.permit, "forbid", (int)report->count.forbid) :
				       json_null();
	json_t *result = json_pack(
		"{s:s, s:b, s:O, s:O, s:I, s:i, s:o, s:o, s:i, s:i, s:o, s:o, s:o, s:o, s:s, s:s, s:b, s:O?}", "state", report->state, "enforcing",
		(int)(strcmp(report->state, "enforcing") == 0), "problems", report->problems, "warnings", report->warnings, "generation",
		(json_int_t)view->generation, "slot", (int)view->slot, "rules", rules, "policies",
		report->page ? rulebook_policies(report->page) : json_null(), "atoms", (int)view->atoms,
		"atoms_enforced", (int)view->enforced, "hooks", hooks_json(report), "counters", counters_json(report),
		"programs", table_json(&view->programs), "lines", table_json(&view->lines), "object", view->about.object, "loaded_by", view->about.version, "same_object", (int)view->same_object, "daemon",
		report->daemon);

	say_json(result);
}

/* ---- for people ------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static void add_row(struct libscols_table *table, const char *name, const char *format,
							  ...)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	struct buf text = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	scols_line_set_data(line, 0, name);
	scols_line_set_data(line, 1, buf_str(&text));
	buf_done(&text);
}

static void add_rules(struct libscols_table *table, const struct report *report)
{
	const struct rulebook_count *count = &report->count;
	struct buf names = BUF_INIT;
	json_t *policies, *name;
	size_t i;

	if (!report->page) {
		add_row(table, "rules", "%u atoms, %u enforced (their names are not known)", report->view.atoms,
			report->view.enforced);
		return;
	}
	policies = rulebook_policies(report->page);
	json_array_foreach(policies, i, name)
		buf_printf(&names, "%s%s", i ? ", " : "", json_string_value(name));
	json_decref(policies);
	add_row(table, "policies", "%s", buf_str(&names));
	add_row(table, "rules", "%zu: %zu enforce, %zu audit; %zu permit, %zu forbid", count->rules, count->enforce, count->audit,
		count->permit, count->forbid);
	buf_done(&names);
}

static void add_daemon(struct libscols_table *table, const struct report *report)
{
	const json_t *daemon = report->daemon, *events = json_object_get(daemon, "events");
	time_t started = json_integer_value(json_object_get(daemon, "started"));
	char since[32] = "";
	struct tm tm;

	if (!daemon) {
		add_row(table, "daemon", "%s", report->daemon_why);
		return;
	}
	if (json_integer_value(json_object_get(daemon, "confirm")))
		add_row(table, "on trial", "%lld s still; then what was before comes back (cordon confirm)",
			(long long)json_integer_value(json_object_get(daemon, "confirm")));
	if (localtime_r(&started, &tm))
		strftime(since, sizeof(since), "%F %T", &tm);
	add_row(table, "daemon", "pid %lld since %s%s", (long long)json_integer_value(json_object_get(daemon, "pid")), since,
		json_is_true(json_object_get(daemon, "audit")) ? ", --audit" : "");
	add_row(table, "events", "%lld read, %lld logged, %lld not logged, %llu lost, %lld followers",
		(long long)json_integer_value(json_object_get(events, "read")),
		(long long)json_integer_value(json_object_get(events, "logged")),
		(long long)json_integer_value(json_object_get(events, "not_logged")),
		(unsigned long long)report->view.counters.lost,
		(long long)json_integer_value(json_object_get(events, "followers")));
}

static struct libscols_table *new_table(const char *const *columns, size_t n, bool headings)
{
	struct libscols_table *table = scols_new_table();

	if (!table)
		return NULL;
	scols_table_enable_noheadings(table, !headings);
	scols_table_enable_colors(table, ui_colour(stdout));
	for (size_t i = 0; i < n; i++)
		scols_table_new_column(table, columns[i], 0, i == n - 1 ? SCOLS_FL_WRAP : 0);
	return table;
}

static void print_facts(const struct report *report)
{
	static const char *const columns[] = { "what", "is" };
	const struct guard_view *view = &report->view;
	struct libscols_table *table = new_table(columns, 2, false);

	if (!table)
		return;
	if (view->readable) {
		add_row(table, "generation", "%llu", (unsigned long long)view->generation);
		if (view->generation)
			add_rules(table, report);
		add_row(table, "hooks", "%zu of %zu attached", view->attached, view->attached + view->missing);
		add_row(table, "decisions", "%llu (%llu more from caches), %llu refused, %llu would be, %llu faults",
			(unsigned long long)report->total.decided, (unsigned long long)view->counters.cached,
			(unsigned long long)report->total.denied, (unsigned long long)report->total.would_deny,
			(unsigned long long)view->counters.faults);
		add_row(table, "ancestors", "%u of %u programs, %u of %u lines", view->programs.used, view->programs.room, view->lines.used,
			view->lines.room);
		add_row(table, "object", "%.16s... loaded by cordon %s", view->about.object, view->about.version);
	}
	add_daemon(table, report);
	scols_print_table(table);
	scols_unref_table(table);
}

static void set_number(struct libscols_line *line, size_t column, unsigned long long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", number);
	scols_line_set_data(line, column, text);
}

static void print_operations(const struct report *report)
{
	static const char *const columns[] = { "OPERATION", "DECIDED", "REFUSED", "WOULD BE" };
	struct libscols_table *table = new_table(columns, 4, true);

	for (const struct value_name *op = value_operations; table && op->name; op++) {
		const struct cordon_counted *counted = &report->view.counters.of[op->value];
		struct libscols_line *line = scols_table_new_line(table, NULL);

		scols_line_set_data(line, 0, op->name);
		set_number(line, 1, counted->decided);
		set_number(line, 2, counted->denied);
		set_number(line, 3, counted->would_deny);
	}
	putchar('\n');
	scols_print_table(table);
	scols_unref_table(table);
}

static void print_hooks(const struct report *report)
{
	const struct guard_view *view = &report->view;
	static const char *const columns[] = { "HOOK", "ATTACHED", "CALLS", "LINK", "PROGRAM", "NAME" };
	struct libscols_table *table = new_table(columns, 6, true);

	for (size_t i = 0; table && i < view->nhooks; i++) {
		const struct view_hook *hook = &view->hooks[i];
		struct libscols_line *line = scols_table_new_line(table, NULL);
		const char *attached = hook->attached ? "yes" : hook->program.superseded || hook->idle ? "not needed" : hook->mute ? "MUTE" : "NO";
		const char *colour = ui_scols(stdout, *attached < 'a' ? UI_BAD : UI_GOOD);

		scols_line_set_data(line, 0, hook->program.section);
		scols_line_set_data(line, 1, attached);
		if (report->counted)
			set_number(line, 2, report->calls[i].run);
		else
			scols_line_set_data(line, 2, "-");
		set_number(line, 3, hook->link);
		set_number(line, 4, hook->prog);
		scols_line_set_data(line, 5, hook->program.name);
		if (colour)
			scols_cell_set_color(scols_line_get_cell(line, 1), colour);
	}
	putchar('\n');
	scols_print_table(table);
	scols_unref_table(table);
}

static void print_people(const struct report *report, bool hooks)
{
	enum ui_style style = strcmp(report->state, "enforcing") == 0 ? UI_GOOD :
			      strcmp(report->state, "auditing") == 0  ? UI_WARN :
									UI_BAD;
	json_t *problem;
	size_t i;

	printf("%s%s%s\n", ui_on(stdout, style), report->state, ui_off(stdout));
	json_array_foreach(report->problems, i, problem)
		printf("%s! %s%s\n", ui_on(stdout, UI_BAD), json_string_value(problem), ui_off(stdout));
	json_array_foreach(report->warnings, i, problem)
		printf("%s! %s%s\n", ui_on(stdout, UI_WARN), json_string_value(problem), ui_off(stdout));
	print_facts(report);
	hostshow_print(json_object_get(report->daemon, "hosts"));
	if (hooks) {
		print_operations(report);
		print_hooks(report);
	}
}

static enum cli_status run(const void *data, size_t n, char **operands)
{
	const struct values *values = data;
	struct report report = { 0 };
	enum cli_status status;
	struct diag diag;

	diag_init(&diag);
	if (guard_view_read(&report.view, &diag) < 0) {
		say_diag(&diag);
		diag_done(&diag);
		return CLI_FAILED;
	}
	report.problems = json_array();
	report.warnings = json_array();
	ask_daemon(&report, values->socket ? values->socket : PATH_SOCKET);
	read_page(&report, values->state_folder ? values->state_folder : PATH_STATE);
	read_calls(&report);
	sum_operations(&report);
	judge(&report);
	if (values->json)
		print_json(&report);
	else
		print_people(&report, values->hooks);
	say_diag(&diag);
	status = strcmp(report.state, "not enforcing") == 0 || report.lacking ? CLI_FAILED : CLI_OK;
	free(report.calls);
	json_decref(report.daemon);
	rulebook_page_free(report.page);
	json_decref(report.problems);
	json_decref(report.warnings);
	guard_view_done(&report.view);
	diag_done(&diag);
	return status;
}

const struct cli_command cmd_status = {
	.name = "status",
	.operands = "",
	.summary = "say whether this machine is guarded, by what, and what is missing",
	.text = "\nThe kernel is asked, not the daemon: it works when the daemon is dead. Exit status 0: enforcing, or auditing when every\n"
		"rule is in mode audit; 1: not enforcing, a hook is missing, frames of packet sockets are not judged as a rule says, or\n"
		"what was wanted last is not what is in force.\n"
		"Counts of operations are the guard's own; the kernel counts calls of hooks while sysctl kernel.bpf_stats_enabled is 1.",
	.options = options,
	.examples = examples,
	.values_size = sizeof(struct values),
	.run = run,
};
