/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * places: the way back from (file system, path inside it) to the absolute path a person would write. For events
 * only: decisions never go this way.
 */
#ifndef GUARD_PLACES_H
#define GUARD_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "policy/mounts.h"

/*
 * Append the absolute path of `inside` ("/a/b", "/" the root of the file system) on device `dev` (kernel encoding:
 * major << 20 | minor). Of several mounts the one that shows most of the file system wins, then the shortest mount point,
 * then the later one. False, and nothing appended, when no mount shows it.
 */
bool places_path(const struct mount_table *mounts, uint32_t dev, const char *inside, struct buf *out);

#endif
