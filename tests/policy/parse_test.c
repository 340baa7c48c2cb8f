/* SPDX-License-Identifier: GPL-2.0-only */
/* What a good policy becomes, field by field; the examples and the documentation; files; limits. */
#include <fcntl.h>
#include <glob.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cordon/abi.h>

#include "../tap.h"
#include "fake.h"
#include "policy/policy.h"
#include "common/suggest.h"
#include "policy/value.h"

#define HEAD "apiVersion: cordon/v1\nkind: Policy\nmetadata: {name: test}\n"

static struct policy *parse_named(const char *name, const char *text)
{
	struct policy *policy = NULL;
	struct diag diag;
	int err;

	diag_init(&diag);
	err = policy_parse(&(struct policy_text){ .name = name, .text = text, .size = strlen(text) }, 1, &fake_resolver,
			   &policy, &diag);
	if (diag.n)
		diag_print(&diag, stdout);
	CHECK(err == 0 && diag.n == 0);
	diag_done(&diag);
	return policy;
}

static struct policy *parse(const char *text)
{
	return parse_named("test.yaml", text);
}

/* Refused, the first message is @message. */
static void refused(const struct policy_text *texts, size_t n, const char *message)
{
	struct policy *policy = NULL;
	struct diag diag;

	diag_init(&diag);
	CHECK(policy_parse(texts, n, &fake_resolver, &policy, &diag) < 0 && !policy && diag.n_errors);
	SAME(diag.entries[0].message, message);
	diag_done(&diag);
	CHECK(policy_parse(texts, n, &fake_resolver, &policy, NULL) < 0 && !policy); /* without a diag as well */
}

static bool is_range(const struct policy_ranges *ranges, size_t i, uint32_t first, uint32_t last)
{
	return i < ranges->n && ranges->item[i].first == first && ranges->item[i].last == last;
}

static bool is_net(const struct policy_destination *d, const char *hex, unsigned bits)
{
	char have[33];

	for (int i = 0; i < 16; i++)
		snprintf(have + i * 2, 3, "%02x", d->addr[i]);
	return strcmp(have, hex) == 0 && d->bits == bits;
}

static const char rich[] =
	"apiVersion: cordon/v1\n"                                                              /* 1 */
	"kind: Policy\n"                                                                       /* 2 */
	"metadata:\n"                                                                          /* 3 */
	"  name: rich.policy_1-a\n"                                                            /* 4 */
	"  description: 'All of it: at once'\n"                                                /* 5 */
	"mode: audit\n"                                                                        /* 6 */
	"sets:\n"                                                                              /* 7 */
	"  nets: [10.0.0.0/8, \"fd00::/8\"]\n"                                                 /* 8 */
	"  web: [80, 443]\n"                                                                   /* 9 */
	"  places: [{net: 192.0.2.7}]\n"                                                       /* 10 */
	"rules:\n"                                                                             /* 11 */
	"  - rule: 'first: rule'\n"                                                            /* 12 */
	"    mode: enforce\n"                                                                  /* 13 */
	"    who:\n"                                                                           /* 14 */
	"      users: [www-data, 1000, 2000-2999, \"7\"]\n"                                    /* 15 */
	"      groups: [contractors, 0-0]\n"                                                   /* 16 */
	"      services: [nginx.service, \"session-*.scope\", /machine.slice/**]\n"            /* 17 */
	"      programs: [/usr/bin/curl, \"/opt/**/[!a-c]?{x,y}\"]\n"                          /* 18 */
	"      except: {users: [root], groups: [60], services: [user.slice], programs: [/x]}\n" /* 19 */
	"    permit: [read, exec, reach, socket]\n"                                            /* 20 */
	"    files: [/, '/srv/a\\*b', \"/**\"]\n"                                              /* 21 */
	"    to:\n"                                                                            /* 22 */
	"      - {net: $nets, ports: [$web, 8000-8099], protocol: [tcp, 17]}\n"                /* 23 */
	"      - {net: any, ports: 53, protocol: udp}\n"                                       /* 24 */
	"      - {net: [\"::ffff:10.1.0.0/112\", \"::1\", 0.0.0.0/0]}\n"                       /* 25 */
	"      - $places\n"                                                                    /* 26 */
	"    sockets: [{family: unix}, {family: inet6, type: stream, protocol: mptcp}, {family: 40, type: 5, protocol: 0}]\n"
	"    except: {files: [/srv/b], to: [{net: 10.9.0.0/16}]}\n"                            /* 28 */
	"  - rule: second\n"                                                                   /* 29 */
	"    forbid: [write, append]\n";

