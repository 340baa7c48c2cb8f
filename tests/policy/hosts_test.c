/* SPDX-License-Identifier: GPL-2.0-only */
/* Host names: the table over time, by an invented clock; and what a policy with names comes to. */
#include <arpa/inet.h>
#include <errno.h>

#include "../tap.h"
#include "fake.h"
#include "policy/compile.h"
#include "policy/hostname.h"
#include "policy/hostplace.h"
#include "policy/value.h"

#define SECOND 1000ll

/* ---- the table --------------------------------------------------------------------------------- */

static void address(const char *text, uint8_t addr[16])
{
	struct value_net net;

	CHECK(value_net(text, &net) == VALUE_NET_OK && net.bits == 128);
	memcpy(addr, net.addr, 16);
}

/* An answer with these addresses (with spaces) of IPv4, or of IPv6. */
static bool answer(struct host *host, unsigned family, const char *list, uint32_t ttl, int64_t now)
{
	struct host_answer answer = { .ttl = { ttl, ttl } };
	uint8_t addr[2000][16];
	char copy[40000], *at = NULL;

	snprintf(copy, sizeof(copy), "%s", list);
	for (char *word = strtok_r(copy, " ", &at); word; word = strtok_r(NULL, " ", &at))
		address(word, addr[answer.n++]);
	answer.addr = (const uint8_t(*)[16])addr;
	answer.outcome[family] = answer.n ? HOST_ANSWERED : HOST_EMPTY;
	answer.outcome[!family] = HOST_EMPTY;
	return host_answer(host, &answer, now);
}

static bool fail(struct host *host, int64_t now)
{
	return host_answer(host, &(struct host_answer){ .error = "nobody there" }, now);
}

/* "a +b -c": held, leaving, past. */
static const char *said(const struct host *host)
{
	static const uint8_t v4[12] = { [10] = 0xff, [11] = 0xff };
	static char text[4000];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < host->n; i++) {
		const struct host_address *a = &host->address[i];
		bool four = !memcmp(a->addr, v4, 12);
		char one[64];

		inet_ntop(four ? AF_INET : AF_INET6, four ? a->addr + 12 : a->addr, one, sizeof(one));
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s%s", len ? " " : "",
					a->until == HOSTS_HELD ? "" : a->until == HOSTS_PAST ? "-" : "+", one);
	}
	return text;
}

static void moves(void)
{
	struct hosts hosts = { 0 };
	struct host *host = hosts_add(&hosts, "a.example");

	CHECK(hosts_next(&hosts) == INT64_MIN && !host->known);
	CHECK(answer(host, 0, "192.0.2.2 192.0.2.1", 30, 0) && host->known);
	SAME(said(host), "192.0.2.1 192.0.2.2");
	CHECK(hosts_next(&hosts) == 30 * SECOND);
	CHECK(!answer(host, 0, "192.0.2.1 192.0.2.2", 30, 30 * SECOND));
	/* One goes: it stays for 60 s, for the TTL is shorter. A set that only will shrink has not changed. */
	CHECK(!answer(host, 0, "192.0.2.2", 30, 60 * SECOND));
	SAME(said(host), "+192.0.2.1 192.0.2.2");
	CHECK(!hosts_expire(&hosts, 119 * SECOND));
	CHECK(answer(host, 0, "192.0.2.2 192.0.2.3", 30, 119 * SECOND));
	CHECK(hosts_next(&hosts) == 120 * SECOND);
	CHECK(hosts_expire(&hosts, 120 * SECOND));
	SAME(said(host), "192.0.2.2 192.0.2.3");
	/* With a long TTL it stays for that. */
	CHECK(!answer(host, 0, "192.0.2.3", 3600, 150 * SECOND));
	CHECK(!hosts_expire(&hosts, 3749 * SECOND) && hosts_expire(&hosts, 3750 * SECOND));
	SAME(said(host), "192.0.2.3");
	/* It comes back before its time is over: nothing has changed. */
	CHECK(!answer(host, 0, "", 0, 4000 * SECOND));
	CHECK(hosts_next(&hosts) == 4060 * SECOND && host->due == 4060 * SECOND);
	CHECK(!answer(host, 0, "192.0.2.3", 10, 4059 * SECOND));
	SAME(said(host), "192.0.2.3");
	hosts_done(&hosts);
}

