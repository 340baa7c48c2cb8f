/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * daemon: the loop that ties keeper, events and control socket together (daemon.h).
 */
#include "cli/daemon.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "cli/changes.h"
#include "cli/compile.h"
#include "say/diagjson.h"
#include "cli/eventlog.h"
#include "cli/eventout.h"
#include "cli/fileio.h"
#include "cli/framewatch.h"
#include "cli/hoststore.h"
#include "cli/hostwatch.h"
#include "cli/keeper.h"
#include "cli/paths.h"
#include "cli/pending.h"
#include "cli/server.h"
#include "guard/event.h"

#define EVENTS_PER_TURN 2048
#define MOUNT_SETTLE_US 200000ull /* mounts come in bursts */
#define CLOCK_US	30000000ull /* how often the distance of boot clock and wall clock is measured */

struct daemon {
	const struct daemon_options *options;
	sd_event *loop;
	struct keeper keeper;
	struct ring_buffer *ring;
	struct eventlog log;
	struct eventout out;
	int log_error; /* that was said */
	struct server *server;
	struct changes *changes;
	struct hostwatch *hostwatch;
	struct framewatch *framewatch;
	struct mount_table *mounts;
	struct users users;
	int64_t boot_time;
	sd_event_source *settle; /* armed when the mount table changed */
	time_t started;
	int lock;
	unsigned in_turn;	  /* events of this turn of the loop */
	uint64_t bad_records;
};

/* ---- saying what happens ---------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void say(const char *level, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%scordon: ", getenv("JOURNAL_STREAM") ? level : "");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

static void say_diag(const struct diag *diag)
{
	diag_print(diag, stderr);
}

/* The names of the rules in force; NULL: not known. */
static const struct rulebook_page *page_in_force(const struct daemon *d)
{
	const struct rulebook_page *page = d->keeper.book.pages[0];

	return page && rulebook_generation(page) == guard_generation(d->keeper.guard) ? page : NULL;
}

static void notify_status(const struct daemon *d)
{
	struct rulebook_count count = { 0 };

	if (page_in_force(d))
		rulebook_count(page_in_force(d), &count);
	sd_notifyf(0, "STATUS=generation %llu, %zu rules%s%s", (unsigned long long)guard_generation(d->keeper.guard),
		   count.rules, d->keeper.problem ? "; " : "", d->keeper.problem ? d->keeper.problem : "");
}

/* ---- events ----------------------------------------------------------------------------------- */

/* Whether a line tells of a refusal, and not of what would have been one. What comes from processes stands behind it. */
static bool is_denied(const char *line)
{
	const char *kind = strstr(line, "\"kind\":\"");

	return kind && strncmp(kind + strlen("\"kind\":\""), "deny", 4) == 0;
}

static const char *name_of_address(void *hosts, const uint8_t addr[16])
{
	return hosts_name_of(hosts, addr);
}

static int on_record(void *context, void *record, size_t size)
{
	struct daemon *d = context;
	struct event_names names = {
		.mounts = d->mounts,
		.users = &d->users,
		.boot_time = d->boot_time,
		.rule = rulebook_find,
		.context = &d->keeper.book,
		.host = name_of_address,
		.host_context = &d->keeper.hosts,
	};
	struct buf line = BUF_INIT;

	if (event_check(record, size) < 0) {
		d->bad_records++;
		return 0;
	}
	event_json(record, &names, &line);
	if (!line.failed) {
		eventlog_add(&d->log, buf_str(&line), line.len);
		eventout_line(&d->out, buf_str(&line), line.len);
		server_broadcast(d->server, buf_str(&line), line.len, is_denied(buf_str(&line)));
	}
	buf_done(&line);
	/* A flood of events must not keep the loop from the control socket. */
	return ++d->in_turn >= EVENTS_PER_TURN ? -EAGAIN : 0;
}

