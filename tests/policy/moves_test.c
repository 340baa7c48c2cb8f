/* SPDX-License-Identifier: GPL-2.0-only */
/* What link and rename may not gain: image_moves(), for files and for directories; and what is not enforced is told. */
#include <errno.h>

#include "../tap.h"
#include "fake.h"
#include "policy/compile.h"
#include "policy/facts.h"

#define HEAD "apiVersion: cordon/v1\nkind: Policy\nmetadata: {name: moves}\nrules:\n"

static struct image *compile(const char *rules)
{
	static const char mounts[] = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:2 / /home rw - ext4 /dev/sda2 rw\n";
	struct mount_table *table = NULL;
	struct policy *policy = NULL;
	struct image *image = NULL;
	struct diag diag;
	char text[4096];

	diag_init(&diag);
	snprintf(text, sizeof(text), HEAD "%s", rules);
	CHECK(!mount_table_parse(mounts, strlen(mounts), &table, NULL));
	if (policy_parse(&(struct policy_text){ "moves.yaml", text, strlen(text) }, 1, &fake_resolver, &policy, &diag) ||
	    policy_compile(policy, table, &image, &diag))
		diag_print(&diag, stdout);
	CHECK(image);
	diag_done(&diag);
	policy_free(policy);
	mount_table_free(table);
	return image;
}

/* "refused RULE", "would be RULE" or "free". */
static const char *move(const struct image *image, bool directory, const char *from, const char *to)
{
	static char said[128];
	const uint32_t gids[] = { 1000 };
	const struct image_subject subject = { .uid = 1000, .real_uid = 1000, .login = 1000, .gids = gids, .ngids = 1,
					       .cgroup = "/user.slice", .program = "/usr/bin/mv",
					       .program_dev = 8 << 20 | 1 };
	const struct image_object old = { .dev = 8 << 20 | 1, .path = from }, new = { .dev = 8 << 20 | 1, .path = to };
	struct cordon_decision d;

	CHECK(!image_moves(image, &subject, &old, &new, directory, &d));
	if (!d.deny && !d.would_deny)
		return "free";
	snprintf(said, sizeof(said), "%s %s", d.deny ? "refused" : "would be",
		 image->rules[d.deny ? d.rule : d.audit_rule].name);
	return said;
}

static void files(void)
{
	struct image *image = compile(
		"  - {rule: keys, forbid: [read], files: ['/**/id_*']}\n"
		"  - {rule: work, permit: [write], files: ['/srv/work/**']}\n"
		"  - {rule: watched, mode: audit, forbid: [exec], files: ['/opt/**']}\n"
		"  - {rule: others, who: {users: [7]}, forbid: [read], files: ['/srv/**']}\n");

	SAME(move(image, false, "/a/id_x", "/a/x"), "refused keys");
	SAME(move(image, false, "/a/id_x", "/b/id_y"), "free"); /* as secret as before */
	SAME(move(image, false, "/a/x", "/a/id_x"), "free");
	SAME(move(image, false, "/a/x", "/srv/work/x"), "refused work"); /* could be written there */
	SAME(move(image, false, "/srv/work/x", "/a/x"), "free");
	SAME(move(image, false, "/opt/x", "/a/x"), "would be watched");
	SAME(move(image, false, "/srv/x", "/a/x"), "free"); /* another subject's rule */
	image_free(image);
}

static void directories(void)
{
	struct image *image = compile(
		"  - {rule: keys, forbid: [read], files: ['/home/*/.ssh/id_*', '/a/*/.ssh/id_*']}\n"
		"  - {rule: dumps, forbid: [read], files: ['/**/core.dump']}\n"
		"  - {rule: work, permit: [write], files: ['/srv/work/**'], except: {files: ['/srv/work/**/ro']}}\n"
		"  - {rule: whole, forbid: [exec], files: ['/data/**', '/more/**']}\n");

	/* the directory itself is not forbidden, what could be in it is */
	SAME(move(image, true, "/a/bob/.ssh", "/a/bob/x"), "refused keys");
	SAME(move(image, true, "/a/bob", "/x/bob"), "refused keys");
	SAME(move(image, true, "/a/bob", "/a/alice"), "free"); /* the same rules hold below both */
	SAME(move(image, true, "/x/d", "/y/e"), "free"); /* any core.dump below is as secret there */
	SAME(move(image, true, "/x/d", "/srv/work/d"), "refused work");
	SAME(move(image, true, "/srv/work/d", "/x/d"), "free");
	SAME(move(image, true, "/srv/work/d", "/srv/work/e/d"), "free");
	SAME(move(image, true, "/data/d", "/more/d"), "free"); /* wholly forbidden there, too */
	SAME(move(image, true, "/data/d", "/x/d"), "refused whole");
	SAME(move(image, true, "/a", "/b"), "refused keys");
	image_free(image);
}

