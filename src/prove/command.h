/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * command: the subcommands of bpfprove. Each has a row in command.c and a function in a file of its own.
 *
 * run() gets argv with argv[0] = the subcommand's name, uses getopt_long (optind is reset), and returns the
 * exit status: 0 all well, 1 something fails, 2 something unknown, 3 bad input or usage.
 */
#ifndef PROVE_COMMAND_H
#define PROVE_COMMAND_H

#include <stddef.h>

enum { COMMAND_OK = 0, COMMAND_FAILS = 1, COMMAND_UNKNOWN = 2, COMMAND_BAD = 3 };

struct command {
	const char *name;
	const char *usage;    /* what follows the name */
	const char *summary;  /* one line */
	const char *help;     /* options and an example, whole lines */
	int (*run)(int argc, char **argv);
};

extern const struct command command_table[];
extern const size_t command_table_len;

const struct command *command_find(const char *name);
/* To stdout when asked for, to stderr after a mistake. */
void command_print_help(const struct command *c);
int command_usage_error(const char *name, const char *what);
/* After getopt_long() returned c, which is '?' or ':' (its short options begin with ':'); opterr is 0. COMMAND_BAD. */
struct option;
int command_option_error(char **argv, int c, const struct option *known);
/* The command nearest to a word that is none, NULL: none is near. */
const char *command_nearest(const char *name);

#endif
