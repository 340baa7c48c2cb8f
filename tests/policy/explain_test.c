/* SPDX-License-Identifier: GPL-2.0-only */
/* What image_explain() says of each rule: which one decides, and in which respect the others are about something else. */
#include <errno.h>

#include "../tap.h"
#include "fake.h"
#include "policy/compile.h"
#include "policy/explain.h"

static const char policy_text[] =
	"apiVersion: cordon/v1\n"
	"kind: Policy\n"
	"metadata: {name: why}\n"
	"rules:\n"
	"  - {rule: user, who: {users: [7]}, forbid: [read], files: [/srv/a]}\n"
	"  - {rule: group, who: {groups: [contractors]}, forbid: [read], files: [/srv/a]}\n"
	"  - {rule: excepted, who: {except: {groups: [1000]}}, forbid: [read], files: [/srv/a]}\n"
	"  - {rule: service, who: {services: [web.service]}, forbid: [read], files: [/srv/a]}\n"
	"  - {rule: program, who: {programs: [/usr/bin/vi]}, forbid: [read], files: [/srv/a]}\n"
	"  - {rule: file, forbid: [read], files: [/srv/b], except: {files: [/srv/c]}}\n"
	"  - {rule: two, who: {users: [7], programs: [/usr/bin/vi]}, forbid: [read], files: [/srv/b]}\n"
	"  - {rule: operation, forbid: [write, exec], files: [/srv/a]}\n"
	"  - {rule: closes, permit: [read], files: [/srv/d]}\n"
	"  - rule: net\n"
	"    forbid: [reach]\n"
	"    to: [{net: 10.0.0.0/8, ports: [443], protocol: tcp}, {net: 192.0.2.0/24}]\n"
	"  - {rule: watched, mode: audit, forbid: [read], files: [/srv/e]}\n";

static struct image *image;
static uint32_t gids[] = { 1000 };
static const struct image_subject subject = { .uid = 1000, .real_uid = 1000, .login = 1000, .gids = gids, .ngids = 1,
					      .cgroup = "/user.slice", .program = "/usr/bin/cat",
					      .program_dev = 8 << 20 | 1 };

static void compile(void)
{
	static const char mounts[] = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n";
	struct mount_table *table = NULL;
	struct policy *policy = NULL;

	CHECK(!mount_table_parse(mounts, strlen(mounts), &table, NULL));
	CHECK(!policy_parse(&(struct policy_text){ "why.yaml", policy_text, strlen(policy_text) }, 1, &fake_resolver,
			    &policy, NULL));
	CHECK(!policy_compile(policy, table, &image, NULL));
	policy_free(policy);
	mount_table_free(table);
}

static void explain(const struct image_object *object, struct explanation *e)
{
	compile();
	CHECK(!image_explain(image, &subject, object, e));
}

static void done(struct explanation *e)
{
	explanation_done(e);
	image_free(image);
}

static const struct explained_rule *rule(const struct explanation *e, const char *name)
{
	for (size_t i = 0; i < e->n; i++)
		if (!strcmp(image->rules[e->rules[i].atom].name, name))
			return &e->rules[i];
	return NULL;
}

static void each_dimension(void)
{
	static const struct { const char *name; uint32_t misses; } want[] = {
		{ "user", 1u << FACT_USER }, { "group", 1u << FACT_GROUP }, { "excepted", 1u << FACT_GROUP_EXCEPTED },
		{ "service", 1u << FACT_SERVICE }, { "program", 1u << FACT_PROGRAM }, { "file", 1u << FACT_FILE },
		{ "two", 1u << FACT_USER | 1u << FACT_PROGRAM | 1u << FACT_FILE },
		{ "operation", 1u << FACT_OPERATION }, { "closes", 1u << FACT_FILE }, { "net", 1u << FACT_OPERATION },
		{ "watched", 1u << FACT_FILE },
	};
	const struct image_object object = { .op = CORDON_OP_READ, .dev = 8 << 20 | 1, .path = "/srv/a" };
	struct explanation e;

	explain(&object, &e);
	CHECK(e.n == 11);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const struct explained_rule *have = rule(&e, want[i].name);

		CHECK(have && have->misses == want[i].misses);
		CHECK(have->decides == !strcmp(want[i].name, "closes"));
	}
	CHECK(e.decision.deny && e.decision.reason == CORDON_REASON_CLOSED);
	CHECK(image->rules[rule(&e, "closes")->atom].line == 13);
	done(&e);
}

/* A rule of several atoms is told by the nearest one. */
static void nearest_atom(void)
{
	struct image_object object = { .op = CORDON_OP_REACH, .port = 80, .ipproto = 6,
				       .addr = { [10] = 0xff, 0xff, 10, 1, 1, 1 } };
	struct explanation e;

	explain(&object, &e);
	/* 10/8 but for the port; 192.0.2/24 but for the address: one each */
	CHECK(rule(&e, "net")->misses == 1u << FACT_PORT && !rule(&e, "net")->decides);
	done(&e);
	object.ipproto = 17;
	explain(&object, &e);
	CHECK(rule(&e, "net")->misses == 1u << FACT_ADDRESS); /* of the second */
	done(&e);
	object.port = 443;
	object.ipproto = 6;
	explain(&object, &e);
	CHECK(!rule(&e, "net")->misses && rule(&e, "net")->decides && e.decision.deny);
	done(&e);
}

static void audit_rule(void)
{
	const struct image_object object = { .op = CORDON_OP_READ, .dev = 8 << 20 | 1, .path = "/srv/d" };
	const struct image_object watched = { .op = CORDON_OP_READ, .dev = 8 << 20 | 1, .path = "/srv/e" };
	struct explanation e;

	explain(&object, &e);
	CHECK(!e.decision.deny && rule(&e, "closes")->decides && !rule(&e, "closes")->misses);
	done(&e);
	explain(&watched, &e);
	CHECK(e.decision.deny && rule(&e, "closes")->decides); /* the enforced one */
	CHECK(!rule(&e, "watched")->misses && !rule(&e, "watched")->decides);
	done(&e);
}

static void damage(void)
{
	const struct image_object object = { .op = CORDON_OP_READ, .dev = 8 << 20 | 1, .path = "/srv/d" };
	struct explanation e = { 0 };

	compile();
	image->meta.permit = (uint32_t)image->nsets;
	CHECK(image_explain(image, &subject, &object, &e) == -ENODATA && !e.rules);
	image_free(image);
}

static void names(void)
{
	for (unsigned kind = 0; kind < FACT_COUNT; kind++)
		CHECK(*fact_name(kind) && strcmp(fact_name(kind), "unknown"));
	SAME(fact_name(FACT_COUNT), "unknown");
}

static const struct tap_case cases[] = {
	{ "each dimension that keeps a rule from matching is named", each_dimension },
	{ "a rule of several atoms is told by the one that comes nearest", nearest_atom },
	{ "the deciding rule, and audit rules beside it", audit_rule },
	{ "a damaged image explains nothing", damage },
	{ "every fact has a name", names },
};

TAP_MAIN(cases)
