/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cordon: the guard's one binary. This file is the table of commands and how one is chosen.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

const struct cli_command *const cli_commands[] = {
	&cmd_run,    &cmd_check,  &cmd_explain, &cmd_test, &cmd_diff,    &cmd_apply, &cmd_confirm,
	&cmd_status, &cmd_events, &cmd_doctor,  &cmd_stop, &cmd_schema, &cmd_version, &cmd_help,
	NULL,
};

static const char *next_command(const void *list, size_t i)
{
	const struct cli_command *const *commands = list;

	return commands[i] ? commands[i]->name : NULL;
}

static enum cli_status no_command(const char *name)
{
	const char *near = cli_nearest(name, next_command, cli_commands);

	fprintf(stderr, "cordon: there is no command '%s'", name);
	if (near)
		fprintf(stderr, "; did you mean '%s'?", near);
	fprintf(stderr, "\ncordon help lists them.\n");
	return CLI_USAGE;
}

int main(int argc, char **argv)
{
	const struct cli_command *command;
	const char *word = argc > 1 ? argv[1] : NULL;
	enum cli_status status;

	signal(SIGPIPE, SIG_IGN); /* a closed reader is an error where it is written to */
	if (!word) {
		cli_usage(stderr);
		return CLI_USAGE;
	}
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		word = "help";
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
		word = "version";
	command = cli_find(word);
	if (!command)
		return no_command(word);
	status = cli_run(command, argc - 2, argv + 2);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno != EPIPE) /* who closed it knows */
		fprintf(stderr, "cordon %s: the output cannot be written: %s\n", word, strerror(errno));
	/* Whatever the answer was, it was not given. */
	return status == CLI_OK || status == CLI_FAILED ? (command->trouble ? command->trouble : CLI_FAILED) : status;
}
