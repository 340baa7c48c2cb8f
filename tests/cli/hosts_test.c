// SPDX-License-Identifier: GPL-2.0-only
/* Host names outside the policy: the process that asks, the table as JSON, the compiler's names. DNS itself: tests/vm/names.test. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "cli/compile.h"
#include "cli/hoststore.h"
#include "cli/lookup.h"
#include "cli/paths.h"
#include "cli/pending.h"
#include "cli/worker.h"
#include "policy/value.h"
#include "../tap.h"

#define NOW 1000000

static void put(struct host *host, const char *text, int64_t until)
{
	struct value_net net;

	CHECK(value_net(text, &net) == VALUE_NET_OK && host_put(host, net.addr, until, 0));
}

static struct hosts sample(void)
{
	struct hosts hosts = { 0 };
	struct host *host = hosts_add(&hosts, "a.example");

	put(host, "192.0.2.1", HOSTS_HELD);
	put(host, "2001:db8::1", HOSTS_HELD);
	put(host, "192.0.2.2", NOW + 7000);
	put(host, "192.0.2.3", HOSTS_PAST);
	*host = (struct host){ .name = host->name, .address = host->address, .n = host->n, .keeps = true, .full = true, .known = true,
			       .answered = NOW - 3000, .due = NOW + 4000, .failures = 2, .error = "why" };
	hosts_add(&hosts, "b.example");
	return hosts;
}

static void there_and_back(void)
{
	struct hosts hosts = sample(), back = { 0 };
	json_t *json = hosts_to_json(&hosts, NOW);
	const struct host *host;

	CHECK(hosts_from_json(json, 2 * NOW, false, &back) == 0 && back.n == 2);
	host = &back.host[0];
	SAME(host->name, "a.example");
	CHECK(host->keeps && host->full && host->known && host->failures == 2 && host->answered == NOW - 3000 && host->due == NOW + 4000);
	SAME(host->error, "why");
	CHECK(host->n == 4 && host_held(host) == 3);
	for (size_t i = 0; i < 4; i++) {
		int64_t until = hosts.host[0].address[i].until;

		CHECK(memcmp(host->address[i].addr, hosts.host[0].address[i].addr, 16) == 0);
		CHECK(host->address[i].until == until);
	}
	CHECK(!back.host[1].known && !back.host[1].n);
	hosts_done(&back);
	/* From disk: what was held is held, what was leaving stays the shortest grace, all are due. */
	CHECK(hosts_from_json(json, 5, true, &back) == 0);
	CHECK(back.host[0].due <= 5 && !back.host[0].failures && host_held(&back.host[0]) == 3 && hosts_next(&back) <= 5);
	CHECK(!hosts_expire(&back, 5 + HOSTS_GRACE_MS - 1) && hosts_expire(&back, 5 + HOSTS_GRACE_MS));
	hosts_done(&back);
	hosts_done(&hosts);
	json_decref(json);
}

