/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decisions that people wrote down: every line of tests/golden/policy/decide/NAME.cases is one request, the verdict
 * it must get and the rule that gives it. The image and the oracle are both asked.
 *
 *     policy FILE                                          the policy of the lines that follow, from the top folder
 *     subject NAME: user=... groups=... unit=... exe=...   a subject of these lines
 *     allow|deny|would-deny RULE | NAME [KEY=VALUE...] | OPERATION OBJECT
 *
 * RULE is a rule's name, or '-' for none. Subjects and objects: request.h. Lines with '#' are comments.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "oracle.h"
#include "policy/compile.h"
#include "request.h"

#define FOLDER   "tests/golden/policy/decide/"
#define LEAST    100 /* cases; a lost file must not pass */
#define LINE     1024
#define SUBJECTS 16

struct subject {
	char name[LINE], text[LINE];
};

struct suite {
	struct mount_table *mounts;
	struct policy *policy;
	struct image *image;
	struct subject subjects[SUBJECTS];
	size_t nsubjects;
	const char *file;
	unsigned line, cases, failed, denied;
};

static const char mountinfo[] =
	"20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
	"21 20 0:21 / /proc rw - proc proc rw\n"
	"22 20 0:6 / /dev rw - devtmpfs udev rw\n"
	"23 20 0:24 / /run rw - tmpfs tmpfs rw\n"
	"24 20 8:2 / /home rw - ext4 /dev/sda2 rw\n"
	"25 20 8:1 /srv/payroll /var/lib/container/payroll rw - ext4 /dev/sda1 rw\n"
	"26 20 0:4 net:[4026531840] /run/netns/blue rw - nsfs nsfs rw\n"
	"27 20 8:3 /data\\040base /mnt/db rw - xfs /dev/sda3 rw\n";

static void result(struct suite *s, bool good, const char *what)
{
	s->cases++;
	s->failed += !good;
	printf("%sok %u - %s:%u %s\n", good ? "" : "not ", s->cases, s->file, s->line, what);
}

static void release(struct suite *s)
{
	image_free(s->image);
	policy_free(s->policy);
	s->image = NULL;
	s->policy = NULL;
	s->nsubjects = 0;
}

static void use_policy(struct suite *s, const char *path)
{
	struct diag diag;

	release(s);
	diag_init(&diag);
	if (policy_parse_files(&path, 1, &fake_resolver, &s->policy, &diag) ||
	    policy_compile(s->policy, s->mounts, &s->image, &diag)) {
		diag_print(&diag, stdout);
		result(s, false, "the policy does not compile");
	}
	diag_done(&diag);
}

static void add_subject(struct suite *s, char *text)
{
	char *colon = strchr(text, ':');

	if (!colon || s->nsubjects == SUBJECTS) {
		result(s, false, "subject NAME: KEY=VALUE ...");
		return;
	}
	*colon = '\0';
	snprintf(s->subjects[s->nsubjects].name, sizeof(s->subjects[0].name), "%s", text);
	snprintf(s->subjects[s->nsubjects++].text, LINE, "%s", colon + 1);
}

/* The named subject, then what the line changes. */
static const char *read_subject(struct suite *s, struct request *r, char *text)
{
	size_t len;
	const char *wrong = request_init(r, s->mounts);

	text += strspn(text, " ");
	len = strcspn(text, " ");
	for (size_t i = 0; !wrong && i < s->nsubjects; i++)
		if (strlen(s->subjects[i].name) == len && !strncmp(s->subjects[i].name, text, len)) {
			char copy[LINE];

			strcpy(copy, s->subjects[i].text);
			wrong = request_subject(r, s->mounts, copy);
			return wrong ? wrong : request_subject(r, s->mounts, text + len);
		}
	return wrong ? wrong : "unknown subject";
}

static const char *verdict(bool deny, bool would_deny)
{
	return deny ? "deny" : would_deny ? "would-deny" : "allow";
}

/* NULL, or what the image or the oracle says else. */
static const char *ask(struct suite *s, const struct request *r, const char *want, const char *rule)
{
	static char said[LINE];
	struct cordon_decision d;
	struct oracle_answer oracle;
	const char *name = "-";
	uint32_t atom;

	if (image_evaluate(s->image, &r->subject, &r->object, &d))
		return "the image is damaged";
	oracle = oracle_decide(s->policy, s->mounts, &r->subject, &r->object);
	atom = d.would_deny ? d.audit_rule : d.rule;
	if (atom != CORDON_RULE_NONE)
		name = s->image->rules[atom].name;
	s->denied += d.deny;
	snprintf(said, sizeof(said), "the image says %s by '%s', the oracle %s by '%s'",
		 verdict(d.deny, d.would_deny), name, verdict(oracle.deny, oracle.would_deny),
		 oracle.rule ? oracle.rule : "-");
	return !strcmp(verdict(d.deny, d.would_deny), want) && !strcmp(name, rule) &&
			       !strcmp(verdict(oracle.deny, oracle.would_deny), want) ?
		       NULL : said;
}

/* "deny a rule's name | subject | read /path" */
static void run_case(struct suite *s, char *line)
{
	char whole[LINE], *bar[2], *rule = strchr(line, ' '), *end;
	struct request r;
	const char *wrong;

	snprintf(whole, sizeof(whole), "%s", line);
	bar[0] = strchr(line, '|');
	bar[1] = bar[0] ? strchr(bar[0] + 1, '|') : NULL;
	if (!bar[1] || !rule || rule > bar[0] || !s->image) {
		result(s, false, "VERDICT RULE | SUBJECT | OBJECT, after 'policy'");
		return;
	}
	*rule++ = *bar[0] = *bar[1] = '\0';
	for (end = rule + strlen(rule); end > rule && end[-1] == ' '; end--)
		end[-1] = '\0';
	wrong = read_subject(s, &r, bar[0] + 1);
	if (!wrong)
		wrong = request_object(&r, s->mounts, bar[1] + 1);
	if (!wrong)
		wrong = ask(s, &r, line, rule);
	if (wrong)
		printf("# %s\n", wrong);
	result(s, !wrong, whole);
}

static void run_file(struct suite *s, const char *path)
{
	FILE *in = fopen(path, "re");
	char line[LINE];

	s->file = path + strlen(FOLDER);
	for (s->line = 1; in && fgets(line, sizeof(line), in); s->line++) {
		line[strcspn(line, "\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		if (!strncmp(line, "policy ", 7))
			use_policy(s, line + 7);
		else if (!strncmp(line, "subject ", 8))
			add_subject(s, line + 8);
		else
			run_case(s, line);
	}
	if (!in)
		result(s, false, "cannot be read");
	else
		fclose(in);
	release(s);
}

int main(void)
{
	struct suite s = { 0 };
	glob_t files;

	if (mount_table_parse(mountinfo, strlen(mountinfo), &s.mounts, NULL) || glob(FOLDER "*.cases", 0, NULL, &files)) {
		printf("Bail out! no mount table, or no cases in " FOLDER "\n");
		return 1;
	}
	for (size_t i = 0; i < files.gl_pathc; i++)
		run_file(&s, files.gl_pathv[i]);
	s.file = "all";
	s.line = s.cases;
	result(&s, s.cases >= LEAST && s.denied > LEAST / 4, "enough cases, and not all are allowed");
	printf("1..%u\n", s.cases);
	globfree(&files);
	mount_table_free(s.mounts);
	return s.failed != 0;
}