static void rich_rule(void)
{
	struct policy *policy = parse_named("dir/rich.yaml", rich);
	const struct policy_rule *r = policy->rules;

	CHECK(policy->nrules == 2 && policy->nfiles == 1);
	SAME(r->name, "first: rule");
	SAME(r->policy, "rich.policy_1-a");
	SAME(r->pos.file, "dir/rich.yaml");
	CHECK(r->pos.line == 12 && r->pos.column == 5);
	CHECK(r->permit && r->enforce);
	CHECK(r->ops == (1u << CORDON_OP_READ | 1u << CORDON_OP_EXEC | 1u << CORDON_OP_REACH | 1u << CORDON_OP_SOCKET));
	r++;
	SAME(r->name, "second");
	CHECK(r->pos.line == 29 && r->pos.column == 5);
	CHECK(!r->permit && !r->enforce);
	CHECK(r->ops == (1u << CORDON_OP_WRITE | 1u << CORDON_OP_APPEND));
	CHECK(!r->who.users.n && !r->who.groups.n && !r->who.services.n && !r->who.programs.n);
	CHECK(!r->files.n && !r->to.n && !r->sockets.n && !r->files_except.n && !r->to_except.n);
	policy_free(policy);
}

static void rich_who(void)
{
	struct policy *policy = parse(rich);
	const struct policy_who *who = &policy->rules[0].who, *except = &policy->rules[0].who_except;

	CHECK(who->users.n == 4 && is_range(&who->users, 0, 33, 33) && is_range(&who->users, 1, 1000, 1000));
	CHECK(is_range(&who->users, 2, 2000, 2999) && is_range(&who->users, 3, 7, 7));
	CHECK(who->groups.n == 2 && is_range(&who->groups, 0, 2500, 2500) && is_range(&who->groups, 1, 0, 0));
	CHECK(who->services.n == 3 && who->programs.n == 2);
	SAME(who->services.item[0].text, "nginx.service");
	SAME(who->services.item[1].text, "session-*.scope");
	SAME(who->services.item[2].text, "/machine.slice/**");
	CHECK(who->services.item[1].pos.line == 17 && who->services.item[1].pos.column == 33);
	SAME(who->programs.item[1].text, "/opt/**/[!a-c]?{x,y}");
	CHECK(except->users.n == 1 && is_range(&except->users, 0, 0, 0));
	CHECK(except->groups.n == 1 && is_range(&except->groups, 0, 60, 60));
	SAME(except->services.item[0].text, "user.slice");
	SAME(except->programs.item[0].text, "/x");
	policy_free(policy);
}

static void rich_objects(void)
{
	struct policy *policy = parse(rich);
	const struct policy_rule *r = policy->rules;

	CHECK(r->files.n == 3 && r->files_except.n == 1);
	SAME(r->files.item[0].text, "/");
	SAME(r->files.item[1].text, "/srv/a\\*b");
	SAME(r->files.item[2].text, "/**");
	CHECK(r->files.item[1].pos.line == 21 && r->files.item[1].pos.column == 16);
	SAME(r->files_except.item[0].text, "/srv/b");
	CHECK(r->to_except.n == 1 && is_net(&r->to_except.item[0], "00000000000000000000ffff0a090000", 112));
	CHECK(r->sockets.n == 3);
	CHECK(r->sockets.item[0].family == 1 && r->sockets.item[0].type == POLICY_ANY &&
	      r->sockets.item[0].protocol == POLICY_ANY);
	CHECK(r->sockets.item[1].family == 10 && r->sockets.item[1].type == 1 && r->sockets.item[1].protocol == 262);
	CHECK(r->sockets.item[2].family == 40 && r->sockets.item[2].type == 5 && r->sockets.item[2].protocol == 0);
	policy_free(policy);
}