/* A full disk is said once, and once that it is over. */
static void flush_log(struct daemon *d)
{
	eventlog_flush(&d->log);
	if (d->log.error == d->log_error)
		return;
	d->log_error = d->log.error;
	if (d->log.error)
		say("<2>", "EVENTS ARE NOT WRITTEN to %s: %s; they are counted, and the last ones are in memory", d->log.path,
		    strerror(-d->log.error));
	else
		say("<5>", "events are written to %s again; %llu were not", d->log.path, (unsigned long long)d->log.failed);
}

static int on_ring(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct daemon *d = context;

	d->in_turn = 0;
	(void)ring_buffer__consume(d->ring);
	flush_log(d);
	return 0;
}

/* ---- requests --------------------------------------------------------------------------------- */

static json_t *result_json(const struct keeper_result *result, bool dry_run, const struct diag *diag)
{
	const struct rulebook_count *count = &result->count;

	return json_pack("{s:b, s:b, s:I, s:b, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:o}", "ok", 1, "dry_run", (int)dry_run,
			 "generation", (json_int_t)result->generation, "unchanged", (int)result->unchanged, "rules",
			 (int)count->rules, "enforce", (int)count->enforce, "audit", (int)count->audit, "permit",
			 (int)count->permit, "forbid", (int)count->forbid, "atoms", (int)count->atoms, "milliseconds",
			 (int)result->milliseconds, "diagnostics", diag_to_json(diag));
}

/* How long a policy is on trial still, in seconds; 0: none is. */
static unsigned trial_left(const struct daemon *d)
{
	uint64_t now = pending_now();

	if (!d->keeper.trial)
		return 0;
	return d->keeper.deadline > now ? (unsigned)((d->keeper.deadline - now + 999) / 1000) : 1;
}

static void answer_change(struct daemon *d, const struct changes_end *end)
{
	json_t *reply;

	if (!end->client)
		return;
	if (end->err)
		reply = proto_error("refused; the policy in force stays", end->diag);
	else
		reply = result_json(&end->result, end->dry_run, end->diag);
	if (!end->err && end->confirm)
		json_object_set_new(reply, "confirm", json_integer(end->dry_run ? end->confirm : trial_left(d)));
	server_answer(d->server, end->client, reply);
}

static void say_change(const struct daemon *d, const struct changes_end *end)
{
	unsigned long long in_force = guard_generation(d->keeper.guard), new = end->result.generation;
	const char *what = end->names ? "host names" : "mounts";

	switch (end->kind) {
	case KEEPER_APPLY:
		if (end->err)
			say("<4>", "a policy was refused; generation %llu stays in force", in_force);
		else if (end->confirm)
			say("<5>", "generation %llu is in force for %u s, unless it is confirmed: %zu rules", new, end->confirm,
			    end->result.count.rules);
		else
			say("<5>", "generation %llu is in force: %zu rules", new, end->result.count.rules);
		break;
	case KEEPER_REFRESH:
		if (end->err)
			say("<3>", "%s changed, and the policy does not fit them; generation %llu stays in force", what, in_force);
		else if (!end->result.unchanged)
			say("<5>", "%s changed: generation %llu is in force", what, new);
		break;
	case KEEPER_ROLLBACK:
		if (end->err)
			say("<2>", "the policy on trial was not confirmed, and CANNOT BE TAKEN BACK yet");
		else
			say("<4>", "the policy on trial was not confirmed: what was before is generation %llu", new);
		break;
	}
}

static void on_changed(void *context, const struct changes_end *end)
{
	struct daemon *d = context;

	answer_change(d, end);
	if (end->dry_run)
		return;
	/* Other names, or others of them known. */
	hostwatch_arm(d->hostwatch);
	framewatch_changed(d->framewatch);
	say_change(d, end);
	if (end->diag->n)
		say_diag(end->diag);
	notify_status(d);
	if (end->result.returned) { /* as it was: what it rests on may have changed meanwhile */
		struct keeper_change refresh = { .kind = KEEPER_REFRESH };

		changes_add(d->changes, &refresh, 0);
	}
}

