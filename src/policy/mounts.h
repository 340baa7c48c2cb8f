/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mount table as the compiler needs it: which superblock stands where. A path pattern means what it means in
 * this table. Source: proc_pid_mountinfo(5).
 */
#ifndef POLICY_MOUNTS_H
#define POLICY_MOUNTS_H

#include <stddef.h>
#include <stdint.h>

#include "common/diag.h"

struct mount {
	uint32_t dev;      /* superblock, kernel encoding: major << 20 | minor */
	const char *root;  /* the part of it that is mounted, "/" = all */
	const char *point; /* where */
	const char *type;  /* file system */
};

struct mount_table {
	struct mount *mounts; /* in the order they were mounted */
	size_t n;
	void *memory;
};

/* @path: usually /proc/self/mountinfo. 0 or -errno with a message. */
int mount_table_read(const char *path, struct mount_table **ret_table, struct diag *diag);
/* The same from text. */
int mount_table_parse(const char *text, size_t size, struct mount_table **ret_table, struct diag *diag);
/* What is mounted at @path, which is absolute, or above it; *ret_rest is what is left of it. NULL: nothing. */
const struct mount *mount_table_find(const struct mount_table *table, const char *path, const char **ret_rest);
void mount_table_free(struct mount_table *table);

#endif
