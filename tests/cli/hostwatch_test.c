// SPDX-License-Identifier: GPL-2.0-only
/* Host names on the event loop: who is asked, what is kept, who is told. By a name of /etc/hosts; DNS: tests/vm/names.test. */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "cli/hoststore.h"
#include "cli/hostwatch.h"
#include "cli/paths.h"
#include "cli/pending.h"
#include "policy/value.h"
#include "../tap.h"

#define HANGS_US 60000000ull /* nothing here takes that long */

struct world {
	sd_event *loop;
	struct hosts hosts;
	struct hostwatch *watch;
	char folder[64];
	unsigned changed, told, faults;
};

static void on_changed(void *context)
{
	((struct world *)context)->changed++;
}

static void on_told(void *context, const struct host *host)
{
	((struct world *)context)->told++;
}

static void on_faults(void *context, const struct diag *diag)
{
	((struct world *)context)->faults++;
}

static void put(struct host *host, const char *text, int64_t until)
{
	struct value_net net;

	CHECK(value_net(text, &net) == VALUE_NET_OK && host_put(host, net.addr, until, 0));
}

static void open_world(struct world *w, const char *folder)
{
	const struct hostwatch_calls calls = { on_changed, on_told, on_faults, w };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	strcpy(w->folder, "/tmp/cordon-watch.XXXXXX");
	CHECK(mkdtemp(w->folder) && sd_event_new(&w->loop) >= 0);
	CHECK(hostwatch_open(w->loop, &w->hosts, folder ? folder : w->folder, &calls, &w->watch) == 0);
}

static void close_world(struct world *w)
{
	char command[96];

	hostwatch_free(w->watch);
	sd_event_unref(w->loop);
	hosts_done(&w->hosts);
	snprintf(command, sizeof(command), "rm -rf %s", w->folder);
	CHECK(system(command) == 0);
}

static void until(struct world *w, const unsigned *count, unsigned least)
{
	while (*count < least)
		CHECK(sd_event_run(w->loop, HANGS_US) > 0);
}

/* A new name is asked for, its addresses are kept on disk, and that is told once. */
static void asks(void)
{
	struct world w = { 0 };
	struct hosts disk = { 0 };
	struct host *host = hosts_add(&w.hosts, "localhost");

	open_world(&w, NULL);
	until(&w, &w.changed, 1);
	CHECK(host->known && host_held(host) && !w.told && !w.faults && host->due > (int64_t)pending_now());
	CHECK(hosts_load(w.folder, 0, &disk, NULL) == 0 && disk.n == 1 && host_held(&disk.host[0]) == host_held(host));
	hosts_done(&disk);
	/* The same again is nothing new; that it answers after a failure is told. */
	host->due = 0;
	host->failures = 3;
	hostwatch_arm(w.watch);
	until(&w, &w.told, 1);
	CHECK(w.changed == 1 && !host->failures && host->due > (int64_t)pending_now());
	close_world(&w);
}

/* What is leaving goes by the clock, without anybody being asked. */
static void lets_go(void)
{
	struct world w = { 0 };
	struct host *host = hosts_add(&w.hosts, "a.example");

	put(host, "192.0.2.1", HOSTS_HELD);
	put(host, "192.0.2.2", (int64_t)pending_now() + 300);
	host->known = true;
	host->due = INT64_MAX;
	open_world(&w, NULL);
	until(&w, &w.changed, 1);
	CHECK(host->n == 1 && host->address[0].until == HOSTS_HELD);
	close_world(&w);
}

/* A table that cannot be kept is told, and followed all the same; a name that goes while it is asked for is nothing. */
static void goes_on(void)
{
	struct world w = { 0 };

	hosts_add(&w.hosts, "localhost");
	open_world(&w, "/nonexistent");
	until(&w, &w.changed, 1);
	CHECK(w.faults == 1 && host_held(&w.hosts.host[0]));
	w.hosts.host[0].due = 0;
	hosts_add(&w.hosts, "localhost.localdomain.invalid");
	hosts_find(&w.hosts, "localhost.localdomain.invalid")->due = INT64_MAX;
	hostwatch_arm(w.watch);
	CHECK(sd_event_run(w.loop, HANGS_US) > 0); /* the child is on its way */
	hosts_remove(&w.hosts, "localhost");
	CHECK(sd_event_run(w.loop, HANGS_US) > 0);
	CHECK(w.hosts.n == 1 && !w.hosts.host[0].known);
	close_world(&w);
}

/* Closed while somebody asks: he is ended and not waited for by anybody. */
static void closes(void)
{
	struct world w = { 0 };

	hosts_add(&w.hosts, "localhost");
	open_world(&w, NULL);
	CHECK(sd_event_run(w.loop, HANGS_US) > 0);
	close_world(&w);
	CHECK(waitpid(-1, NULL, WNOHANG) == -1);
}

int main(void)
{
	static const struct tap_case cases[] = {
		{ "a name is asked for, and what it holds is kept", asks },
		{ "what is leaving goes", lets_go },
		{ "it goes on without a disk, and without the name", goes_on },
		{ "it ends with a child under way", closes },
	};

	return tap_main(cases, sizeof(cases) / sizeof(cases[0]));
}
