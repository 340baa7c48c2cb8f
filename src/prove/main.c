// SPDX-License-Identifier: GPL-2.0-only
/* bpfprove: a formal verifier for compiled eBPF. This file only finds the subcommand. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "prove/command.h"
#include "say/say.h"

static void usage(FILE *out)
{
	fprintf(out, "Usage: bpfprove COMMAND [ARGUMENT...]\n\n"
		     "Proves properties of compiled eBPF programs from their bytecode.\n\nCommands:\n");
	for (size_t i = 0; i < command_table_len; i++)
		fprintf(out, "  %-8s %s\n", command_table[i].name, command_table[i].summary);
	fprintf(out, "\nbpfprove COMMAND --help tells the options and has examples.\n"
		     "Exit status: 0 all hold, 1 something fails, 2 something unknown, 3 bad input.\n"
		     "\nExamples:\n"
		     "  bpfprove show prog.bpf.o\n"
		     "  echo 'b7000000030000009500000000000000' | bpfprove exec\n");
}

int main(int argc, char **argv)
{
	const struct command *c;
	bool json = false;

	if (argc < 2) {
		usage(stderr);
		return COMMAND_BAD;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		c = argc > 2 ? command_find(argv[2]) : NULL;
		if (c)
			command_print_help(c);
		else
			usage(stdout);
		return COMMAND_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("bpfprove %s\n", CORDON_VERSION);
		return COMMAND_OK;
	}
	c = command_find(argv[1]);
	if (!c) {
		const char *near = command_nearest(argv[1]);

		fprintf(stderr, "bpfprove: no command '%s'%s%s%s; see bpfprove --help\n", argv[1], near ? "; did you mean '" : "", near ? near : "",
			near ? "'?" : "");
		return COMMAND_BAD;
	}
	for (int i = 2; i < argc && strcmp(argv[i], "--"); i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			command_print_help(c);
			return COMMAND_OK;
		}
		json |= !strcmp(argv[i], "--json");
	}
	optind = 1;
	opterr = 0; /* command_option_error() tells */
	say_begin("bpfprove", c->name, json);
	int status = c->run(argc - 1, argv + 1);
	say_end(status == COMMAND_BAD);
	if (fflush(stdout) || ferror(stdout)) { /* half a result is none */
		fprintf(stderr, "bpfprove: the result cannot be written: %s\n", strerror(errno));
		return COMMAND_BAD;
	}
	return status;
}