static void times(void)
{
	struct hosts hosts = { 0 };
	struct host *host = hosts_add(&hosts, "a.example");

	answer(host, 0, "192.0.2.1", 0, 0);
	CHECK(host->due == 5 * SECOND);
	answer(host, 0, "192.0.2.1", 4000000000u, 0);
	CHECK(host->due == 86400 * SECOND);
	answer(host, 0, "", 0, 0);
	CHECK(host->due == 60 * SECOND);
	hosts_done(&hosts);
}

static void failures(void)
{
	struct hosts hosts = { 0 };
	struct host *host = hosts_add(&hosts, "a.example");
	static const int64_t first[] = { 5, 10, 15, 15, 15 }, later[] = { 5, 10, 20, 40, 80, 160, 300, 300 };

	for (size_t i = 0; i < 5; i++)
		CHECK(!fail(host, 0) && host->due == first[i] * SECOND && !host->known && host->failures == i + 1);
	SAME(host->error, "nobody there");
	CHECK(answer(host, 0, "192.0.2.1", 5, 0) && !host->failures && !*host->error);
	for (size_t i = 0; i < 8; i++)
		CHECK(!fail(host, 0) && host->due == later[i] * SECOND);
	/* However long it lasts. */
	CHECK(!hosts_expire(&hosts, 1000000 * SECOND));
	SAME(said(host), "192.0.2.1");
	hosts_done(&hosts);
}

static void families(void)
{
	struct hosts hosts = { 0 };
	struct host *host = hosts_add(&hosts, "a.example");
	uint8_t addr[2][16];
	struct host_answer both = { .outcome = { HOST_ANSWERED, HOST_ANSWERED }, .ttl = { 100, 20 },
				    .addr = (const uint8_t(*)[16])addr, .n = 2 };

	address("192.0.2.1", addr[0]);
	address("2001:db8::1", addr[1]);
	CHECK(host_answer(host, &both, 0));
	CHECK(host->due == 20 * SECOND); /* the lesser */
	SAME(said(host), "192.0.2.1 2001:db8::1");
	/* Of a family that failed everything stays; that the other changed counts. */
	both.outcome[1] = HOST_FAILED;
	both.n = 1;
	address("192.0.2.7", addr[0]);
	CHECK(host_answer(host, &both, 20 * SECOND));
	SAME(said(host), "+192.0.2.1 192.0.2.7 2001:db8::1");
	CHECK(!host->failures && host->due == 120 * SECOND);
	/* Nothing of the one and no answer of the other: asked again before long. */
	both.outcome[0] = HOST_EMPTY;
	both.n = 0;
	CHECK(!host_answer(host, &both, 120 * SECOND) && host->due == 125 * SECOND);
	hosts_done(&hosts);
}

static void keeps(void)
{
	struct hosts hosts = { 0 };
	struct host *host = hosts_add(&hosts, "a.example");

	host->keeps = true;
	answer(host, 0, "192.0.2.1", 5, 0);
	answer(host, 0, "192.0.2.2", 5, 5 * SECOND);
	CHECK(hosts_expire(&hosts, 65 * SECOND) && !hosts_expire(&hosts, 66 * SECOND));
	SAME(said(host), "-192.0.2.1 192.0.2.2");
	CHECK(host_held(host) == 1);
	/* One that comes back is held: a change for those who permit by it. */
	CHECK(answer(host, 0, "192.0.2.1", 5, 70 * SECOND));
	SAME(said(host), "192.0.2.1 +192.0.2.2");
	CHECK(hosts_expire(&hosts, 500 * SECOND));
	/* No rule refuses by it any more. */
	host->keeps = false;
	CHECK(hosts_expire(&hosts, 501 * SECOND));
	SAME(said(host), "192.0.2.1");
	hosts_done(&hosts);
}

