/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pending: the policy on trial (pending.h).
 */
#include "cli/pending.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/fileio.h"
#include "cli/paths.h"

#define PENDING_VERSION 1
#define BOOT_ID_PATH	"/proc/sys/kernel/random/boot_id"
#define BOOT_ID		64

uint64_t pending_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* "" when it cannot be read: then no boot is the same. */
static void read_boot_id(char id[BOOT_ID])
{
	int fd = open(BOOT_ID_PATH, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, id, BOOT_ID - 1);

	id[got > 0 ? got : 0] = '\0';
	id[strcspn(id, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

int pending_save(const char *folder, const struct bundle *bundle, uint64_t deadline, struct diag *diag)
{
	char boot[BOOT_ID], *text = NULL;
	json_t *policy, *json;
	int err;

	err = bundle_to_json(bundle, &policy, diag);
	if (err)
		return err;
	read_boot_id(boot);
	json = json_pack("{s:i, s:s, s:I, s:o}", "version", PENDING_VERSION, "boot", boot, "deadline", (json_int_t)deadline, "policy",
			 policy);
	text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	err = text ? fileio_replace(folder, PATH_PENDING_NAME, text, strlen(text)) : -ENOMEM;
	free(text);
	json_decref(json);
	if (err)
		diag_fail(diag, err, DIAG_AT(.file = folder), "the policy on trial cannot be kept: %s", strerror(-err));
	return err;
}

int pending_load(const char *folder, struct pending *ret_pending, struct diag *diag)
{
	struct pending pending = { .bundle = BUNDLE_INIT };
	char path[4096], boot[BOOT_ID];
	const char *was;
	json_t *json;
	int err;

	snprintf(path, sizeof(path), "%s/" PATH_PENDING_NAME, folder);
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return -ENOENT;
	if (access(path, R_OK) < 0)
		return diag_fail(diag, -errno, DIAG_AT(.file = path), "cannot be read: %s", strerror(errno));
	json = json_load_file(path, 0, NULL);
	was = json_string_value(json_object_get(json, "boot"));
	if (!was || json_integer_value(json_object_get(json, "version")) != PENDING_VERSION)
		err = diag_fail(diag, -EBADMSG, DIAG_AT(.file = path), "is damaged: there was a policy on trial");
	else
		err = bundle_from_json(json_object_get(json, "policy"), &pending.bundle, diag);
	if (!err) {
		read_boot_id(boot);
		pending.deadline = (uint64_t)json_integer_value(json_object_get(json, "deadline"));
		/* A deadline further away than any can be is none: a file from elsewhere must not keep a trial alive. */
		pending.over = !*boot || strcmp(was, boot) != 0 || pending.deadline <= pending_now() ||
			       pending.deadline > pending_now() + PENDING_SECONDS_MAX * 1000ull;
		*ret_pending = pending;
	}
	json_decref(json);
	return err;
}

int pending_remove(const char *folder, struct diag *diag)
{
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = dir < 0 ? -errno : 0;

	if (!err && unlinkat(dir, PATH_PENDING_NAME, 0) < 0 && errno != ENOENT)
		err = -errno;
	if (!err && fsync(dir) < 0)
		err = -errno;
	if (dir >= 0)
		close(dir);
	if (err)
		diag_fail(diag, err, DIAG_AT(.file = folder), "the mark of the policy on trial cannot be removed: %s", strerror(-err));
	return err;
}
