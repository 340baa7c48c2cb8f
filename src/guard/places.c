/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * places: device -> mount -> path (places.h).
 */
#include "guard/places.h"

#include <string.h>

/* What is left of `path` below `root`, starting with '/' or empty; NULL when it is not below. */
static const char *below(const char *path, const char *root)
{
	size_t length = strlen(root);

	if (strcmp(root, "/") == 0)
		return strcmp(path, "/") == 0 ? "" : path;
	if (strncmp(path, root, length) != 0 || (path[length] != '/' && path[length] != '\0'))
		return NULL;
	return path + length;
}

static bool better(const struct mount *a, const struct mount *b)
{
	size_t root_a = strlen(a->root), root_b = strlen(b->root);

	if (root_a != root_b)
		return root_a < root_b;
	return strlen(a->point) <= strlen(b->point);
}

bool places_path(const struct mount_table *mounts, uint32_t dev, const char *inside, struct buf *out)
{
	const struct mount *best = NULL;
	const char *rest;

	for (size_t i = 0; i < mounts->n; i++) {
		const struct mount *mount = &mounts->mounts[i];

		if (mount->dev == dev && below(inside, mount->root) && (!best || better(mount, best)))
			best = mount;
	}
	if (!best)
		return false;
	rest = below(inside, best->root);
	if (strcmp(best->point, "/") != 0 || !*rest)
		buf_puts(out, best->point);
	buf_puts(out, rest);
	return true;
}