static void damaged(void)
{
	static const char *const texts[] = {
		"{}", "[]", "{\"version\":2,\"hosts\":[]}", "{\"version\":1,\"hosts\":{}}", "{\"version\":1,\"hosts\":[{}]}",
		"{\"version\":1,\"hosts\":[{\"name\":\"*\",\"held\":[],\"leaving\":[],\"past\":[]}]}",
		"{\"version\":1,\"hosts\":[{\"name\":\"a\",\"held\":[\"10.0.0.0/8\"],\"leaving\":[],\"past\":[]}]}",
		"{\"version\":1,\"hosts\":[{\"name\":\"a\",\"held\":[\"fe00:7673:6f63:6b00::2\"],\"leaving\":[],\"past\":[]}]}",
		"{\"version\":1,\"hosts\":[{\"name\":\"a\",\"held\":[5],\"leaving\":[],\"past\":[]}]}",
		"{\"version\":1,\"hosts\":[{\"name\":\"a\",\"held\":[],\"leaving\":[1],\"past\":[]}]}",
		"{\"version\":1,\"hosts\":[{\"name\":\"a\",\"held\":[],\"past\":[]}]}",
		"{\"version\":1,\"hosts\":[{\"name\":\"a\",\"held\":[],\"leaving\":[],\"past\":[]},"
		"{\"name\":\"a\",\"held\":[],\"leaving\":[],\"past\":[]}]}",
	};
	char folder[] = "/tmp/cordon-hosts.XXXXXX", command[64];
	struct hosts hosts = { 0 };
	struct diag diag;
	FILE *out;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *json = json_loads(texts[i], 0, NULL);

		printf("# %s\n", texts[i]);
		CHECK(json && hosts_from_json(json, 0, true, &hosts) == -EBADMSG && !hosts.n);
		json_decref(json);
	}
	/* On disk: said, and the daemon goes on without. */
	CHECK(mkdtemp(folder) && chdir(folder) == 0);
	diag_init(&diag);
	CHECK(hosts_load(folder, 0, &hosts, &diag) == -ENOENT && !diag.n);
	out = fopen(PATH_HOSTS_NAME, "w");
	CHECK(out && fputs("{\"vers", out) >= 0 && fclose(out) == 0);
	CHECK(hosts_load(folder, 0, &hosts, &diag) == -EBADMSG && diag.n == 1 && !diag.n_errors);
	hosts = sample();
	CHECK(hosts_save(&hosts, folder, NOW, &diag) == 0);
	hosts_done(&hosts);
	CHECK(hosts_load(folder, NOW, &hosts, &diag) == 0 && hosts.n == 2 && hosts.host[0].n == 4);
	hosts_done(&hosts);
	diag_done(&diag);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	CHECK(system(command) == 0);
}

/* ---- who asks ----------------------------------------------------------------------------------- */

struct taken {
	size_t n;
	enum host_outcome outcome;
	size_t addresses;
	uint8_t first[16];
	uint32_t ttl;
	char name[64], error[128];
};

static void take(void *context, const char *name, const struct host_answer *answer)
{
	struct taken *taken = context;

	taken->n++;
	taken->outcome = answer->outcome[0] > answer->outcome[1] ? answer->outcome[0] : answer->outcome[1];
	taken->addresses = answer->n;
	taken->ttl = answer->ttl[0];
	if (answer->n)
		memcpy(taken->first, answer->addr[0], 16);
	snprintf(taken->name, sizeof(taken->name), "%s", name);
	snprintf(taken->error, sizeof(taken->error), "%s", answer->error ? answer->error : "");
}

static void file(void)
{
	static const uint8_t localhost[16] = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 };
	const char *name = "localhost";
	struct taken taken = { 0 };

	CHECK(lookup_run(&name, 1, take, &taken, NULL) == 0);
	CHECK(taken.n == 1 && taken.outcome == HOST_ANSWERED && taken.addresses >= 1 && taken.ttl == 60);
	SAME(taken.name, "localhost");
	CHECK(memcmp(taken.first, localhost, 16) == 0);
}

/* What /proc says of it. */
static void is_nobody(void)
{
	const char *const names[] = { "localhost", "localhost" };
	char path[64], line[256];
	struct taken taken = { 0 };
	struct lookup lookup;
	int status, seen = 0;
	FILE *in;

	CHECK(lookup_start(&lookup, names, 2, NULL) == 0);
	/* It ends as nobody, whatever it was stopped in: a zombie's status says so still. */
	CHECK(waitid(P_PID, (id_t)lookup.pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT) == 0);
	snprintf(path, sizeof(path), "/proc/%d/status", lookup.pid);
	in = fopen(path, "re");
	CHECK(in);
	while (fgets(line, sizeof(line), in)) {
		if (geteuid() == 0 && strncmp(line, "Uid:", 4) == 0)
			seen += strcmp(line, "Uid:\t65534\t65534\t65534\t65534\n") == 0;
		if (geteuid() == 0 && strncmp(line, "Gid:", 4) == 0)
			seen += strcmp(line, "Gid:\t65534\t65534\t65534\t65534\n") == 0;
		if (geteuid() == 0 && strncmp(line, "CapEff:", 7) == 0)
			seen += strcmp(line, "CapEff:\t0000000000000000\n") == 0;
		if (strncmp(line, "NoNewPrivs:", 11) == 0)
			seen += strcmp(line, "NoNewPrivs:\t1\n") == 0;
	}
	fclose(in);
	CHECK(seen == (geteuid() == 0 ? 4 : 1));
	CHECK(waitpid(lookup.pid, &status, 0) == lookup.pid);
	lookup_finish(&lookup, status, take, &taken);
	CHECK(taken.n == 2 && taken.addresses >= 1 && lookup.pid == 0 && lookup.out == -1);
}