static void rich_destinations(void)
{
	struct policy *policy = parse(rich);
	const struct policy_destination *d = policy->rules[0].to.item;

	CHECK(policy->rules[0].to.n == 7);
	CHECK(is_net(&d[0], "00000000000000000000ffff0a000000", 104)); /* $nets: two */
	CHECK(is_net(&d[1], "fd000000000000000000000000000000", 8));
	for (int i = 0; i < 2; i++) {
		CHECK(d[i].ports.n == 3 && is_range(&d[i].ports, 0, 80, 80) && is_range(&d[i].ports, 1, 443, 443) &&
		      is_range(&d[i].ports, 2, 8000, 8099));
		CHECK(d[i].protocols.n == 2 && is_range(&d[i].protocols, 0, 6, 6) && is_range(&d[i].protocols, 1, 17, 17));
		CHECK(d[i].pos.line == 23 && d[i].pos.column == 9);
	}
	CHECK(is_net(&d[2], "00000000000000000000000000000000", 0)); /* any */
	CHECK(d[2].ports.n == 1 && is_range(&d[2].ports, 0, 53, 53) && is_range(&d[2].protocols, 0, 17, 17));
	CHECK(is_net(&d[3], "00000000000000000000ffff0a010000", 112)); /* written as IPv6 */
	CHECK(is_net(&d[4], "00000000000000000000000000000001", 128));
	CHECK(is_net(&d[5], "00000000000000000000ffff00000000", 96)); /* all of IPv4 and no more */
	CHECK(!d[5].ports.n && !d[5].protocols.n);
	CHECK(is_net(&d[6], "00000000000000000000ffffc0000207", 128)); /* $places */
	CHECK(d[6].pos.line == 10);
	policy_free(policy);
}

static void outlives_text(void)
{
	char *text = strdup(rich), *name = strdup("gone.yaml");
	struct policy *policy = parse_named(name, text);

	memset(text, 'x', strlen(text));
	free(text);
	free(name);
	SAME(policy->rules[0].name, "first: rule");
	SAME(policy->rules[0].pos.file, "gone.yaml");
	policy_free(policy);
}

/* ---- several files --------------------------------------------------------------------------- */

static void two_files(void)
{
	static const char a[] = HEAD "rules: [{rule: r, forbid: [read]}]\n";
	static const char b[] = "apiVersion: cordon/v1\nkind: Policy\nmetadata: {name: other}\nsets: {s: [1]}\n"
				"rules: [{rule: r, who: {users: [$s]}, forbid: [exec]}]\n";
	const struct policy_text texts[] = { { "a.yaml", a, strlen(a) }, { "b.yaml", b, strlen(b) } };
	struct policy *policy = NULL;

	CHECK(policy_parse(texts, 2, &fake_resolver, &policy, NULL) == 0); /* the same rule name in two files is fine */
	CHECK(policy->nrules == 2 && policy->nfiles == 2);
	SAME(policy->rules[0].policy, "test");
	SAME(policy->rules[1].policy, "other");
	SAME(policy->rules[1].pos.file, "b.yaml");
	policy_free(policy);
}

static void same_policy_name(void)
{
	static const char a[] = HEAD "rules: []\n";
	const struct policy_text texts[] = { { "a.yaml", a, strlen(a) }, { "b.yaml", a, strlen(a) } };

	refused(texts, 2, "the policy name 'test' is taken by a.yaml:3");
}

