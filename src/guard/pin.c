/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pin: the folders of pins (pin.h). Must never remove what it did not find under its own two names.
 */
#include "guard/pin.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define STATE_SECTION ".data.state"

static void path_of(const char *set, const char *folder, const char *name, char ret_path[PIN_PATH_MAX])
{
	snprintf(ret_path, PIN_PATH_MAX, "%s/%s/%s", set, folder, name);
	for (char *c = ret_path + strlen(set); *c; c++)
		if (*c == '.')
			*c = '_';
}

void pin_map_path(const char *set, const char *name, char ret_path[PIN_PATH_MAX])
{
	path_of(set, "maps", name, ret_path);
}

void pin_link_path(const char *set, const char *name, char ret_path[PIN_PATH_MAX])
{
	path_of(set, "links", name, ret_path);
}

void pin_core_path(const char *set, const char *name, char ret_path[PIN_PATH_MAX])
{
	path_of(set, "cores", name, ret_path);
}

void pin_program_path(const char *set, const char *name, char ret_path[PIN_PATH_MAX])
{
	path_of(set, "programs", name, ret_path);
}

void pin_frame_path(const char *set, const char *name, char ret_path[PIN_PATH_MAX])
{
	path_of(set, "frames", name, ret_path);
}

const char *pin_map_name(const char *map)
{
	return strcmp(map, STATE_SECTION) == 0 ? "state" : map;
}

bool pin_set_exists(const char *set)
{
	return access(set, F_OK) == 0;
}

static int make_folder(const char *path, struct diag *diag)
{
	if (mkdir(path, 0700) == 0)
		return 0;
	return diag_fail(diag, -errno, DIAG_AT(.file = path), "cannot make the folder: %s", strerror(errno));
}

int pin_set_make(const char *set, struct diag *diag)
{
	char path[PIN_PATH_MAX];
	static const char *const folders[] = { "maps", "links", "cores", "programs", "frames" };
	struct statfs fs;
	int err;

	if (statfs(PIN_FS, &fs) < 0 || (unsigned long)fs.f_type != BPF_FS_MAGIC) {
		diag_fail(diag, -ENODEV, DIAG_AT(.file = PIN_FS), "no BPF file system is mounted there");
		diag_hint(diag, "mount -t bpf bpf " PIN_FS);
		return -ENODEV;
	}
	err = make_folder(set, diag);
	for (size_t i = 0; !err && i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", set, folders[i]);
		err = make_folder(path, diag);
	}
	return err;
}

/* Unlink the files of one folder, then the folder. */
static int empty_folder(const char *set, const char *folder)
{
	char path[PIN_PATH_MAX];
	struct dirent *entry;
	int err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", set, folder);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(dir), entry->d_name, 0) < 0)
			err = -errno;
	}
	closedir(dir);
	if (!err && rmdir(path) < 0)
		err = -errno;
	return err;
}

int pin_set_remove(const char *set, struct diag *diag)
{
	int err;

	if (!pin_set_exists(set))
		return 0;
	err = empty_folder(set, "links");
	if (!err)
		err = empty_folder(set, "frames");
	if (!err)
		err = empty_folder(set, "programs");
	if (!err)
		err = empty_folder(set, "cores");
	if (!err)
		err = empty_folder(set, "maps");
	if (!err && rmdir(set) < 0)
		err = -errno;
	if (err)
		diag_fail(diag, err, DIAG_AT(.file = set), "cannot remove the pins: %s", strerror(-err));
	return err;
}

int pin_set_publish(struct diag *diag)
{
	unsigned flags = pin_set_exists(PIN_SET) ? RENAME_EXCHANGE : RENAME_NOREPLACE;

	if (renameat2(AT_FDCWD, PIN_ASIDE, AT_FDCWD, PIN_SET, flags) == 0)
		return 0;
	return diag_fail(diag, -errno, DIAG_AT(.file = PIN_ASIDE), "cannot be renamed to " PIN_SET ": %s",
			 strerror(errno));
}
