/* SPDX-License-Identifier: GPL-2.0-only */
/* Warnings about idle rules: what is told, where, and that nothing is told which is not so. */
#include "../tap.h"
#include "common/buf.h"
#include "fake.h"
#include "oracle.h"
#include "policy/covers.h"
#include "random_request.h"

#define HEAD "apiVersion: cordon/v1\nkind: Policy\nmetadata: {name: lint}\nrules:\n"

/* The warnings of a policy whose rules are these. */
static void told(const char *rules, const char *want)
{
	struct policy *policy = NULL;
	struct buf text = BUF_INIT;
	struct diag diag;
	char *said = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&said, &size);

	diag_init(&diag);
	buf_printf(&text, HEAD "%s", rules);
	CHECK(!policy_parse(&(struct policy_text){ "p", buf_str(&text), text.len }, 1, &fake_resolver, &policy, &diag));
	CHECK(!diag.n_errors);
	diag_print(&diag, out);
	fclose(out);
	SAME(said, want);
	free(said);
	diag_done(&diag);
	buf_done(&text);
	policy_free(policy);
}

static void never(void)
{
	told("  - {rule: a, who: {users: [7, 10-20], except: {users: [0-15, 16-30]}}, forbid: [read]}\n",
	     "p:5:5: warning: rule 'a' can never match: its except takes off all of its 'users'\n"
	     "  hint: narrow the exception, or remove the rule\n");
	told("  - {rule: a, who: {services: [x.service], except: {services: [y.service, x.service]}}, permit: [read]}\n",
	     "p:5:5: warning: rule 'a' can never match: its except takes off all of its 'services'\n"
	     "  hint: narrow the exception, or remove the rule\n");
	told("  - {rule: a, forbid: [read], files: [/srv/a/b, '/srv/c*/**'], except: {files: ['/srv/**']}}\n",
	     "p:5:5: warning: rule 'a' can never match: its except takes off all of its 'files'\n"
	     "  hint: narrow the exception, or remove the rule\n");
	told("  - {rule: a, who: {users: [7]}, permit: [read], files: [/srv], except: {files: ['/srv/**']}}\n",
	     "p:5:5: warning: rule 'a' permits nothing, and yet closes its operations: its except takes off all of its 'files'\n"
	     "  hint: narrow the exception, or remove the rule\n");
	told("  - {rule: a, forbid: [reach], to: [{net: 10.1.0.0/16, ports: [80-90], protocol: tcp}], "
	     "except: {to: [{net: 10.0.0.0/8, ports: [80, 81-95]}]}}\n",
	     "p:5:5: warning: rule 'a' can never match: its except takes off all of its 'to'\n"
	     "  hint: narrow the exception, or remove the rule\n");
}

static void covered(void)
{
	told("  - {rule: a, who: {users: [7]}, forbid: [read], files: [/srv/x]}\n"
	     "  - {rule: b, who: {users: [0-9]}, forbid: [read, exec], files: ['/srv/**']}\n",
	     "p:5:5: warning: rule 'a' says nothing new: rule 'b' (p:6) forbids all of it\n"
	     "  hint: remove it, or narrow one of the two\n");
	/* of two that are the same the later one */
	told("  - {rule: a, permit: [accept], from: [{net: 10.0.0.0/8}]}\n"
	     "  - {rule: b, permit: [accept], from: [{net: '::ffff:10.0.0.0/104'}]}\n",
	     "p:6:5: warning: rule 'b' says nothing new: rule 'a' (p:5) permits all of it\n"
	     "  hint: remove it, or narrow one of the two\n");
	told("  - {rule: a, permit: [reach], to: [{net: 10.0.0.0/8}]}\n  - {rule: b, forbid: [reach]}\n",
	     "p:5:5: warning: rule 'a' permits nothing: rule 'b' (p:6) forbids all of it\n"
	     "  hint: a forbid overrides every permit: narrow one of the two\n");
	told("  - {rule: a, forbid: [append], files: [/x]}\n  - {rule: b, forbid: [write]}\n",
	     "p:5:5: warning: rule 'a' says nothing new: rule 'b' (p:6) forbids all of it\n"
	     "  hint: remove it, or narrow one of the two\n");
}