static void many(void)
{
	struct hosts hosts = { 0 };
	struct host *host = hosts_add(&hosts, "a.example");
	static char list[40000];
	size_t len = 0;

	for (unsigned i = 0; i < 1500; i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "10.1.%u.%u ", i / 256, i % 256);
	CHECK(answer(host, 0, list, 5, 0) && host->full);
	CHECK(host->n == HOSTS_ADDRESSES_MAX && host_held(host) == HOSTS_ADDRESSES_MAX);
	/* Of those past the oldest makes room. */
	host->keeps = true;
	host->address[7].until = host->address[9].until = HOSTS_PAST;
	host->address[9].seen = -5;
	CHECK(answer(host, 0, "10.9.9.9", 5, 1) && host->n == HOSTS_ADDRESSES_MAX && host->full);
	CHECK(host->address[7].until == HOSTS_PAST && host->address[9].until != HOSTS_PAST);
	CHECK(answer(host, 0, "10.9.9.10", 5, 2) && host->address[7].until != HOSTS_PAST);
	CHECK(!answer(host, 0, "10.9.9.11", 5, 3)); /* there is none left */
	/* A context of vsock is nothing that DNS may name. */
	hosts_done(&hosts);
	host = hosts_add(&hosts, "b.example");
	{
		static const uint8_t vsock[1][16] = { { 0xfe, 0, 'v', 's', 'o', 'c', 'k', 0, 0, 0, 0, 0, 0, 0, 0, 2 } };

		CHECK(!host_answer(host, &(struct host_answer){ .outcome = { HOST_EMPTY, HOST_ANSWERED }, .ttl = { 9, 9 }, .addr = vsock,
								.n = 1 }, 0));
	}
	CHECK(!host->n && host->known);
	hosts_done(&hosts);
}

static void tables(void)
{
	struct hosts a = { 0 }, b = { 0 };
	char name[32];

	for (unsigned i = 0; i < HOSTS_MAX; i++) {
		snprintf(name, sizeof(name), "h%u.example", i * 7919 % HOSTS_MAX);
		CHECK(hosts_add(&a, name));
	}
	CHECK(a.n == HOSTS_MAX && !hosts_add(&a, "one.more") && hosts_add(&a, "h5.example") && a.n == HOSTS_MAX);
	for (size_t i = 1; i < a.n; i++)
		CHECK(strcmp(a.host[i - 1].name, a.host[i].name) < 0);
	answer(hosts_find(&a, "h5.example"), 0, "192.0.2.5", 5, 0);
	answer(hosts_find(&a, "h6.example"), 0, "192.0.2.6", 5, 0);
	hosts_add(&b, "h5.example")->keeps = true;
	answer(hosts_add(&b, "new.example"), 0, "192.0.2.9", 5, 0);
	/* What b does not know of a name, a keeps; names that b has not go. */
	CHECK(hosts_take(&a, &b, true) && a.n == 2);
	SAME(said(hosts_find(&a, "h5.example")), "192.0.2.5");
	SAME(said(hosts_find(&a, "new.example")), "192.0.2.9");
	CHECK(hosts_find(&a, "h5.example")->keeps && !hosts_find(&a, "h6.example"));
	/* A later answer comes over, an earlier one does not. */
	answer(hosts_find(&b, "h5.example"), 0, "192.0.2.55", 5, 10);
	CHECK(hosts_take(&a, &b, true));
	SAME(said(hosts_find(&a, "h5.example")), "192.0.2.55");
	answer(hosts_find(&a, "h5.example"), 0, "192.0.2.56", 5, 11);
	CHECK(hosts_take(&a, &b, true));
	SAME(said(hosts_find(&a, "h5.example")), "+192.0.2.55 192.0.2.56");
	hosts_remove(&b, "h5.example");
	CHECK(hosts_take(&a, &b, false) && a.n == 2 && hosts_take(&a, &b, true) && a.n == 1);
	hosts_done(&a);
	hosts_done(&b);
}

/* ---- names ------------------------------------------------------------------------------------- */

