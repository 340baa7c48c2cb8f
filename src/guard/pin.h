/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pin: where the guard lives in the BPF file system, and how one set of pins replaces another.
 *
 *     /sys/fs/bpf/cordon/maps/NAME      every map of the object, and `about`
 *     /sys/fs/bpf/cordon/links/NAME     one link per hook, NAME = the program's
 *     /sys/fs/bpf/cordon/cores/NAME     the link of the core to that hook (core.h), where the hook asks it
 *     /sys/fs/bpf/cordon/programs/NAME  the program of a hook that is attached by the policy (demand.h)
 *     /sys/fs/bpf/cordon/frames/INDEX   the link of the program for frames to a device (frames.h)
 *     /sys/fs/bpf/cordon-new/           a set that is being made, or the old one that is being removed
 *
 * A set appears under its name whole or not at all: it is made aside and renamed. A program stays attached
 * as long as its link is pinned under any name, so a rename never leaves a moment without guard.
 */
#ifndef GUARD_PIN_H
#define GUARD_PIN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/diag.h"

#define PIN_FS	  "/sys/fs/bpf"
#define PIN_SET	  PIN_FS "/cordon"
#define PIN_ASIDE PIN_FS "/cordon-new"

#define PIN_PATH_MAX 256

/* "SET/maps/NAME", "SET/links/NAME" and so on; dots of NAME become underscores (bpffs keeps them for itself). */
void pin_map_path(const char *set, const char *name, char ret_path[PIN_PATH_MAX]);
void pin_link_path(const char *set, const char *name, char ret_path[PIN_PATH_MAX]);
void pin_core_path(const char *set, const char *name, char ret_path[PIN_PATH_MAX]);
void pin_program_path(const char *set, const char *name, char ret_path[PIN_PATH_MAX]);
void pin_frame_path(const char *set, const char *name, char ret_path[PIN_PATH_MAX]);

/* NAME of a map of the object. */
const char *pin_map_name(const char *map);

/* Whether the set is there. */
bool pin_set_exists(const char *set);

/* Make the empty folders of a set. -ENODEV: no BPF file system there. */
int pin_set_make(const char *set, struct diag *diag);

/* Remove a set, which should be retired (guard_retire()): links first, so that no program runs without its maps' pins
 * for longer than it must. 0 when it is not there. */
int pin_set_remove(const char *set, struct diag *diag);

/* Give the set aside its name; a set that has the name already is aside afterwards. */
int pin_set_publish(struct diag *diag);

#endif