/* A mount deeper, and a bind mount of a part: the places are the file system's. */
static void unknown(void)
{
	struct image *image = compile("  - {rule: srv, forbid: [read], files: ['/srv/**']}\n");
	const uint32_t gids[] = { 1000 };
	const struct image_subject subject = { .uid = 1000, .gids = gids, .ngids = 1, .cgroup = "/" };
	const struct image_object nowhere = { .dev = 99, .path = "/x" }, there = { .dev = 8 << 20 | 1, .path = "/x" };
	struct cordon_decision d;

	CHECK(!image_moves(image, &subject, &nowhere, &there, true, &d) && d.deny);
	CHECK(!image_moves(image, &subject, &there, &there, true, &d) && !d.deny);
	image->meta.enforce = (uint32_t)image->nsets;
	CHECK(image_moves(image, &subject, &nowhere, &there, true, &d) == -ENODATA);
	CHECK(image_moves(image, &subject, &nowhere, &there, false, &d) == -ENODATA);
	image_free(image);
}

/* What a file is denied by whose last names are not sure: "RULE", or "free". */
static const char *unsure(const struct image *image, enum cordon_op op, const char *path, uint32_t names)
{
	const uint32_t gids[] = { 1000 };
	const struct image_subject subject = { .uid = 1000, .gids = gids, .ngids = 1, .cgroup = "/" };
	const struct image_object object = { .op = op, .dev = 8 << 20 | 2, .path = path, .unsure = names };
	struct cordon_decision d;

	CHECK(!image_evaluate(image, &subject, &object, &d));
	return d.deny ? image->rules[d.rule].name : "free";
}

/* Names that a file system takes for others: every forbid that could mean the file, only permits that do whatever its name. */
static void not_sure(void)
{
	struct image *image = compile(
		"  - {rule: key, forbid: [read], files: ['/home/a/key']}\n"
		"  - {rule: far, forbid: [read], files: ['/srv/**']}\n"
		"  - {rule: deep, forbid: [read], files: ['/home/d/**'], except: {files: ['/home/d/open', '/home/d/e/**']}}\n"
		"  - {rule: work, permit: [write], files: ['/home/w/**', '/home/v/x', '/home/u/**'], except: {files: ['/home/u/ro']}}\n");
	const uint32_t gids[] = { 1000 };
	const struct image_subject subject = { .uid = 1000, .gids = gids, .ngids = 1, .cgroup = "/" };
	const struct image_object in = { .dev = 8 << 20 | 2, .path = "/a/KEY", .unsure = 1 };
	const struct image_object out = { .dev = 8 << 20 | 2, .path = "/b/KEY", .unsure = 0 };
	struct cordon_decision d;

	SAME(unsure(image, CORDON_OP_READ, "/a/KEY", 0), "free");
	SAME(unsure(image, CORDON_OP_READ, "/a/KEY", 1), "key");
	SAME(unsure(image, CORDON_OP_READ, "/A/KEY", 2), "key");
	SAME(unsure(image, CORDON_OP_READ, "/a/key/x", 1), "free"); /* nothing is named below it */
	SAME(unsure(image, CORDON_OP_READ, "/b/KEY", 1), "free");   /* nor here, whatever is named elsewhere */
	SAME(unsure(image, CORDON_OP_READ, "/d/open", 1), "deep");
	SAME(unsure(image, CORDON_OP_READ, "/d/e/x", 1), "free"); /* excepted, whatever its name */
	SAME(unsure(image, CORDON_OP_WRITE, "/w/x", 1), "free");
	SAME(unsure(image, CORDON_OP_WRITE, "/w/x", 2), "work"); /* could be elsewhere */
	SAME(unsure(image, CORDON_OP_WRITE, "/v/x", 1), "work");
	SAME(unsure(image, CORDON_OP_WRITE, "/u/x", 1), "work"); /* could be what is excepted */
	SAME(unsure(image, CORDON_OP_WRITE, "/u/x/y", 1), "free");
	CHECK(!image_moves(image, &subject, &in, &out, false, &d) && d.deny);
	CHECK(!image_moves(image, &subject, &in, &out, true, &d) && d.deny);
	CHECK(!image_moves(image, &subject, &in, &in, true, &d) && !d.deny);
	image_free(image);
}