static void sets_stay_in_their_file(void)
{
	static const char a[] = HEAD "sets: {s: [1]}\nrules: [{rule: r, who: {users: [$s]}, forbid: [exec]}]\n";
	static const char b[] = "apiVersion: cordon/v1\nkind: Policy\nmetadata: {name: other}\n"
				"rules: [{rule: r, who: {users: [$s]}, forbid: [exec]}]\n";
	const struct policy_text texts[] = { { "a.yaml", a, strlen(a) }, { "b.yaml", b, strlen(b) } };

	refused(texts, 2, "unknown set '$s'");
}

static void faults_of_all_files(void)
{
	const struct policy_text texts[] = { { "a.yaml", "a: [", 4 }, { "b.yaml", "", 0 }, { "c.yaml", "x", 1 } };
	struct policy *policy = NULL;
	struct diag diag;

	diag_init(&diag);
	CHECK(policy_parse(texts, 3, &fake_resolver, &policy, &diag) == -EINVAL);
	CHECK(diag.n == 3);
	SAME(diag.entries[0].pos.file, "a.yaml");
	SAME(diag.entries[1].pos.file, "b.yaml");
	SAME(diag.entries[2].pos.file, "c.yaml");
	diag_done(&diag);
}

static void unused_set(void)
{
	static const char text[] = HEAD "sets: {a: [1]}\nrules: []\n";
	struct policy *policy = NULL;
	struct diag diag;

	diag_init(&diag);
	CHECK(policy_parse(&(struct policy_text){ "t", text, strlen(text) }, 1, &fake_resolver, &policy, &diag) == 0);
	CHECK(diag.n == 1 && diag.n_errors == 0 && diag.entries[0].severity == DIAG_WARNING);
	SAME(diag.entries[0].message, "the set 'a' is not used");
	CHECK(diag.entries[0].pos.line == 4 && diag.entries[0].pos.col == 8);
	diag_done(&diag);
	policy_free(policy);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void nul_byte(void)
{
	static const char text[] = HEAD "rules: []\n\0more: x\n";

	refused(&(struct policy_text){ "t", text, sizeof(text) - 1 }, 1, "control character 0x00");
}

static void large_text(void)
{
	char *text = malloc(POLICY_TEXT_MAX + 1);

	memset(text, '#', POLICY_TEXT_MAX + 1);
	refused(&(struct policy_text){ "t", text, POLICY_TEXT_MAX + 1 }, 1, "the file is larger than 64 MiB");
	for (size_t at = 79; at < POLICY_TEXT_MAX; at += 80)
		text[at] = '\n';
	refused(&(struct policy_text){ "t", text, POLICY_TEXT_MAX }, 1, "the file is empty");
	free(text);
}

static void many_nodes(void)
{
	size_t n = 1100000;
	char *text = malloc(n * 2 + 16);
	size_t at = (size_t)sprintf(text, "rules: [");

	for (size_t i = 0; i < n; i++)
		at += (size_t)sprintf(text + at, "a,");
	at += (size_t)sprintf(text + at, "]\n");
	refused(&(struct policy_text){ "t", text, at }, 1, "too many items in this file (the limit is 1000000)");
	free(text);
}

/* One set in very many rules: memory is bounded, and the refusal says so. */
static void large_product(void)
{
	char *text = malloc(POLICY_TEXT_MAX);
	size_t at = (size_t)sprintf(text, HEAD "sets:\n  s: [0");

	for (int i = 1; i < 20000; i++)
		at += (size_t)sprintf(text + at, ",%d", i);
	at += (size_t)sprintf(text + at, "]\nrules:\n");
	for (int i = 0; i < 9000; i++)
		at += (size_t)sprintf(text + at, "- {rule: r%d, who: {users: [$s]}, forbid: [read]}\n", i);
	CHECK(at < POLICY_TEXT_MAX);
	refused(&(struct policy_text){ "t", text, at }, 1,
		"the policy needs more memory than there is (the limit is 256 MiB)");
	free(text);
}

static void long_list(void)
{
	char *text = malloc(POLICY_TEXT_MAX);
	size_t at = (size_t)sprintf(text, HEAD "rules:\n  - rule: r\n    forbid: [read]\n    who: {users: [0");

	for (unsigned i = 1; i <= POLICY_ITEMS_MAX; i++)
		at += (size_t)sprintf(text + at, ",%u", i);
	at += (size_t)sprintf(text + at, "]}\n");
	refused(&(struct policy_text){ "t", text, at }, 1, "a list of more than 100000 items");
	free(text);
}

static void many_rules(void)
{
	char *text = malloc(POLICY_TEXT_MAX);
	size_t at = (size_t)sprintf(text, HEAD "rules:\n");

	for (unsigned i = 0; i <= CORDON_RULES_MAX; i++)
		at += (size_t)sprintf(text + at, "- {rule: r%u, forbid: [read]}\n", i);
	refused(&(struct policy_text){ "t", text, at }, 1, "more than 10240 rules");
	free(text);
}

static void many_files(void)
{
	struct policy_text *texts = calloc(POLICY_FILES_MAX + 1, sizeof(*texts));

	refused(texts, POLICY_FILES_MAX + 1, "257 policy files (the limit is 256)");
	free(texts);
}

/* ---- files ----------------------------------------------------------------------------------- */

static void files_refused(const char *file, int want, const char *message)
{
	struct policy *policy = NULL;
	struct diag diag;

	diag_init(&diag);
	CHECK(policy_parse_files(&file, 1, &fake_resolver, &policy, &diag) == want && !policy && diag.n == 1);
	SAME(diag.entries[0].message, message);
	SAME(diag.entries[0].pos.file, file);
	diag_done(&diag);
}

static void odd_files(void)
{
	char folder[] = "/tmp/parse_test.XXXXXX", path[64];

	CHECK(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/x", folder);
	files_refused(path, -EINVAL, "cannot open it: No such file or directory");
	files_refused(folder, -EINVAL, "not a regular file");
	CHECK(mkfifo(path, 0600) == 0); /* must not wait for a writer */
	files_refused(path, -EINVAL, "not a regular file");
	CHECK(unlink(path) == 0);
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && ftruncate(fd, (off_t)1 << 40) == 0 && close(fd) == 0);
	files_refused(path, -EINVAL, "the file is larger than 64 MiB");
	CHECK(unlink(path) == 0 && rmdir(folder) == 0);
}

/* A file that cannot be read refuses all, and the others are checked nevertheless. */
static void one_unreadable_file(void)
{
	const char *files[] = { "/nonexistent.yaml", "tests/golden/policy/bad/kind.yaml" };
	struct policy *policy = NULL;
	struct diag diag;

	diag_init(&diag);
	CHECK(policy_parse_files(files, 2, &fake_resolver, &policy, &diag) == -EINVAL && !policy && diag.n == 2);
	SAME(diag.entries[0].pos.file, files[0]);
	SAME(diag.entries[1].message, "unknown kind 'Pod': this program knows 'Policy'");
	diag_done(&diag);
	files[1] = "examples/policies/webhook.yaml";
	CHECK(policy_parse_files(files, 2, &fake_resolver, &policy, NULL) == -EINVAL && !policy);
}

static void examples(void)
{
	struct policy *policy = NULL;
	struct diag diag;
	glob_t files;

	diag_init(&diag);
	CHECK(glob("examples/policies/*.yaml", 0, NULL, &files) == 0 && files.gl_pathc >= 3);
	CHECK(policy_parse_files((const char *const *)files.gl_pathv, files.gl_pathc, &fake_resolver, &policy, &diag) == 0);
	diag_print(&diag, stdout);
	CHECK(diag.n == 0 && policy->nrules >= 9);
	policy_free(policy);
	diag_done(&diag);
	globfree(&files);
}

/* Every ```yaml block of docs/policy.md that is a whole policy. */
static void documentation(void)
{
	FILE *in = fopen("docs/policy.md", "re");
	char *text = NULL, *at, *end;
	size_t cap = 0, n = 0;

	CHECK(in && getdelim(&text, &cap, '\0', in) > 0);
	fclose(in);
	for (at = text; (at = strstr(at, "```yaml\n")) != NULL; at = end + 3) {
		at += strlen("```yaml\n");
		end = strstr(at, "```");
		CHECK(end);
		if (strncmp(at, "apiVersion", 10) != 0)
			continue;
		*end = '\0';
		policy_free(parse_named("docs/policy.md", at));
		*end = '`';
		n++;
	}
	CHECK(n >= 2);
	free(text);
}

static void nothing(void)
{
	struct policy *policy = NULL;

	CHECK(policy_parse(NULL, 0, &fake_resolver, &policy, NULL) == 0 && policy->nrules == 0);
	policy_free(policy);
	policy = parse(HEAD "rules: []\n");
	CHECK(policy->nrules == 0);
	policy_free(policy);
	policy_free(NULL);
}

/* ---- small parts ----------------------------------------------------------------------------- */

static void system_names(void)
{
	uint32_t id = 77;

	CHECK(resolver_system.user(NULL, "root", &id) == 0 && id == 0);
	id = 77;
	CHECK(resolver_system.group(NULL, "root", &id) == 0 && id == 0);
	CHECK(resolver_system.user(NULL, "no-such-user-here", &id) == -ENOENT);
	CHECK(resolver_system.group(NULL, "no-such-group-here", &id) == -ENOENT);
}

static void distances(void)
{
	CHECK(suggest_distance("read", "read") == 0 && suggest_distance("READ", "read") == 0);
	CHECK(suggest_distance("raed", "read") == 1 && suggest_distance("rea", "read") == 1);
	CHECK(suggest_distance("kitten", "sitting") == 3 && suggest_distance("", "abc") == 3);
	struct suggestion s = { .word = "x" };
	suggest_offer(&s, "y"); /* nothing in common is no suggestion */
	CHECK(!s.best);
}

static void numbers(void)
{
	struct policy_range r = { 1, 2 };
	uint32_t n = 9;

	CHECK(value_number("0", 5, &n) == 0 && n == 0);
	CHECK(value_number("4294967295", UINT32_MAX, &n) == 0 && n == UINT32_MAX);
	CHECK(value_number("4294967296", UINT32_MAX, &n) == -ERANGE);
	CHECK(value_number("99999999999999999999999999", UINT32_MAX, &n) == -ERANGE);
	CHECK(value_number("", 5, &n) == -EINVAL && value_number("01", 5, &n) == -EINVAL);
	CHECK(value_number("+1", 5, &n) == -EINVAL && value_number(" 1", 5, &n) == -EINVAL && value_number("1x", 5, &n) == -EINVAL);
	CHECK(value_range("1-", 5, &r) == -EINVAL && value_range("-1", 5, &r) == -EINVAL && value_range("1-2-3", 5, &r) == -EINVAL);
	CHECK(value_range("3-2", 5, &r) == -EDOM && value_range("3-6", 5, &r) == -ERANGE);
	CHECK(r.first == 1 && r.last == 2); /* untouched */
	CHECK(value_range("3-5", 5, &r) == 0 && r.first == 3 && r.last == 5);
}

static void networks(void)
{
	static const struct { const char *text; enum value_net_fault want; const char *back; } cases[] = {
		{ "10.0.0.0/8", VALUE_NET_OK, "10.0.0.0/8" },
		{ "10.0.0.1", VALUE_NET_OK, "10.0.0.1/32" },
		{ "0.0.0.0/0", VALUE_NET_OK, "0.0.0.0/0" },
		{ "::ffff:10.0.0.0/104", VALUE_NET_OK, "10.0.0.0/8" },
		{ "::ffff:0:0/96", VALUE_NET_OK, "0.0.0.0/0" },
		{ "fe80::/10", VALUE_NET_OK, "fe80::/10" },
		{ "::/128", VALUE_NET_OK, "::/128" },
		{ "2000::/3", VALUE_NET_OK, "2000::/3" },
		{ "::/0", VALUE_NET_BOTH_FAMILIES, NULL },
		{ "::/80", VALUE_NET_BOTH_FAMILIES, NULL },
		{ "::/81", VALUE_NET_OK, "::/81" },
		{ "fe00:7673:6f63:6b00::3", VALUE_NET_RESERVED, NULL },
		{ "fe00:7673:6f63:6b00::/96", VALUE_NET_RESERVED, NULL },
		{ "fe00::/9", VALUE_NET_RESERVED, NULL },
		{ "8000::/1", VALUE_NET_RESERVED, NULL },
		{ "fe00:7673:6f63:6b01::/64", VALUE_NET_OK, "fe00:7673:6f63:6b01::/64" },
		{ "10.0.0.1/31", VALUE_NET_HOST_BITS, "10.0.0.0/31" },
		{ "::ffff:10.0.0.1/127", VALUE_NET_HOST_BITS, "10.0.0.0/31" },
		{ "::ffff:10.0.0.0/95", VALUE_NET_HOST_BITS, NULL },
		{ "10.0.0/8", VALUE_NET_NO_ADDRESS, NULL },
		{ "fe80::1%eth0", VALUE_NET_NO_ADDRESS, NULL },
		{ "010.0.0.0/8", VALUE_NET_NO_ADDRESS, NULL },
		{ "", VALUE_NET_NO_ADDRESS, NULL },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", VALUE_NET_NO_ADDRESS, NULL },
		{ "10.0.0.0/08", VALUE_NET_NO_LENGTH, NULL },
		{ "10.0.0.0/255.0.0.0", VALUE_NET_NO_LENGTH, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct value_net net = { 0 };
		char text[VALUE_NET_TEXT];

		printf("# %s\n", cases[i].text);
		CHECK(value_net(cases[i].text, &net) == cases[i].want);
		if (!cases[i].back)
			continue;
		value_net_text(&net, text);
		SAME(text, cases[i].back);
	}
}

/* Every value of the ABI has one name. */
static void names_of(const struct value_name *table, int count)
{
	int n = 0;

	for (const struct value_name *name = table; name->name; name++, n++) {
		CHECK(name->value == n);
		CHECK(value_find(table, name->name) == name);
	}
	CHECK(n == count);
}

static void every_value_has_a_name(void)
{
	names_of(value_operations, CORDON_OP_COUNT);
	names_of(value_kernel_operations, CORDON_KERNEL_COUNT);
	names_of(value_capabilities, 41);
	SAME(value_capabilities[39].name, "bpf");
}

static const struct tap_case cases[] = {
	{ "every operation and capability has a name", every_value_has_a_name },
	{ "a rule: names, place, mode, operations", rich_rule },
	{ "who and its exceptions", rich_who },
	{ "files, sockets and exceptions", rich_objects },
	{ "destinations, sets expanded", rich_destinations },
	{ "a policy outlives its text", outlives_text },
	{ "two files are one policy", two_files },
	{ "two policies of one name are refused", same_policy_name },
	{ "a set is known in its file only", sets_stay_in_their_file },
	{ "the faults of all files are told", faults_of_all_files },
	{ "a set that nobody uses is a warning", unused_set },
	{ "a NUL byte is refused", nul_byte },
	{ "the size of a text is limited", large_text },
	{ "the number of nodes is limited", many_nodes },
	{ "memory is limited", large_product },
	{ "the length of a list is limited", long_list },
	{ "the number of rules is limited", many_rules },
	{ "the number of files is limited", many_files },
	{ "what is no regular file is refused", odd_files },
	{ "one unreadable file refuses all", one_unreadable_file },
	{ "the examples", examples },
	{ "the policies in docs/policy.md", documentation },
	{ "no rules are a policy, too", nothing },
	{ "the system's users and groups", system_names },
	{ "edit distance", distances },
	{ "numbers and ranges", numbers },
	{ "networks", networks },
};

TAP_MAIN(cases)
