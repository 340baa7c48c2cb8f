/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cli: the table every command is a line of, and the parser of its options. A command is one file, cmd_NAME.c, that defines
 * one struct cli_command; main.c lists them.
 *
 * Exit status of every command: CLI_OK; CLI_FAILED: refused, or did not work; CLI_USAGE: was not understood. A command that answers
 * by CLI_FAILED has a word of its own for what did not work (`trouble`).
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum cli_status { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

enum cli_kind {
	CLI_FLAG,   /* bool */
	CLI_TEXT,   /* const char * */
	CLI_NUMBER, /* unsigned long */
};

struct cli_option {
	const char *name;     /* without "--"; NULL ends the table */
	char letter;	      /* '\0': none */
	enum cli_kind kind;
	size_t offset;	      /* of the member in the command's values */
	const char *argument; /* its name in the help; NULL for a flag */
	const char *help;
};

struct cli_example {
	const char *line, *what;
};

struct cli_command {
	const char *name;
	const char *operands; /* "FILE...", "" = none */
	const char *summary;  /* one line */
	const char *text;     /* more, for --help; may be NULL */
	const struct cli_option *options;
	const struct cli_example *examples; /* ends with a NULL line */
	size_t values_size;   /* of the struct the options write to; <= CLI_VALUES_MAX */
	size_t most_operands;
	enum cli_status trouble; /* the status of what did not work; 0: CLI_FAILED */
	enum cli_status (*run)(const void *values, size_t n, char **operands);
};

#define CLI_VALUES_MAX 512
#define CLI_MANY       ((size_t)-1)

extern const struct cli_command *const cli_commands[]; /* ends with NULL */

extern const struct cli_command cmd_run, cmd_check, cmd_apply, cmd_status, cmd_events, cmd_doctor, cmd_stop, cmd_version,
	cmd_help, cmd_test, cmd_diff, cmd_explain, cmd_confirm, cmd_schema;

/* Find a command; NULL: there is none. */
const struct cli_command *cli_find(const char *name);

/* Parse the words after the command's name and run it. --help is answered here. */
enum cli_status cli_run(const struct cli_command *command, int argc, char **argv);

void cli_usage(FILE *out);
void cli_help(const struct cli_command *command, FILE *out);

/* The candidate nearest to `word`, or NULL when none is near enough to be meant. `next` walks the candidates: it is
 * given a number and returns NULL at the end. */
const char *cli_nearest(const char *word, const char *(*next)(const void *list, size_t i), const void *list);

#endif
