/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach: where a program of the object goes. Most sections say it themselves; those of the packets of a cgroup go to the
 * root of the hierarchy, so that they hold everywhere.
 */
#ifndef GUARD_ATTACH_H
#define GUARD_ATTACH_H

#include <stdbool.h>

struct bpf_program;
struct btf;

#define ATTACH_CGROUP_FS "/sys/fs/cgroup"

/* Of a section without "?": it goes to a cgroup; to devices. */
bool attach_to_cgroup(const char *section);
bool attach_to_device(const char *section);
/* Whether there is a unified hierarchy to attach to. */
bool attach_has_cgroup(void);
/* Whether this kernel links programs to devices (6.6): it has this function then. */
#define ATTACH_DEVICES "tcx_link_attach"
bool attach_has_devices(const struct btf *kernel);

/* Attach a loaded program; the caller owns the link's descriptor. */
int attach_program(const struct bpf_program *program, int *ret_link);
/* The same of one that is known by its descriptor: a hook; one that sees the packets that leave. */
int attach_lsm(int program, int *ret_link);
int attach_packets(int program, int *ret_link);
/* One that sees the frames that leave by a device of this network namespace, before others do. */
int attach_device(int program, unsigned device, int *ret_link);

#endif
