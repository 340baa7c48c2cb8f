/* SPDX-License-Identifier: GPL-2.0-only */
/* cordon test: ask a policy questions with known answers. The decision is the kernel's own source, run here. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/bundle.h"
#include "cli/cli.h"
#include "cli/compile.h"
#include "say/diagjson.h"
#include "cli/fileio.h"
#include "say/say.h"
#include "cli/testfile.h"
#include "cli/ui.h"

struct values {
	const char *policy;
	bool json, quiet;
};

static const struct cli_option options[] = {
	{ "policy", 'p', CLI_TEXT, offsetof(struct values, policy), "FILE", "test this policy instead of those the tests name" },
	{ "json", 0, CLI_FLAG, offsetof(struct values, json), NULL, "print JSON" },
	{ "quiet", 'q', CLI_FLAG, offsetof(struct values, quiet), NULL, "print failures only" },
	{ 0 },
};
static const struct cli_example examples[] = {
	{ "cordon test payroll-test.yaml", "the tests of a file" },
	{ "cordon test --policy new.yaml payroll-test.yaml", "would the new policy pass the old tests?" },
	{ 0 },
};

/* One run over all files. */
struct run {
	const struct values *values;
	size_t passed, failed;
	json_t *results;
	struct diag diag;
};

/* What came out of one request. */
struct answer {
	enum testfile_expect verdict;
	const struct image_rule *rule; /* that decided; NULL: none did */
};

static int ask(const struct image *image, const struct request *request, struct answer *ret_answer)
{
	struct cordon_decision decision;
	int err = image_evaluate(image, &request->subject, &request->object, &decision);
	uint32_t atom;

	if (err)
		return err;
	atom = decision.would_deny ? decision.audit_rule : decision.rule;
	ret_answer->verdict = decision.deny ? TESTFILE_DENY : decision.would_deny ? TESTFILE_WOULD_DENY : TESTFILE_ALLOW;
	ret_answer->rule = atom == CORDON_RULE_NONE ? NULL : &image->rules[atom];
	return 0;
}

static bool as_expected(const struct testfile_case *test, const struct answer *answer)
{
	if (answer->verdict != test->expect)
		return false;
	return !test->rule || (answer->rule && strcmp(answer->rule->name, test->rule) == 0);
}

static void print_failure(const struct testfile *file, const struct testfile_case *test, const struct request *request,
			  const struct answer *answer)
{
	struct buf asked = BUF_INIT;

	request_show(request, &asked);
	printf("%sFAIL%s %s\n     %s:%u: %s\n     expected %s%s%s%s, got %s", ui_on(stdout, UI_BAD), ui_off(stdout), test->name,
	       file->name, test->line, buf_str(&asked), testfile_expect_name(test->expect), test->rule ? " by rule \"" : "",
	       test->rule ? test->rule : "", test->rule ? "\"" : "", testfile_expect_name(answer->verdict));
	if (answer->rule)
		printf(" by rule \"%s\" (%s:%u)\n", answer->rule->name, answer->rule->file, answer->rule->line);
	else
		printf("; no rule is about it\n");
	buf_done(&asked);
}

static void note(struct run *run, const struct testfile *file, const struct testfile_case *test, bool good,
		 const struct answer *answer)
{
	*(good ? &run->passed : &run->failed) += 1;
	if (run->results)
		json_array_append_new(run->results,
				      json_pack("{s:s, s:s, s:i, s:b, s:s, s:s, s:s?}", "name", test->name, "file", file->name,
						"line", (int)test->line, "passed", (int)good, "expected",
						testfile_expect_name(test->expect), "got", testfile_expect_name(answer->verdict),
						"rule", answer->rule ? answer->rule->name : NULL));
	else if (good && !run->values->quiet)
		printf("%sok%s   %s\n", ui_on(stdout, UI_GOOD), ui_off(stdout), test->name);
}

/* A case fails at its first request that comes out otherwise. */
static int run_case(struct run *run, const struct image *image, const struct testfile *file, const struct testfile_case *test)
{
	struct answer answer = { 0 };
	int err;

	for (size_t i = 0; i < test->n; i++) {
		err = ask(image, &test->requests[i], &answer);
		if (err)
			return diag_fail(&run->diag, err, DIAG_AT(.file = file->name, .line = test->line), "cannot be decided: %s",
					 strerror(-err));
		if (as_expected(test, &answer))
			continue;
		if (!run->results)
			print_failure(file, test, &test->requests[i], &answer);
		note(run, file, test, false, &answer);
		return 0;
	}
	note(run, file, test, true, &answer);
	return 0;
}

