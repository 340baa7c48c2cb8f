/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hostwatch: host names over time (hostwatch.h).
 */
#include "cli/hostwatch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/hoststore.h"
#include "cli/lookup.h"
#include "cli/pending.h"

#define AT_ONCE	    256u   /* names of one child */
#define ACCURACY_US 100000

struct hostwatch {
	sd_event *loop;
	struct hosts *hosts;
	const char *folder;
	struct hostwatch_calls calls;
	sd_event_source *timer, *child;
	struct lookup lookup;
	bool changed; /* by what is being read */
};

static int64_t clock_now(void)
{
	return (int64_t)pending_now();
}

void hostwatch_arm(struct hostwatch *watch)
{
	int64_t next = hosts_next(watch->hosts), now = clock_now();

	/* While somebody asks, what is due waits for his answer; then this is called again. */
	if (next == INT64_MAX || watch->child) {
		(void)sd_event_source_set_enabled(watch->timer, SD_EVENT_OFF);
		return;
	}
	(void)sd_event_source_set_time(watch->timer, (uint64_t)(next > now ? next : now) * 1000);
	(void)sd_event_source_set_enabled(watch->timer, SD_EVENT_ONESHOT);
}

static void tell_changed(struct hostwatch *watch)
{
	struct diag diag;

	diag_init(&diag);
	if (hosts_save(watch->hosts, watch->folder, clock_now(), &diag) < 0)
		watch->calls.faults(watch->calls.context, &diag);
	diag_done(&diag);
	watch->calls.changed(watch->calls.context);
}

/* A name may have left the table meanwhile. */
static void take_answer(void *context, const char *name, const struct host_answer *answer)
{
	struct hostwatch *watch = context;
	struct host *host = hosts_find(watch->hosts, name);
	unsigned failures = host ? host->failures : 0;
	bool unknown = host && !host->known;

	if (!host)
		return;
	watch->changed |= host_answer(host, answer, clock_now());
	/* That a name has no address is kept, too: it was answered. */
	watch->changed |= unknown && host->known;
	if ((host->failures == 1 && !failures) || (failures && !host->failures))
		watch->calls.told(watch->calls.context, host);
}

static void finish(struct hostwatch *watch, int status)
{
	watch->changed = false;
	lookup_finish(&watch->lookup, status, take_answer, watch);
	watch->changed |= hosts_expire(watch->hosts, clock_now());
	if (watch->changed)
		tell_changed(watch);
}

static int on_child(sd_event_source *source, const siginfo_t *info, void *context)
{
	struct hostwatch *watch = context;

	watch->child = sd_event_source_disable_unref(watch->child);
	finish(watch, info->si_code == CLD_EXITED ? W_EXITCODE(info->si_status, 0) : info->si_status);
	hostwatch_arm(watch);
	return 0;
}

/* Nobody could be asked: as if nobody had answered. */
static void fail_all(struct hostwatch *watch, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		take_answer(watch, names[i], &(struct host_answer){ .error = "nobody could be asked" });
}

static void ask(struct hostwatch *watch, int64_t now)
{
	const char *names[AT_ONCE];
	struct diag diag;
	size_t n = 0;

	for (size_t i = 0; i < watch->hosts->n && n < AT_ONCE; i++)
		if (watch->hosts->host[i].due <= now)
			names[n++] = watch->hosts->host[i].name;
	if (!n)
		return;
	diag_init(&diag);
	if (lookup_start(&watch->lookup, names, n, &diag) < 0) {
		watch->calls.faults(watch->calls.context, &diag);
		fail_all(watch, names, n);
	} else if (sd_event_add_child(watch->loop, &watch->child, watch->lookup.pid, WEXITED, on_child, watch) < 0) {
		lookup_cancel(&watch->lookup);
		fail_all(watch, names, n);
	}
	diag_done(&diag);
}

static int on_time(sd_event_source *source, uint64_t usec, void *context)
{
	struct hostwatch *watch = context;
	int64_t now = clock_now();

	if (hosts_expire(watch->hosts, now))
		tell_changed(watch);
	if (!watch->child)
		ask(watch, now);
	hostwatch_arm(watch);
	return 0;
}

int hostwatch_open(sd_event *loop, struct hosts *hosts, const char *folder, const struct hostwatch_calls *calls,
		   struct hostwatch **ret_watch)
{
	struct hostwatch *watch = calloc(1, sizeof(*watch));
	int err;

	if (!watch)
		return -ENOMEM;
	*watch = (struct hostwatch){ .loop = loop, .hosts = hosts, .folder = folder, .calls = *calls, .lookup = LOOKUP_INIT };
	err = sd_event_add_time(loop, &watch->timer, CLOCK_BOOTTIME, 0, ACCURACY_US, on_time, watch);
	if (err < 0) {
		free(watch);
		return err;
	}
	hostwatch_arm(watch);
	*ret_watch = watch;
	return 0;
}

void hostwatch_free(struct hostwatch *watch)
{
	if (!watch)
		return;
	sd_event_source_disable_unref(watch->child);
	lookup_cancel(&watch->lookup);
	sd_event_source_disable_unref(watch->timer);
	free(watch);
}
