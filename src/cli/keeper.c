/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * keeper: the policy in force (keeper.h).
 */
#include "cli/keeper.h"

#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/hoststore.h"
#include "cli/paths.h"
#include "cli/pending.h"

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

__attribute__((format(printf, 2, 3))) static void set_problem(struct keeper *keeper, const char *format, ...)
{
	va_list args;

	free(keeper->problem);
	keeper->problem = NULL;
	if (!format)
		return;
	va_start(args, format);
	if (vasprintf(&keeper->problem, format, args) < 0)
		keeper->problem = NULL;
	va_end(args);
}

static int count_image(const struct keeper *keeper, const struct image *image, uint64_t generation, struct rulebook_page **ret_page,
		       struct keeper_result *result)
{
	*ret_page = rulebook_page(image, generation, keeper->audit);
	if (!*ret_page)
		return -ENOMEM;
	rulebook_count(*ret_page, &result->count);
	result->generation = generation;
	return 0;
}

/* Publish. */
static int put_in_force(struct keeper *keeper, const struct worker_result *compiled, struct keeper_result *result, struct diag *diag)
{
	uint64_t generation;
	struct rulebook_page *page;
	int err;

	err = guard_publish(keeper->guard, compiled->image, &generation, diag);
	if (err)
		return err;
	keeper->print = compiled->print;
	keeper->printed = true;
	err = count_image(keeper, compiled->image, generation, &page, result);
	if (err) {
		/* In force all the same; only the names of its rules are not known. */
		result->generation = generation;
		diag_add(diag, DIAG_WARNING, NULL, "no memory for the names of the rules");
		return 0;
	}
	(void)rulebook_save(page, keeper->state_folder, diag);
	rulebook_add(&keeper->book, page);
	return 0;
}

static void save_names(const struct keeper *keeper, struct diag *diag)
{
	(void)hosts_save(&keeper->hosts, keeper->state_folder, (int64_t)pending_now(), diag);
}

/* Before the policy: its names are on disk beside those in force, so that whoever dies in between leaves nobody with less. */
static void add_names(struct keeper *keeper, const struct hosts *names, struct diag *diag)
{
	if (!hosts_take(&keeper->hosts, names, false))
		diag_add(diag, DIAG_WARNING, NULL, "not all host names can be followed: more than %u, or no memory", HOSTS_MAX);
	if (names->n)
		save_names(keeper, diag);
}

/* After it: its names are those of the keeper; on trial, those of what may come back as well. */
static void take_names(struct keeper *keeper, const struct hosts *names, struct diag *diag)
{
	size_t before = keeper->hosts.n;

	(void)hosts_take(&keeper->hosts, names, !keeper->trial);
	if (keeper->hosts.n != before)
		save_names(keeper, diag);
}

/* ---- changes ---------------------------------------------------------------------------------- */

void keeper_change_done(struct keeper_change *change)
{
	bundle_done(&change->bundle);
	*change = (struct keeper_change){ 0 };
}

static int may_start(const struct keeper *keeper, const struct keeper_change *change, struct diag *diag)
{
	if (keeper->busy)
		return diag_fail(diag, -EBUSY, NULL, "another change is under way");
	if (change->kind == KEEPER_APPLY && keeper->trial && !change->dry_run) {
		diag_fail(diag, -EBUSY, NULL, "generation %llu is on trial: no other policy until that is settled",
			  (unsigned long long)guard_generation(keeper->guard));
		diag_hint(diag, "cordon confirm keeps it, cordon confirm --undo takes it back");
		return -EBUSY;
	}
	if ((change->kind == KEEPER_REFRESH && !keeper->good.n) || (change->kind == KEEPER_ROLLBACK && !keeper->trial))
		return -ENODATA;
	return 0;
}

int keeper_start(struct keeper *keeper, struct keeper_change *change, struct diag *diag)
{
	const struct bundle *bundle = change->kind == KEEPER_APPLY   ? &change->bundle :
				      change->kind == KEEPER_REFRESH ? &keeper->good :
				      keeper->before.n		     ? &keeper->before :
								       NULL;
	int err = may_start(keeper, change, diag);

	if (!err)
		err = worker_start(&keeper->worker,
				   &(struct worker_task){ .bundle = bundle, .audit = keeper->audit, .hosts = &keeper->hosts,
							  .ask = change->kind == KEEPER_APPLY,
							  .told = change->kind != KEEPER_REFRESH },
				   diag);
	if (err)
		return err;
	keeper->begun = now_ms();
	keeper->busy = true;
	keeper->change = *change;
	*change = (struct keeper_change){ 0 };
	return 0;
}

