/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bundle: policy texts (bundle.h). Permissions are checked on the opened file, never on a name.
 */
#include "cli/bundle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "cli/fileio.h"
#include "policy/policy.h"

#define BUNDLE_VERSION 1

_Static_assert(BUNDLE_FILE_MAX == POLICY_TEXT_MAX && BUNDLE_FILES_MAX == POLICY_FILES_MAX, "what the parser takes is sent");

void bundle_done(struct bundle *bundle)
{
	for (size_t i = 0; i < bundle->n; i++) {
		free(bundle->files[i].name);
		free(bundle->files[i].packed);
	}
	free(bundle->files);
	free(bundle->origin);
	*bundle = BUNDLE_INIT;
}

static int pack(struct bundle_file *file, const char *text)
{
	uLongf n = compressBound(file->size);
	unsigned char *packed = malloc(n), *fits;

	if (!packed || compress2(packed, &n, (const Bytef *)text, file->size, Z_BEST_SPEED) != Z_OK) {
		free(packed);
		return -ENOMEM;
	}
	fits = realloc(packed, n);
	file->packed = fits ? fits : packed;
	file->npacked = n;
	return 0;
}

char *bundle_text(const struct bundle_file *file)
{
	char *text = malloc(file->size + 1);
	uLongf n = file->size;

	/* There is nothing to inflate into where the text is empty. */
	if (text && file->size && (uncompress((Bytef *)text, &n, file->packed, file->npacked) != Z_OK || n != file->size)) {
		free(text);
		return NULL;
	}
	if (text)
		text[file->size] = '\0';
	return text;
}

static int add_text(struct bundle *bundle, const char *name, const char *text, size_t size, struct diag *diag)
{
	int err = 0;

	if (bundle->n >= BUNDLE_FILES_MAX)
		err = diag_fail(diag, -E2BIG, DIAG_AT(.file = name), "more than %u files", BUNDLE_FILES_MAX);
	else if (size > BUNDLE_BYTES_MAX - bundle->bytes)
		err = diag_fail(diag, -EFBIG, DIAG_AT(.file = name), "more than %u MiB of policy", BUNDLE_BYTES_MAX >> 20);
	if (!err && bundle->n == bundle->cap) {
		size_t cap = bundle->cap ? bundle->cap * 2 : 8;
		struct bundle_file *files = reallocarray(bundle->files, cap, sizeof(*files));

		if (files) {
			bundle->files = files;
			bundle->cap = cap;
		} else {
			err = diag_fail(diag, -ENOMEM, NULL, "no memory");
		}
	}
	if (!err) {
		struct bundle_file *file = &bundle->files[bundle->n];

		*file = (struct bundle_file){ .name = strdup(name), .size = size };
		if (!file->name || pack(file, text)) {
			free(file->name);
			err = diag_fail(diag, -ENOMEM, NULL, "no memory");
		}
	}
	if (err)
		return err;
	bundle->n++;
	bundle->bytes += size;
	return 0;
}

static int check_file(int fd, const char *name, bool folder, bool trusted, struct diag *diag)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return diag_fail(diag, -errno, DIAG_AT(.file = name), "%s", strerror(errno));
	if (S_ISDIR(st.st_mode))
		return diag_fail(diag, -EISDIR, DIAG_AT(.file = name), "is a folder");
	if (!S_ISREG(st.st_mode) && folder)
		return diag_fail(diag, -EINVAL, DIAG_AT(.file = name), "is no regular file");
	if (!S_ISREG(st.st_mode))
		return 0; /* a pipe is as good as who wrote it: the caller named it */
	if (st.st_mode & S_IWOTH) {
		diag_fail(diag, -EPERM, DIAG_AT(.file = name), "anybody may write this file");
		diag_hint(diag, "chmod o-w %s", name);
		return -EPERM;
	}
	if (trusted && (st.st_uid != 0 || (st.st_mode & S_IWGRP && st.st_gid != 0))) {
		diag_fail(diag, -EPERM, DIAG_AT(.file = name), "others than root may write this file");
		diag_hint(diag, "chown root:root %s; chmod go-w %s", name, name);
		return -EPERM;
	}
	return 0;
}

/* Closes fd unless it is standard input. `folder`: it was found there, nobody named it. */
static int add_open(struct bundle *bundle, int fd, const char *name, bool folder, bool trusted, struct diag *diag)
{
	char *text = NULL;
	size_t size = 0;
	int err;

	err = check_file(fd, name, folder, trusted, diag);
	if (!err) {
		err = fileio_read(fd, BUNDLE_FILE_MAX, &text, &size);
		if (err == -EFBIG)
			diag_fail(diag, err, DIAG_AT(.file = name), "is larger than %u MiB", BUNDLE_FILE_MAX >> 20);
		else if (err)
			diag_fail(diag, err, DIAG_AT(.file = name), "cannot be read: %s", strerror(-err));
	}
	if (fd != STDIN_FILENO)
		close(fd);
	if (err)
		return err;
	err = add_text(bundle, name, text, size, diag);
	free(text);
	return err;
}