static void dies(void)
{
	const char *const names[] = { "a.example", "b.example" };
	struct taken taken = { 0 };
	struct lookup lookup;
	int status;

	CHECK(lookup_start(&lookup, names, 2, NULL) == 0 && kill(lookup.pid, SIGKILL) == 0);
	CHECK(waitpid(lookup.pid, &status, 0) == lookup.pid);
	lookup_finish(&lookup, status, take, &taken);
	CHECK(taken.n == 2 && taken.outcome == HOST_FAILED && !taken.addresses);
	SAME(taken.name, "b.example");
	SAME(taken.error, "the process that asks died");
	CHECK(lookup_start(&lookup, names, 2, NULL) == 0);
	lookup_cancel(&lookup);
	CHECK(lookup.pid == 0);
}

/* What the child leaves is not believed: any byte changed or missing is no crash and no more addresses than there may be. */
static void lies(void)
{
	const char *name = "localhost";
	struct lookup lookup;
	unsigned char bytes[200];
	int status;

	for (unsigned at = 0; at < 60; at++)
		for (unsigned how = 0; how < 2; how++) {
			struct taken taken = { 0 };

			CHECK(lookup_start(&lookup, &name, 1, NULL) == 0 && waitpid(lookup.pid, &status, 0) == lookup.pid);
			if (how) {
				CHECK(ftruncate(lookup.out, at) == 0);
			} else {
				CHECK(pread(lookup.out, bytes, 1, at) == 1);
				bytes[0] = (unsigned char)~bytes[0];
				CHECK(pwrite(lookup.out, bytes, 1, at) == 1);
			}
			lookup_finish(&lookup, status, take, &taken);
			CHECK(taken.n == 1 && taken.addresses <= HOSTS_ADDRESSES_MAX && (!how || taken.outcome == HOST_FAILED));
		}
}

/* ---- the compiler ------------------------------------------------------------------------------- */

static struct bundle bundle_of(const char *rules)
{
	struct bundle bundle = BUNDLE_INIT;
	char text[600];
	json_t *json;

	snprintf(text, sizeof(text), "apiVersion: cordon/v1\nkind: Policy\nmetadata: {name: p}\nrules:\n%s", rules);
	json = json_pack("{s:i, s:[{s:s, s:s}]}", "version", 1, "files", "name", "a.yaml", "text", text);
	CHECK(bundle_from_json(json, &bundle, NULL) == 0);
	json_decref(json);
	return bundle;
}

static bool has_addr(const struct image *image, const char *text)
{
	struct value_net net;

	CHECK(value_net(text, &net) == VALUE_NET_OK);
	for (size_t i = 0; i < image->nprefixes; i++)
		if (image->prefixes[i].key.trie == CORDON_TRIE_ADDR && memcmp(image->prefixes[i].key.data, net.addr, 16) == 0)
			return true;
	return false;
}