static void names(void)
{
	static const struct {
		const char *name;
		enum hostname_fault fault;
	} cases[] = {
		{ "www.example.org", HOSTNAME_OK }, { "WWW.Example.ORG.", HOSTNAME_OK }, { "localhost", HOSTNAME_OK },
		{ "_sip._tcp.example.org", HOSTNAME_OK }, { "xn--bcher-kva.example", HOSTNAME_OK }, { "3com.com", HOSTNAME_OK },
		{ "1.2.3.4.example", HOSTNAME_OK }, { "", HOSTNAME_EMPTY }, { ".", HOSTNAME_EMPTY },
		{ "*.example.org", HOSTNAME_WILDCARD }, { "10.0.0.1", HOSTNAME_ADDRESS }, { "10.0.0.0/8", HOSTNAME_ADDRESS },
		{ "::1", HOSTNAME_ADDRESS }, { "1", HOSTNAME_ADDRESS }, { "a..b", HOSTNAME_LABEL }, { ".a", HOSTNAME_LABEL },
		{ "a..", HOSTNAME_LABEL }, { "-a.b", HOSTNAME_LABEL }, { "a-.b", HOSTNAME_LABEL }, { "a b", HOSTNAME_LETTERS },
		{ "b\xc3\xbc" "cher.example", HOSTNAME_LETTERS }, { "a\nb", HOSTNAME_LETTERS },
	};
	char text[300];
	struct arena arena;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		printf("# %s\n", cases[i].name);
		CHECK(hostname_fault(cases[i].name) == cases[i].fault);
	}
	memset(text, 'a', sizeof(text));
	text[63] = '\0';
	CHECK(hostname_fault(text) == HOSTNAME_OK);
	text[63] = 'a';
	text[64] = '\0';
	CHECK(hostname_fault(text) == HOSTNAME_LABEL);
	for (size_t i = 0; i < 253; i++)
		text[i] = i % 50 == 49 ? '.' : 'a';
	text[253] = '\0';
	CHECK(hostname_fault(text) == HOSTNAME_OK);
	text[253] = 'a';
	text[254] = '\0';
	CHECK(hostname_fault(text) == HOSTNAME_LONG);
	arena_init(&arena, 0);
	SAME(hostname_plain(&arena, "WWW.Example.ORG."), "www.example.org");
	arena_done(&arena);
}

/* ---- a policy with names ------------------------------------------------------------------------ */

#define HEAD "apiVersion: cordon/v1\nkind: Policy\nmetadata: {name: p}\nrules:\n"

struct world {
	struct policy *policy;
	struct mount_table *mounts;
	struct image *image;
	struct diag diag;
	int err;
};

static struct world compile(const char *rules, struct hosts *hosts, bool must)
{
	static const char mounts[] = "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n";
	struct world w = { 0 };
	char text[4000];

	snprintf(text, sizeof(text), HEAD "%s", rules);
	diag_init(&w.diag);
	CHECK(policy_parse(&(struct policy_text){ "p", text, strlen(text) }, 1, &fake_resolver, &w.policy, &w.diag) == 0);
	CHECK(mount_table_parse(mounts, strlen(mounts), &w.mounts, NULL) == 0);
	w.err = policy_name_hosts(w.policy, hosts, &w.diag);
	w.err = w.err ? w.err : policy_place_hosts(w.policy, hosts, true, must, &w.diag);
	if (!w.err)
		CHECK(policy_compile(w.policy, w.mounts, &w.image, &w.diag) == 0);
	return w;
}

static void end(struct world *w)
{
	image_free(w->image);
	mount_table_free(w->mounts);
	policy_free(w->policy);
	diag_done(&w->diag);
}

/* Whether user 1000 may reach it. */
static bool reaches(const struct world *w, const char *to, unsigned port)
{
	const struct image_subject subject = { .uid = 1000, .real_uid = 1000, .login = 1000, .gids = (uint32_t[]){ 1000 }, .ngids = 1,
					       .cgroup = "/x", .program = "/bin/x", .program_dev = 0x800001 };
	struct image_object object = { .op = CORDON_OP_REACH, .port = port, .ipproto = 6, .unknown_addr = !*to };
	struct cordon_decision decision;

	if (*to)
		address(to, object.addr);
	CHECK(image_evaluate(w->image, &subject, &object, &decision) == 0);
	return !decision.deny;
}