/* The policy folder again; `client` may be NULL. */
static void reload(struct daemon *d, struct server_client *client, const struct proto_request *request)
{
	struct keeper_change change = { .kind = KEEPER_APPLY, .dry_run = request->dry_run, .strict = request->strict,
					.confirm = request->confirm };
	struct diag diag;

	diag_init(&diag);
	if (keeper_read_folder(&d->keeper, &change.bundle, &diag) == 0) {
		changes_add(d->changes, &change, client ? server_defer(client) : 0);
	} else {
		if (client)
			server_reply(client, proto_error("refused; the policy in force stays", &diag));
		say("<4>", "the policy folder was refused");
		say_diag(&diag);
	}
	diag_done(&diag);
}

static void apply(struct daemon *d, struct server_client *client, struct proto_request *request)
{
	struct keeper_change change = { .kind = KEEPER_APPLY, .bundle = request->bundle, .dry_run = request->dry_run,
					.strict = request->strict, .confirm = request->confirm };

	request->bundle = BUNDLE_INIT;
	changes_add(d->changes, &change, server_defer(client));
}

/* Settle what is on trial. */
static void confirm(struct daemon *d, struct server_client *client, bool undo)
{
	struct keeper_change change = { .kind = KEEPER_ROLLBACK };
	struct diag diag;

	diag_init(&diag);
	if (undo && d->keeper.trial) {
		changes_add(d->changes, &change, server_defer(client));
	} else if (undo) {
		server_reply(client, proto_error("no policy waits for a confirmation", NULL));
	} else if (keeper_confirm(&d->keeper, &diag) < 0) {
		server_reply(client, proto_error("not confirmed", &diag));
	} else {
		say("<5>", "generation %llu was confirmed", (unsigned long long)guard_generation(d->keeper.guard));
		server_reply(client, json_pack("{s:b, s:I}", "ok", 1, "generation", (json_int_t)guard_generation(d->keeper.guard)));
		notify_status(d);
	}
	diag_done(&diag);
}

/* A policy on trial without a daemon would stay. */
static void stop(struct daemon *d, struct server_client *client)
{
	if (d->keeper.trial) {
		server_reply(client, proto_error("a policy is on trial: cordon confirm, or cordon confirm --undo, first", NULL));
		return;
	}
	say("<5>", "told to stop; the guard stays in force");
	server_reply(client, json_pack("{s:b}", "ok", 1));
	sd_event_exit(d->loop, DAEMON_STOPPED);
}

/* ---- host names ------------------------------------------------------------------------------- */

static void on_names_changed(void *context)
{
	struct daemon *d = context;
	struct keeper_change change = { .kind = KEEPER_REFRESH, .names = true };

	changes_add(d->changes, &change, 0);
}

static void on_name_told(void *context, const struct host *host)
{
	if (!host->failures)
		say("<5>", "the host name %s is answered again", host->name);
	else if (host->known)
		say("<4>", "the host name %s is not answered (%s): its last %zu addresses stay", host->name, host->error, host->n);
	else
		say("<4>", "the host name %s is not answered (%s): it holds no address", host->name, host->error);
}

static void on_name_faults(void *context, const struct diag *diag)
{
	say_diag(diag);
}

static int watch_names(struct daemon *d)
{
	const struct hostwatch_calls calls = { .changed = on_names_changed, .told = on_name_told, .faults = on_name_faults,
					       .context = d };

	return hostwatch_open(d->loop, &d->keeper.hosts, d->options->state_folder, &calls, &d->hostwatch);
}

/* ---- devices of the network -------------------------------------------------------------------- */

static void on_frames(void *context, const struct diag *diag)
{
	if (diag->n)
		say_diag(diag);
	else
		say("<5>", "frames of packet sockets are judged at every device again");
}

/* ---- what is, for status ------------------------------------------------------------------------ */

