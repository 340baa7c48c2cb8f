/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of users and groups to numbers: the system's, or a test's own. */
#ifndef POLICY_RESOLVER_H
#define POLICY_RESOLVER_H

#include <stddef.h>
#include <stdint.h>

struct resolver {
	/* 0 and *ret_id, -ENOENT when there is no such name, another -errno when it could not be found out. */
	int (*user)(void *context, const char *name, uint32_t *ret_id);
	int (*group)(void *context, const char *name, uint32_t *ret_id);
	void *context;
};

/* getpwnam_r(3), getgrnam_r(3). */
extern const struct resolver resolver_system;

#endif
