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

static uint32_t unsure_below(const struct mount *mount, const char *path)
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

uint32_t spelling_unsure(const struct mount_table *mounts, const char *path)
{
	const char *rest;
	const struct mount *mount = mount_table_find(mounts, path, &rest);

	return mount ? unsure_below(mount, path) : 0;
}

/* Whether a name that the glob asks for is not sure. It asks for none behind a last component that is "**". */
static bool glob_unsure(const struct mount_table *mounts, const char *glob)
{
	char path[PATH_MAX], *name;
	size_t length = strcspn(glob, "*?[{\\");

	if (length >= sizeof(path) - 2)
		return false;
	memcpy(path, glob, length);
	path[length] = '\0';
	name = strrchr(path, '/') + 1;
	if (strcmp(glob + (name - path), "**") == 0)
		name[name > path + 1 ? -1 : 0] = '\0'; /* the folder */
	else if (glob[length])
		strcpy(name, "_"); /* any name in it */
	return spelling_unsure(mounts, path) > 0;
}

static void check_globs(const struct policy_rule *rule, const char *what, const struct policy_globs *globs, const struct mount_table *mounts,
			struct diag *diag)
{
	for (size_t i = 0; i < globs->n; i++) {
		const struct policy_glob *glob = &globs->item[i];

		if (!glob_unsure(mounts, glob->text))
			continue;
		diag_add(diag, DIAG_WARNING, DIAG_AT(.file = glob->pos.file, .line = glob->pos.line, .col = glob->pos.column),
			 "rule '%s' permits by %s '%s', where case does not count: it means nobody, and closes nothing", rule->name, what,
			 glob->text);
		diag_hint(diag, "keep the program in a folder where case counts, or name the whole folder that folds, with '/**'");
	}
}

void spelling_check(const struct policy *policy, const struct mount_table *mounts, struct diag *diag)
{
	for (size_t i = 0; i < policy->nrules; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (!rule->permit)
			continue;
		check_globs(rule, "a program", &rule->who.programs, mounts, diag);
		check_globs(rule, "a line of programs", &rule->who.ancestors, mounts, diag);
	}
}
