/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach: where a program of the object goes. Most sections say it themselves; those of the packets of a cgroup go to the
 * root of the hierarchy, so that they hold everywhere.
 */
#ifndef GUARD_ATTACH_H
#define GUARD_ATTACH_H

#include <stdbool.h>

struct bpf_program;

#define ATTACH_CGROUP_FS "/sys/fs/cgroup"

/* Of a section without "?": it goes to a cgroup. */
bool attach_to_cgroup(const char *section);
/* Whether there is a unified hierarchy to attach to. */
bool attach_has_cgroup(void);

/* Attach a loaded program; the caller owns the link's descriptor. */
int attach_program(const struct bpf_program *program, int *ret_link);
/* The same of one that is known by its descriptor: a hook; one that sees the packets that leave. */
int attach_lsm(int program, int *ret_link);
int attach_packets(int program, int *ret_link);

#endif
