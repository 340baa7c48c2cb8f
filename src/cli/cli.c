/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cli: option parser, help, did-you-mean (cli.h).
 */
#include "cli/cli.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "say/say.h"
#include "common/suggest.h"

#define NAME_LIMIT 32

const char *cli_nearest(const char *word, const char *(*next)(const void *list, size_t i), const void *list)
{
	struct suggestion near = { .word = word };
	const char *name;

	for (size_t i = 0; (name = next(list, i)); i++)
		suggest_offer(&near, name);
	return near.best;
}

const struct cli_command *cli_find(const char *name)
{
	for (size_t i = 0; cli_commands[i]; i++)
		if (strcmp(cli_commands[i]->name, name) == 0)
			return cli_commands[i];
	return NULL;
}

void cli_usage(FILE *out)
{
	fprintf(out, "usage: cordon COMMAND [OPTION...] [OPERAND...]\n\n");
	for (size_t i = 0; cli_commands[i]; i++)
		fprintf(out, "  %-9s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
	fprintf(out, "\ncordon COMMAND --help says more. Exit status: 0 ok, 1 refused or failed, 2 not understood.\n");
}

static void help_option(const struct cli_option *option, FILE *out)
{
	char left[64];
	int n = 0;

	if (option->letter)
		n = snprintf(left, sizeof(left), "-%c, ", option->letter);
	snprintf(left + n, sizeof(left) - n, "--%s%s%s", option->name, option->argument ? " " : "",
		 option->argument ? option->argument : "");
	fprintf(out, "  %-26s %s\n", left, option->help);
}

void cli_help(const struct cli_command *command, FILE *out)
{
	fprintf(out, "usage: cordon %s%s%s%s\n\n%s.\n", command->name, command->options->name ? " [OPTION...]" : "",
		*command->operands ? " " : "", command->operands, command->summary);
	if (command->text)
		fprintf(out, "%s\n", command->text);
	fprintf(out, "\noptions:\n");
	for (const struct cli_option *option = command->options; option->name; option++)
		help_option(option, out);
	fprintf(out, "  %-26s %s\n", "-h, --help", "this text");
	fprintf(out, "\nexamples:\n");
	for (const struct cli_example *example = command->examples; example->line; example++)
		fprintf(out, "  %-44s # %s\n", example->line, example->what);
}

static const char *next_option(const void *list, size_t i)
{
	return ((const struct cli_option *)list)[i].name;
}

/* The option a word means; NULL after saying that there is none. `length`: of its name. */
static const struct cli_option *find_option(const struct cli_command *command, const char *word, size_t length)
{
	char name[NAME_LIMIT + 1];
	const char *near;

	for (const struct cli_option *option = command->options; option->name; option++) {
		if (word[1] != '-' && option->letter && option->letter == word[1] && length == 2)
			return option;
		if (word[1] == '-' && strlen(option->name) == length - 2 && strncmp(option->name, word + 2, length - 2) == 0)
			return option;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(length < 2 ? 0 : length - 2), word + (length < 2 ? length : 2));
	near = word[1] == '-' ? cli_nearest(name, next_option, command->options) : NULL;
	say_trouble("there is no option '%.*s'%s%s%s", (int)length, word, near ? "; did you mean '--" : "", near ? near : "",
		    near ? "'?" : "");
	return NULL;
}

static int set_number(const struct cli_option *option, const char *text, void *member)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9') {
		say_trouble("--%s wants a number, not '%s'", option->name, text);
		return -EINVAL;
	}
	memcpy(member, &value, sizeof(value));
	return 0;
}

/* One option word, and the word after it if it takes one; returns how many were used, or -errno after saying why. */
static int take_option(const struct cli_command *command, char *values, int argc, char **argv)
{
	const char *word = argv[0], *equals = word[1] == '-' ? strchr(word, '=') : NULL;
	size_t length = equals ? (size_t)(equals - word) : strlen(word);
	const struct cli_option *option = find_option(command, word, length);
	const char *text;

	if (!option)
		return -EINVAL;
	if (option->kind == CLI_FLAG) {
		if (equals) {
			say_trouble("--%s takes no value", option->name);
			return -EINVAL;
		}
		values[option->offset] = true;
		return 1;
	}
	text = equals ? equals + 1 : argc > 1 ? argv[1] : NULL;
	if (!text) {
		say_trouble("--%s wants %s", option->name, option->argument);
		return -EINVAL;
	}
	if (option->kind == CLI_NUMBER && set_number(option, text, values + option->offset) < 0)
		return -EINVAL;
	if (option->kind == CLI_TEXT)
		memcpy(values + option->offset, &text, sizeof(text));
	return equals ? 1 : 2;
}

/* Whether a word stands among the options: known before any of them is found to be wrong. */
static bool has_word(int argc, char **argv, const char *word)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], word) == 0)
			return true;
	return false;
}

static bool knows_json(const struct cli_command *command)
{
	for (const struct cli_option *option = command->options; option->name; option++)
		if (strcmp(option->name, "json") == 0)
			return true;
	return false;
}

static enum cli_status take_words(const struct cli_command *command, int argc, char **argv)
{
	_Alignas(max_align_t) char values[CLI_VALUES_MAX] = { 0 };
	bool options = true;
	size_t n = 0;
	int used;

	_Static_assert(sizeof(bool) == 1, "flags are bytes");
	for (int i = 0; i < argc; i += used) {
		used = 1;
		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
		} else if (options && argv[i][0] == '-' && argv[i][1]) {
			used = take_option(command, values, argc - i, argv + i);
			if (used < 0)
				return CLI_USAGE;
		} else if (n == command->most_operands) {
			say_trouble("'%s' is too much", argv[i]);
			return CLI_USAGE;
		} else {
			argv[n++] = argv[i]; /* operands gather at the front: n <= i */
		}
	}
	return command->run(values, n, argv);
}

enum cli_status cli_run(const struct cli_command *command, int argc, char **argv)
{
	enum cli_status status;

	if (has_word(argc, argv, "--help") || has_word(argc, argv, "-h")) {
		cli_help(command, stdout);
		return CLI_OK;
	}
	say_begin("cordon", command->name, knows_json(command) && has_word(argc, argv, "--json"));
	status = take_words(command, argc, argv);
	say_end(status != CLI_OK);
	return status;
}
