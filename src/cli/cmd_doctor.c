/* SPDX-License-Identifier: GPL-2.0-only */
/* cordon doctor: can this kernel enforce everything? */
#include <jansson.h>
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli/cli.h"
#include "cli/mend.h"
#include "say/say.h"
#include "cli/ui.h"
#include "guard/feature.h"
#include "guard/object.h"

struct values { bool json; };

static const struct cli_option options[] = {
	{ "json", 0, CLI_FLAG, offsetof(struct values, json), NULL, "print JSON" },
	{ 0 },
};
static const struct cli_example examples[] = {
	{ "cordon doctor", "the table, and a verdict" },
	{ "cordon doctor --json", "the same for programs" },
	{ 0 },
};

/* One line of the table: a kernel feature, or a hook of the object. */
struct finding {
	const char *name, *what, *since, *lost;
	enum feature_state state;
	bool required;
	char detail[FEATURE_DETAIL];
};

/* What mends it; "": nothing is to be mended. */
static const char *mend_of(const struct finding *finding, struct buf *line)
{
	buf_reset(line);
	if (finding->state != FEATURE_YES)
		mend_add(line, finding->name, finding->state, finding->since);
	return buf_str(line);
}

struct findings {
	struct finding *items;
	size_t n;
	struct object_info object; /* owns the names of hooks */
};

/* Several programs may be at one hook: it is one line, and needed when one of them needs it. */
static bool known_hook(const struct findings *findings, const struct object_program *program)
{
	for (size_t i = n_features; i < findings->n; i++) {
		struct finding *finding = &findings->items[i];

		if (strcmp(finding->name, program->section))
			continue;
		finding->required |= !program->optional;
		return true;
	}
	return false;
}

static int collect(struct findings *findings, struct diag *diag)
{
	int err = object_info_read(&findings->object, diag);

	if (err)
		return err;
	findings->items = calloc(n_features + findings->object.n, sizeof(*findings->items));
	if (!findings->items)
		return diag_fail(diag, -1, NULL, "no memory");
	for (size_t i = 0; i < n_features; i++) {
		struct finding *finding = &findings->items[findings->n++];

		*finding = (struct finding){ features[i].name, features[i].what, features[i].since, features[i].lost,
					     FEATURE_UNKNOWN, features[i].required, "" };
		finding->state = features[i].probe(finding->detail);
	}
	for (size_t i = 0; i < findings->object.n; i++) {
		const struct object_program *program = &findings->object.programs[i];

		if (program->superseded || program->later || known_hook(findings, program))
			continue;
		findings->items[findings->n++] = (struct finding){
			program->section, "hook", "", feature_lost(program->section),
			!program->kernel_known ? FEATURE_UNKNOWN : program->available ? FEATURE_YES : FEATURE_NO,
			!program->optional, "" };
	}
	return 0;
}

static void add_line(struct libscols_table *table, const struct finding *finding)
{
	static const enum ui_style styles[] = { UI_GOOD, UI_BAD, UI_WARN };
	struct libscols_line *line = scols_table_new_line(table, NULL);
	bool bad = finding->state != FEATURE_YES;
	const char *colour;

	scols_line_set_data(line, 0, finding->name);
	scols_line_set_data(line, 1, feature_state_name(finding->state));
	scols_line_set_data(line, 2, finding->required ? "yes" : "no");
	scols_line_set_data(line, 3, finding->since);
	scols_line_set_data(line, 4, finding->detail);
	scols_line_set_data(line, 5, bad ? finding->lost : finding->what);
	colour = ui_scols(stdout, bad && !finding->required ? UI_WARN : styles[finding->state]);
	if (colour)
		scols_cell_set_color(scols_line_get_cell(line, 1), colour);
}

static void print_table(const struct findings *findings)
{
	static const char *const columns[] = { "FEATURE", "HERE", "NEEDED", "SINCE", "FOUND", "FOR / LOST WITHOUT" };
	struct libscols_table *table = scols_new_table();

	if (!table)
		return;
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		scols_table_new_column(table, columns[i], 0, i == 5 ? SCOLS_FL_WRAP : 0);
	scols_table_enable_colors(table, ui_colour(stdout));
	for (size_t i = 0; i < findings->n; i++)
		add_line(table, &findings->items[i]);
	scols_print_table(table);
	scols_unref_table(table);
}

/* Below the table, so that a line can be copied whole. */
static void print_mends(const struct findings *findings)
{
	struct buf line = BUF_INIT;

	for (size_t i = 0; i < findings->n; i++)
		if (findings->items[i].state != FEATURE_YES)
			printf("%s%s%s: %s\n", ui_on(stdout, UI_BOLD), findings->items[i].name, ui_off(stdout),
			       mend_of(&findings->items[i], &line));
	buf_done(&line);
}

static void print_json(const struct findings *findings, size_t bad, const char *release)
{
	json_t *list = json_array(), *result;
	struct buf line = BUF_INIT;

	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *finding = &findings->items[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:s}", "name", finding->name, "here",
						      feature_state_name(finding->state), "needed", (int)finding->required,
						      "since", finding->since, "found", finding->detail, "for", finding->what,
						      "lost", finding->lost, "mend", mend_of(finding, &line)));
	}
	buf_done(&line);
	result = json_pack("{s:b, s:s, s:o}", "ok", bad == 0, "kernel", release, "features", list);
	say_json(result);
}

static enum cli_status run(const void *data, size_t n, char **operands)
{
	const struct values *values = data;
	struct findings findings = { 0 };
	struct utsname kernel;
	struct diag diag;
	size_t bad = 0, lesser = 0;

	diag_init(&diag);
	if (collect(&findings, &diag) < 0) {
		say_diag(&diag);
		diag_done(&diag);
		return CLI_FAILED;
	}
	for (size_t i = 0; i < findings.n; i++)
		if (findings.items[i].state != FEATURE_YES)
			*(findings.items[i].required ? &bad : &lesser) += 1;
	uname(&kernel);
	if (values->json) {
		print_json(&findings, bad, kernel.release);
	} else {
		print_table(&findings);
		printf("\n%slinux %s: %s%s\n", ui_on(stdout, bad ? UI_BAD : lesser ? UI_WARN : UI_GOOD), kernel.release,
		       bad    ? "cannot be guarded, or it cannot be known" :
		       lesser ? "can be guarded, but for what the table says is lost" :
				"everything a policy says can be enforced",
		       ui_off(stdout));
		if (bad || lesser)
			print_mends(&findings);
	}
	object_info_done(&findings.object);
	free(findings.items);
	diag_done(&diag);
	return bad ? CLI_FAILED : CLI_OK;
}

const struct cli_command cmd_doctor = {
	.name = "doctor",
	.operands = "",
	.summary = "say whether this kernel can enforce everything, and what is lost where it cannot",
	.text = "\nExit status 1 when something that is needed is not here, or cannot be known (some probes need root). Below the table\n"
		"stands, for each thing that is missing, the line that mends it.",
	.options = options,
	.examples = examples,
	.values_size = sizeof(struct values),
	.run = run,
};