/* Programs there: every forbid that could name one, no permit. */
static void programs_not_sure(void)
{
	struct image *image = compile(
		"  - {rule: tool, who: {programs: [/home/tool]}, forbid: [read]}\n"
		"  - {rule: child, who: {ancestors: [/home/sh]}, forbid: [write]}\n");
	const uint32_t gids[] = { 1000 };
	struct image_subject subject = { .uid = 1000, .gids = gids, .ngids = 1, .cgroup = "/", .program = "/TOOL",
					 .program_dev = 8 << 20 | 2 };
	struct image_object object = { .op = CORDON_OP_READ, .dev = 8 << 20 | 1, .path = "/x" };
	struct cordon_decision d;

	CHECK(!image_evaluate(image, &subject, &object, &d) && !d.deny);
	subject.program_unsure = 1;
	CHECK(!image_evaluate(image, &subject, &object, &d) && d.deny);
	object.op = CORDON_OP_WRITE;
	CHECK(!image_evaluate(image, &subject, &object, &d) && d.deny); /* of a line it is the first */
	subject.program = "/bin/TOOL";
	CHECK(!image_evaluate(image, &subject, &object, &d) && !d.deny); /* below a folder in which nothing is named */
	image_free(image);
}

/* Bytes of abstract names that no path has. */
static void abstract_bytes(void)
{
	struct image *image = compile("  - {rule: bytes, forbid: [connect], files: ['unix:@a?b', 'unix:@/tmp/.X11-unix/X[0-9]']}\n");
	const uint32_t gids[] = { 1000 };
	const struct image_subject subject = { .uid = 1000, .gids = gids, .ngids = 1, .cgroup = "/" };
	static const struct { const char *name; size_t len; bool deny; } names[] = {
		{ "a\0b", 3, true }, { "a/b", 3, true }, { "a\0b\0", 4, false }, { "ab", 2, false }, { "a\0", 2, false },
		{ "/tmp/.X11-unix/X0", 17, true }, { "/tmp/.X11-unix/X", 16, false }, { "", 0, false },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct image_object object = { .op = CORDON_OP_CONNECT, .abstract = names[i].name,
						     .abstract_len = names[i].len };
		struct cordon_decision d;

		CHECK(!image_evaluate(image, &subject, &object, &d) && d.deny == names[i].deny);
	}
	image_free(image);
}

/* The programs that log people in are marked, where a rule asks for sessions and only there. */
static void login_programs(void)
{
	static const struct { const char *path; uint32_t session; } programs[] = {
		{ "/usr/sbin/sshd", CORDON_SESSION_SSH }, { "/usr/lib/openssh/sshd-session", CORDON_SESSION_SSH },
		{ "/usr/bin/login", CORDON_SESSION_CONSOLE }, { "/usr/sbin/lightdm", CORDON_SESSION_CONSOLE },
		{ "/usr/libexec/gdm-session-worker", CORDON_SESSION_CONSOLE }, { "/usr/sbin/cron", 0 }, { "/usr/bin/sshd", 0 },
		{ "/usr/sbin/sshd/x", 0 },
	};
	struct image *asked = compile("  - {rule: a, who: {session: [ssh]}, forbid: [read]}\n");
	struct image *not = compile("  - {rule: a, who: {login: [unset]}, forbid: [read], files: [/usr/sbin/sshd]}\n");
	bool known;

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		struct facts facts = { .image = asked };

		CHECK(asked->states[facts_place(&facts, 8 << 20 | 1, programs[i].path, 0, &known)].session ==
		      programs[i].session);
	}
	for (size_t i = 0; i < not->nstates; i++)
		CHECK(!not->states[i].session);
	CHECK(asked->meta.dims == 1u << CORDON_DIM_SESSION);
	CHECK(not->meta.dims == (1u << CORDON_DIM_LOGINUID | CORDON_USES_FILES));
	image_free(asked);
	image_free(not);
}

/* A rule that the programs do not decide is an error at its place; every rule is named, once. */
static void not_enforced(void)
{
	struct image *image = compile("  - {rule: fine, forbid: [read], files: [/a]}\n");
	struct diag diag;

	diag_init(&diag);
	CHECK(!image_check_enforced(image, &diag) && !diag.n);
	image_free(image);
	image = compile("  - {rule: fine, forbid: [read], files: [/a]}\n");
	image->meta.active |= 1u << 15; /* no such operation yet: set aside for good */
	image->meta.op[15] = image->meta.op[CORDON_OP_READ];
	CHECK(image_check_enforced(image, &diag) == -EOPNOTSUPP && diag.n_errors == 1);
	CHECK(diag.entries[0].pos.line == 5 && diag.entries[0].pos.col == 5 && diag.entries[0].hint);
	SAME(diag.entries[0].message, "rule 'fine': 'an operation' is not enforced by this version of the guard");
	image_free(image);
	diag_done(&diag);
}

static const struct tap_case cases[] = {
	{ "a file's new name gains nothing", files },
	{ "nor does what could be below a directory", directories },
	{ "a place that cannot be known, a damaged image", unknown },
	{ "files whose names are not sure", not_sure },
	{ "programs whose names are not sure", programs_not_sure },
	{ "abstract names have any bytes", abstract_bytes },
	{ "login programs are marked", login_programs },
	{ "what is not enforced is told", not_enforced },
};

TAP_MAIN(cases)
