/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spelling: names that are not sure (spelling.h).
 */
#include "cli/spelling.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "policy/facts.h"

static bool is_one_of(const char *type, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(type, *names) == 0)
			return true;
	return false;
}

/* Whether a folder says that it folds. One that may not be opened does not say. */
static bool folder_folds(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), flags = 0;
	bool folds = fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && (flags & FS_CASEFOLD_FL);

	if (fd >= 0)
		close(fd);
	return folds;
}

uint32_t spelling_unsure(const struct mount *mount, const char *path)
{
	static const char *const always[] = { "vfat", "msdos", "exfat", "hfs", "hfsplus", "affs", NULL };
	static const char *const by_folder[] = { "ext4", "f2fs", "tmpfs", "overlay", "bcachefs", NULL };
	size_t at = strcmp(mount->point, "/") ? strlen(mount->point) : 0, length = strlen(path);
	char folder[PATH_MAX];

	if (is_one_of(mount->type, always))
		return facts_names(path + at);
	if (!is_one_of(mount->type, by_folder) || length >= sizeof(folder))
		return 0;
	for (; at < length && path[at + 1]; at += 1 + strcspn(path + at + 1, "/")) {
		memcpy(folder, path, at);
		strcpy(folder + at, at ? "" : "/");
		if (folder_folds(folder))
			return facts_names(path + at);
	}
	return 0;
}