static int is_policy(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

static int add_folder(struct bundle *bundle, const char *path, bool trusted, struct diag *diag)
{
	struct dirent **entries;
	int n, result = 0;

	n = scandir(path, &entries, is_policy, alphasort);
	if (n < 0)
		return diag_fail(diag, -errno, DIAG_AT(.file = path), "cannot be read: %s", strerror(errno));
	if (n == 0)
		result = diag_fail(diag, -ENOENT, DIAG_AT(.file = path), "holds no policy (*.yaml, *.yml)");
	for (int i = 0; i < n; i++) {
		char *name = NULL;
		int fd, err;

		if (asprintf(&name, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/", entries[i]->d_name) < 0)
			name = NULL;
		/* A pipe that nobody writes to must not hold the daemon up. */
		fd = name ? open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1;
		if (fd < 0)
			err = diag_fail(diag, -errno, DIAG_AT(.file = name), "cannot be opened: %s", strerror(errno));
		else
			err = add_open(bundle, fd, name, true, trusted, diag);
		result = err ? err : result;
		free(name);
		free(entries[i]);
	}
	free(entries);
	return result;
}

int bundle_add(struct bundle *bundle, const char *path, bool trusted, struct diag *diag)
{
	struct stat st;
	int fd;

	if (strcmp(path, "-") == 0)
		return add_open(bundle, STDIN_FILENO, "<stdin>", false, false, diag);
	if (*path && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return add_folder(bundle, path, trusted, diag);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return diag_fail(diag, -errno, DIAG_AT(.file = path), "cannot be opened: %s", strerror(errno));
	return add_open(bundle, fd, path, false, trusted, diag);
}

int bundle_to_json(const struct bundle *bundle, json_t **ret_json, struct diag *diag)
{
	json_t *files = json_array(), *json;

	for (size_t i = 0; i < bundle->n; i++) {
		const struct bundle_file *file = &bundle->files[i];
		char *plain = bundle_text(file);
		json_t *text = plain ? json_stringn(plain, file->size) : NULL;

		free(plain);
		if (!plain) {
			json_decref(files);
			return diag_fail(diag, -ENOMEM, NULL, "no memory");
		}
		if (!text) {
			json_decref(files);
			return diag_fail(diag, -EILSEQ, DIAG_AT(.file = file->name), "is not UTF-8 text");
		}
		/* A name that JSON cannot hold must not make the file vanish. */
		if (json_array_append_new(files, json_pack("{s:s, s:o}", "name", file->name, "text", text)) < 0) {
			json_decref(files);
			return diag_fail(diag, -EILSEQ, DIAG_AT(.file = file->name), "the file's name is not UTF-8");
		}
	}
	json = json_pack("{s:i, s:s?, s:o}", "version", BUNDLE_VERSION, "origin", bundle->origin, "files", files);
	if (!json)
		return diag_fail(diag, -ENOMEM, NULL, "no memory");
	*ret_json = json;
	return 0;
}

static int add_json_file(struct bundle *bundle, const json_t *file, struct diag *diag)
{
	const char *name = json_string_value(json_object_get(file, "name"));
	const json_t *text = json_object_get(file, "text");
	size_t size = json_string_length(text);

	if (!name || !json_is_string(text) || size > BUNDLE_FILE_MAX)
		return diag_fail(diag, -EBADMSG, NULL, "a policy file must have a name and a text of at most %u MiB",
				 BUNDLE_FILE_MAX >> 20);
	return add_text(bundle, name, json_string_value(text), size, diag);
}

int bundle_from_json(const json_t *json, struct bundle *ret_bundle, struct diag *diag)
{
	const char *origin = json_string_value(json_object_get(json, "origin"));
	const json_t *files = json_object_get(json, "files");
	struct bundle bundle = BUNDLE_INIT;
	json_t *file;
	size_t i;
	int err = 0;

	if (json_integer_value(json_object_get(json, "version")) != BUNDLE_VERSION || !json_is_array(files))
		return diag_fail(diag, -EBADMSG, NULL, "not a policy bundle of version %d", BUNDLE_VERSION);
	json_array_foreach((json_t *)files, i, file) {
		err = add_json_file(&bundle, file, diag);
		if (err)
			break;
	}
	if (!err && origin) {
		bundle.origin = strdup(origin);
		err = bundle.origin ? 0 : diag_fail(diag, -ENOMEM, NULL, "no memory");
	}
	if (err) {
		bundle_done(&bundle);
		return err;
	}
	*ret_bundle = bundle;
	return 0;
}

int bundle_save(const struct bundle *bundle, const char *folder, const char *name, struct diag *diag)
{
	json_t *json;
	char *text;
	int err;

	err = bundle_to_json(bundle, &json, diag);
	if (err)
		return err;
	text = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	if (!text)
		return diag_fail(diag, -ENOMEM, NULL, "no memory");
	err = fileio_replace(folder, name, text, strlen(text));
	free(text);
	if (err)
		diag_fail(diag, err, DIAG_AT(.file = folder), "the last good policy cannot be kept: %s", strerror(-err));
	return err;
}

int bundle_load(const char *folder, const char *name, struct bundle *ret_bundle, struct diag *diag)
{
	char path[4096];
	json_error_t fault;
	json_t *json;
	int err;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return -ENOENT;
	json = json_load_file(path, JSON_REJECT_DUPLICATES, &fault);
	if (!json)
		return diag_fail(diag, -EBADMSG, DIAG_AT(.file = path), "%s", fault.text);
	err = bundle_from_json(json, ret_bundle, diag);
	json_decref(json);
	return err;
}
