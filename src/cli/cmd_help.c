/* SPDX-License-Identifier: GPL-2.0-only */
/* cordon help: the list of commands, or one command's help. */
#include "cli/cli.h"
#include "say/say.h"

static const struct cli_option options[] = { { 0 } };
static const struct cli_example examples[] = {
	{ "cordon help", "the list of commands" },
	{ "cordon help apply", "the same as cordon apply --help" },
	{ 0 },
};

static enum cli_status run(const void *values, size_t n, char **operands)
{
	const struct cli_command *command;

	if (!n) {
		cli_usage(stdout);
		return CLI_OK;
	}
	command = cli_find(operands[0]);
	if (!command) {
		say_trouble("there is no command '%s'", operands[0]);
		return CLI_USAGE;
	}
	cli_help(command, stdout);
	return CLI_OK;
}

const struct cli_command cmd_help = {
	.name = "help",
	.operands = "[COMMAND]",
	.summary = "say what the commands are, or more about one",
	.options = options,
	.examples = examples,
	.most_operands = 1,
	.run = run,
};