/* The text that stands for the policy from now on: as the last good one, or as one on trial. Before the flip. */
static int keep_text(struct keeper *keeper, uint64_t deadline, struct diag *diag)
{
	const struct keeper_change *change = &keeper->change;

	if (change->confirm)
		return pending_save(keeper->state_folder, &change->bundle, deadline, diag);
	return bundle_save(&change->bundle, keeper->state_folder, PATH_GOOD_NAME, diag);
}

/* It did not come into force: the disk says so again. */
static void keep_old_text(struct keeper *keeper, struct diag *diag)
{
	if (keeper->change.confirm)
		(void)pending_remove(keeper->state_folder, diag);
	else if (keeper->good.n)
		(void)bundle_save(&keeper->good, keeper->state_folder, PATH_GOOD_NAME, diag);
}

static int finish_apply(struct keeper *keeper, const struct worker_result *compiled, struct keeper_result *result, struct diag *diag)
{
	struct keeper_change *change = &keeper->change;
	uint64_t deadline = pending_now() + change->confirm * 1000ull, before = guard_generation(keeper->guard);
	struct rulebook_page *page = NULL;
	int err = diag_strict(diag, change->strict ? DIAG_WARNING : DIAG_FLAW);

	if (err)
		return err;
	if (change->dry_run) {
		err = count_image(keeper, compiled->image, guard_generation(keeper->guard), &page, result);
		rulebook_page_free(page);
		return err;
	}
	err = keep_text(keeper, deadline, diag);
	if (!err) {
		keeper->guard->trial = change->confirm > 0;
		err = put_in_force(keeper, compiled, result, diag);
		if (err) {
			keeper->guard->trial = false;
			keep_old_text(keeper, diag);
		}
	}
	if (err)
		return err;
	if (change->confirm) {
		keeper->generation = before;
		keeper->before = keeper->good;
		keeper->deadline = deadline;
		keeper->trial = true;
	} else {
		bundle_done(&keeper->good);
		(void)pending_remove(keeper->state_folder, diag); /* one that the start could do nothing with */
	}
	keeper->good = change->bundle;
	change->bundle = BUNDLE_INIT;
	keeper->stale = false;
	set_problem(keeper, NULL);
	return 0;
}

static int finish_refresh(struct keeper *keeper, const struct worker_result *compiled, struct keeper_result *result, struct diag *diag)
{
	if (keeper->stale)
		set_problem(keeper, NULL);
	keeper->stale = false;
	result->unchanged = keeper->printed && memcmp(&compiled->print, &keeper->print, sizeof(keeper->print)) == 0;
	result->generation = guard_generation(keeper->guard);
	return result->unchanged ? 0 : put_in_force(keeper, compiled, result, diag);
}

/* What came back is what the administrator wants from now on, even when the policy folder says otherwise: it holds what was not
 * confirmed. So it is kept as if it had been applied by name; no files: no policy. */
static int settle_before(struct keeper *keeper, struct diag *diag)
{
	int err;

	free(keeper->good.origin);
	keeper->good.origin = NULL;
	err = bundle_save(&keeper->good, keeper->state_folder, PATH_GOOD_NAME, diag);
	return err ? err : pending_remove(keeper->state_folder, diag);
}

/* The policy before is in force. */
static void end_trial(struct keeper *keeper, struct diag *diag)
{
	bundle_done(&keeper->good);
	keeper->good = keeper->before;
	keeper->before = BUNDLE_INIT;
	keeper->trial = false;
	set_problem(keeper, "the policy that was applied last was not confirmed and was taken back");
	/* In force it is; where the disk does not take it, the next daemon will do this again. */
	(void)settle_before(keeper, diag);
	guard_settle(keeper->guard);
}

static int finish_rollback(struct keeper *keeper, const struct worker_result *compiled, struct keeper_result *result, struct diag *diag)
{
	int err = put_in_force(keeper, compiled, result, diag);

	if (!err)
		end_trial(keeper, diag);
	return err;
}

int keeper_return(struct keeper *keeper, struct keeper_result *ret_result, struct diag *diag)
{
	const struct rulebook_page *page;
	int err = keeper->trial ? guard_return(keeper->guard, keeper->generation) : -ENODATA;

	if (err)
		return err;
	diag_add(diag, DIAG_WARNING, NULL, "the policy before the one on trial is in force as it was when that was applied");
	*ret_result = (struct keeper_result){ .generation = keeper->generation, .returned = true };
	keeper->printed = false;
	page = rulebook_of(&keeper->book, keeper->generation);
	if (page) {
		rulebook_count(page, &ret_result->count);
		(void)rulebook_save(page, keeper->state_folder, diag);
	}
	end_trial(keeper, diag);
	return 0;
}

