/* SPDX-License-Identifier: GPL-2.0-only */
/* cordon check: compile policy files here, without daemon, root or effect. */
#include <jansson.h>

#include "cli/bundle.h"
#include "cli/cli.h"
#include "cli/compile.h"
#include "say/diagjson.h"
#include "cli/rulebook.h"
#include "say/say.h"

struct values { bool json, quiet, resolve, strict; };

static const struct cli_option options[] = {
	{ "json", 0, CLI_FLAG, offsetof(struct values, json), NULL, "print JSON: counts and diagnostics" },
	{ "quiet", 'q', CLI_FLAG, offsetof(struct values, quiet), NULL, "print faults only" },
	{ "resolve", 'r', CLI_FLAG, offsetof(struct values, resolve), NULL, "ask DNS for the policy's host names, as `apply` does" },
	{ "strict", 's', CLI_FLAG, offsetof(struct values, strict), NULL, "what warns is a fault" },
	{ 0 },
};
static const struct cli_example examples[] = {
	{ "cordon check my-policy.yaml", "one file" },
	{ "cordon check /etc/cordon/policy.d", "all files of a folder, as one policy" },
	{ "cordon check --resolve my-policy.yaml", "and do its host names have addresses?" },
	{ "cordon check --strict my-policy.yaml", "and no rule that does nothing" },
	{ "cordon check - < my-policy.yaml", "from standard input" },
	{ 0 },
};

static json_t *count_json(const struct rulebook_count *count)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i}", "rules", (int)count->rules, "enforce", (int)count->enforce, "audit",
			 (int)count->audit, "permit", (int)count->permit, "forbid", (int)count->forbid, "atoms",
			 (int)count->atoms);
}

static void print_json(bool good, const struct rulebook_count *count, const struct diag *diag)
{
	json_t *result = json_pack("{s:b, s:o, s:o}", "ok", (int)good, "count", count_json(count), "diagnostics",
				   diag_to_json(diag));

	say_json(result);
}

static void print_good(const struct rulebook_count *count, size_t nfiles, const struct hosts *hosts, bool resolved)
{
	size_t held = 0;

	printf("good: %zu rules in %zu files (%zu permit, %zu forbid; %zu enforce, %zu audit)\n", count->rules, nfiles, count->permit,
	       count->forbid, count->enforce, count->audit);
	for (size_t i = 0; i < hosts->n; i++)
		held += host_held(&hosts->host[i]);
	if (hosts->n && resolved)
		printf("%zu host names hold %zu addresses\n", hosts->n, held);
	else if (hosts->n)
		printf("%zu host names, which were not asked for (--resolve)\n", hosts->n);
}

static void count_rules(const struct image *image, struct rulebook_count *ret_count)
{
	struct rulebook_page *page = rulebook_page(image, 0, false);

	if (!page)
		return;
	rulebook_count(page, ret_count);
	rulebook_page_free(page);
}

static enum cli_status run(const void *data, size_t n, char **operands)
{
	const struct values *values = data;
	struct rulebook_count count = { 0 };
	struct bundle bundle = BUNDLE_INIT;
	struct image *image = NULL;
	struct hosts hosts = { 0 };
	const struct compile_names names = { .hosts = &hosts, .ask = values->resolve, .told = values->resolve, .askers = true,
					     .must = values->resolve };
	struct diag diag;
	int err = 0, also;

	if (!n) {
		say_trouble("wants a file or a folder");
		return CLI_USAGE;
	}
	diag_init(&diag);
	for (size_t i = 0; i < n; i++) {
		also = bundle_add(&bundle, operands[i], false, &diag);
		err = err ? err : also;
	}
	if (!err)
		err = compile_bundle(&bundle, &names, &image, &diag);
	if (!err)
		err = diag_strict(&diag, values->strict ? DIAG_WARNING : DIAG_FLAW);
	if (!err)
		count_rules(image, &count);
	if (values->json)
		print_json(!err, &count, &diag);
	else
		say_diag(&diag);
	if (!err && !values->json && !values->quiet)
		print_good(&count, bundle.n, &hosts, values->resolve);
	hosts_done(&hosts);
	image_free(image);
	bundle_done(&bundle);
	diag_done(&diag);
	return err ? CLI_FAILED : CLI_OK;
}

const struct cli_command cmd_check = {
	.name = "check",
	.operands = "FILE|DIR|-...",
	.summary = "say whether policy files are without fault, and what they come to",
	.text = "\nAll operands together are one policy. Users, groups and mounts are this machine's. Nothing is changed; root is not\n"
		"needed. Host names are not asked for, unless --resolve is given.",
	.options = options,
	.examples = examples,
	.values_size = sizeof(struct values),
	.most_operands = CLI_MANY,
	.run = run,
};
