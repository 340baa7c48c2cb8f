/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * changes: the line of changes (changes.h).
 */
#include "cli/changes.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "cli/pending.h"

#define RETRY_MS 5000u

struct ticket {
	struct ticket *next;
	struct keeper_change change;
	uint64_t client;
};

struct changes {
	sd_event *loop;
	struct keeper *keeper;
	changes_done done;
	void *context;
	struct ticket *line;
	struct changes_end end;	 /* of what is under way */
	sd_event_source *child;	 /* its compiler */
	sd_event_source *trial;	 /* when it is over */
};

static void pump(struct changes *changes);

static void tell(struct changes *changes, int err, const struct keeper_result *result, struct diag *diag)
{
	changes->end.err = err;
	changes->end.result = err ? (struct keeper_result){ 0 } : *result;
	changes->end.diag = diag;
	changes->done(changes->context, &changes->end);
}

static void watch_trial(struct changes *changes, uint64_t at)
{
	if (!changes->keeper->trial) {
		(void)sd_event_source_set_enabled(changes->trial, SD_EVENT_OFF);
		return;
	}
	(void)sd_event_source_set_time(changes->trial, at * 1000);
	(void)sd_event_source_set_enabled(changes->trial, SD_EVENT_ONESHOT);
}

static void finish(struct changes *changes, int status)
{
	struct keeper_result result = { 0 };
	struct diag diag;
	int err;

	diag_init(&diag);
	err = keeper_finish(changes->keeper, status, &result, &diag);
	/* What could not be taken back is tried again: the policy on trial must not stay. */
	watch_trial(changes, err && changes->end.kind == KEEPER_ROLLBACK ? pending_now() + RETRY_MS : changes->keeper->deadline);
	tell(changes, err, &result, &diag);
	diag_done(&diag);
}

static int on_child(sd_event_source *source, const siginfo_t *info, void *context)
{
	struct changes *changes = context;

	changes->child = sd_event_source_disable_unref(changes->child);
	finish(changes, info->si_code == CLD_EXITED ? W_EXITCODE(info->si_status, 0) : info->si_status);
	pump(changes);
	return 0;
}

/* Begin the first of the line; true when it is under way. */
static bool begin(struct changes *changes)
{
	struct ticket *ticket = changes->line;
	struct worker *worker = &changes->keeper->worker;
	struct diag diag;
	struct keeper_result result = { 0 };
	bool runs;
	int err;

	changes->line = ticket->next;
	changes->end = (struct changes_end){ .client = ticket->client, .kind = ticket->change.kind,
					     .dry_run = ticket->change.dry_run, .names = ticket->change.names, .confirm = ticket->change.confirm };
	diag_init(&diag);
	err = keeper_start(changes->keeper, &ticket->change, &diag);
	if (err && changes->end.kind == KEEPER_ROLLBACK && changes->keeper->trial) {
		tell(changes, keeper_return(changes->keeper, &result, &diag) ? err : 0, &result, &diag);
		watch_trial(changes, pending_now() + RETRY_MS);
	} else if (err && (err != -ENODATA || ticket->client)) { /* ENODATA: there is no more to do, and nobody asked */
		tell(changes, err, NULL, &diag);
	}
	diag_done(&diag);
	keeper_change_done(&ticket->change);
	free(ticket);
	if (err)
		return false;
	runs = sd_event_add_child(changes->loop, &changes->child, worker->pid, WEXITED, on_child, changes) >= 0;
	if (!runs)
		finish(changes, worker_wait(worker)); /* better late than never */
	return runs;
}

static void pump(struct changes *changes)
{
	while (changes->line && !changes->keeper->busy)
		if (begin(changes))
			return;
}

static int on_trial(sd_event_source *source, uint64_t usec, void *context)
{
	struct changes *changes = context;
	struct ticket *ticket = calloc(1, sizeof(*ticket));

	if (!ticket) {
		watch_trial(changes, pending_now() + RETRY_MS);
		return 0;
	}
	*ticket = (struct ticket){ .next = changes->line, .change = { .kind = KEEPER_ROLLBACK } };
	changes->line = ticket;
	pump(changes);
	return 0;
}

int changes_open(sd_event *loop, struct keeper *keeper, changes_done done, void *context, struct changes **ret_changes)
{
	struct changes *changes = calloc(1, sizeof(*changes));
	int err;

	if (!changes)
		return -ENOMEM;
	*changes = (struct changes){ .loop = loop, .keeper = keeper, .done = done, .context = context };
	err = sd_event_add_time(loop, &changes->trial, CLOCK_BOOTTIME, 0, 100000, on_trial, changes);
	if (err < 0) {
		free(changes);
		return err;
	}
	watch_trial(changes, keeper->deadline);
	*ret_changes = changes;
	return 0;
}

void changes_free(struct changes *changes)
{
	if (!changes)
		return;
	while (changes->line) {
		struct ticket *ticket = changes->line;

		changes->line = ticket->next;
		keeper_change_done(&ticket->change);
		free(ticket);
	}
	sd_event_source_disable_unref(changes->child);
	sd_event_source_disable_unref(changes->trial);
	free(changes);
}

void changes_add(struct changes *changes, struct keeper_change *change, uint64_t client)
{
	struct ticket **link = &changes->line, *ticket;

	for (; *link; link = &(*link)->next)
		if (change->kind == KEEPER_REFRESH && (*link)->change.kind == KEEPER_REFRESH)
			return;
	ticket = calloc(1, sizeof(*ticket));
	if (!ticket) {
		struct diag diag;

		diag_init(&diag);
		changes->done(changes->context,
			      &(struct changes_end){ .client = client, .kind = change->kind, .err = -ENOMEM, .diag = &diag });
		diag_done(&diag);
		keeper_change_done(change);
		return;
	}
	ticket->change = *change;
	ticket->client = client;
	*change = (struct keeper_change){ 0 };
	*link = ticket;
	pump(changes);
}