int keeper_finish(struct keeper *keeper, int status, struct keeper_result *ret_result, struct diag *diag)
{
	struct keeper_result result = { 0 };
	struct worker_result compiled = { 0 };
	int err;

	err = worker_finish(&keeper->worker, status, &compiled, diag);
	if (err && keeper->change.kind == KEEPER_REFRESH) {
		set_problem(keeper, "the policy in force does not compile any more over the present mounts, users, groups and host names");
		keeper->stale = true;
	}
	if (!err && !keeper->change.dry_run)
		add_names(keeper, &compiled.hosts, diag);
	if (!err)
		err = keeper->change.kind == KEEPER_APPLY   ? finish_apply(keeper, &compiled, &result, diag) :
		      keeper->change.kind == KEEPER_REFRESH ? finish_refresh(keeper, &compiled, &result, diag) :
							      finish_rollback(keeper, &compiled, &result, diag);
	if (!err && !keeper->change.dry_run)
		take_names(keeper, &compiled.hosts, diag);
	if (err && keeper->change.kind == KEEPER_ROLLBACK && !keeper_return(keeper, &result, diag))
		err = 0;
	worker_result_done(&compiled);
	malloc_trim(0); /* tables of a large policy passed through here */
	keeper_change_done(&keeper->change);
	keeper->busy = false;
	if (err)
		return err;
	result.milliseconds = now_ms() - keeper->begun;
	*ret_result = result;
	return 0;
}

int keeper_confirm(struct keeper *keeper, struct diag *diag)
{
	int err;

	if (!keeper->trial || (keeper->busy && keeper->change.kind == KEEPER_ROLLBACK))
		return diag_fail(diag, -ENODATA, NULL, "no policy waits for a confirmation");
	/* First good, then no longer on trial: in between it is both, and nothing is lost. */
	err = bundle_save(&keeper->good, keeper->state_folder, PATH_GOOD_NAME, diag);
	if (!err)
		err = pending_remove(keeper->state_folder, diag);
	if (err)
		return err;
	bundle_done(&keeper->before);
	keeper->trial = false;
	guard_settle(keeper->guard);
	return 0;
}

int keeper_read_folder(const struct keeper *keeper, struct bundle *ret_bundle, struct diag *diag)
{
	struct bundle bundle = BUNDLE_INIT;
	int err;

	err = bundle_add(&bundle, keeper->policy_folder, true, diag);
	if (!err) {
		bundle.origin = strdup(keeper->policy_folder);
		err = bundle.origin ? 0 : -ENOMEM;
	}
	if (err) {
		bundle_done(&bundle);
		return err;
	}
	*ret_bundle = bundle;
	return 0;
}

/* ---- the beginning ---------------------------------------------------------------------------- */

/* What is published at the start. */
struct beginning {
	struct worker_result compiled; /* no image: nothing compiles */
	bool taken_back; /* instead of a policy on trial that nobody confirmed */
};

static int compile(const struct keeper *keeper, const struct bundle *bundle, struct beginning *begin, struct diag *diag)
{
	struct worker worker;
	/* Nothing is asked for now: a machine that starts may have no network, and the policy must not wait for it. */
	const struct worker_task task = { .bundle = bundle, .audit = keeper->audit, .hosts = &keeper->hosts, .told = true };
	int err = worker_start(&worker, &task, diag);

	return err ? err : worker_finish(&worker, worker_wait(&worker), &begin->compiled, diag);
}

/* Compile `bundle` as the policy to begin with; takes it over when it compiles, else releases it. */
static bool begin_with(struct keeper *keeper, struct bundle *bundle, struct beginning *begin, struct diag *diag)
{
	if (compile(keeper, bundle->n ? bundle : NULL, begin, diag) < 0) {
		bundle_done(bundle);
		return false;
	}
	keeper->good = *bundle;
	*bundle = BUNDLE_INIT;
	return true;
}

/* The policy before the one on trial comes back. Where it cannot be read nothing does: what the kernel enforces stays, for
 * no policy at all is what comes back only when there surely was none. */
static void take_back(struct keeper *keeper, struct bundle *before, int before_err, bool surely, struct beginning *begin,
		      struct diag *diag)
{
	bool none = before_err == -ENOENT && surely;

	if ((!before_err || none) && begin_with(keeper, before, begin, diag)) {
		begin->taken_back = true;
		set_problem(keeper, "the policy that was applied last was not confirmed and was taken back");
		return;
	}
	set_problem(keeper, "the policy that was applied last was not confirmed, and the one before %s",
		    before_err ? "cannot be read" : "does not compile");
}