static int compile_policies(struct run *run, struct testfile *file, struct image **ret_image)
{
	const struct compile_names names = { .hosts = &file->hosts, .told = true };
	const char *policy = run->values->policy;
	struct bundle bundle = BUNDLE_INIT;
	int err = 0, also;

	if (policy)
		err = bundle_add(&bundle, policy, false, &run->diag);
	else if (!file->npolicies)
		err = diag_fail(&run->diag, -EINVAL, DIAG_AT(.file = file->name), "names no policies, and --policy is not given");
	for (size_t i = 0; !policy && i < file->npolicies; i++) {
		also = bundle_add(&bundle, file->policies[i], false, &run->diag);
		err = err ? err : also;
	}
	if (!err)
		err = compile_bundle(&bundle, &names, ret_image, &run->diag);
	bundle_done(&bundle);
	return err;
}

static int read_tests(const char *name, const struct mount_table *mounts, struct testfile **ret_file, struct diag *diag)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY), err;
	char *text;
	size_t size;

	if (fd < 0)
		return diag_fail(diag, -errno, DIAG_AT(.file = name), "cannot be opened: %s", strerror(errno));
	err = fileio_read(fd, BUNDLE_FILE_MAX, &text, &size);
	close(fd);
	if (err == -EFBIG)
		return diag_fail(diag, err, DIAG_AT(.file = name), "is larger than %u MiB", BUNDLE_FILE_MAX >> 20);
	if (err)
		return diag_fail(diag, err, DIAG_AT(.file = name), "cannot be read: %s", strerror(-err));
	err = testfile_parse(name, text, size, mounts, ret_file, diag);
	free(text);
	return err;
}

static int run_file(struct run *run, const char *name, const struct mount_table *mounts)
{
	struct testfile *file = NULL;
	struct image *image = NULL;
	int err;

	err = read_tests(name, mounts, &file, &run->diag);
	if (!err)
		err = compile_policies(run, file, &image);
	for (size_t i = 0; !err && i < file->n; i++)
		err = run_case(run, image, file, &file->cases[i]);
	image_free(image);
	testfile_free(file);
	return err;
}

static void finish(struct run *run, bool good)
{
	json_t *result;

	if (!run->results) {
		say_diag(&run->diag);
		if (run->passed || run->failed)
			printf("%zu passed, %zu failed\n", run->passed, run->failed);
		return;
	}
	result = json_pack("{s:b, s:i, s:i, s:O, s:o}", "ok", (int)good, "passed", (int)run->passed, "failed", (int)run->failed,
			   "tests", run->results, "diagnostics", diag_to_json(&run->diag));
	say_json(result);
}

static enum cli_status run(const void *data, size_t n, char **operands)
{
	struct run run = { .values = data };
	struct mount_table *mounts = NULL;
	int err, also;
	bool good;

	if (!n) {
		say_trouble("wants a file with tests");
		return CLI_USAGE;
	}
	diag_init(&run.diag);
	run.results = run.values->json ? json_array() : NULL;
	err = mount_table_read(COMPILE_MOUNTS, &mounts, &run.diag);
	for (size_t i = 0; mounts && i < n; i++) {
		also = run_file(&run, operands[i], mounts);
		err = err ? err : also;
	}
	good = !err && !run.failed;
	finish(&run, good);
	json_decref(run.results);
	mount_table_free(mounts);
	diag_done(&run.diag);
	return good ? CLI_OK : CLI_FAILED;
}

const struct cli_command cmd_test = {
	.name = "test",
	.operands = "FILE...",
	.summary = "ask a policy questions with known answers: unit tests of a policy",
	.text = "\nA test says who wants to do what, and whether that is allowed. It is decided by the same source that decides in the\n"
		"kernel, over this machine's users, groups and mounts. Nothing is changed; root is not needed. DNS is not asked: what the policy's\n"
		"host names hold is said by 'hosts'.\n\n"
		"    apiVersion: cordon/v1\n"
		"    kind: Test\n"
		"    policies: [payroll.yaml]\n"
		"    hosts: {mirror.example.org: [192.0.2.10]}\n"
		"    tests:\n"
		"      - name: contractors stay out\n"
		"        as: {user: alice, groups: [games], service: nginx, program: /usr/bin/cat}\n"
		"        open: /srv/payroll/x\n"
		"        for: [read, write]\n"
		"        expect: deny\n"
		"        rule: contractors stay out\n"
		"      - name: the mirror is reached\n"
		"        as: {user: root, service: apt-daily}\n"
		"        connect: 192.0.2.10:443\n"
		"        expect: allow",
	.options = options,
	.examples = examples,
	.values_size = sizeof(struct values),
	.most_operands = CLI_MANY,
	.run = run,
};
