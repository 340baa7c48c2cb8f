/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every policy in tests/golden/policy/bad is refused with exactly the diagnostics of the .expected beside it, and
 * every error says how to mend it. With GOLDEN_UPDATE=1 the .expected are written anew: read the difference.
 */
#include <glob.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "policy/policy.h"

#define FOLDER "tests/golden/policy/bad/"
#define LEAST  45 /* cases; a lost folder must not pass */

static char *slurp(const char *path, size_t *ret_size)
{
	FILE *in = fopen(path, "re");
	char *text = NULL;
	size_t cap = 0;
	ssize_t size;

	if (!in)
		return NULL;
	size = getdelim(&text, &cap, EOF, in); /* no file has byte 0xff */
	fclose(in);
	if (size < 0) {
		free(text);
		return NULL;
	}
	*ret_size = (size_t)size;
	return text;
}

/* The YAML library's messages, and bytes that are no text, have no mend but themselves. */
static bool mends(const struct diag_entry *e)
{
	static const char *const plain[] = { "not valid YAML", "control character", "byte 0x", "a NUL byte", "the file is empty",
					     "lists and mappings nest", "the name of the policy is longer" };

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (strncmp(e->message, plain[i], strlen(plain[i])) == 0)
			return true;
	return e->hint != NULL;
}

static bool refuse(const char *path, char **ret_said)
{
	char *copy = strdup(path), *text;
	struct policy *policy = NULL;
	bool good = true;
	struct diag diag;
	size_t size = 0;
	FILE *out;
	int err;

	diag_init(&diag);
	text = slurp(path, &size);
	if (!text || !copy)
		exit(2);
	err = policy_parse(&(struct policy_text){ .name = basename(copy), .text = text, .size = size }, 1,
			   &fake_resolver, &policy, &diag);
	if (!err || policy || !diag.n_errors) {
		printf("# not refused\n");
		good = false;
	}
	for (size_t i = 0; i < diag.n; i++) {
		if (mends(&diag.entries[i]) && diag.entries[i].pos.line && diag.entries[i].pos.col)
			continue;
		printf("# no mend or no place: %s\n", diag.entries[i].message);
		good = false;
	}
	size = 0;
	*ret_said = NULL;
	out = open_memstream(ret_said, &size);
	diag_print(&diag, out);
	fclose(out);
	policy_free(policy);
	diag_done(&diag);
	free(text);
	free(copy);
	return good;
}

static bool same(const char *path, const char *said)
{
	char expected[512], *want;
	size_t size = 0;
	bool equal;

	snprintf(expected, sizeof(expected), "%.*s.expected", (int)(strlen(path) - strlen(".yaml")), path);
	if (getenv("GOLDEN_UPDATE")) {
		FILE *out = fopen(expected, "we");

		if (!out || fputs(said, out) < 0 || fclose(out))
			exit(2);
	}
	want = slurp(expected, &size);
	equal = want && strlen(said) == size && memcmp(said, want, size) == 0;
	if (!equal)
		printf("# %s: have:\n%s# want:\n%s", path, said, want ? want : "(no file)\n");
	free(want);
	return equal;
}

int main(void)
{
	size_t failed = 0;
	glob_t files;

	if (glob(FOLDER "*.yaml", 0, NULL, &files) || files.gl_pathc < LEAST) {
		printf("Bail out! not enough cases in " FOLDER "\n");
		return 1;
	}
	for (size_t i = 0; i < files.gl_pathc; i++) {
		const char *path = files.gl_pathv[i];
		char *said;
		bool good = refuse(path, &said);

		good = same(path, said) && good;
		failed += !good;
		printf("%sok %zu - %s\n", good ? "" : "not ", i + 1, path + strlen(FOLDER));
		free(said);
	}
	printf("1..%zu\n", files.gl_pathc);
	globfree(&files);
	return failed != 0;
}