static void compiler(void)
{
	struct bundle bundle = bundle_of("  - {rule: r, who: {users: [7]}, permit: [reach], to: [{host: a.example}, {host: localhost}]}\n");
	struct hosts hosts = { 0 };
	struct worker_result result;
	struct worker worker;
	struct diag diag;

	/* The table is the parent's and stays as it is; the answer has the policy's names only, with what was found out. */
	put(hosts_add(&hosts, "a.example"), "192.0.2.1", HOSTS_HELD);
	hosts_find(&hosts, "a.example")->known = true;
	put(hosts_add(&hosts, "other.example"), "192.0.2.2", HOSTS_HELD);
	diag_init(&diag);
	CHECK(worker_start(&worker, &(struct worker_task){ .bundle = &bundle, .hosts = &hosts, .ask = true, .told = true }, &diag) == 0);
	CHECK(worker_finish(&worker, worker_wait(&worker), &result, &diag) == 0 && !diag.n);
	CHECK(hosts.n == 2 && result.hosts.n == 2 && result.hosts.host[1].known);
	SAME(result.hosts.host[1].name, "localhost");
	CHECK(has_addr(result.image, "192.0.2.1") && has_addr(result.image, "127.0.0.1") && !has_addr(result.image, "192.0.2.2"));
	worker_result_done(&result);
	/* Without asking: what is known; and a warning. */
	CHECK(worker_start(&worker, &(struct worker_task){ .bundle = &bundle, .hosts = &hosts, .told = true }, &diag) == 0);
	CHECK(worker_finish(&worker, worker_wait(&worker), &result, &diag) == 0 && diag.n == 1);
	CHECK(has_addr(result.image, "192.0.2.1") && !has_addr(result.image, "127.0.0.1") && !result.hosts.host[1].known);
	worker_result_done(&result);
	/* A name that was answered by nothing is asked for again, and the later answer counts. */
	hosts_add(&hosts, "localhost")->known = true;
	CHECK(worker_start(&worker, &(struct worker_task){ .bundle = &bundle, .hosts = &hosts, .ask = true }, &diag) == 0);
	CHECK(worker_finish(&worker, worker_wait(&worker), &result, &diag) == 0 && has_addr(result.image, "127.0.0.1"));
	CHECK(hosts_take(&hosts, &result.hosts, true) && host_held(hosts_find(&hosts, "localhost")) && host_held(hosts_find(&hosts, "a.example")) == 1);
	worker_result_done(&result);
	bundle_done(&bundle);
	hosts_done(&hosts);
	diag_done(&diag);
}

static void lockout(void)
{
	static const struct {
		const char *rules;
		bool told;
	} cases[] = {
		{ "  - {rule: r, who: {users: [7]}, permit: [reach], to: [{host: localhost}]}\n", false },
		{ "  - {rule: r, permit: [reach], to: [{host: localhost, ports: [443]}]}\n", true },
		{ "  - {rule: r, mode: audit, permit: [reach], to: [{host: localhost, ports: [443]}]}\n", false },
		{ "  - {rule: r, who: {except: {services: [cordon.service]}}, permit: [reach], to: [{host: localhost, ports: [443]}]}\n", false },
		{ "  - {rule: r, who: {except: {users: [root]}}, forbid: [reach], to: [{net: any, ports: [53]}], except: {to: [{host: localhost, ports: [1]}]}}\n",
		  true },
		{ "  - {rule: r, permit: [reach], to: [{host: localhost, ports: [443]}, {net: any, ports: [53]}]}\n", false },
		{ "  - {rule: r, permit: [reach], to: [{host: localhost, ports: [443]}, {net: any, ports: [53], protocol: udp}]}\n", true },
		{ "  - {rule: r, permit: [socket], sockets: [{family: unix}]}\n  - {rule: s, who: {users: [7]}, permit: [reach], to: [{host: localhost}]}\n",
		  true },
		{ "  - {rule: r, permit: [reach], to: [{net: any, ports: [443]}]}\n", false }, /* no names */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bundle bundle = bundle_of(cases[i].rules);
		struct hosts hosts = { 0 };
		const struct compile_names names = { .hosts = &hosts, .ask = true, .askers = true };
		struct image *image;
		struct diag diag;
		size_t told = 0;

		diag_init(&diag);
		CHECK(compile_bundle(&bundle, &names, &image, &diag) == 0);
		for (size_t k = 0; k < diag.n; k++)
			told += strstr(diag.entries[k].message, "rule 'r' refuses the guard's own questions") && diag.entries[k].pos.line == 5;
		printf("# %zu: %zu\n", i, told);
		CHECK(told == cases[i].told);
		image_free(image);
		bundle_done(&bundle);
		hosts_done(&hosts);
		diag_done(&diag);
	}
}

int main(void)
{
	static const struct tap_case cases[] = {
		{ "the table comes back as it was", there_and_back },
		{ "a damaged table is none", damaged },
		{ "a name of /etc/hosts", file },
		{ "who asks is nobody, and cannot become more", is_nobody },
		{ "who asks may die", dies },
		{ "what it leaves is checked", lies },
		{ "the compiler's names", compiler },
		{ "a policy that refuses the guard's own questions", lockout },
	};

	return tap_main(cases, sizeof(cases) / sizeof(cases[0]));
}