static json_t *hosts_json(const struct daemon *d)
{
	json_t *json = hosts_to_json(&d->keeper.hosts, (int64_t)pending_now()), *list = json_incref(json_object_get(json, "hosts"));

	json_decref(json);
	return list;
}

static json_t *events_json(const struct daemon *d)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:s?, s:s?, s:i, s:I, s:I, s:I, s:I}", "read", (json_int_t)d->log.total, "logged",
			 (json_int_t)d->log.written, "not_logged", (json_int_t)d->log.failed, "bad", (json_int_t)d->bad_records,
			 "log", d->log.path,
			 "error", d->log.error ? strerror(-d->log.error) : NULL, "followers", (int)server_followers(d->server),
			 "stdout", (json_int_t)d->out.written, "stdout_dropped", (json_int_t)d->out.dropped, "journal",
			 (json_int_t)d->out.sent, "journal_refused", (json_int_t)d->out.refused);
}

static void status(struct daemon *d, struct server_client *client)
{
	static const char *const origins[] = { "adopted", "loaded", "replaced" };
	const struct rulebook_page *page = page_in_force(d);
	struct rulebook_count count = { 0 };

	if (page)
		rulebook_count(page, &count);
	server_reply(client,
		     json_pack("{s:b, s:i, s:s, s:I, s:I, s:s, s:b, s:s, s:s?, s:s?, s:i, s:i, s:i, s:i, s:o?, s:i, s:o, s:o?}", "ok", 1, "pid",
			       (int)getpid(), "version", CORDON_VERSION, "started", (json_int_t)d->started, "generation",
			       (json_int_t)guard_generation(d->keeper.guard), "guard", origins[d->keeper.origin], "audit",
			       (int)d->options->audit, "policy_folder", d->options->policy_folder, "origin", d->keeper.good.origin,
			       "problem", d->keeper.problem, "files", (int)d->keeper.good.n, "rules", (int)count.rules, "enforce",
			       (int)count.enforce, "audit_rules", (int)count.audit, "policies",
			       page ? rulebook_policies(page) : NULL, "confirm", (int)trial_left(d), "events", events_json(d), "hosts", hosts_json(d)));
}

static void send_events(struct daemon *d, struct server_client *client, const struct proto_request *request)
{
	size_t most = request->last < d->log.count ? request->last : d->log.count, n = 0, first = d->log.count;
	const struct eventlog_line *line;

	/* Back from the newest until there are enough of the kind that is asked for. */
	while (first > 0 && n < most) {
		first--;
		line = eventlog_last(&d->log, d->log.count, first);
		n += !request->denied || is_denied(line->text);
	}
	server_reply(client, json_pack("{s:b, s:I}", "ok", 1, "count", (json_int_t)n));
	for (size_t i = first; n && (line = eventlog_last(&d->log, d->log.count, i)); i++)
		if (!request->denied || is_denied(line->text))
			server_line(client, line->text, line->length);
	if (request->follow)
		server_follow(client, request->denied);
}

static void on_request(void *context, struct server_client *client, struct proto_request *request)
{
	struct daemon *d = context;

	switch (request->command) {
	case PROTO_APPLY:
		apply(d, client, request);
		break;
	case PROTO_RELOAD:
		reload(d, client, request);
		break;
	case PROTO_CONFIRM:
		confirm(d, client, request->undo);
		break;
	case PROTO_STATUS:
		status(d, client);
		break;
	case PROTO_EVENTS:
		send_events(d, client, request);
		break;
	case PROTO_STOP:
		stop(d, client);
		break;
	}
}

/* ---- mounts, signals, clock ------------------------------------------------------------------- */

static void read_mounts(struct daemon *d)
{
	struct mount_table *mounts;

	if (mount_table_read(COMPILE_MOUNTS, &mounts, NULL) < 0)
		return; /* the old ones are better than none */
	mount_table_free(d->mounts);
	d->mounts = mounts;
}

