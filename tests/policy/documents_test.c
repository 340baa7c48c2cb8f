/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What people copy works: every YAML block of docs/policy.md and every file of examples/policies is a policy without
 * a fault or a warning, compiles, and says nothing that is not enforced. Files: what policy_parse_files() says of those that cannot be read.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buf.h"
#include "fake.h"
#include "policy/compile.h"
#include "../tap.h"
#include "said.h"

#define DOCUMENT "docs/policy.md"

static void check_policy(const char *name, const char *text, size_t size)
{
	struct mount_table *mounts = NULL;
	struct policy *policy = NULL;
	struct image *image = NULL;
	struct diag diag;
	bool good;

	diag_init(&diag);
	good = !policy_parse(&(struct policy_text){ name, text, size }, 1, &fake_resolver, &policy, &diag) &&
	       !mount_table_read("/proc/self/mountinfo", &mounts, &diag) &&
	       !policy_compile(policy, mounts, &image, &diag) && !image_check_enforced(image, &diag) && !diag.n &&
	       policy->nrules;
	diag_print(&diag, stdout);
	tap_ok(good, "%s", name);
	image_free(image);
	policy_free(policy);
	mount_table_free(mounts);
	diag_done(&diag);
}

static bool slurp(const char *path, struct buf *text)
{
	FILE *in = fopen(path, "re");
	char piece[4096];
	size_t got;

	while (in && (got = fread(piece, 1, sizeof(piece), in)) > 0)
		buf_add(text, piece, got);
	if (in)
		fclose(in);
	return in && !text->failed;
}

static void check_document(void)
{
	struct buf text = BUF_INIT;
	const char *at;
	unsigned blocks = 0;

	if (!slurp(DOCUMENT, &text))
		printf("# " DOCUMENT " cannot be read\n");
	for (at = buf_str(&text); (at = strstr(at, "\n```yaml\n")) != NULL; blocks++) {
		const char *begin = at + strlen("\n```yaml\n"), *end = strstr(begin, "\n```\n");
		char name[64];

		if (!end)
			break;
		snprintf(name, sizeof(name), DOCUMENT " block %u", blocks + 1);
		check_policy(name, begin, (size_t)(end + 1 - begin));
		at = end;
	}
	tap_ok(blocks >= 8, DOCUMENT " has examples (%u)", blocks);
	buf_done(&text);
}

static void check_examples(void)
{
	glob_t files = { 0 };

	glob("examples/policies/*.yaml", 0, NULL, &files);
	tap_ok(files.gl_pathc >= 3, "there are examples");
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct buf text = BUF_INIT;

		slurp(files.gl_pathv[i], &text);
		check_policy(files.gl_pathv[i], buf_str(&text), text.len);
		buf_done(&text);
	}
	globfree(&files);
}

/* All of them together are one policy, too. */
static void check_together(void)
{
	static const char *const all[] = { "examples/policies/webhook.yaml", "examples/policies/ssh-session.yaml",
					   "examples/policies/contractors.yaml" };
	struct policy *policy = NULL;
	struct diag diag;

	diag_init(&diag);
	tap_ok(!policy_parse_files(all, 3, &fake_resolver, &policy, &diag) && policy->nfiles == 3 && policy->nrules > 8,
	       "the examples together");
	diag_print(&diag, stdout);
	policy_free(policy);
	diag_done(&diag);
}

static void say(const char *const *files, size_t n, const char *want, const char *what)
{
	struct policy *policy = NULL;
	struct diag diag;
	char *said;
	int err;

	diag_init(&diag);
	err = policy_parse_files(files, n, &fake_resolver, &policy, &diag);
	said = diag_said(&diag);
	tap_same(said, want, what);
	tap_ok(err < 0 && !policy, "and there is no policy");
	free(said);
	diag_done(&diag);
}

static void check_files(void)
{
	char folder[] = "/tmp/cordon-files-XXXXXX";
	static const char *const missing[] = { "no-such.yaml", "tests/golden/policy/bad/kind.yaml" };
	static const char *const twice[] = { "examples/policies/contractors.yaml", "examples/policies/contractors.yaml" };
	static const char *const directory[] = { "examples" }, *const fifo[] = { "fifo" }, *const large[] = { "large" };
	FILE *out;
	int top = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	say(missing, 2,
	    "no-such.yaml: error: cannot open it: No such file or directory\n"
	    "tests/golden/policy/bad/kind.yaml:2:7: error: unknown kind 'Pod': this program knows 'Policy'\n"
	    "  hint: write 'kind: Policy'", "a missing file, and the faults of the others");
	say(twice, 2,
	    "examples/policies/contractors.yaml:13:9: error: the policy name 'contractors' is taken by "
	    "examples/policies/contractors.yaml:13\n"
	    "  hint: rename one of the two, or give one of the files only", "the same policy twice");
	say(directory, 1, "examples: error: not a regular file\n  hint: a policy is a file", "a folder");
	if (!mkdtemp(folder) || chdir(folder) || mkfifo("fifo", 0600) || !(out = fopen("large", "we")))
		exit(2);
	if (ftruncate(fileno(out), POLICY_TEXT_MAX + 1))
		exit(2);
	fclose(out);
	say(fifo, 1, "fifo: error: not a regular file\n  hint: a policy is a file", "a FIFO without a writer");
	say(large, 1, "large: error: the file is larger than 64 MiB", "a large file");
	unlink("fifo");
	unlink("large");
	if (top < 0 || fchdir(top) || rmdir(folder))
		exit(2);
	close(top);
}

int main(void)
{

	check_document();
	check_examples();
	check_together();
	check_files();
	return tap_done();
}
