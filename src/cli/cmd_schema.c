/* SPDX-License-Identifier: GPL-2.0-only */
/* cordon schema: the policy language as a JSON Schema, for editors. */
#include <errno.h>
#include <string.h>

#include "cli/cli.h"
#include "say/say.h"
#include "policy/schema.h"

static const struct cli_option options[] = { { 0 } };
static const struct cli_example examples[] = {
	{ "cordon schema > cordon-policy.schema.json", "for an editor's YAML language server" },
	{ 0 },
};

static enum cli_status run(const void *data, size_t n, char **operands)
{
	int err = policy_schema_write(stdout);

	if (err)
		say_trouble("%s", strerror(-err));
	return err ? CLI_FAILED : CLI_OK;
}

const struct cli_command cmd_schema = {
	.name = "schema",
	.operands = "",
	.summary = "print the policy language as a JSON Schema, for editors",
	.text = "\nIt is written from the tables the parser reads by. What it refuses is refused; whether a user exists or a glob is sound\n"
		"`cordon check` alone says.",
	.options = options,
	.examples = examples,
	.run = run,
};