static int on_settled(sd_event_source *source, uint64_t usec, void *context)
{
	struct daemon *d = context;
	struct keeper_change change = { .kind = KEEPER_REFRESH };

	read_mounts(d);
	changes_add(d->changes, &change, 0);
	return 0;
}

static int on_mounts(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct daemon *d = context;

	if (sd_event_source_set_time_relative(d->settle, MOUNT_SETTLE_US) < 0 ||
	    sd_event_source_set_enabled(d->settle, SD_EVENT_ONESHOT) < 0)
		return on_settled(d->settle, 0, d);
	return 0;
}

static int on_clock(sd_event_source *source, uint64_t usec, void *context)
{
	struct daemon *d = context;

	d->boot_time = event_boot_time();
	if (d->framewatch)
		framewatch_tick(d->framewatch);
	(void)sd_event_source_set_time_relative(source, CLOCK_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
	struct daemon *d = context;

	switch (info->ssi_signo) {
	case SIGHUP:
		sd_notify(0, "RELOADING=1");
		eventlog_flush(&d->log);
		(void)eventlog_reopen(&d->log);
		reload(d, NULL, &(const struct proto_request){ 0 });
		sd_notify(0, "READY=1");
		return 0;
	case SIGUSR1:
		eventlog_flush(&d->log);
		(void)eventlog_reopen(&d->log);
		return 0;
	default:
		say("<5>", "ends; the guard stays in force");
		return sd_event_exit(d->loop, 0);
	}
}

/* ---- life ------------------------------------------------------------------------------------- */

static int take_lock(struct daemon *d, struct diag *diag)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/lock", d->options->runtime_folder);
	d->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (d->lock < 0)
		return diag_fail(diag, -errno, DIAG_AT(.file = path), "%s", strerror(errno));
	if (flock(d->lock, LOCK_EX | LOCK_NB) < 0)
		return diag_fail(diag, -EBUSY, DIAG_AT(.file = path), "another daemon runs");
	return 0;
}

static int make_folders(const struct daemon_options *options, struct diag *diag)
{
	const struct { const char *path; mode_t mode; } folders[] = {
		{ options->runtime_folder, 0755 }, { options->state_folder, 0700 },
	};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		int err = fileio_make_folder(folders[i].path, folders[i].mode);

		if (err)
			return diag_fail(diag, err, DIAG_AT(.file = folders[i].path), "cannot be made: %s", strerror(-err));
	}
	return 0;
}

static int watch_mounts(struct daemon *d)
{
	sd_event_source *source = NULL;
	int fd, err;

	err = sd_event_add_time_relative(d->loop, &d->settle, CLOCK_MONOTONIC, 0, 0, on_settled, d);
	if (err >= 0)
		err = sd_event_source_set_enabled(d->settle, SD_EVENT_OFF);
	if (err < 0)
		return err;
	fd = open(COMPILE_MOUNTS, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = sd_event_add_io(d->loop, &source, fd, EPOLLPRI, on_mounts, d);
	if (err < 0) {
		close(fd);
		return err;
	}
	(void)sd_event_source_set_io_fd_own(source, true);
	err = sd_event_source_set_floating(source, true);
	sd_event_source_unref(source); /* the loop has it */
	return err;
}

static int watch_signals(struct daemon *d)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
	sigset_t set;
	int err = 0;

	/* The loop is told when a compiler ends. */
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* They wait from here on: a SIGTERM during the start is answered once the guard is whole. */
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (size_t i = 0; err >= 0 && i < sizeof(signals) / sizeof(signals[0]); i++)
		err = sd_event_add_signal(d->loop, NULL, signals[i], on_signal, d);
	return err;
}

static int watch_ring(struct daemon *d)
{
	d->ring = ring_buffer__new(d->keeper.guard->events, on_record, d, NULL);
	if (!d->ring)
		return -errno;
	return sd_event_add_io(d->loop, NULL, ring_buffer__epoll_fd(d->ring), EPOLLIN, on_ring, d);
}

