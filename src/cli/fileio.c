/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fileio: read and replace whole files (fileio.h).
 */
#include "cli/fileio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP (64u << 10)

int fileio_read(int fd, size_t limit, char **ret_data, size_t *ret_size)
{
	char *data = NULL, *larger;
	size_t size = 0, cap = 0;
	ssize_t got;

	do {
		if (size + 1 >= cap) {
			cap = cap ? cap * 2 : STEP;
			larger = realloc(data, cap);
			if (!larger) {
				free(data);
				return -ENOMEM;
			}
			data = larger;
		}
		got = read(fd, data + size, cap - 1 - size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || size + got > limit) {
			int err = got < 0 ? -errno : -EFBIG;

			free(data);
			return err;
		}
		size += got;
	} while (got != 0);
	data[size] = '\0';
	*ret_data = data;
	*ret_size = size;
	return 0;
}

int fileio_put(int fd, const void *data, size_t size)
{
	const char *at = data;

	while (size) {
		ssize_t done = write(fd, at, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		at += done;
		size -= (size_t)done;
	}
	return 0;
}

int fileio_get(int fd, void *data, size_t size)
{
	char *at = data;

	while (size) {
		ssize_t done = read(fd, at, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EBADMSG;
		at += done;
		size -= (size_t)done;
	}
	return 0;
}

int fileio_replace(const char *folder, const char *name, const char *data, size_t size)
{
	char aside[NAME_MAX + 1];
	int dir, fd, err;

	if (snprintf(aside, sizeof(aside), ".%s.new", name) >= (int)sizeof(aside))
		return -ENAMETOOLONG;
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	fd = openat(dir, aside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	err = fd < 0 ? -errno : fileio_put(fd, data, size);
	if (!err && fsync(fd) < 0)
		err = -errno;
	if (fd >= 0 && close(fd) < 0 && !err)
		err = -errno;
	if (!err && renameat(dir, aside, dir, name) < 0)
		err = -errno;
	if (!err && fsync(dir) < 0)
		err = -errno;
	if (err && fd >= 0)
		(void)unlinkat(dir, aside, 0);
	close(dir);
	return err;
}

int fileio_make_folder(const char *path, mode_t mode)
{
	char part[PATH_MAX];
	struct stat st;

	if (snprintf(part, sizeof(part), "%s", path) >= (int)sizeof(part))
		return -ENAMETOOLONG;
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	if (mkdir(part, mode) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	return stat(part, &st) < 0 ? -errno : S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}