/* a.example: one held, one leaving, one past; none.example was answered by nothing; unknown.example never. */
static void fill(struct hosts *hosts)
{
	struct host *a = hosts_add(hosts, "a.example");
	uint8_t addr[16];

	address("192.0.2.1", addr);
	host_put(a, addr, HOSTS_HELD, 0);
	address("192.0.2.2", addr);
	host_put(a, addr, 1000, 0);
	address("2001:db8::3", addr);
	host_put(a, addr, HOSTS_PAST, 0);
	a->known = true;
	answer(hosts_add(hosts, "none.example"), 0, "", 0, 0);
}

static void permits(void)
{
	struct hosts hosts = { 0 };
	struct world w;

	fill(&hosts);
	w = compile("  - {rule: r, permit: [reach], to: [{host: A.example, ports: [443]}, {host: none.example}, {host: unknown.example}]}\n",
		    &hosts, true);
	CHECK(w.err == 0 && hosts.n == 3 && !hosts_find(&hosts, "a.example")->keeps);
	CHECK(reaches(&w, "192.0.2.1", 443) && reaches(&w, "192.0.2.2", 443) && !reaches(&w, "192.0.2.1", 444));
	/* What is past is not permitted, and a name that holds nothing permits nothing, the unknown neither. */
	CHECK(!reaches(&w, "2001:db8::3", 443) && !reaches(&w, "192.0.2.9", 443) && !reaches(&w, "::", 443) && !reaches(&w, "", 443));
	CHECK(w.diag.n == 2 && w.diag.entries[0].severity == DIAG_WARNING);
	SAME(w.diag.entries[0].message, "the host name 'none.example' holds no address now (there is no address)");
	SAME(w.diag.entries[1].message, "the host name 'unknown.example' holds no address now (it was not asked for)");
	SAME(w.diag.entries[1].hint, "until it does nothing is permitted by it");
	end(&w);
	/* Nothing but names that hold nothing: closed, not open. */
	w = compile("  - {rule: r, permit: [reach], to: [{host: none.example}]}\n", &hosts, true);
	CHECK(w.err == 0 && hosts.n == 1 && !reaches(&w, "192.0.2.1", 443) && !reaches(&w, "", 443));
	end(&w);
	hosts_done(&hosts);
}

static void forbids(void)
{
	struct hosts hosts = { 0 };
	struct world w;

	fill(&hosts);
	w = compile("  - {rule: r, forbid: [reach], to: [{host: a.example}]}\n", &hosts, true);
	CHECK(w.err == 0 && hosts_find(&hosts, "a.example")->keeps);
	CHECK(!reaches(&w, "192.0.2.1", 1) && !reaches(&w, "192.0.2.2", 1) && !reaches(&w, "2001:db8::3", 1) && reaches(&w, "192.0.2.9", 1));
	end(&w);
	w = compile("  - {rule: r, forbid: [reach], to: [{host: a.example}, {host: none.example}]}\n", &hosts, true);
	CHECK(w.err == -EINVAL && w.diag.n_errors == 1 && w.diag.entries[0].pos.line == 5 && w.diag.entries[0].pos.col == 63);
	CHECK(strstr(w.diag.entries[0].message, "would refuse nothing"));
	end(&w);
	/* Where nobody can be asked it comes in force all the same, and refuses what is known. */
	w = compile("  - {rule: r, forbid: [reach], to: [{host: a.example}, {host: none.example}]}\n", &hosts, false);
	CHECK(w.err == 0 && w.diag.n == 1 && !reaches(&w, "192.0.2.1", 1) && reaches(&w, "192.0.2.9", 1) && !reaches(&w, "", 1));
	SAME(w.diag.entries[0].hint, "until it does nothing is refused by it");
	end(&w);
	hosts_done(&hosts);
}

