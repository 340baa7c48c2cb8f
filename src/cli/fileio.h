/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fileio: whole files, read with a limit and replaced atomically; pieces of a size that is known.
 */
#ifndef CLI_FILEIO_H
#define CLI_FILEIO_H

#include <stddef.h>
#include <sys/types.h>

/* Read from an open file until its end, at most `limit` bytes (else -EFBIG). A NUL follows the data; the caller frees. */
int fileio_read(int fd, size_t limit, char **ret_data, size_t *ret_size);

/* All of it, or an error; -EBADMSG: it ends before. */
int fileio_get(int fd, void *data, size_t size);
int fileio_put(int fd, const void *data, size_t size);

/* Replace `folder`/`name`: written aside, synced, renamed, the folder synced. The old content or the new, never a part. */
int fileio_replace(const char *folder, const char *name, const char *data, size_t size);

/* Make a folder with this mode, its parents with 0755; one that is there is left as it is. */
int fileio_make_folder(const char *path, mode_t mode);

#endif