/* Nearly covered. */
static void silent(void)
{
	static const char *const rules[] = {
		"  - {rule: a, forbid: [read], files: [/srv/x]}\n  - {rule: b, mode: audit, forbid: [read]}\n",
		"  - {rule: a, forbid: [write], files: [/srv/x]}\n  - {rule: b, forbid: [append]}\n",
		"  - {rule: a, forbid: [read], files: [/srv/x]}\n  - {rule: b, permit: [read]}\n",
		"  - {rule: a, forbid: [read], files: [/srv/x]}\n  - {rule: b, forbid: [read], files: ['/srv/x/*']}\n",
		"  - {rule: a, forbid: [read], files: [/srv/xy]}\n  - {rule: b, forbid: [read], files: ['/srv/x/**']}\n",
		"  - {rule: a, forbid: [read], files: [/srv/x]}\n  - {rule: b, forbid: [read], except: {files: [/srv/x]}}\n",
		"  - {rule: a, forbid: [read]}\n  - {rule: b, who: {except: {users: [0]}}, forbid: [read, exec], files: [/a]}\n",
		"  - {rule: a, forbid: [reach], to: [{net: 10.0.0.0/8, ports: 80}]}\n"
		"  - {rule: b, forbid: [reach], to: [{net: 10.0.0.0/9, protocol: tcp}, {net: 11.0.0.0/8}]}\n",
		"  - {rule: a, permit: [reach], to: [{net: 10.0.0.1, protocol: sctp}]}\n  - {rule: b, permit: [reach]}\n",
		"  - {rule: a, forbid: [socket], sockets: [{family: unix, type: dgram}]}\n"
		"  - {rule: b, forbid: [socket], sockets: [{family: unix, type: stream}, {family: inet}]}\n",
		"  - {rule: a, forbid: [connect], except: {files: ['/**']}}\n", /* abstract names are left */
		"  - {rule: a, who: {users: [1-9], except: {users: [1-4, 6-9]}}, forbid: [read]}\n",
		"  - {rule: a, permit: [reach], except: {to: [{net: any}]}}\n", /* the way to say: nowhere */
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		told(rules[i], "");
}

/* Many idle rules do not drown what comes after them. */
static void many(void)
{
	struct policy *policy = NULL;
	struct buf text = BUF_INIT;
	struct diag diag;

	diag_init(&diag);
	buf_puts(&text, HEAD);
	for (int i = 0; i < 3000; i++)
		buf_printf(&text, "  - {rule: r%d, forbid: [read]}\n", i);
	CHECK(!policy_parse(&(struct policy_text){ "p", buf_str(&text), text.len }, 1, &fake_resolver, &policy, &diag));
	CHECK(diag.n == 21);
	SAME(diag.entries[20].message, "20 idle rules were told; there may be more");
	policy_free(policy);
	buf_done(&text);
	diag_done(&diag);
}

#define LOCKOUT(op) "p:5:5: warning: rule 'a' takes '" op "' from the guard's own service, too: no other policy could be " \
		    "applied after it\n  hint: add 'except: {services: [cordon.service]}' to its 'who'\n"

#define MANAGER(op) "p:5:5: warning: rule 'a' takes '" op "' from the system's manager (init.scope), too: it could start no " \
		    "service, and a boot would not come to its end\n  hint: say in 'who' whom it means, as in 'services: " \
		    "[user.slice]', or begin with 'mode: audit'\n"

/* The guard's own service and the first process, held by a rule about everybody. */
static void lockout(void)
{
	told("  - {rule: a, permit: [read], files: ['/srv/**']}\n", LOCKOUT("read") MANAGER("read"));
	told("  - {rule: a, who: {users: [0-9]}, forbid: [operate]}\n", LOCKOUT("operate") MANAGER("operate"));
	told("  - {rule: a, who: {services: [system.slice]}, permit: [operate], operations: [mount]}\n", LOCKOUT("operate"));
	told("  - {rule: a, who: {services: [\"/system.slice/cordon.service/**\"]}, forbid: [operate]}\n", LOCKOUT("operate"));
	told("  - {rule: a, who: {services: [init.scope]}, permit: [operate], operations: [bpf]}\n", MANAGER("operate"));
	told("  - {rule: a, who: {services: [/init.scope]}, forbid: [exec]}\n", MANAGER("exec"));
	told("  - {rule: a, forbid: [use], capabilities: [chown, sys_admin]}\n", LOCKOUT("use") MANAGER("use"));
	told("  - {rule: a, permit: [use], capabilities: [chown, sys_admin]}\n", LOCKOUT("use") MANAGER("use"));
	told("  - {rule: a, forbid: [use], capabilities: [setuid]}\n", MANAGER("use"));
	told("  - {rule: a, who: {except: {services: [cordon.service]}}, permit: [read], files: ['/srv/**']}\n", MANAGER("read"));
	told("  - {rule: a, who: {except: {services: [cordon.service, init.scope]}}, permit: [read], files: ['/srv/**']}\n", "");
	told("  - {rule: a, who: {except: {users: [root]}}, forbid: [operate]}\n", "");
	told("  - {rule: a, who: {except: {login: [unset]}}, forbid: [operate]}\n", "");
	told("  - {rule: a, who: {except: {programs: [/usr/local/sbin/cordon]}}, forbid: [operate], operations: [bpf]}\n", MANAGER("operate"));
	told("  - {rule: a, who: {except: {programs: [/usr/local/sbin/cordon, /usr/lib/systemd/systemd]}}, forbid: [operate]}\n", "");
	told("  - {rule: a, who: {services: [user.slice]}, forbid: [operate]}\n", "");
	told("  - {rule: a, mode: audit, forbid: [operate]}\n", "");
	told("  - {rule: a, forbid: [operate], operations: [mount, module]}\n", MANAGER("operate"));
	told("  - {rule: a, forbid: [operate], operations: [module, kexec]}\n", "");
	told("  - {rule: a, who: {services: [system.slice]}, permit: [operate, use], operations: [bpf], capabilities: [bpf, sys_admin]}\n", "");
	told("  - {rule: a, permit: [read], files: [/srv, '/**']}\n", "");
	told("  - {rule: a, forbid: [read], files: ['/srv/**']}\n", "");
	told("  - {rule: a, forbid: [exec], files: ['/**']}\n", LOCKOUT("exec") MANAGER("exec"));
	told("  - {rule: a, forbid: [exec], files: ['/**'], except: {files: [\"/usr/**\"]}}\n", "");
}

#define CLOSED "p:5:5: warning: rule 'a' closes the journal to services, whose output is a connection to it: what it holds does not " \
	       "start\n  hint: add "
#define OUTPUT CLOSED "'/run/systemd/journal/stdout' to its files, or permit it by a rule of its own\n"

/* A permit of connect that a service's output is not in. */
static void output(void)
{
	told("  - {rule: a, who: {services: [x.service]}, permit: [connect], files: [/run/x]}\n", OUTPUT);
	told("  - {rule: a, who: {services: [x.service]}, permit: [connect], files: ['unix:@*', '/run/*/*']}\n", OUTPUT);
	told("  - {rule: a, who: {services: [x.service]}, permit: [connect], except: {files: ['/run/systemd/**']}}\n", OUTPUT);
	told("  - {rule: a, permit: [connect], files: [/run/x]}\n", OUTPUT);
	told("  - {rule: a, who: {services: [x.service]}, permit: [connect], files: [/run/systemd/journal/stdout]}\n", "");
	told("  - {rule: a, who: {services: [x.service]}, permit: [connect], files: ['/run/**/std{in,out}']}\n", "");
	told("  - {rule: a, who: {services: [x.service]}, permit: [connect], files: [/run/x]}\n"
	     "  - {rule: b, permit: [connect], files: ['/run/systemd/journal/*']}\n", "");
	told("  - {rule: a, who: {services: [x.service]}, mode: audit, permit: [connect], files: [/run/x]}\n", "");
	told("  - {rule: a, who: {users: [5]}, permit: [connect], files: [/run/x]}\n", "");
	told("  - {rule: a, who: {services: [x.service]}, forbid: [connect], files: [/run/x]}\n", "");
	told("  - {rule: a, who: {services: [x.service]}, forbid: [connect], files: ['/run/**'], except: {files: ['/run/systemd/**']}}\n", "");
	told("  - {rule: a, who: {services: [x.service]}, forbid: [connect]}\n  - {rule: b, permit: [connect], files: ['/**']}\n", CLOSED "'except: {files: [/run/systemd/journal/stdout]}' to it\n");
}

static int any_id(void *context, const char *name, uint32_t *ret_id)
{
	*ret_id = (uint32_t)(unsigned char)*name;
	return 0;
}

static const struct resolver any = { .user = any_id, .group = any_id };

/* How often a narrow rule matches a request; the wide one must then, too. */
static size_t compare(struct random *r, const struct policy_rule *wide, const struct policy_rule *narrow,
		      const struct mount_table *mounts)
{
	struct random_request q = { 0 };
	size_t matched = 0;

	for (int i = 0; i < 40; i++) {
		random_request(r, narrow->ops, &q);
		if (q.object.nameless || !oracle_matches(narrow, mounts, &q.subject, &q.object))
			continue;
		matched++;
		CHECK(oracle_matches(wide, mounts, &q.subject, &q.object));
	}
	random_request_done(&q);
	return matched;
}

/* Whatever is said to be covered is: in every request that the narrow rule matches, the wide one does. */
static void never_wrong(void)
{
	struct mount_table *mounts = NULL;
	size_t pairs = 0, matched = 0;

	CHECK(!mount_table_parse(random_mounts, strlen(random_mounts), &mounts, NULL));
	for (uint64_t seed = 1; seed <= 400; seed++) {
		struct random r = { seed };
		struct buf text = BUF_INIT;
		struct policy *policy = NULL;
		uint32_t ops = 1u << random_below(&r, CORDON_OP_COUNT) | 1u << random_below(&r, CORDON_OP_COUNT);

		random_policy(&r, 25, ops, &text);
		CHECK(!policy_parse(&(struct policy_text){ "r", buf_str(&text), text.len }, 1, &any, &policy, NULL));
		for (size_t a = 0; a < policy->nrules; a++)
			for (size_t b = 0; b < policy->nrules; b++) {
				size_t work = 100000;

				/* what cannot be known is of every forbid and of no permit */
				if (a == b || (policy->rules[a].permit && !policy->rules[b].permit) ||
				    !covers_rule(&policy->rules[a], &policy->rules[b], &work))
					continue;
				pairs++;
				matched += compare(&r, &policy->rules[a], &policy->rules[b], mounts);
			}
		policy_free(policy);
		buf_done(&text);
	}
	printf("# %zu covered rules, %zu requests of them\n", pairs, matched);
	CHECK(pairs > 500 && matched > 1000);
	mount_table_free(mounts);
}

static const struct tap_case cases[] = {
	{ "a rule whose exceptions leave nothing", never },
	{ "a rule that another covers", covered },
	{ "nearly is not", silent },
	{ "what is told is so", never_wrong },
	{ "a rule that holds the guard itself", lockout },
	{ "a rule that holds a service's output", output },
	{ "many are told in few words", many },
};

TAP_MAIN(cases)