static void exceptions(void)
{
	struct hosts hosts = { 0 };
	struct world w;

	fill(&hosts);
	/* Of a forbid: what is held is spared, what is past is not; a name of nothing spares nothing, whatever stands beside it. */
	w = compile("  - {rule: r, forbid: [reach], to: [{net: any}], except: {to: [{host: a.example, ports: [443]}, "
		    "{host: none.example, ports: [1], protocol: tcp}, {host: none.example}]}}\n", &hosts, true);
	CHECK(w.err == 0 && !hosts_find(&hosts, "a.example")->keeps);
	CHECK(reaches(&w, "192.0.2.1", 443) && reaches(&w, "192.0.2.2", 443) && !reaches(&w, "192.0.2.1", 1) && !reaches(&w, "2001:db8::3", 443));
	CHECK(!reaches(&w, "192.0.2.9", 1));
	end(&w);
	/* Of a permit: it tightens. */
	w = compile("  - {rule: r, permit: [reach], to: [{net: any}], except: {to: [{host: a.example}]}}\n", &hosts, true);
	CHECK(w.err == 0 && hosts_find(&hosts, "a.example")->keeps);
	CHECK(!reaches(&w, "192.0.2.1", 443) && !reaches(&w, "2001:db8::3", 443) && reaches(&w, "192.0.2.9", 443));
	end(&w);
	/* Two hundred addresses with ports and protocol make no more atoms than one. */
	for (unsigned i = 0; i < 200; i++) {
		char text[32];
		uint8_t addr[16];

		snprintf(text, sizeof(text), "10.2.0.%u", i);
		address(text, addr);
		host_put(hosts_find(&hosts, "a.example"), addr, HOSTS_HELD, 0);
	}
	w = compile("  - {rule: r, forbid: [reach], except: {to: [{host: a.example, ports: [443], protocol: tcp}]}}\n", &hosts, true);
	CHECK(w.err == 0 && w.image->meta.nrules == 3 && reaches(&w, "10.2.0.199", 443) && !reaches(&w, "10.2.0.199", 442));
	end(&w);
	w = compile("  - {rule: r, permit: [reach], except: {to: [{host: none.example, ports: [1]}]}}\n", &hosts, true);
	CHECK(w.err == -EINVAL);
	end(&w);
	w = compile("  - {rule: r, permit: [reach], except: {to: [{host: none.example, ports: [1]}]}}\n", &hosts, false);
	CHECK(w.err == 0 && reaches(&w, "192.0.2.9", 1) && !reaches(&w, "", 1));
	end(&w);
	hosts_done(&hosts);
}

static void too_many(void)
{
	struct hosts hosts = { 0 };
	static char rules[60000];
	struct policy *policy = NULL;
	struct diag diag;
	size_t len = (size_t)sprintf(rules, HEAD "  - rule: r\n    permit: [reach]\n    to:\n      - host: [");

	for (unsigned i = 0; i <= HOSTS_MAX; i++)
		len += (size_t)sprintf(rules + len, "%sn%u.example", i ? ", " : "", i);
	sprintf(rules + len, "]\n");
	diag_init(&diag);
	CHECK(policy_parse(&(struct policy_text){ "p", rules, strlen(rules) }, 1, &fake_resolver, &policy, &diag) == 0);
	CHECK(policy_name_hosts(policy, &hosts, &diag) == -E2BIG && diag.n == 1 && diag.entries[0].pos.line == 8);
	SAME(diag.entries[0].message, "the policy has more than 1000 host names");
	diag_done(&diag);
	policy_free(policy);
	hosts_done(&hosts);
}

int main(void)
{
	static const struct tap_case cases[] = {
		{ "an address that is gone stays for its grace", moves },
		{ "TTLs have a least and a most", times },
		{ "who does not answer is asked later and later, and changes nothing", failures },
		{ "families fail by themselves", families },
		{ "a name that is refused by keeps what it held", keeps },
		{ "of a thousand addresses and more", many },
		{ "tables join", tables },
		{ "what is a name", names },
		{ "a permit by name", permits },
		{ "a forbid by name", forbids },
		{ "exceptions by name", exceptions },
		{ "too many names", too_many },
	};

	return tap_main(cases, sizeof(cases) / sizeof(cases[0]));
}