static int start_loop(struct daemon *d, struct diag *diag)
{
	char path[4096];
	int err;

	snprintf(path, sizeof(path), "%s/" PATH_SOCKET_NAME, d->options->runtime_folder);
	err = watch_mounts(d);
	if (err >= 0)
		err = sd_event_add_time_relative(d->loop, NULL, CLOCK_MONOTONIC, 0, 0, on_clock, d);
	if (err >= 0)
		err = changes_open(d->loop, &d->keeper, on_changed, d, &d->changes);
	if (err >= 0)
		err = watch_names(d);
	if (err >= 0)
		err = framewatch_open(d->loop, &d->keeper.guard, on_frames, d, &d->framewatch);
	if (err >= 0)
		err = server_open(d->loop, path, on_request, d, &d->server, diag);
	if (err >= 0)
		err = watch_ring(d);
	if (err >= 0)
		err = sd_event_set_watchdog(d->loop, true);
	return err < 0 ? diag_fail(diag, err, NULL, "cannot start: %s", strerror(-err)) : 0;
}

static int start(struct daemon *d, struct diag *diag)
{
	struct guard_options options = { .ring_size = d->options->ring_size };
	int err;

	err = make_folders(d->options, diag);
	if (!err)
		err = take_lock(d, diag);
	if (err)
		return err;
	d->keeper.policy_folder = d->options->policy_folder;
	d->keeper.state_folder = d->options->state_folder;
	d->keeper.audit = d->options->audit;
	(void)eventlog_init(&d->log, d->options->log, diag);
	eventout_open(&d->out, d->options->out, d->options->journal, diag);
	d->boot_time = event_boot_time();
	read_mounts(d);
	err = keeper_open(&d->keeper, &options, diag);
	return err ? err : start_loop(d, diag);
}

static void say_started(const struct daemon *d)
{
	static const char *const how[] = { "adopted the guard that was pinned", "loaded the guard",
					   "replaced the guard that was pinned" };
	uint64_t generation = guard_generation(d->keeper.guard);

	say("<5>", "%s; generation %llu%s", how[d->keeper.origin], (unsigned long long)generation,
	    generation ? "" : ": no policy is in force, everything is allowed");
	if (d->keeper.problem)
		say("<3>", "%s", d->keeper.problem);
	if (d->keeper.trial)
		say("<4>", "generation %llu is on trial for %u s still", (unsigned long long)generation, trial_left(d));
	if (d->options->audit)
		say("<4>", "--audit: nothing is refused, events say what would be");
}

static void finish(struct daemon *d)
{
	hostwatch_free(d->hostwatch);
	framewatch_free(d->framewatch);
	changes_free(d->changes);
	server_free(d->server);
	ring_buffer__free(d->ring);
	eventlog_done(&d->log);
	eventout_close(&d->out);
	sd_event_source_unref(d->settle);
	keeper_done(&d->keeper);
	mount_table_free(d->mounts);
	sd_event_unref(d->loop);
	if (d->lock >= 0)
		close(d->lock);
	free(d);
}

int daemon_run(const struct daemon_options *options)
{
	struct daemon *d = calloc(1, sizeof(*d));
	struct diag diag;
	int err;

	if (!d)
		return 1;
	d->options = options;
	d->lock = d->log.fd = -1;
	d->out = EVENTOUT_INIT;
	d->started = time(NULL);
	diag_init(&diag);
	err = sd_event_default(&d->loop);
	if (err >= 0)
		err = watch_signals(d);
	if (err >= 0)
		err = start(d, &diag);
	say_diag(&diag);
	diag_done(&diag);
	if (err < 0) {
		say("<3>", "cannot start");
		sd_notifyf(0, "STATUS=cannot start: %s\nERRNO=%d", strerror(-err), -err);
		finish(d);
		return 1;
	}
	say_started(d);
	notify_status(d);
	sd_notify(0, "READY=1");
	err = sd_event_loop(d->loop);
	sd_notify(0, "STOPPING=1");
	finish(d);
	return err < 0 ? 1 : err;
}
