/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spelling: where a name is only one of several by which a file is found (cordon_node in abi.h): as far as a program can tell
 * that is no kernel. Folders that fold case say so; vfat, exfat and the like are known by their names. That ntfs3, cifs, jfs or iso9660 was
 * mounted so that case does not count is not seen here; an event tells it.
 */
#ifndef CLI_SPELLING_H
#define CLI_SPELLING_H

#include <stdint.h>

#include "policy/mounts.h"
#include "policy/policy.h"

/* How many of the last names of @path, which is absolute, are not sure. What does not exist is as its folder. */
uint32_t spelling_unsure(const struct mount_table *mounts, const char *path);

/* Warns of permits for programs whose names are not sure: nobody's process is one of them for certain, so they close nothing. */
void spelling_check(const struct policy *policy, const struct mount_table *mounts, struct diag *diag);

#endif
