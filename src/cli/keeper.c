/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * keeper: the policy in force (keeper.h).
 */
#include "cli/keeper.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/compile.h"
#include "cli/paths.h"

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

/* --audit: no rule is enforced. The set of no atom is the same in every image. */
static void make_audit(struct image *image)
{
	image->meta.enforce = CORDON_SET_NONE;
	for (uint32_t i = 0; i < image->meta.nrules; i++)
		image->rules[i].enforce = false;
}

static int compile(const struct keeper *keeper, const struct bundle *bundle, struct image **ret_image, struct diag *diag)
{
	int err = compile_bundle(bundle, ret_image, diag);

	if (!err && keeper->audit)
		make_audit(*ret_image);
	return err;
}

static int count_image(const struct keeper *keeper, const struct image *image, uint64_t generation, json_t **ret_page,
		       struct keeper_result *result)
{
	*ret_page = rulebook_page(image, generation, keeper->audit);
	if (!*ret_page)
		return -ENOMEM;
	rulebook_count(*ret_page, &result->count);
	result->generation = generation;
	return 0;
}

/* Publish; on success the keeper owns the image. */
static int put_in_force(struct keeper *keeper, struct image *image, struct keeper_result *result, struct diag *diag)
{
	uint64_t generation;
	json_t *page;
	int err;

	err = guard_publish(keeper->guard, image, &generation, diag);
	if (err)
		return err;
	image_free(keeper->image);
	keeper->image = image;
	err = count_image(keeper, image, generation, &page, result);
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

static int dry_result(struct keeper *keeper, struct image *image, struct keeper_result *result)
{
	json_t *page = NULL;
	int err;

	err = count_image(keeper, image, guard_generation(keeper->guard), &page, result);
	json_decref(page);
	return err;
}

int keeper_apply(struct keeper *keeper, struct bundle *bundle, bool dry_run, struct keeper_result *ret_result,
		 struct diag *diag)
{
	struct keeper_result result = { 0 };
	uint64_t begin = now_ms();
	struct image *image;
	int err;

	err = compile(keeper, bundle, &image, diag);
	if (err)
		return err;
	if (dry_run) {
		err = dry_result(keeper, image, &result);
		image_free(image);
	} else {
		err = bundle_save(bundle, keeper->state_folder, PATH_GOOD_NAME, diag);
		if (!err)
			err = put_in_force(keeper, image, &result, diag);
		if (err) {
			image_free(image);
			if (keeper->good.n)
				(void)bundle_save(&keeper->good, keeper->state_folder, PATH_GOOD_NAME, diag);
		} else {
			bundle_done(&keeper->good);
			keeper->good = *bundle;
			*bundle = BUNDLE_INIT;
			set_problem(keeper, NULL);
		}
	}
	if (err)
		return err;
	result.milliseconds = now_ms() - begin;
	*ret_result = result;
	return 0;
}

int keeper_read_folder(const struct keeper *keeper, struct bundle *ret_bundle, struct diag *diag)
{
	struct bundle bundle = BUNDLE_INIT;
	int err;

	err = bundle_add(&bundle, keeper->policy_folder, true, diag);
	if (!err && !bundle.n)
		err = diag_fail(diag, -ENOENT, DIAG_AT(.file = keeper->policy_folder), "holds no policy (*.yaml)");
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

int keeper_refresh(struct keeper *keeper, struct keeper_result *ret_result, struct diag *diag)
{
	struct keeper_result result = { .generation = guard_generation(keeper->guard), .unchanged = true };
	uint64_t begin = now_ms();
	struct image *image;
	int err;

	if (!keeper->good.n) {
		*ret_result = result;
		return 0;
	}
	err = compile(keeper, &keeper->good, &image, diag);
	if (err) {
		set_problem(keeper, "the policy in force does not compile any more over the present mounts, users and groups");
		keeper->stale = true;
		return err;
	}
	if (keeper->stale)
		set_problem(keeper, NULL);
	keeper->stale = false;
	if (keeper->image && compile_same(image, keeper->image)) {
		image_free(image);
	} else {
		result.unchanged = false;
		err = put_in_force(keeper, image, &result, diag);
		if (err) {
			image_free(image);
			return err;
		}
	}
	result.milliseconds = now_ms() - begin;
	*ret_result = result;
	return 0;
}

/* Compile `bundle` as the policy to begin with; takes it over when it compiles, else releases it. */
static bool begin_with(struct keeper *keeper, struct bundle *bundle, struct image **image, struct diag *diag)
{
	if (compile(keeper, bundle, image, diag) < 0) {
		bundle_done(bundle);
		return false;
	}
	keeper->good = *bundle;
	*bundle = BUNDLE_INIT;
	return true;
}

/* See daemon.h for the order. *image stays NULL when nothing compiles. */
static void choose_policy(struct keeper *keeper, struct image **image, struct diag *diag)
{
	struct bundle last = BUNDLE_INIT, folder = BUNDLE_INIT;
	bool have_last, have_folder = false;
	struct diag reading;

	have_last = bundle_load(keeper->state_folder, PATH_GOOD_NAME, &last, diag) == 0;
	if (have_last && !last.origin) {
		if (begin_with(keeper, &last, image, diag))
			return;
		have_last = false;
		set_problem(keeper, "the policy that was applied last does not compile any more");
	}
	diag_init(&reading);
	have_folder = keeper_read_folder(keeper, &folder, &reading) == 0;
	for (size_t i = 0; !have_folder && i < reading.n; i++)
		diag_add(diag, DIAG_WARNING, &reading.entries[i].pos, "%s", reading.entries[i].message);
	diag_done(&reading);
	if (have_folder && begin_with(keeper, &folder, image, diag)) {
		bundle_done(&last);
		return;
	}
	if (have_folder)
		set_problem(keeper, "the policy in %s has faults", keeper->policy_folder);
	if (have_last) {
		diag_add(diag, DIAG_WARNING, NULL, "going on with the last good policy");
		if (begin_with(keeper, &last, image, diag))
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
	struct keeper_result result;
	struct image *image = NULL;
	int err;

	choose_policy(keeper, &image, diag);
	err = open_guard(keeper, options, image, diag);
	if (err) {
		image_free(image);
		return err;
	}
	rulebook_add(&keeper->book, rulebook_load(keeper->state_folder));
	if (!image)
		return 0;
	err = put_in_force(keeper, image, &result, diag);
	if (err) {
		image_free(image);
		set_problem(keeper, "the policy could not be published");
		return 0;
	}
	(void)bundle_save(&keeper->good, keeper->state_folder, PATH_GOOD_NAME, diag);
	return 0;
}

void keeper_done(struct keeper *keeper)
{
	guard_free(keeper->guard);
	bundle_done(&keeper->good);
	image_free(keeper->image);
	rulebook_done(&keeper->book);
	free(keeper->problem);
}
