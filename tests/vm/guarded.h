/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guarded: what the programs share that load a guard by themselves and compare what the kernel answers with the reference.
 * They run as root in a machine of their own, speak TAP, and end at the first step that fails for another reason.
 */
#ifndef TESTS_VM_GUARDED_H
#define TESTS_VM_GUARDED_H

#include <sys/types.h>

#include "guard/guard.h"
#include "policy/compile.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* "Bail out!" with what failed and errno. */
__attribute__((noreturn)) void die(const char *what);

/* The folders above a path; the path is written to, and whole again afterwards. */
void make_folders(char *path);

/* Copy a program, or die; folders that are missing are made. */
void copy_program(const char *from, const char *to, mode_t mode);

/* Load the guard and read the mounts it is to know, or die. The caller owns both, until the program ends. */
struct guard *start_guard(const struct guard_options *options, struct mount_table **ret_mounts);

/* What an image knows a device by. */
uint32_t device_number(dev_t dev);

#endif