/* A policy on trial goes on being that while its time lasts; else the one before comes back. False: there is none. */
static bool choose_trial(struct keeper *keeper, struct beginning *begin, struct diag *diag)
{
	struct bundle before = BUNDLE_INIT;
	struct pending pending;
	int err = pending_load(keeper->state_folder, &pending, diag), before_err;

	if (err && err != -EBADMSG)
		return false;
	before_err = bundle_load(keeper->state_folder, PATH_GOOD_NAME, &before, NULL);
	if (!err && !pending.over && (!before_err || before_err == -ENOENT) && begin_with(keeper, &pending.bundle, begin, diag)) {
		keeper->before = before;
		keeper->deadline = pending.deadline;
		keeper->trial = true;
		return true;
	}
	if (!err)
		bundle_done(&pending.bundle);
	take_back(keeper, &before, before_err, !err, begin, diag);
	return true;
}

/* See daemon.h for the order. */
static void choose_policy(struct keeper *keeper, struct beginning *begin, struct diag *diag)
{
	struct bundle last = BUNDLE_INIT, folder = BUNDLE_INIT;
	bool have_last, have_folder = false;
	struct diag reading;

	if (choose_trial(keeper, begin, diag))
		return;
	have_last = bundle_load(keeper->state_folder, PATH_GOOD_NAME, &last, diag) == 0;
	if (have_last && !last.origin) {
		if (begin_with(keeper, &last, begin, diag))
			return;
		have_last = false;
		set_problem(keeper, "the policy that was applied last does not compile any more");
	}
	diag_init(&reading);
	have_folder = keeper_read_folder(keeper, &folder, &reading) == 0;
	for (size_t i = 0; !have_folder && i < reading.n; i++)
		diag_add(diag, DIAG_WARNING, &reading.entries[i].pos, "%s", reading.entries[i].message);
	diag_done(&reading);
	if (have_folder && begin_with(keeper, &folder, begin, diag)) {
		bundle_done(&last);
		return;
	}
	if (have_folder)
		set_problem(keeper, "the policy in %s has faults", keeper->policy_folder);
	if (have_last) {
		diag_add(diag, DIAG_WARNING, NULL, "going on with the last good policy");
		if (begin_with(keeper, &last, begin, diag))
			return;
	}
	if (!keeper->problem)
		set_problem(keeper, "there is no policy");
}

static int open_guard(struct keeper *keeper, const struct guard_options *options, const struct image *image,
		      struct diag *diag)
{
	int err = guard_adopt(&keeper->guard, diag);

	if (!err) {
		keeper->origin = KEEPER_ADOPTED;
		/* What decides is not what is loaded, but whether it is asked. */
		return guard_check_lsm(diag);
	}
	if (err != -ENOENT && err != -ESTALE)
		return err;
	keeper->origin = err == -ESTALE ? KEEPER_REPLACED : KEEPER_LOADED;
	return guard_load(options, image, &keeper->guard, diag);
}

int keeper_open(struct keeper *keeper, const struct guard_options *options, struct diag *diag)
{
	struct beginning begin = { 0 };
	struct keeper_result result;
	int err;

	keeper->worker = WORKER_INIT;
	(void)hosts_load(keeper->state_folder, (int64_t)pending_now(), &keeper->hosts, diag);
	choose_policy(keeper, &begin, diag);
	err = open_guard(keeper, options, begin.compiled.image, diag);
	if (err) {
		worker_result_done(&begin.compiled);
		return err;
	}
	rulebook_add(&keeper->book, rulebook_load(keeper->state_folder));
	if (!begin.compiled.image)
		return 0;
	err = put_in_force(keeper, &begin.compiled, &result, diag);
	if (!err)
		take_names(keeper, &begin.compiled.hosts, diag);
	worker_result_done(&begin.compiled);
	if (err)
		set_problem(keeper, "the policy could not be published");
	else if (begin.taken_back)
		(void)settle_before(keeper, diag);
	else if (!keeper->trial)
		(void)bundle_save(&keeper->good, keeper->state_folder, PATH_GOOD_NAME, diag);
	malloc_trim(0); /* loading the object takes some ten MiB for a moment */
	return 0;
}

void keeper_done(struct keeper *keeper)
{
	worker_cancel(&keeper->worker);
	keeper_change_done(&keeper->change);
	guard_free(keeper->guard);
	bundle_done(&keeper->good);
	bundle_done(&keeper->before);
	hosts_done(&keeper->hosts);
	rulebook_done(&keeper->book);
	free(keeper->problem);
}
